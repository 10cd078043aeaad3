package pixels

import (
	"bytes"
	"image"
	"math"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// One band of an image is that band of all of it: of a cube with its masks, of a stack, of a raster, of bands that are
// registered, and of none.
func TestOnly(t *testing.T) {
	dir := t.TempDir()
	cube := writeFile(t, dir, "cube.fits", fitsBytes(t, fits.ImageHDU{Image: ramp(3, 4, 5)},
		extension("DQ", []int{4, 5}, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0),
		fits.ImageHDU{Image: ramp(3, 4, 5), Header: []fits.Card{{Key: "EXTNAME", Value: "WHT"}}}))
	rgb := image.NewNRGBA(image.Rect(0, 0, 5, 4))
	for i := range rgb.Pix {
		rgb.Pix[i] = uint8(i) | 0x80
	}
	a := frame(t, dir, "a.fits", ramp(8, 9), 3, 4, arcsec)
	b := frame(t, dir, "b.fits", ramp(9, 8), 3.4, 3.8, 1.1*arcsec)
	for name, source := range map[string]Source{
		"cube":       {Files: []string{cube}, Reading: Reading{Mask: "[DQ]", Weight: "[WHT]"}},
		"stack":      {Files: []string{writeFITS(t, dir, "stack.fits", ramp(2, 3, 4, 5))}},
		"raster":     {Files: []string{writeFile(t, dir, "rgb.png", encodePNG(t, rgb))}},
		"registered": {Files: []string{a, b, "", filepath.Join(dir, "a.fits")}},
	} {
		source.HDU = -1
		f := open(t, source)
		bands, height, width := f.Shape()
		for _, box := range [][4]int{{0, 0, height, width}, {-1, 2, 4, 3}, {1, 1, 2, width}} {
			for i := range f.Len() {
				all, err := f.Window(i, box[0], box[1], box[2], box[3], -7)
				if err != nil {
					t.Fatal(err)
				}
				for band := range bands {
					one, err := f.Only(band).Window(i, box[0], box[1], box[2], box[3], -7)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(bits(one.Pixels), bits(all.Band(band))) || one.Bands() != 1 {
						t.Errorf("%s, cutout %d, %v: band %d is %v, want %v", name, i, box, band, one.Pixels, all.Band(band))
					}
				}
			}
		}
	}
}

// bits tells one NaN from another.
func bits(pixels []float32) (all []byte) {
	for _, v := range pixels {
		b := math.Float32bits(v)
		all = append(all, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	}
	return all
}
