package cutout

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
)

const height, width, window = 20, 30, 4

var nan = math.NaN()

// tile is an image whose pixels are their own numbers, with the sky of wcs.
func tile(t *testing.T, cards ...fits.Card) string {
	t.Helper()
	im := &fits.Image{Shape: []int{height, width}, Pixels: make([]float32, height*width)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(i)
	}
	var b bytes.Buffer
	if err := fits.WriteImages(&b, fits.ImageHDU{Image: im, Header: cards}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "tile.fits")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func row(file string, x, y, ra, dec float64) catalog.Object {
	return catalog.Object{ID: "a", File: file, Files: []string{file}, HDU: -1, Plane: -1, X: x, Y: y, RA: ra, Dec: dec}
}

func read(o catalog.Object, r prepare.Recipe) (Cutout, error) {
	return Read(o, pixels.Source{Files: o.Files, HDU: o.HDU, Bands: 1}, r)
}

// A row's position says which window of a tile is its cutout, and nothing of an
// image that the model sees anyway.
func TestPlaces(t *testing.T) {
	sky := fits.NewTAN(9, 7, 150, 2, [2][2]float64{{-1e-4, 0}, {0, 1e-4}})
	with, without := tile(t, sky.Cards()...), tile(t)
	corner := func(x0, y0 int) float32 { return float32(y0*width + x0) }
	recipe := prepare.Recipe{Size: [2]int{window, window}, Window: window}
	for name, c := range map[string]struct {
		object  catalog.Object
		recipe  prepare.Recipe
		x, y    float64
		first   float32
		outside int
	}{
		"pixel":                 {row(without, 20, 10, nan, nan), recipe, 20, 10, corner(18, 8), 0},
		"sky":                   {row(with, nan, nan, 150, 2), recipe, 9, 7, corner(7, 5), 0},
		"pixel before sky":      {row(with, 20, 10, 150, 2), recipe, 20, 10, corner(18, 8), 0},
		"no position":           {row(with, nan, nan, nan, nan), recipe, 14.5, 9.5, corner(13, 8), 0},
		"half a position":       {row(with, 3, nan, nan, 2), recipe, 14.5, 9.5, corner(13, 8), 0},
		"a sky of which it has": {row(without, nan, nan, 150, 2), recipe, 14.5, 9.5, corner(13, 8), 0},
		"at the edge":           {row(without, 29, 10, nan, nan), recipe, 29, 10, corner(27, 8), window},
		"no tile": {row(with, 3, 3, nan, nan), prepare.Recipe{Size: recipe.Size, Window: width / 2}, 14.5, 9.5,
			corner(7, 2), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(c.object, c.recipe)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.X-c.x) > 1e-6 || math.Abs(got.Y-c.y) > 1e-6 || got.Pixels[0] != c.first || got.Outside != c.outside {
				t.Errorf("middle (%g, %g), first pixel %g, %d outside; want (%g, %g), %g, %d",
					got.X, got.Y, got.Pixels[0], got.Outside, c.x, c.y, c.first, c.outside)
			}
			if side := c.recipe.Window; !slices.Equal(got.Shape, []int{1, side, side}) {
				t.Errorf("shape %v", got.Shape)
			}
		})
	}
	if got, err := read(row(without, 30, 10, nan, nan), recipe); err != nil || got.Pixels != nil || got.X != 30 {
		t.Errorf("beside the tile: %+v, %v", got, err)
	}
	if got, err := read(row(with, nan, nan, 330, -2), recipe); err != nil || got.Pixels != nil {
		t.Errorf("on the other side of the sky: %+v, %v", got, err)
	}
	strange := tile(t, append([]fits.Card{{Key: "RADESYS", Value: "GAPPT"}}, sky.Cards()...)...)
	if _, err := read(row(strange, nan, nan, 150, 2), recipe); err == nil {
		t.Error("a sky position in a frame that cannot be turned is taken for nothing")
	}
}

// What the model does not see is not read.
func TestReadsNoMore(t *testing.T) {
	name := tile(t)
	const header = 2880
	if err := os.Truncate(name, header+4*width*(height/2+window/2)); err != nil {
		t.Fatal(err)
	}
	recipe := prepare.Recipe{Size: [2]int{window, window}, Window: window}
	if _, err := read(row(name, nan, nan, nan, nan), recipe); err != nil {
		t.Error(err)
	}
	recipe.Window = height
	if _, err := read(row(name, nan, nan, nan, nan), recipe); err == nil {
		t.Error("rows that are not in the file were read")
	}
}

// What a mask excludes is counted where the model looks.
func TestExcluded(t *testing.T) {
	mask := make([]float32, height*width)
	for i := range mask {
		mask[i] = float32(i % 2) // every other column
	}
	tiled := &fits.Image{Shape: []int{height, width}, Pixels: make([]float32, height*width)}
	var b bytes.Buffer
	if err := fits.WriteImages(&b, fits.ImageHDU{Image: tiled}, fits.ImageHDU{Image: &fits.Image{Shape: tiled.Shape, Pixels: mask}}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "masked.fits")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	s := pixels.Source{Files: []string{name}, HDU: -1, Reading: pixels.Reading{Mask: "[1]"}}
	for _, c := range []struct {
		object  catalog.Object
		window  int
		outside int
		want    int
	}{
		{row(name, 20, 10, nan, nan), window, 0, window * window / 2},
		{row(name, 0, 0, nan, nan), window, 12, 2}, // columns 0 and 1, rows 0 and 1
		{row(name, nan, nan, nan, nan), 0, 0, height * width / 2},
	} {
		got, err := Read(c.object, s, prepare.Recipe{Size: [2]int{window, window}, Window: c.window})
		if err != nil || got.Excluded != c.want || got.Outside != c.outside {
			t.Errorf("(%g, %g): %d pixels are excluded and %d outside, want %d and %d; %v", c.object.X, c.object.Y, got.Excluded, got.Outside, c.want, c.outside, err)
		}
	}
}
