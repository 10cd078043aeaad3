package projection

import "math"

// cylindricalPerspective is CYP, from a point μ radii from the axis onto a cylinder of radius λ (Paper II, section 5.2.1,
// equations 79 to 82).
type cylindricalPerspective struct{ mu, lambda float64 }

func newCYP(pv Parameters) (mapping, float64, *ParameterError) {
	p := cylindricalPerspective{pv.Or(1, 1), pv.Or(2, 1)}
	switch {
	case p.lambda <= 0:
		return nil, 0, &ParameterError{2, "the radius of a cylinder"}
	case p.mu+p.lambda == 0:
		return nil, 0, &ParameterError{1, "a point of projection off the cylinder"}
	}
	return graticule{p}, 0, nil
}

func (p cylindricalPerspective) plane(phi, theta float64) (x, y float64, ok bool) {
	sin, cos := math.Sincos(theta)
	return p.lambda * phi, (p.mu + p.lambda) * sin / (p.mu + cos), p.mu+cos != 0
}

func (p cylindricalPerspective) sphere(x, y float64) (phi, theta float64, ok bool) {
	phi, inside := meridian(x, p.lambda)
	eta := y / (p.mu + p.lambda)
	a, ok := asin(eta * p.mu / math.Sqrt(eta*eta+1))
	return phi, math.Atan(eta) + a, ok && inside
}

// cylindrical projections draw longitude as it is; they differ in what they make of the latitude (section 5.2).
type cylindrical struct {
	height   func(theta float64) float64
	latitude func(y float64) (theta float64, ok bool)
}

func (c cylindrical) plane(phi, theta float64) (x, y float64, ok bool) {
	return phi, c.height(theta), true
}

func (c cylindrical) sphere(x, y float64) (phi, theta float64, ok bool) {
	phi, inside := meridian(x, 1)
	theta, ok = c.latitude(y)
	return phi, theta, ok && inside
}

// newCEA is the cylindrical equal area projection, λ = PVi_1 (section 5.2.2, equations 85 to 88).
func newCEA(pv Parameters) (mapping, float64, *ParameterError) {
	lambda := pv.Or(1, 1)
	if lambda <= 0 || lambda > 1 {
		return nil, 0, &ParameterError{1, "more than 0 and at most 1"}
	}
	return graticule{cylindrical{
		func(theta float64) float64 { return math.Sin(theta) / lambda },
		func(y float64) (float64, bool) { return asin(y * lambda) },
	}}, 0, nil
}

// newCAR is plate carrée (section 5.2.3, equations 91 and 92).
func newCAR(Parameters) (mapping, float64, *ParameterError) {
	return graticule{cylindrical{
		func(theta float64) float64 { return theta },
		func(y float64) (float64, bool) { return y, true },
	}}, 0, nil
}

// newMER is Mercator's (section 5.2.4, equations 93 to 96).
func newMER(Parameters) (mapping, float64, *ParameterError) {
	return graticule{cylindrical{
		func(theta float64) float64 { return math.Asinh(math.Tan(theta)) },
		func(y float64) (float64, bool) { return math.Atan(math.Sinh(y)), true },
	}}, 0, nil
}
