package detect

import (
	"context"
	"slices"
)

// pyramid is one axis of the filter, that of SExtractor's default.conv.
var pyramid = [...]float32{0.25, 0.5, 0.25}

// across filters a row, beyond which there is nothing.
func across(dst, src []float32) {
	clear(dst)
	const r = len(pyramid) / 2
	for i, weight := range pyramid {
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
func (p *plane) detect(ctx context.Context, threshold float64, workers int) *strips {
	n := (p.height + stripRows - 1) / stripRows
	runs, values := make([][]run, n), make([][]float32, n)
	each(ctx, n, workers, func() func(int) {
		f := newFilter(p)
		return func(i int) {
			runs[i], values[i] = f.detect(float32(threshold), i*stripRows, min(p.height, (i+1)*stripRows))
		}
	})
	return &strips{slices.Concat(runs...), values}
}

// A filter goes over the rows of a plane.
type filter struct {
	*plane
	source, filtered, sigma []float32
	ring                    [len(pyramid)][]float32 // rows that are filtered across; row y is ring[y mod len(pyramid)]
}

func newFilter(p *plane) *filter {
	row := func() []float32 { return make([]float32, p.width) }
	f := &filter{plane: p, source: row(), filtered: row(), sigma: row()}
	for i := range f.ring {
		f.ring[i] = row()
	}
	return f
}

// detect returns the runs of the rows y0 <= y < y1.
func (f *filter) detect(threshold float32, y0, y1 int) (runs []run, values []float32) {
	const r = len(pyramid) / 2
	for y := max(0, y0-r); y < y1+r; y++ {
		if y < f.height {
			f.row(f.source, 0, y)
			across(f.ring[y%len(f.ring)], f.source)
		}
		middle := y - r
		if middle < y0 {
			continue
		}
		clear(f.filtered)
		for i, weight := range pyramid {
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
