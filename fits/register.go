package fits

import (
	"errors"
	"fmt"
	"math"
)

// PixelIn returns the pixel position in another image of the sky that is at (x, y) in this one. Positions in two frames
// are compared in the ICRS.
func (w *WCS) PixelIn(other *WCS, x, y float64) (u, v float64, err error) {
	direction, err := w.direction(x, y)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	a, b := &w.toICRS, &other.toICRS
	if a.system != b.system || a.equinox != b.equinox || w.ctype[0][:4] != other.ctype[0][:4] {
		if err := errors.Join(a.err, b.err); err != nil {
			return math.NaN(), math.NaN(), err
		}
		direction = b.invert(a.apply(direction))
	}
	lon, lat := direction.Angles()
	return other.pixelOf(direction, lon, lat)
}

// A BandCutout is the cutout of one band on the pixels of the first.
type BandCutout struct {
	Cutout // with the WCS of its own band

	// How many pixels further the sky at the middle of the first band's cutout is found in this one: what moving by whole
	// pixels leaves over, from -0.5 to 0.5.
	ResidualX, ResidualY float64
}

// CutoutBands reads the same part of the sky from images of it in several bands, whose pixels have one size and orientation
// but may be offset, as those of a survey's frames of one field often are. The first image is cut around a right ascension
// and declination in the ICRS, in degrees, as by CutoutICRS; each other at the whole number of pixels from there at which
// its own WCS has the same sky, so that no pixel is interpolated. All cutouts have one height and width.
//
// Partial trims to what every band shows. Padded leaves a band that shows nothing NaN, with an Overlap of 0. No band at all
// is a panic.
func CutoutBands(bands []*HDU, ra, dec float64, height, width int, mode EdgeMode) ([]BandCutout, error) {
	first, err := bands[0].sky()
	if err != nil {
		return nil, err
	}
	x, y, err := first.ICRSToPixel(ra, dec)
	if err != nil {
		return nil, err
	}
	asked, err := bands[0].windowAround(x, y, height, width)
	if err != nil {
		return nil, err
	}
	cutouts, windows := make([]BandCutout, len(bands)), make([]window, len(bands))
	common := asked
	for i, h := range bands {
		w, err := h.sky()
		if err != nil {
			return nil, err
		}
		move, residual, err := first.displacement(w, asked)
		if err != nil {
			return nil, err
		}
		whole, err := h.frame(w.pixel)
		if err != nil {
			return nil, err
		}
		cutouts[i] = BandCutout{ResidualX: residual[0], ResidualY: residual[1], Cutout: Cutout{WCS: w}}
		windows[i] = asked.moved(move[0], move[1])
		common = common.and(whole.moved(-move[0], -move[1]))
	}
	if mode == Partial {
		if common.area() == 0 {
			return nil, bands[0].at.wrap(fmt.Errorf("%w of some band: %v", ErrNoOverlap, asked))
		}
		for i, v := range windows {
			windows[i] = common.moved(v.x0-asked.x0, v.y0-asked.y0)
		}
	}
	for i, h := range bands {
		w := cutouts[i].WCS
		c, err := h.cut(w.pixel, w, windows[i], mode)
		if err != nil {
			return nil, err
		}
		if mode == Partial {
			c.Overlap = common.area() / asked.area()
		}
		cutouts[i].Cutout = *c
	}
	return cutouts, nil
}

// displacement returns by how many pixels the sky at the middle of a window is further in another image: whole pixels,
// and what is left over.
func (w *WCS) displacement(other *WCS, at window) (whole [2]int, residual [2]float64, err error) {
	x, y := float64(at.x0)+float64(at.width-1)/2, float64(at.y0)+float64(at.height-1)/2
	u, v, err := w.PixelIn(other, x, y)
	if err != nil {
		return whole, residual, err
	}
	for k, d := range [2]float64{u - x, v - y} {
		if !(math.Abs(d) < farthest) {
			return whole, residual, other.at.wrap(fmt.Errorf("%w: around pixel (%g, %g)", ErrNoOverlap, u, v))
		}
		whole[k] = int(math.Round(d))
		residual[k] = d - math.Round(d)
	}
	return whole, residual, nil
}

func (w window) moved(dx, dy int) window {
	w.x0, w.y0 = w.x0+dx, w.y0+dy
	return w
}
