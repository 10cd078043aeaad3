package sim

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// A PSF is a Moffat profile (Moffat 1969), cut off where almost nothing is left and normalised to unit flux.
type PSF struct {
	fwhm         float64
	alpha2, beta float64 // (1 + r²/alpha²)^-beta
	radius       int     // of the kernel, in pixels
	kernel       []float64
	norm         float64 // makes the point source a unit
}

// NewPSF returns a Moffat PSF of full width at half maximum fwhm. beta is 2.5 to 4.8 for seeing; the larger the nearer
// to a Gaussian.
func NewPSF(fwhm, beta float64) *PSF {
	if !(fwhm >= 1.5 && beta > 1) {
		panic("sim: a PSF needs fwhm >= 1.5 pixels and beta > 1")
	}
	alpha := fwhm / (2 * math.Sqrt(math.Pow(2, 1/beta)-1))
	p := &PSF{fwhm: fwhm, alpha2: alpha * alpha, beta: beta, radius: int(math.Ceil(4 * fwhm)), norm: 1}
	side := 2*p.radius + 1
	p.kernel = make([]float64, side*side)
	total := 0.0
	for i := range p.kernel {
		p.kernel[i] = p.at(float64(i%side-p.radius), float64(i/side-p.radius))
		total += p.kernel[i]
	}
	for i := range p.kernel {
		p.kernel[i] /= total
	}
	p.norm = 1 / total
	return p
}

func (p *PSF) at(x, y float64) float64 {
	r := float64(p.radius) + 0.5
	r2 := x*x + y*y
	if r2 > r*r {
		return 0
	}
	return p.norm * math.Pow(1+r2/p.alpha2, -p.beta)
}

// Convolve returns the image blurred, without a border of Margin pixels on each side, to which light beyond the image
// would have contributed.
func (p *PSF) Convolve(im *Image) *Image {
	out := NewImage(im.Width-2*p.radius, im.Height-2*p.radius)
	side := 2*p.radius + 1
	spans := im.spans()
	for y := range out.Height {
		dst := out.Pix[y*out.Width : (y+1)*out.Width]
		for ky := range side {
			src := im.Pix[(y+ky)*im.Width : (y+ky+1)*im.Width]
			lit := spans[y+ky]
			for kx, k := range p.kernel[ky*side : (ky+1)*side] {
				from, to := max(lit[0], kx), min(lit[1], kx+len(dst))
				if k != 0 && from < to {
					floats.AddScaled(dst[from-kx:to-kx], k, src[from:to])
				}
			}
		}
	}
	return out
}

// FWHM returns the full width at half maximum in pixels.
func (p *PSF) FWHM() float64 { return p.fwhm }

// Margin returns the width of the border that Convolve takes off.
func (p *PSF) Margin() int { return p.radius }

// point is the light of an unresolved source.
type point struct {
	*PSF
	flux float64
}

func (p point) At(x, y float64) float64 { return p.flux * p.at(x, y) }
func (p point) Reach() float64          { return float64(p.radius) + 0.5 }

// Point returns the light of a star as the telescope shows it; it must not be convolved again.
func (p *PSF) Point(flux float64) Light { return point{p, flux} }
