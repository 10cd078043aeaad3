package detect

import "math"

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
func (p *plane) detect(k kernel, threshold float64, workers int) *strips {
	n := (p.height + stripRows - 1) / stripRows
	runs, values := make([][]run, n), make([][]float32, n)
	each(n, workers, func(i int) {
		runs[i], values[i] = p.detectStrip(k, float32(threshold), i*stripRows, min(p.height, (i+1)*stripRows))
	})
	all := &strips{values: values}
	for i, r := range runs {
		all.runs = append(all.runs, r...)
		runs[i] = nil
	}
	return all
}

func (p *plane) detectStrip(k kernel, threshold float32, y0, y1 int) (runs []run, values []float32) {
	r := len(k) / 2
	source, filtered, sigma := make([]float32, p.width), make([]float32, p.width), make([]float32, p.width)
	ring := make([][]float32, len(k)) // of rows that are filtered across; row y is ring[y mod len(k)]
	for i := range ring {
		ring[i] = make([]float32, p.width)
	}
	for y := max(0, y0-r); y < y1+r; y++ {
		if y < p.height {
			p.row(source, 0, y)
			k.across(ring[y%len(k)], source)
		}
		middle := y - r
		if middle < y0 {
			continue
		}
		clear(filtered)
		for i, weight := range k {
			if from := middle + i - r; from >= 0 && from < p.height {
				for x, v := range ring[from%len(k)] {
					filtered[x] += weight * v
				}
			}
		}
		p.sigmas(sigma, middle)
		for x := 0; x < p.width; x++ {
			start := x
			for x < p.width && filtered[x] > threshold*sigma[x] {
				x++
			}
			if x > start {
				runs = append(runs, run{int32(middle), int32(start), int32(x), int32(len(values))})
				values = append(values, filtered[start:x]...)
			}
		}
	}
	return runs, values
}
