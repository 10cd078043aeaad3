package report

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// A tile is averaged in blocks, over the strips in which it is read, without its undefined pixels.
func TestShrink(t *testing.T) {
	const height, width = 700, 45
	_, im := putNoise(t, "tile.fits", 2, height, width)
	for i := range im.Pixels {
		if i%7 == 0 || i%width > 41 { // of the last column of blocks, nothing
			im.Pixels[i] = float32(math.NaN())
		}
	}
	f, err := pixels.Open(pixels.Source{Files: []string{putImage(t, "holes.fits", im)}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	small, err := shrink(f, 15*234) // blocks of 3
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(small.Shape, []int{2, 234, 15}) {
		t.Fatalf("shape %v", small.Shape)
	}
	for c := range 2 {
		for at, got := range small.Band(c) {
			sum, n := 0.0, 0
			for y := at / 15 * 3; y < min(at/15*3+3, height); y++ {
				for x := at % 15 * 3; x < at%15*3+3; x++ {
					if v := im.Band(c)[y*width+x]; v == v {
						sum, n = sum+float64(v), n+1
					}
				}
			}
			if want := sum / float64(n); !(math.Abs(float64(got)-want) < 1e-6) && n > 0 || n == 0 && got == got {
				t.Fatalf("band %d, block %d: %g, want %g of %d pixels", c, at, got, want, n)
			}
		}
	}
}

// Bands that are known by name are seen in their colours, photos as they are.
func TestColours(t *testing.T) {
	im := patch.NewImage(3, 30, 40)
	for i := range im.Pixels {
		im.Pixels[i] = float32(i % 7)
	}
	const at = 15*40 + 20
	for i := range 3 {
		im.Band(i)[at] = [3]float32{100, 300, 200}[i]
	}
	file := putImage(t, "tile.fits", im)
	for _, c := range []struct {
		bands            []string
		first, mid, last int // channels in the order of their brightness
	}{{nil, 1, 2, 0}, {[]string{"g", "z", "r"}, 0, 1, 2}, {[]string{"odd", "z", "r"}, 1, 2, 0}} {
		r := begin(t, Options{Names: names(2), Bands: c.bands, Side: 8})
		var shown tile
		if err := r.drawTile(&shown, pixels.Source{Files: []string{file}, HDU: -1}, tileArea); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(shown.picture, ";base64,")
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var rgb [3]uint32
		rgb[0], rgb[1], rgb[2], _ = picture.At(20, 30-1-15).RGBA()
		if !(rgb[c.first] > rgb[c.mid] && rgb[c.mid] > rgb[c.last]) {
			t.Errorf("bands %q: the source is %v", c.bands, rgb)
		}
	}
	photo, err := shade(prepare.Picture{Image: patch.Image{Shape: []int{1, 1, 3}, Pixels: []float32{0, 100, float32(math.NaN())}}, Photo: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{0, 0, 0, 255, 100, 100, 100, 255, 0, 0, 0, 255}; !slices.Equal(photo.Pix, want) {
		t.Errorf("a photo becomes %v, want %v", photo.Pix, want)
	}
}
