package arcs

import (
	"math"
	"math/rand/v2"
)

// fluxes are numbers a band.
type fluxes [bands]float64

// counts are those of a magnitude.
func counts(mag float64) float64 { return math.Pow(10, 0.4*(zeroPoint-mag)) }

// times returns the fluxes times a factor.
func (f fluxes) times(factor float64) fluxes {
	for b := range f {
		f[b] *= factor
	}
	return f
}

// coloured are fluxes relative to i of the colours g-r, r-i, i-z, z-Y.
func coloured(gr, ri, iz, zY float64) fluxes {
	mags := fluxes{gr + ri, ri, 0, -iz, -iz - zY}
	var f fluxes
	for b, m := range mags {
		f[b] = math.Pow(10, -0.4*m)
	}
	return f
}

// old are the colours of red galaxies of redshift 0.3 (age 0) to 0.6 (1), as
// the real hosts have them.
func old(age float64, r *rand.Rand) fluxes {
	return coloured(1.42+0.5*age+0.07*r.NormFloat64(), 0.5+0.5*age+0.08*r.NormFloat64(),
		0.31+0.1*age+0.03*r.NormFloat64(), 0.06+0.04*age+0.03*r.NormFloat64())
}

// young are the colours of star-forming galaxies beyond the lens: a flat
// spectrum that dust reddens, one in seven so much, or so far away, that g is
// faint.
func young(r *rand.Rand) fluxes {
	u, gr := r.Float64(), 0.0
	if r.IntN(7) == 0 {
		gr = uniform(r, 0.2, 0.6)
	}
	return coloured(gr-0.05+0.6*u+0.08*r.NormFloat64(), 0.3*u+0.06*r.NormFloat64(),
		0.25*u-0.05+0.06*r.NormFloat64(), 0.1*u+0.06*r.NormFloat64())
}

// stellar are the colours of stars, hot to cool.
func stellar(r *rand.Rand) fluxes {
	gr := uniform(r, 0.2, 1.5)
	return coloured(gr, 0.4*gr+0.05*r.NormFloat64(), 0.2*gr+0.03*r.NormFloat64(), 0.1*gr+0.03*r.NormFloat64())
}

func uniform(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func logUniform(r *rand.Rand, low, high float64) float64 {
	return low * math.Pow(high/low, r.Float64())
}
