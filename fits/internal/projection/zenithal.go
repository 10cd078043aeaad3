package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// zenithal projections draw meridians as straight rays from the native pole; radius and colatitude (90° - θ), in radians,
// are all that sets one apart (Paper II, section 5.1, equations 12 to 15).
type zenithal struct{ radial }

type radial interface {
	radius(colatitude float64) (r float64, ok bool)
	colatitude(r float64) (c float64, ok bool)
}

func (z zenithal) project(n sphere.Vector) (x, y float64, ok bool) {
	h := math.Hypot(n[0], n[1])
	r, ok := z.radius(math.Atan2(h, n[2]))
	if h == 0 {
		return 0, -r, ok
	}
	return r * n[1] / h, -r * n[0] / h, ok
}

func (z zenithal) deproject(x, y float64) (n sphere.Vector, ok bool) {
	r := math.Hypot(x, y)
	c, ok := z.colatitude(r)
	sin, cos := math.Sincos(c)
	if r == 0 {
		return sphere.Vector{sin, 0, cos}, ok
	}
	return sphere.Vector{-y / r * sin, x / r * sin, cos}, ok
}

// arc is ARC, the zenithal equidistant projection (Paper II, section 5.1.6, equations 67 and 68).
type arc struct{}

func newARC(Parameters) (mapping, float64, *ParameterError) { return zenithal{arc{}}, 90, nil }

func (arc) radius(c float64) (float64, bool)     { return c, true }
func (arc) colatitude(r float64) (float64, bool) { return r, r <= math.Pi+slack }

// equalArea is ZEA (section 5.1.8, equations 71 and 72).
type equalArea struct{}

func newZEA(Parameters) (mapping, float64, *ParameterError) { return zenithal{equalArea{}}, 90, nil }

func (equalArea) radius(c float64) (float64, bool) { return 2 * math.Sin(c/2), true }
func (equalArea) colatitude(r float64) (float64, bool) {
	a, ok := asin(r / 2)
	return 2 * a, ok
}

// rising is a radius that is given by its value and slope, up to the colatitude where it first falls.
type rising struct {
	at       func(c float64) (r, slope float64)
	edge     float64 // colatitude
	min, max float64 // radius at the pole and at the edge
}

func newRising(at func(c float64) (r, slope float64)) rising {
	const steps = 360
	r := rising{at: at, edge: math.Pi}
	for i := 1; i <= steps; i++ {
		c := math.Pi * float64(i) / steps
		if _, slope := at(c); slope < 0 {
			lo, hi := math.Pi*float64(i-1)/steps, c
			for range 60 {
				mid := (lo + hi) / 2
				if _, slope := at(mid); slope < 0 {
					hi = mid
				} else {
					lo = mid
				}
			}
			r.edge = lo
			break
		}
	}
	r.min, _ = at(0)
	r.max, _ = at(r.edge)
	return r
}

func (z rising) radius(c float64) (float64, bool) {
	r, _ := z.at(c)
	return r, c <= z.edge+slack
}

func (z rising) colatitude(r float64) (float64, bool) {
	if r < z.min-slack || r > z.max+slack {
		return 0, false
	}
	return solve(0, z.edge, func(c float64) (float64, float64) {
		have, slope := z.at(c)
		return have - r, slope
	}), true
}

// newZPN is the zenithal polynomial, R = Σ PVi_m c^m (section 5.1.7, equation 69 and 70).
func newZPN(pv Parameters) (mapping, float64, *ParameterError) {
	degree := 0
	for m, v := range pv {
		if v != 0 && m > degree {
			degree = m
		}
	}
	p := make([]float64, degree+1)
	for m := range p {
		p[m] = pv.Or(m, 0)
	}
	if degree == 0 || p[1] <= 0 {
		return nil, 0, &ParameterError{1, "a radius that grows from the pole"}
	}
	return zenithal{newRising(func(c float64) (r, slope float64) {
		for m := degree; m >= 0; m-- {
			slope = slope*c + r
			r = r*c + p[m]
		}
		return r, slope
	})}, 90, nil
}

// newAIR is Airy's projection, of least distortion within θb = PVi_1 (section 5.1.9, equations 73 to 75).
func newAIR(pv Parameters) (mapping, float64, *ParameterError) {
	bound := (90 - pv.Or(1, 90)) / 2 * sphere.Degree
	if !(bound >= 0 && bound < math.Pi/2) {
		return nil, 0, &ParameterError{1, "a latitude of more than -90 and at most 90 degrees"}
	}
	k := -0.5 // the limit of the following
	if bound > 0 {
		sin, tan := math.Sin(bound), math.Tan(bound)
		k = math.Log1p(-sin*sin) / (2 * tan * tan)
	}
	return zenithal{newRising(func(c float64) (r, slope float64) {
		if c == 0 {
			return 0, 0.5 - k
		}
		sin, cos := math.Sincos(c / 2)
		log := math.Log1p(-sin*sin) / 2 // ln cos
		return -2 * (log*cos/sin + k*sin/cos), 1 + log/(sin*sin) - k/(cos*cos)
	})}, 90, nil
}
