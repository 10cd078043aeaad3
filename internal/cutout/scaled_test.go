package cutout

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// open makes a file of an image's pixels.
func open(t *testing.T, im patch.Image, cards ...fits.Card) *pixels.File {
	t.Helper()
	var b bytes.Buffer
	if err := fits.WriteImages(&b, fits.ImageHDU{Image: &fits.Image{Shape: im.Shape, Pixels: im.Pixels}, Header: cards}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "tile.fits")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := pixels.Open(pixels.Source{Files: []string{name}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const inputSide = 6

// scaling is a recipe of windows 12 Petrosian radii wide.
func scaling() prepare.Recipe {
	return prepare.Recipe{Size: [2]int{inputSide, inputSide}, Petrosian: 12, Filter: patch.Bilinear, Rescale: 1, Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Zero}}
}

// A plane that slopes is the same slope at any scale, in windows that need not begin with a pixel, averaged or not.
func TestScaled(t *testing.T) {
	const side = 300
	im := patch.NewImage(2, side, side)
	value := func(band int, x, y float64) float64 { return float64(1+band)*(3*x+2*y) + 100 }
	for i := range side * side {
		for band := range 2 {
			im.Band(band)[i] = float32(value(band, float64(i%side), float64(i/side)))
		}
	}
	f, r := open(t, im), scaling()
	for _, c := range []struct{ x, y, radius float64 }{{20, 30, 0.5}, {20.3, 30.9, 0.1}, {100.2, 90.75, 2.3}, {140.5, 150, 4}, {150.3, 149.2, 17}} {
		got, err := At(f, c.x, c.y, c.radius, r)
		if err != nil {
			t.Fatal(err)
		}
		seen, flags, err := r.Prepare(got.Picture)
		if err != nil || len(flags) > 0 || got.Outside > 0 || !got.Scaled() || got.X != c.x || got.Y != c.y {
			t.Fatalf("%+v: flags %q, %d pixels outside, part %+v, %v", c, flags, got.Outside, got.Part, err)
		}
		pitch, tolerance := 12*c.radius/inputSide, 1e-3
		if pitch > 1 { // the kernel's samples are not quite in balance
			tolerance = 0.04 * pitch // half a hundredth of a pixel of the input
		}
		if most := 2 * (inputSide + 3) * (inputSide + 3) * finest * finest; len(got.Pixels) > most {
			t.Errorf("%+v: %d pixels in memory, at most %d are to be", c, len(got.Pixels), most)
		}
		for band := range 2 {
			for y := range inputSide {
				for x := range inputSide {
					want := value(band, c.x+(float64(x)-2.5)*pitch, c.y+(float64(y)-2.5)*pitch)
					if v := float64(seen.Band(band)[y*inputSide+x]); math.Abs(v-want) > tolerance {
						t.Errorf("%+v: band %d, pixel (%d, %d) is %g, want %g", c, band, x, y, v, want)
					}
				}
			}
		}
	}
	for _, radius := range []float64{nan, 0, -1, 33, math.Inf(1)} {
		if got, err := At(f, 20, 30, radius, r); err != nil || !got.Unmeasured || got.Pixels != nil {
			t.Errorf("a radius of %g pixels: %+v, %v", radius, got, err)
		}
	}
}

// What lies beyond the tile is counted in the pixels that there are in memory, and is no undefined pixel of the tile.
func TestScaledAtTheEdge(t *testing.T) {
	f, r := open(t, patch.NewImage(1, 120, 120)), scaling()
	for _, c := range []struct {
		x, y, radius float64
		part         float64
	}{{3.5, 60.5, 0.5, 0}, {-0.5, 60.5, 0.5, 0.5}, {-0.5, 119.5, 0.5, 0.75}, {-0.5, 60.5, 6, 0.5}, {59.5, -0.5, 7, 0.5}} {
		got, err := At(f, c.x, c.y, c.radius, r)
		if err != nil {
			t.Fatal(err)
		}
		if part := float64(got.Outside) / float64(len(got.Pixels)); part != c.part {
			t.Errorf("%+v: %g of the window is outside", c, part)
		}
		if _, flags, err := r.Prepare(got.Picture); err != nil || len(flags) > 0 {
			t.Errorf("%+v: flags %q, %v", c, flags, err)
		}
	}
}

// Colours are made of pixels, and not of their averages.
func TestScaledColours(t *testing.T) {
	const side = 200
	im := patch.NewImage(3, side, side)
	for i := range im.Pixels {
		im.Pixels[i] = float32(i*7919%31) / 20
	}
	f, r := open(t, im), scaling()
	r.RGB = prepare.SDSS
	colours := patch.Image{Shape: im.Shape, Pixels: append([]float32(nil), im.Pixels...)}
	patch.SDSS(colours)
	for _, k := range []int{1, 2} {
		pitch := 8 * k
		got, err := At(f, 99.5, 99.5, float64(pitch)/2, r)
		if err != nil {
			t.Fatal(err)
		}
		const part, reach = 8 * inputSide, 8
		n := part + 2*reach
		if got.Shape[1] != n || got.Part != (patch.Part{X: reach, Y: reach, Width: part, Height: part}) || !got.Photo {
			t.Fatalf("shape %v, part %+v", got.Shape, got.Part)
		}
		first := 100 - n*k/2
		for band := range 3 {
			for i, v := range got.Band(band) {
				want := float32(0)
				for j := range k * k {
					want += colours.Band(band)[(first+i/n*k+j/k)*side+first+i%n*k+j%k]
				}
				if want /= float32(k * k); math.Abs(float64(v-want)) > 1e-4 {
					t.Fatalf("blocks of %d: band %d, pixel %d is %g, want %g", k, band, i, v, want)
				}
			}
		}
	}
}

// A row's Petrosian radius is in arcsec, scales windows of FITS images, and has no meaning in a photo.
func TestRowsWithRadii(t *testing.T) {
	sky := fits.NewTAN(9, 7, 150, 2, [2][2]float64{{-1e-4, 0}, {0, 1e-4}}) // 0.36 arcsec a pixel
	with, without := tile(t, sky.Cards()...), tile(t)
	photo := filepath.Join(t.TempDir(), "photo.png")
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(photo, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	wide := scaling()
	wide.Size, wide.Window = [2]int{4, 4}, 4 // the images are tiles
	for name, c := range map[string]struct {
		file         string
		x, y, radius float64
		recipe       prepare.Recipe
		width        float64 // of the part; 0: not scaled
		unmeasured   bool
	}{
		"tile":                         {with, 9, 7, 0.36, wide, 12, false},
		"tile without a radius":        {with, 9, 7, nan, wide, 0, true},
		"tile without a place":         {with, nan, nan, 0.18, wide, 6, false},
		"tile with neither":            {with, nan, nan, nan, wide, 0, true},
		"tile without a sky":           {without, 9, 7, 0.36, wide, 0, true},
		"cutout":                       {with, nan, nan, 0.36, prepare.Recipe{Size: [2]int{64, 64}, Petrosian: 12}, 12, false},
		"cutout without a radius":      {with, nan, nan, nan, prepare.Recipe{Size: [2]int{64, 64}, Petrosian: 12}, 0, false},
		"photo":                        {photo, nan, nan, 0.36, prepare.Recipe{Size: [2]int{64, 64}, Petrosian: 12}, 0, false},
		"photo that is a tile":         {photo, 9, 7, 0.36, wide, 0, false},
		"model that scales no windows": {with, 9, 7, 0.36, prepare.Recipe{Size: [2]int{4, 4}, Window: 4}, 0, false},
	} {
		o := row(c.file, c.x, c.y, nan, nan)
		o.Radius = c.radius
		got, err := read(o, c.recipe)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if math.Abs(got.Part.Width-c.width) > 1e-6 || got.Unmeasured != c.unmeasured || (got.Pixels == nil) != c.unmeasured {
			t.Errorf("%s: part %+v, unmeasured %v, shape %v", name, got.Part, got.Unmeasured, got.Shape)
		}
	}
}
