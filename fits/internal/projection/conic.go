package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// conic projections draw meridians as rays and parallels as arcs about one point, y0 above the reference point (Paper II,
// section 5.4, equations 117 to 128). The reference point has the native latitude θa.
type conic struct {
	c        float64 // constant of the cone: angle at the apex for one of longitude
	y0       float64
	radius   func(theta float64) (r float64, ok bool) // has the sign of θa
	latitude func(r float64) (theta float64, ok bool)
}

func (k *conic) plane(phi, theta float64) (x, y float64, ok bool) {
	r, ok := k.radius(theta)
	sin, cos := math.Sincos(k.c * phi)
	return r * sin, k.y0 - r*cos, ok
}

func (k *conic) sphere(x, y float64) (phi, theta float64, ok bool) {
	r := math.Copysign(math.Hypot(x, k.y0-y), k.c)
	theta, ok = k.latitude(r)
	angle := 0.0
	if r != 0 {
		angle = math.Atan2(x/r, (k.y0-y)/r)
	}
	phi, inside := meridian(angle, k.c)
	return math.Copysign(1, k.c) * phi, theta, ok && inside
}

// conicParameters reads θa = PVi_1 and η = PVi_2, in radians; the standard parallels are θa ± η.
func conicParameters(pv Parameters) (middle, eta float64, err *ParameterError) {
	middle, eta = pv.Or(1, 0), pv.Or(2, 0)
	switch {
	case middle == 0 || math.Abs(middle) > 90:
		err = &ParameterError{1, "the latitude of a cone, not 0"}
	case math.Abs(middle)+math.Abs(eta) > 90:
		err = &ParameterError{2, "standard parallels within 90 degrees"}
	}
	return middle * sphere.Degree, eta * sphere.Degree, err
}

// newCOP is the conic perspective projection (section 5.4.1, equations 129 to 132).
func newCOP(pv Parameters) (mapping, float64, *ParameterError) {
	middle, eta, err := conicParameters(pv)
	if err == nil && math.Abs(pv.Or(2, 0)) == 90 {
		err = &ParameterError{2, "less than 90 degrees"}
	}
	if err != nil {
		return nil, 0, err
	}
	cot, cos := 1/math.Tan(middle), math.Cos(eta)
	return graticule{&conic{math.Sin(middle), cos * cot,
		func(theta float64) (float64, bool) {
			return cos * (cot - math.Tan(theta-middle)), math.Abs(theta-middle) < math.Pi/2
		},
		func(r float64) (float64, bool) { return middle + math.Atan(cot-r/cos), true },
	}}, pv.Or(1, 0), nil
}

// newCOE is the conic equal area projection (section 5.4.2, equations 133 to 137).
func newCOE(pv Parameters) (mapping, float64, *ParameterError) {
	middle, eta, err := conicParameters(pv)
	if err != nil {
		return nil, 0, err
	}
	sin1, sin2 := math.Sin(middle-eta), math.Sin(middle+eta)
	gamma, one := sin1+sin2, 1+sin1*sin2
	radius := func(theta float64) (float64, bool) {
		return 2 / gamma * math.Sqrt(max(0, one-gamma*math.Sin(theta))), true
	}
	y0, _ := radius(middle)
	return graticule{&conic{gamma / 2, y0, radius,
		func(r float64) (float64, bool) { return asin(one/gamma - gamma*r*r/4) },
	}}, pv.Or(1, 0), nil
}

// newCOD is the conic equidistant projection (section 5.4.3, equations 138 to 144).
func newCOD(pv Parameters) (mapping, float64, *ParameterError) {
	middle, eta, err := conicParameters(pv)
	if err != nil {
		return nil, 0, err
	}
	c, y0 := math.Sin(middle), 1/math.Tan(middle)
	if eta != 0 {
		c *= math.Sin(eta) / eta
		y0 *= eta / math.Tan(eta)
	}
	return graticule{&conic{c, y0,
		func(theta float64) (float64, bool) { return middle - theta + y0, true },
		func(r float64) (float64, bool) { return middle + y0 - r, true },
	}}, pv.Or(1, 0), nil
}

// newCOO is the conic orthomorphic projection (section 5.4.4, equations 145 to 150).
func newCOO(pv Parameters) (mapping, float64, *ParameterError) {
	middle, eta, err := conicParameters(pv)
	if err == nil && math.Abs(pv.Or(1, 0))+math.Abs(pv.Or(2, 0)) == 90 {
		err = &ParameterError{1, "standard parallels short of the poles"}
	}
	if err != nil {
		return nil, 0, err
	}
	halfTan := func(theta float64) float64 { return math.Tan((math.Pi/2 - theta) / 2) }
	c := math.Sin(middle)
	if eta != 0 {
		c = math.Log(math.Cos(middle+eta)/math.Cos(middle-eta)) / math.Log(halfTan(middle+eta)/halfTan(middle-eta))
	}
	psi := math.Cos(middle-eta) / (c * math.Pow(halfTan(middle-eta), c))
	radius := func(theta float64) (float64, bool) {
		r := psi * math.Pow(halfTan(theta), c)
		return r, !math.IsInf(r, 0)
	}
	y0, _ := radius(middle)
	return graticule{&conic{c, y0, radius,
		func(r float64) (float64, bool) { return math.Pi/2 - 2*math.Atan(math.Pow(r/psi, 1/c)), true },
	}}, pv.Or(1, 0), nil
}
