package pixels

import "math"

// warp resamples a band onto the pixels of the first.
type warp struct {
	*layer
	cutout int
	*mapping
	*kernel
}

// most bounds what is resampled, and what is read for it, at once, in pixels.
const (
	mostPixels = 1 << 16
	mostRead   = 1 << 22
)

// least is the part of the kernel's weight that has to lie on defined pixels.
const least = 0.5

// fill writes the pixels of b to dst, whose rows are stride apart. It reads what
// they need part by part, whatever the coordinate systems are.
func (w *warp) fill(dst []float32, stride int, b box) error {
	if b.width()*b.height() > mostPixels {
		return w.halves(dst, stride, b)
	}
	at := make([]point, b.width()*b.height())
	w.positions(at, b)
	need := w.reach(at)
	if need.width()*need.height() > mostRead && len(at) > 1 {
		return w.halves(dst, stride, b)
	}
	var src []float32
	if need != (box{}) {
		var err error
		if src, err = w.section(w.cutout, need.y0, need.y1, need.x0, need.x1); err != nil {
			return err
		}
	}
	var x, y taps
	for i, p := range at {
		out := &dst[i/b.width()*stride+i%b.width()]
		if !w.holds(p) {
			*out = float32(math.NaN())
			continue
		}
		x.at(w.kernel, p.x, w.finer)
		y.at(w.kernel, p.y, w.finer)
		*out = blend(src, need, &x, &y)
	}
	return nil
}

func (w *warp) halves(dst []float32, stride int, b box) error {
	first, second, skip := b, b, 0
	if b.height() > 1 {
		first.y1 = b.y0 + b.height()/2
		second.y0, skip = first.y1, first.height()*stride
	} else {
		first.x1 = b.x0 + b.width()/2
		second.x0, skip = first.x1, first.width()
	}
	if err := w.fill(dst, stride, first); err != nil {
		return err
	}
	return w.fill(dst[skip:], stride, second)
}

// holds reports whether a position is on a pixel of the band.
func (w *warp) holds(p point) bool {
	return p.x >= -0.5 && p.y >= -0.5 && p.x <= float64(w.shape.width)-0.5 && p.y <= float64(w.shape.height)-0.5
}

// reach is the pixels of the band that the kernel touches at any of the positions.
func (w *warp) reach(at []point) (need box) {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range at {
		if w.holds(p) {
			low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	if low.x > high.x {
		return box{}
	}
	r := w.support*w.finer + 1.0/phases
	return box{
		max(0, int(math.Ceil(low.x-r))), max(0, int(math.Ceil(low.y-r))),
		min(w.shape.width, int(math.Floor(high.x+r))+1), min(w.shape.height, int(math.Floor(high.y+r))+1),
	}
}

// blend is the mean under the kernel of src, the pixels of a box. All taps that
// the band has are in it.
func blend(src []float32, b box, x, y *taps) float32 {
	if x.first >= b.x0 && y.first >= b.y0 && x.first+x.n <= b.x1 && y.first+y.n <= b.y1 {
		sum := 0.0
		weights := x.weights[:x.n]
		for j, wy := range y.weights[:y.n] {
			row := src[(y.first+j-b.y0)*b.width()+x.first-b.x0:][:len(weights)]
			line := 0.0
			for i, wx := range weights {
				line += wx * float64(row[i])
			}
			sum += wy * line
		}
		if sum-sum == 0 { // no undefined pixel
			return float32(sum / (x.sum * y.sum))
		}
	}
	sum, defined, out := 0.0, 0.0, float32(math.NaN())
	for j := max(0, b.y0-y.first); j < min(y.n, b.y1-y.first); j++ {
		for i := max(0, b.x0-x.first); i < min(x.n, b.x1-x.first); i++ {
			v, weight := src[(y.first+j-b.y0)*b.width()+x.first+i-b.x0], x.weights[i]*y.weights[j]
			switch {
			case v-v == 0:
				sum += weight * float64(v)
				defined += weight
			case isExcluded(v):
				out = excluded
			}
		}
	}
	if defined >= least*x.sum*y.sum {
		out = float32(sum / defined)
	}
	return out
}
