package detect

import (
	"context"
	"math"
	"slices"
)

// measureSky fits the background and the noise (B&A section 4): the mode and the standard deviation of each cell's
// pixels, clipped, then the median of 3 x 3 cells. It reports false where no cell has noise.
func (p *plane) measureSky(ctx context.Context, side, workers int) bool {
	// Cells are equal but for a pixel, so that their centres are evenly spaced.
	rows, cols := max(1, (p.height+side/2)/side), max(1, (p.width+side/2)/side)
	levels, noises := make([]float64, rows*cols), make([]float64, rows*cols)
	each(ctx, rows, workers, func() func(int) {
		var values []float32
		return func(j int) {
			y0, y1 := j*p.height/rows, (j+1)*p.height/rows
			for i := range cols {
				x0, x1 := i*p.width/cols, (i+1)*p.width/cols
				values = p.usable(values[:0], x0, x1, y0, y1)
				if 2*len(values) < (y1-y0)*(x1-x0) {
					values = values[:0]
				}
				levels[j*cols+i], noises[j*cols+i] = clip(values)
			}
		}
	})
	if !spread(levels, cols) || !spread(noises, cols) {
		return false
	}
	p.sky = newSurface(median3(levels, cols), cols, p.width, p.height)
	smooth := median3(noises, cols)
	p.noise = newSurface(smooth, cols, p.width, p.height)
	p.noise.least = float32(slices.Min(smooth))
	return true
}

// usable appends the defined pixels of a cell.
func (p *plane) usable(values []float32, x0, x1, y0, y1 int) []float32 {
	for y := y0; y < y1; y++ {
		for at := y*p.width + x0; at < y*p.width+x1; at++ {
			if p.defined(at) {
				values = append(values, p.pixels[at])
			}
		}
	}
	return values
}

// clip is the mode and the standard deviation of values, which it sorts, clipped at three standard deviations around
// the median until that takes away nothing. The mode of a skewed distribution, 2.5 median - 1.5 mean, is not trusted
// in crowded cells, where the mean is 0.3 standard deviations off: there it is the median, as in SExtractor. Both are NaN
// without values, or where all are alike, as beyond a survey's edge.
func clip(values []float32) (mode, sigma float64) {
	slices.Sort(values)
	for len(values) > 0 {
		n := len(values)
		median := (float64(values[(n-1)/2]) + float64(values[n/2])) / 2
		sum, squares := 0.0, 0.0
		for _, v := range values {
			d := float64(v) - median
			sum, squares = sum+d, squares+d*d
		}
		excess := sum / float64(n) // of the mean over the median
		sigma = math.Sqrt(max(0, squares/float64(n)-excess*excess))
		lo, hi := 0, n
		for lo < hi && float64(values[lo]) < median-3*sigma {
			lo++
		}
		for lo < hi && float64(values[hi-1]) > median+3*sigma {
			hi--
		}
		switch {
		case sigma == 0:
			return math.NaN(), math.NaN()
		case hi-lo < n:
			values = values[lo:hi]
		case math.Abs(excess) < 0.3*sigma:
			return median - 1.5*excess, sigma
		default:
			return median, sigma
		}
	}
	return math.NaN(), math.NaN()
}

// spread gives unknown cells (NaN) the mean of their neighbours, from the known ones outwards; false: none is known.
func spread(cells []float64, cols int) bool {
	for {
		last, unknown := slices.Clone(cells), 0
		for i := range cells {
			if !math.IsNaN(cells[i]) {
				continue
			}
			sum, n := 0.0, 0
			neighbours(i, cols, len(cells), func(k int) {
				if !math.IsNaN(last[k]) {
					sum, n = sum+last[k], n+1
				}
			})
			if unknown++; n > 0 {
				cells[i] = sum / float64(n)
			}
		}
		if unknown == 0 || unknown == len(cells) {
			return unknown == 0
		}
	}
}

// median3 is the median of 3 x 3 cells, at the border of those along it, at a corner of itself: the cells lie
// symmetrically, so that a slope stays what it is.
func median3(cells []float64, cols int) []float64 {
	rows := len(cells) / cols
	out := make([]float64, len(cells))
	var near []float64
	for i := range cells {
		x, y := i%cols, i/cols
		h, v := min(1, x, cols-1-x), min(1, y, rows-1-y)
		near = near[:0]
		for k := y - v; k <= y+v; k++ {
			near = append(near, cells[k*cols+x-h:k*cols+x+h+1]...)
		}
		slices.Sort(near)
		out[i] = near[len(near)/2]
	}
	return out
}

// neighbours visits the 3 x 3 cells around one, those that there are.
func neighbours(i, cols, n int, visit func(k int)) {
	for y := max(0, i/cols-1); y <= min(n/cols-1, i/cols+1); y++ {
		for x := max(0, i%cols-1); x <= min(cols-1, i%cols+1); x++ {
			visit(y*cols + x)
		}
	}
}
