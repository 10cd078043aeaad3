package patch

import (
	"math"
	"slices"

	"github.com/astrovit/astrovit/simd"
)

// blur convolves every band of im [C, H, W], in place, with a Gaussian of sigma
// pixels, cut at 4 sigma and normalised, the edge pixels being repeated.
func (s *Scratch) blur(im Image, sigma float64) {
	h, w := im.plane()
	reach := int(4*sigma + 0.5)
	if reach == 0 {
		return
	}
	s.gaussian(sigma, reach)
	s.line, s.plane = resized(s.line, w+2*reach), resized(s.plane, h*w)
	for c := range im.Bands() {
		band := im.Band(c)
		for y := range h {
			row := band[y*w:][:w]
			set(s.line[:reach], row[0])
			copy(s.line[reach:], row)
			set(s.line[reach+w:], row[w-1])
			sum := s.plane[y*w:][:w]
			clear(sum)
			for k, weight := range s.kernel {
				simd.Axpy(weight, s.line[k:][:w], sum)
			}
		}
		for y := range h {
			sum := band[y*w:][:w]
			clear(sum)
			for k, weight := range s.kernel {
				from := min(max(y+k-reach, 0), h-1)
				simd.Axpy(weight, s.plane[from*w:][:w], sum)
			}
		}
	}
}

// gaussian makes the kernel [2 reach + 1].
func (s *Scratch) gaussian(sigma float64, reach int) {
	s.kernel = resized(s.kernel, 2*reach+1)
	weight := func(i int) float64 { return math.Exp(-0.5 * float64(i*i) / (sigma * sigma)) }
	total := 0.0
	for i := -reach; i <= reach; i++ {
		total += weight(i)
	}
	for i := range s.kernel {
		s.kernel[i] = float32(weight(i-reach) / total)
	}
}

// resized is n numbers of any value, in x's memory if there is room.
func resized(x []float32, n int) []float32 { return slices.Grow(x[:0], n)[:n] }
