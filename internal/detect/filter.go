package detect

import (
	"context"
	"math"
	"slices"
)

// A kernel is one axis of a separable filter whose numbers sum to 1; it has an odd length.
type kernel []float32

// newKernel is a Gaussian of a full width at half maximum, to 3 standard deviations, or 1 2 1.
func newKernel(fwhm float64) kernel {
	if fwhm == 0 {
		return kernel{0.25, 0.5, 0.25}
	}
	sigma := fwhm / fwhmOfSigma
	radius := int(math.Ceil(3 * sigma))
	k, sum := make(kernel, 2*radius+1), 0.0
	value := func(i int) float64 { d := float64(i-radius) / sigma; return math.Exp(-d * d / 2) }
	for i := range k {
		sum += value(i)
	}
	for i := range k {
		k[i] = float32(value(i) / sum)
	}
	return k
}

var fwhmOfSigma = math.Sqrt(8 * math.Ln2) // of a Gaussian

// across filters a row, beyond which there is nothing.
func (k kernel) across(dst, src []float32) {
	clear(dst)
	r := len(k) / 2
	for i, weight := range k {
		lo, hi := max(0, r-i), min(len(src), len(src)+r-i)
		for x := lo; x < hi; x++ {
			dst[x] += weight * src[x+i-r]
		}
	}
}

// A run is the pixels x0 <= x < x1 of row y, all above the threshold and at both ends next to one that is not.
type run struct{ y, x0, x1, at int32 } // at: of its first pixel in its strip's values

// strips are the runs of a plane by row and column, and the filtered values of their pixels, stripRows rows a slice.
type strips struct {
	runs   []run
	values [][]float32
}

const stripRows = 64

func (s *strips) valuesOf(r run) []float32 { return s.values[r.y/stripRows][r.at : r.at+r.x1-r.x0] }

// detect filters the plane and keeps the pixels that exceed the threshold.
func (p *plane) detect(ctx context.Context, k kernel, threshold float64, workers int) *strips {
	n := (p.height + stripRows - 1) / stripRows
	runs, values := make([][]run, n), make([][]float32, n)
	each(ctx, n, workers, func() func(int) {
		f := newFilter(p, k)
		return func(i int) {
			runs[i], values[i] = f.detect(float32(threshold), i*stripRows, min(p.height, (i+1)*stripRows))
		}
	})
	return &strips{slices.Concat(runs...), values}
}

// A filter goes over the rows of a plane.
type filter struct {
	*plane
	kernel
	source, filtered, sigma []float32
	ring                    [][]float32 // rows that are filtered across; row y is ring[y mod len(kernel)]
}

func newFilter(p *plane, k kernel) *filter {
	row := func() []float32 { return make([]float32, p.width) }
	f := &filter{p, k, row(), row(), row(), nil}
	for range k {
		f.ring = append(f.ring, row())
	}
	return f
}

// detect returns the runs of the rows y0 <= y < y1.
func (f *filter) detect(threshold float32, y0, y1 int) (runs []run, values []float32) {
	r := len(f.kernel) / 2
	for y := max(0, y0-r); y < y1+r; y++ {
		if y < f.height {
			f.row(f.source, 0, y)
			f.across(f.ring[y%len(f.ring)], f.source)
		}
		middle := y - r
		if middle < y0 {
			continue
		}
		clear(f.filtered)
		for i, weight := range f.kernel {
			if from := middle + i - r; from >= 0 && from < f.height {
				for x, v := range f.ring[from%len(f.ring)] {
					f.filtered[x] += weight * v
				}
			}
		}
		f.noise.row(f.sigma, 0, middle)
		for x := 0; x < f.width; x++ {
			start := x
			for x < f.width && f.filtered[x] > threshold*f.sigma[x] {
				x++
			}
			if x > start {
				runs = append(runs, run{int32(middle), int32(start), int32(x), int32(len(values))})
				values = append(values, f.filtered[start:x]...)
			}
		}
	}
	return runs, values
}
