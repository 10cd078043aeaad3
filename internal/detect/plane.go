package detect

import "math"

// A plane is the image as it came, with its sky beside it.
type plane struct {
	width, height  int
	pixels, weight []float32 // [H, W]; weight may be nil

	sky   surface // the background
	noise surface // standard deviation of a pixel, without its weight: times the square root of it
}

// defined reports whether a pixel, by its index, can be used.
func (p *plane) defined(i int) bool {
	v := p.pixels[i]
	return v > -absurd && v < absurd && (p.weight == nil || p.weight[i] > 0 && p.weight[i] < absurd)
}

const (
	absurd = 1e30 // a sentinel rather than a flux
	maxGap = 16   // undefined pixels in a row that are bridged, as SExtractor's INTERP_MAXXLAG
)

// row writes the pixels (x0+k, y), less the background. Those undefined are interpolated between the nearest two of
// their row, or 0 in a gap that is wider than maxGap or open.
func (p *plane) row(dst []float32, x0, y int) {
	p.sky.row(dst, x0, y)
	for k := range dst {
		x, start := x0+k, y*p.width
		if p.defined(start + x) {
			dst[k] = p.pixels[start+x] - dst[k]
			continue
		}
		lo, hi := x-1, x+1
		for lo >= 0 && hi-lo <= maxGap+1 && !p.defined(start+lo) {
			lo--
		}
		for hi < p.width && hi-lo <= maxGap+1 && !p.defined(start+hi) {
			hi++
		}
		if lo < 0 || hi >= p.width || hi-lo > maxGap+1 {
			dst[k] = 0
			continue
		}
		t := float32(x-lo) / float32(hi-lo)
		dst[k] = (1-t)*p.pixels[start+lo] + t*p.pixels[start+hi] - dst[k]
	}
}

// sigmas writes the standard deviations of a row's pixels. One without a weight has that of the pixel before.
func (p *plane) sigmas(dst []float32, y int) {
	p.noise.row(dst, 0, y)
	if p.weight == nil {
		return
	}
	perNoise := math.Inf(1)
	for x, w := range p.weight[y*p.width : (y+1)*p.width] {
		if w > 0 && w < absurd {
			perNoise = 1 / math.Sqrt(float64(w))
		}
		dst[x] = float32(perNoise * float64(dst[x]))
	}
}
