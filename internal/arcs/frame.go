package arcs

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/astrovit/astrovit/internal/sim"
)

// A frame is a host as it was observed, to which light is added.
type frame struct {
	pixels   [bands][]float32
	variance [bands][]float64 // of the pixels, in counts²
	sigma    fluxes           // noise of an empty pixel in counts
	gain     fluxes           // electrons a count
	seeing   [bands]*sim.PSF
	host     string
	real     bool
	x, y     float64 // pixel of the host's centre
	colour   fluxes  // the host's light relative to i
	layers   []layer // a simulated host's light
}

// What a frame is like where no telescope has said it: the seeing is about that
// of the Dark Energy Survey (Abbott et al. 2018, ApJS 239, 18), the noise that
// of the real hosts at hand. A dark sky of this brightness makes the photons of
// that noise, which gives the electrons to a count: 15, and 3 in Y.
var (
	seeing = fluxes{1.12, 0.96, 0.88, 0.84, 0.90} // FWHM in arcsec
	noise  = fluxes{2.75, 4.2, 7, 12.5, 38}       // counts a pixel
	sky    = fluxes{22.0, 21.2, 19.9, 18.7, 18.0} // mag a square arcsec
)

// frame draws a host, and how it is seen.
func (m *Maker) frame(r *rand.Rand) *frame {
	f := &frame{}
	const middle = (Side - 1) / 2.0
	if r.Float64() < m.Simulated || len(m.Hosts) == 0 {
		f.x, f.y = middle+uniform(r, -2, 2), middle+uniform(r, -2, 2)
		for {
			f.host = fmt.Sprintf("sim-%08x", r.Uint32())
			if m.Splits[Split(f.host)] {
				break
			}
		}
		f.simulate(r)
	} else {
		h := m.Hosts[r.IntN(len(m.Hosts))]
		h.place(f, r)
	}
	sharpness := math.Exp(0.08 * r.NormFloat64())
	more := uniform(r, 0, 0.5) // noise, as a share of what there is
	for b := range bands {
		fwhm := seeing[b] * sharpness * math.Exp(0.03*r.NormFloat64())
		f.seeing[b] = sim.NewPSF(fwhm/PixelScale, 3.5)
		for i := range f.pixels[b] {
			f.pixels[b][i] += float32(more * f.sigma[b] * r.NormFloat64())
		}
		f.sigma[b] *= math.Sqrt(1 + more*more)
		f.gain[b] = counts(sky[b]) * PixelScale * PixelScale / (f.sigma[b] * f.sigma[b])
		f.variance[b] = make([]float64, Side*Side)
	}
	if r.Float64() < 0.01 {
		f.trail(r)
	}
	f.measure()
	return f
}

// blank makes a sky without anything on it. Noise is smoothed a little, as it is
// where exposures have been resampled onto one grid.
func (f *frame) blank(r *rand.Rand) {
	const shift = 0.2 // pixels: neighbours correlate by a quarter
	depth := math.Exp(0.1 * r.NormFloat64())
	for b := range bands {
		f.sigma[b] = noise[b] * depth * math.Exp(0.1*r.NormFloat64())
		white := make([]float64, (Side+1)*(Side+1))
		for i := range white {
			white[i] = f.sigma[b] / (shift*shift + (1-shift)*(1-shift)) * r.NormFloat64()
		}
		f.pixels[b] = make([]float32, Side*Side)
		for i := range f.pixels[b] {
			w := white[i/Side*(Side+1)+i%Side:]
			f.pixels[b][i] = float32((1-shift)*((1-shift)*w[0]+shift*w[1]) + shift*((1-shift)*w[Side+1]+shift*w[Side+2]))
		}
	}
}

// trail draws what a satellite leaves, in one band.
func (f *frame) trail(r *rand.Rand) {
	b := r.IntN(bands)
	sin, cos := math.Sincos(uniform(r, 0, math.Pi))
	at, height := uniform(r, -Side/2, Side/2), logUniform(r, 1, 15)*f.sigma[b]
	s := f.seeing[b].FWHM() / 2.355
	for i := range f.pixels[b] {
		d := sin*(float64(i%Side)-Side/2) + cos*(float64(i/Side)-Side/2) - at
		f.pixels[b][i] += float32(height * math.Exp(-d*d/(2*s*s)))
	}
}

// measure finds the variance of each pixel: that of the sky, and the photons of
// what is there.
func (f *frame) measure() {
	for b := range bands {
		for i, v := range f.pixels[b] {
			f.variance[b][i] = f.sigma[b]*f.sigma[b] + max(0, float64(v))/f.gain[b]
		}
	}
}

// draw returns light as the telescope shows it without noise, in counts. Shapes
// are the same in all bands and are drawn once.
func (f *frame) draw(layers []layer) (seen [bands]*sim.Image) {
	margin := 0
	for _, p := range f.seeing {
		margin = max(margin, p.Margin())
	}
	side := Side + 2*margin
	var sharp [bands]*sim.Image
	for b := range sharp {
		sharp[b] = sim.NewImage(side, side)
	}
	for _, l := range layers {
		shape := sim.NewImage(side, side)
		shape.Add(l.Light, l.x+float64(margin), l.y+float64(margin))
		for i, v := range shape.Pix {
			if v == 0 {
				continue
			}
			for b, im := range sharp {
				im.Pix[i] += v * l.counts[b]
			}
		}
	}
	for b, p := range f.seeing {
		seen[b] = p.Convolve(sharp[b].Inner(margin - p.Margin()))
	}
	return seen
}

// expose adds light with the noise of its photons.
func (f *frame) expose(light [bands]*sim.Image, r *rand.Rand) {
	for b, im := range light {
		for i, v := range im.Pix {
			if v <= 0 {
				continue
			}
			photons := distuv.Poisson{Lambda: v * f.gain[b], Src: r}.Rand()
			f.pixels[b][i] += float32(photons / f.gain[b])
		}
	}
	f.measure()
}

// signalToNoise is the light's, times a factor, in the band where it is largest:
// the sum over the pixels in which it exceeds the noise, by the square root of
// the sum of their variances (as Collett 2015, ApJ 811, 20, section 4.1, with
// the best single band). The variance is that of sky, host and the light itself.
func (f *frame) signalToNoise(light [bands]*sim.Image, factor float64) float64 {
	best := 0.0
	for b, im := range light {
		signal, variance := 0.0, 0.0
		for i, v := range im.Pix {
			v *= factor
			if all := f.variance[b][i] + v/f.gain[b]; v*v > all {
				signal += v
				variance += all
			}
		}
		if variance > 0 {
			best = max(best, signal/math.Sqrt(variance))
		}
	}
	return best
}

// scaleTo multiplies light so that it has a signal-to-noise ratio, and returns
// the one that it has then.
func (f *frame) scaleTo(light [bands]*sim.Image, ratio float64) float64 {
	low, high := 1e-6, 1e6
	for range 40 {
		if middle := math.Sqrt(low * high); f.signalToNoise(light, middle) < ratio {
			low = middle
		} else {
			high = middle
		}
	}
	for _, im := range light {
		for i := range im.Pix {
			im.Pix[i] *= high
		}
	}
	return f.signalToNoise(light, 1)
}
