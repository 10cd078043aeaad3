package train

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// What most pictures are decides how all are taken, and not what the first is.
func TestMajorityOfKinds(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 7))
	for name, c := range map[string]struct {
		suffixes string
		photo    bool
	}{
		"a photo first": {"jffff", false}, "a FITS image first": {"fjjjj", true}, "in halves": {"jfjf", false},
	} {
		t.Run(name, func(t *testing.T) {
			var examples []example
			for i, kind := range c.suffixes {
				file := filepath.Join(dir, fmt.Sprintf("%s%d%s", name, i, map[rune]string{'j': ".jpg", 'f': ".fits"}[kind]))
				writePicture(t, file, sky(r, 0, 3))
				examples = append(examples, example{object: catalog.Object{ID: file, Files: []string{file}, HDU: -1, Plane: -1}})
			}
			l, err := peek(examples, nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			if l.photo != c.photo {
				t.Errorf("%s: photo %v, want %v", c.suffixes, l.photo, c.photo)
			}
		})
	}
}

// Images that have a pixel scale in common, but for a few, teach it; of others none is off.
func TestPixelScale(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		arcsec []float64
		want   float64
	}{
		"one":              {[]float64{0.2}, 0.2},
		"nearly the same":  {[]float64{0.26, 0.27, 0.265}, 0.265},
		"a stray one":      {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 5, 1, 1}, 1},
		"two surveys":      {[]float64{0.2, 0.2, 0.4, 0.2, 0.4}, 0},
		"by their objects": {[]float64{0.1, 0.2, 0.3, 0.5, 0.8}, 0},
		"unknown":          {[]float64{0, 0}, 0},
	} {
		var examples []example
		for i, arcsec := range c.arcsec {
			image := fits.ImageHDU{Image: &fits.Image{Shape: []int{4, 4}, Pixels: make([]float32, 16)}}
			if arcsec > 0 {
				image.Header = fits.NewTAN(1.5, 1.5, 10, 20, [2][2]float64{{-arcsec / 3600, 0}, {0, arcsec / 3600}}).Cards()
			}
			file := filepath.Join(dir, fmt.Sprintf("%s%d.fits", name, i))
			write(t, file, func(w io.Writer) error { return fits.WriteImages(w, image) })
			examples = append(examples, example{object: catalog.Object{ID: file, Files: []string{file}, HDU: -1, Plane: -1}})
		}
		l, err := peek(examples, nil, 2)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(l.scale-c.want) > 1e-9 {
			t.Errorf("%s: %g arcsec a pixel, want %g", name, l.scale, c.want)
		}
	}
}

// Objects of one tile are the windows at their positions, and looking at what
// the pictures are like takes no pixels.
func TestWindowsOfATile(t *testing.T) {
	tile := filepath.Join(t.TempDir(), "tile.fits")
	write(t, tile, func(w io.Writer) error {
		pixels := make([]float32, 100*100)
		for i := range pixels {
			pixels[i] = float32(i)
		}
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{100, 100}, Pixels: pixels}})
	})
	nan := math.NaN()
	at := func(x, y float64) catalog.Object {
		return catalog.Object{ID: "a", File: tile, Files: []string{tile}, HDU: -1, Plane: -1, X: x, Y: y, RA: nan, Dec: nan}
	}
	p := pictures{bands: 1, recipe: prepare.Recipe{
		Size: [2]int{2, 2}, Window: 2, Filter: patch.Bilinear, Rescale: 1, Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Zero},
	}}
	im, _, err := p.stretched(at(70.5, 20.5))
	if want := []float32{2070, 2071, 2170, 2171}; err != nil || !slices.Equal(im.Pixels, want) {
		t.Errorf("%v, %v; want %v", im.Pixels, err, want)
	}
	if _, _, err := p.stretched(at(100, 20)); err == nil || !strings.Contains(err.Error(), "(100, 20) is not on the image") {
		t.Errorf("beside the tile: %v", err)
	}

	if err := os.Truncate(tile, 2880); err != nil {
		t.Fatal(err)
	}
	if l, err := peek([]example{{object: at(3, 3)}}, nil, 1); err != nil || l.side != 100 {
		t.Errorf("%+v, %v", l, err)
	}
}
