package pixels

import (
	"errors"
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits"
)

// tolerance is what a position may be wrong by for the sake of speed, in pixels.
const tolerance = 0.01

// mapping is where the pixels of the first band are in another.
type mapping struct {
	from, to *fits.WCS
	whole    bool    // by dx, dy pixels further, all over
	dx, dy   int     // if whole
	finer    float64 // pixels of the other to one of the first along a side
}

// point is a pixel position; NaN where there is none.
type point struct{ x, y float64 }

// register finds out which bands do not lie on the first one as they are, and
// refuses bands that see another part of the sky.
func (f *File) register() error {
	f.maps = make([]*mapping, len(f.layers))
	for band, l := range f.layers {
		if l == nil || l == f.first {
			continue
		}
		m, err := l.onto(f.first)
		if err != nil {
			return err
		}
		if m == nil && l.shape != f.first.shape {
			return l.formatError("%s, where %s is %s; bands without sky coordinates that tell where they lie need one shape",
				l.describe(), f.first.name, f.first.describe())
		}
		if m != nil && m.whole && m.dx == 0 && m.dy == 0 && l.shape == f.first.shape {
			m = nil
		}
		f.maps[band] = m
	}
	return nil
}

// onto is the mapping from the pixels of ref to those of l, nil where none is
// known. Only single images have one: the WCS of a stack is that of none of its
// cutouts.
func (l *layer) onto(ref *layer) (*mapping, error) {
	if l.wcs == nil || ref.wcs == nil || ref.shape.cutouts > 1 || l.shape.cutouts > 1 {
		return nil, nil
	}
	if _, _, err := ref.wcs.PixelIn(l.wcs, 0, 0); errors.As(err, new(*fits.UnsupportedError)) {
		return nil, nil
	}
	m := &mapping{from: ref.wcs, to: l.wcs, whole: true, finer: max(1, ref.wcs.PixelScale()/l.wcs.PixelScale())}
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	const steps = 4
	for i := range (steps + 1) * (steps + 1) {
		x := float64(i%(steps+1)*(ref.shape.width-1)) / steps
		y := float64(i/(steps+1)*(ref.shape.height-1)) / steps
		p := m.exact(x, y)
		if p.x != p.x {
			m.whole = false
			continue
		}
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
		if i == 0 && math.Abs(p.x-x) < 1<<30 && math.Abs(p.y-y) < 1<<30 {
			m.dx, m.dy = int(math.Round(p.x-x)), int(math.Round(p.y-y))
		}
		if !(math.Abs(p.x-x-float64(m.dx)) <= tolerance && math.Abs(p.y-y-float64(m.dy)) <= tolerance) {
			m.whole = false
		}
	}
	if !(low.x < float64(l.shape.width)-0.5 && low.y < float64(l.shape.height)-0.5 && high.x > -0.5 && high.y > -0.5) {
		return nil, &fits.FormatError{File: l.name, HDU: l.hduIndex(), Where: "WCS",
			Reason: fmt.Sprintf("the image shows nothing of %s, whose pixels are at (%.0f, %.0f) to (%.0f, %.0f) of it; are these bands of one field?",
				ref.name, low.x, low.y, high.x, high.y)}
	}
	if !(m.finer <= maxFiner) {
		return nil, &fits.UnsupportedError{File: l.name, HDU: l.hduIndex(),
			Reason: fmt.Sprintf("has pixels %.3g times smaller than those of %s; at most %d times can be resampled", m.finer, ref.name, maxFiner)}
	}
	return m, nil
}

func (m *mapping) exact(x, y float64) point {
	u, v, err := m.from.PixelIn(m.to, x, y)
	if err != nil {
		return point{math.NaN(), math.NaN()}
	}
	return point{u, v}
}

// The map is interpolated in cells of this side, in pixels of the first band, or
// in those that come of quartering them; the least are not worth it.
const mostCell, leastCell = 64, 4

// box is the pixels x0 <= x < x1, y0 <= y < y1.
type box struct{ x0, y0, x1, y1 int }

func (b box) width() int  { return b.x1 - b.x0 }
func (b box) height() int { return b.y1 - b.y0 }

// positions writes where the pixels of b, none of which is negative, are to at,
// row by row, to [tolerance] or better. A pixel's cell, and so its position, does
// not depend on b.
func (m *mapping) positions(at []point, b box) {
	for y := b.y0 / mostCell * mostCell; y < b.y1; y += mostCell {
		for x := b.x0 / mostCell * mostCell; x < b.x1; x += mostCell {
			m.cell(at, b, x, y, mostCell)
		}
	}
}

// cell is positions in a square that begins at (x, y). A map that is quadratic
// there is linear along the edges but for what shows at their middles, and within
// the cell it is off by at most the sum of both; half of the tolerance is left for
// what is not quadratic.
func (m *mapping) cell(at []point, b box, x, y, side int) {
	in := box{max(x, b.x0), max(y, b.y0), min(x+side, b.x1), min(y+side, b.y1)}
	if in.x0 >= in.x1 || in.y0 >= in.y1 {
		return
	}
	if side <= leastCell {
		for py := in.y0; py < in.y1; py++ {
			for px := in.x0; px < in.x1; px++ {
				at[(py-b.y0)*b.width()+px-b.x0] = m.exact(float64(px), float64(py))
			}
		}
		return
	}
	half := float64(side) / 2
	var p [3][3]point // of the corners, the middles of the edges and that of the cell, y first
	for k := range 9 {
		p[k/3][k%3] = m.exact(float64(x)+float64(k%3)*half, float64(y)+float64(k/3)*half)
	}
	along := max(bend(p[0][0], p[0][1], p[0][2]), bend(p[2][0], p[2][1], p[2][2]))
	across := max(bend(p[0][0], p[1][0], p[2][0]), bend(p[0][2], p[1][2], p[2][2]))
	twist := bend(between(p[0][0], p[2][0], 0.5), p[1][1], between(p[0][2], p[2][2], 0.5))
	if !(along+across <= tolerance/2 && twist <= tolerance/2) { // or there is no number
		quarter := side / 2
		for k := range 4 {
			m.cell(at, b, x+k%2*quarter, y+k/2*quarter, quarter)
		}
		return
	}
	for py := in.y0; py < in.y1; py++ {
		t := float64(py-y) / float64(side)
		left, right := between(p[0][0], p[2][0], t), between(p[0][2], p[2][2], t)
		for px := in.x0; px < in.x1; px++ {
			at[(py-b.y0)*b.width()+px-b.x0] = between(left, right, float64(px-x)/float64(side))
		}
	}
}

// bend is how far the middle of three points is from the mean of the others.
func bend(a, middle, b point) float64 {
	mean := between(a, b, 0.5)
	return math.Hypot(middle.x-mean.x, middle.y-mean.y)
}

func between(a, b point, t float64) point {
	return point{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)}
}
