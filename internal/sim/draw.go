package sim

import (
	"math"
	"math/rand/v2"
)

// An Object is something on the sky, with what is true about it.
type Object struct {
	Class Class
	X, Y  float64 // pixel position of its centre: the nucleus, of a merger the midpoint of the two, of a lens the lens
	Flux  float64 // electrons, before dust

	light Light // nil for a star, which is as wide as the seeing
}

// NewObject draws an object of a class. Sizes and brightnesses are chosen so that a human tells the classes apart
// under a noise, mostly at a glance; they follow no survey.
func NewObject(class Class, x, y float64, noise Noise, r *rand.Rand) Object {
	o := Object{Class: class, X: x, Y: y}
	switch class {
	case Elliptical:
		o.light, o.Flux = newElliptical(noise, uniform(r, 3, 6.5), logUniform(r, 50, 220), r)
	case Spiral:
		o.light, o.Flux = newSpiral(noise, r)
	case EdgeOn:
		o.light, o.Flux = newEdgeOn(noise, r)
	case Merger:
		o.light, o.Flux = newMerger(noise, r)
	case Lens:
		o.light, o.Flux = newLens(noise, r)
	case Star:
		o.Flux = noise.brightness(2, logUniform(r, 25, 400))
	default:
		panic("sim: there are no objects of this class")
	}
	return o
}

// newElliptical draws a galaxy of E0 to E5 with a mean half-light radius.
func newElliptical(noise Noise, re, snr float64, r *rand.Rand) (Light, float64) {
	q := uniform(r, 0.5, 1)
	flux := noise.brightness(re, snr)
	return NewSersic(flux, re/math.Sqrt(q), uniform(r, 2.5, 5), q, uniform(r, 0, math.Pi)), flux
}

// newEdgeOn draws a disc seen from its edge, two in three with a dust lane.
func newEdgeOn(noise Noise, r *rand.Rand) (Light, float64) {
	scale := uniform(r, 4, 7)
	flux := noise.brightness(scale*0.7, logUniform(r, 60, 220))
	bulge := uniform(r, 0.06, 0.28)
	d := &EdgeOnDisc{
		Flux:   (1 - bulge) * flux,
		Scale:  scale,
		Height: scale * uniform(r, 0.11, 0.2),
	}
	angle := uniform(r, 0, math.Pi)
	d.Bulge = NewSersic(bulge*flux, scale*uniform(r, 0.25, 0.4), uniform(r, 1, 3), uniform(r, 0.6, 0.9), 0)
	depth, shift := uniform(r, 1, 3), uniform(r, -0.4, 0.4)
	if r.IntN(3) > 0 {
		d.Depth, d.DustScale, d.DustZ, d.DustShift = depth, 1.4*scale, 0.4*d.Height, shift*d.Height
	}
	return Incline(d, 0, angle), flux
}

// newLens draws a massive elliptical in front of a small blue galaxy, which lies where it is imaged into a ring, a
// quad or a long arc with a counter-image.
func newLens(noise Noise, r *rand.Rand) (Light, float64) {
	mass := &Isothermal{
		Radius: uniform(r, 6.5, 11), Q: uniform(r, 0.6, 0.95), Angle: uniform(r, 0, math.Pi),
		Shear: uniform(r, 0, 0.08), ShearAngle: uniform(r, 0, math.Pi),
	}
	re := mass.Radius * uniform(r, 0.3, 0.42)
	flux := noise.brightness(re, logUniform(r, 60, 140))
	// Light follows mass in angle, and is a little rounder.
	galaxy := NewSersic(flux, re/math.Sqrt(mass.Q), uniform(r, 3, 5), mass.Q+0.3*(1-mass.Q), mass.Angle)

	size := uniform(r, 0.7, 1.7)
	source := NewSersic(noise.brightness(size, logUniform(r, 18, 45)*size), size, uniform(r, 0.7, 1.5), uniform(r, 0.5, 1), uniform(r, 0, math.Pi))
	offset, azimuth := mass.Radius*0.45*math.Sqrt(r.Float64()), uniform(r, 0, 2*math.Pi)
	sin, cos := math.Sincos(azimuth)
	return Sum{galaxy, Lensed{source, offset * cos, offset * sin, mass}}, flux
}

// brightness returns the flux of which the half within a radius is detected with a signal-to-noise ratio against
// an empty sky.
func (n Noise) brightness(radius, snr float64) float64 {
	return 2 * snr * n.Sigma() * math.Sqrt(math.Pi) * radius
}

func uniform(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func logUniform(r *rand.Rand, low, high float64) float64 {
	return low * math.Pow(high/low, r.Float64())
}

func sign(r *rand.Rand) float64 { return float64(2*r.IntN(2) - 1) }
