package detect

// A plane is the image as it came, with its sky beside it.
type plane struct {
	width, height int
	pixels        []float32 // [H, W]

	sky   surface // the background
	noise surface // standard deviation of a pixel
}

// defined reports whether a pixel, by its index, can be used.
func (p *plane) defined(i int) bool {
	v := p.pixels[i]
	return v > -absurd && v < absurd
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
