package sim

import (
	"math"
	"math/rand/v2"
)

// Survey is how the sky is seen.
type Survey struct {
	PixelScale float64 // arcsec a pixel
	FWHM       float64 // of the point spread function, pixels
	Beta       float64 // of its Moffat profile
	Noise      float64 // standard deviation of a pixel of empty sky, nanomaggies
	Electrons  float64 // detected per nanomaggy
}

// Ground is about SDSS in r: York et al. (2000), and the noise of a frame.
var Ground = Survey{PixelScale: 0.396, FWHM: 3.3, Beta: 3.5, Noise: 0.03, Electrons: 900}

// Observe convolves a canvas with the point spread function and adds the
// noise of sky and photons. Light from beyond the canvas is missing near its
// rim: make it larger than what is wanted.
func (s Survey) Observe(c *Canvas, r *rand.Rand) *Canvas {
	seen := convolve(c, s.moffat())
	for i, v := range seen.Pixels {
		seen.Pixels[i] = v + r.NormFloat64()*math.Sqrt(s.Noise*s.Noise+math.Max(0, v)/s.Electrons)
	}
	return seen
}

// moffat is the point spread function (Moffat 1969) on a square of odd side,
// with sum 1.
func (s Survey) moffat() *Canvas {
	core := s.FWHM / (2 * math.Sqrt(math.Pow(2, 1/s.Beta)-1))
	half := int(math.Ceil(3 * s.FWHM))
	k := NewCanvas(2*half+1, 2*half+1)
	k.Draw(func(x, y float64) float64 {
		return math.Pow(1+(x*x+y*y)/(core*core), -s.Beta)
	}, float64(half), float64(half), float64(half), 1)
	return k
}

// convolve gives the sum over the kernel at each pixel; outside is dark.
func convolve(c, kernel *Canvas) *Canvas {
	out := NewCanvas(c.Height, c.Width)
	half := kernel.Height / 2
	for ky := range kernel.Height {
		for kx := range kernel.Width {
			weight, dx, dy := kernel.Pixels[ky*kernel.Width+kx], kx-half, ky-half
			for y := max(0, dy); y < min(c.Height, c.Height+dy); y++ {
				from, to := max(0, dx), min(c.Width, c.Width+dx)
				src := c.Pixels[(y-dy)*c.Width+from-dx : (y-dy)*c.Width+to-dx]
				dst := out.Pixels[y*c.Width+from : y*c.Width+to]
				for i, v := range src {
					dst[i] += weight * v
				}
			}
		}
	}
	return out
}

// Crop is height x width pixels of c from (x, y) on.
func (c *Canvas) Crop(x, y, height, width int) *Canvas {
	out := NewCanvas(height, width)
	for row := range height {
		copy(out.Pixels[row*width:][:width], c.Pixels[(y+row)*c.Width+x:])
	}
	return out
}

// Float32 is the pixels in the precision of a FITS file.
func (c *Canvas) Float32() []float32 {
	pixels := make([]float32, len(c.Pixels))
	for i, v := range c.Pixels {
		pixels[i] = float32(v)
	}
	return pixels
}
