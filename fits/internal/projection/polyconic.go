package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// bonne is BON, equal area with one standard parallel θ1 = PVi_1 (Paper II, section 5.5.1, equations 151 to 155).
type bonne struct{ y0 float64 }

func newBON(pv Parameters) (mapping, float64, *ParameterError) {
	theta1 := pv.Or(1, 0)
	switch {
	case theta1 == 0:
		return sansonFlamsteed, 0, nil
	case math.Abs(theta1) > 90:
		return nil, 0, &ParameterError{1, "a latitude"}
	}
	return graticule{bonne{1/math.Tan(theta1*sphere.Degree) + theta1*sphere.Degree}}, 0, nil
}

func (b bonne) plane(phi, theta float64) (x, y float64, ok bool) {
	r := b.y0 - theta
	if r == 0 {
		return 0, b.y0, true
	}
	sin, cos := math.Sincos(phi * math.Cos(theta) / r)
	return r * sin, b.y0 - r*cos, true
}

func (b bonne) sphere(x, y float64) (phi, theta float64, ok bool) {
	r := math.Copysign(math.Hypot(x, b.y0-y), b.y0)
	theta = b.y0 - r
	if r == 0 || math.Abs(theta) > math.Pi/2+slack {
		return 0, theta, r == 0
	}
	phi, ok = meridian(r*math.Atan2(x/r, (b.y0-y)/r), math.Cos(theta))
	return phi, theta, ok
}

// polyconic is PCO, every parallel with a cone of its own (section 5.5.2, equations 156 to 160).
type polyconic struct{}

func newPCO(Parameters) (mapping, float64, *ParameterError) { return graticule{polyconic{}}, 0, nil }

func (polyconic) plane(phi, theta float64) (x, y float64, ok bool) {
	sin, cos := math.Sincos(theta)
	if sin == 0 {
		return phi, 0, true
	}
	half := math.Sin(phi * sin / 2)
	return cos * math.Sin(phi*sin) / sin, theta + cos*2*half*half/sin, true
}

// sphere solves equation 159, (x² + (y-θ)²) sin θ = 2 (y-θ) cos θ, for θ between 0 and y.
func (polyconic) sphere(x, y float64) (phi, theta float64, ok bool) {
	if math.Abs(y) < 1e-15 {
		phi, ok = meridian(x, 1)
		return phi, y, ok
	}
	up := math.Abs(y)
	theta = solve(0, min(up, math.Pi/2), func(t float64) (value, slope float64) {
		sin, cos := math.Sincos(t)
		rest := up - t
		square := x*x + rest*rest
		return square*sin - 2*rest*cos, (square + 2) * cos
	})
	sin, cos := math.Sincos(theta)
	phi, ok = meridian(math.Atan2(x*sin, cos-(up-theta)*sin), sin)
	return phi, math.Copysign(theta, y), ok
}
