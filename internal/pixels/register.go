package pixels

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits"
)

// register finds out which bands have to be moved to lie on the first one, and
// refuses bands that see another part of the sky. Survey frames of one field
// (SDSS) are offset by some pixels from filter to filter.
//
// Only single images are registered: the WCS of a stack is that of none of its
// cutouts. Bands without a WCS, or with one that cannot be compared, are taken
// to lie on the first as they are.
func (f *File) register() error {
	f.offset = make([]bool, len(f.layers))
	ref := f.first
	if ref.wcs == nil || ref.shape.cutouts > 1 {
		return nil
	}
	x, y := float64(ref.shape.width-1)/2, float64(ref.shape.height-1)/2
	for band, l := range f.layers {
		if l == nil || l == ref || l.wcs == nil {
			continue
		}
		if _, _, err := ref.wcs.PixelIn(l.wcs, x, y); err != nil {
			continue
		}
		f.offset[band] = true
		dx, dy := f.shift(band, x, y)
		if abs(dx) >= ref.shape.width || abs(dy) >= ref.shape.height {
			return &fits.FormatError{File: l.name, HDU: l.hduIndex(), Where: "WCS",
				Reason: fmt.Sprintf("the image lies %d, %d pixels from %s, which is beside it; are these bands of one field?", dx, dy, ref.name)}
		}
	}
	return nil
}

// shift is how many pixels further the sky at pixel (x, y) of the first band
// is found in another: whole pixels, so that no pixel is interpolated.
func (f *File) shift(band int, x, y float64) (dx, dy int) {
	if !f.offset[band] {
		return 0, 0
	}
	u, v, err := f.first.wcs.PixelIn(f.layers[band].wcs, x, y)
	if err != nil || !(math.Abs(u-x) < 1<<30 && math.Abs(v-y) < 1<<30) {
		return 0, 0
	}
	return int(math.Round(u - x)), int(math.Round(v - y))
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
