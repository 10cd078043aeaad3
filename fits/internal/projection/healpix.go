package projection

import "math"

// healpix is the HPX projection with H facets around the equator and K between the poles (Calabretta & Roukema 2007,
// MNRAS 381, 865, section 3): cylindrical equal area up to a latitude, then triangular gores.
type healpix struct{ h, k float64 }

func newHPX(pv Parameters) (mapping, float64, *ParameterError) {
	p := healpix{pv.Or(1, 4), pv.Or(2, 3)}
	for m, v := range []float64{p.h, p.k} {
		if v < 1 || v > 1e6 || v != math.Trunc(v) {
			return nil, 0, &ParameterError{m + 1, "a number of facets"}
		}
	}
	return graticule{p}, 0, nil
}

// sigma is the width of the gores at a latitude, as a part of that at their base; above 1 in the equatorial region.
func sigma(theta, k float64) float64 {
	// 1 - |sin θ| near the pole
	return math.Sqrt(2 * k * sinSquared(math.Pi/4-math.Abs(theta)/2))
}

// gore returns the middle of the gore at a longitude, or x, of the northern or southern cap.
func (p healpix) gore(phi float64, north bool) float64 {
	half := math.Pi / p.h
	odd := 0.0
	if north || math.Mod(p.k, 2) == 1 {
		odd = 1
	}
	facet := math.Floor((phi+math.Pi)/(2*half) + (1-odd)/2)
	if odd == 1 {
		facet = min(facet, p.h-1) // longitude 180 degrees belongs to the last one
	}
	return -math.Pi + (2*facet+odd)*half
}

// plane is equations 4 to 8 of the paper.
func (p healpix) plane(phi, theta float64) (x, y float64, ok bool) {
	s := sigma(theta, p.k)
	if s >= 1 {
		return phi, math.Pi / 2 * p.k / p.h * math.Sin(theta), true
	}
	middle := p.gore(phi, theta > 0)
	return middle + (phi-middle)*s, math.Copysign(math.Pi/p.h*((p.k+1)/2-s), theta), true
}

// sphere is equations 9 to 13.
func (p healpix) sphere(x, y float64) (phi, theta float64, ok bool) {
	up := math.Abs(y) * p.h / math.Pi // in half facets
	if up <= (p.k-1)/2 {
		phi, ok = meridian(x, 1)
		return phi, math.Asin(2 * y * p.h / (math.Pi * p.k)), ok
	}
	s := (p.k+1)/2 - up
	if s < -slack || math.Abs(x) > math.Pi+slack {
		return 0, 0, false
	}
	s = max(s, 0)
	middle := p.gore(x, y > 0)
	phi, ok = meridian((x-middle)*p.h, s)
	return middle + phi/p.h, math.Copysign(fromSigma(s, p.k), y), ok
}

// fromSigma inverts sigma: 1 - sin θ = σ²/K.
func fromSigma(s, k float64) float64 {
	return math.Pi/2 - 2*math.Asin(min(1, s/math.Sqrt(2*k)))
}

// butterfly is XPH, HPX of H = 4 and K = 3 cut along four meridians and laid about the north pole (Calabretta & Lowe 2013,
// PASA 30, e050, section 3).
type butterfly struct{}

func newXPH(Parameters) (mapping, float64, *ParameterError) {
	return graticule{butterfly{}}, 90, nil
}

func (butterfly) plane(phi, theta float64) (x, y float64, ok bool) {
	quarter := min(3, math.Floor((phi+math.Pi)/(math.Pi/2)))
	across := phi + math.Pi - (quarter+0.5)*math.Pi/2 // from the middle of the wing
	var along float64                                 // from the centre
	if s := sigma(theta, 3); s >= 1 {
		along = math.Pi/2 - 3*math.Pi/8*math.Sin(theta)
	} else {
		across *= s
		along = math.Pi/2 - math.Copysign(math.Pi/4*(2-s), theta)
	}
	sin, cos := math.Sincos(wing(quarter))
	return across*cos + along*sin, across*sin - along*cos, true
}

// wing is the native longitude of the middle of a quarter.
func wing(quarter float64) float64 { return (quarter - 1.5) * math.Pi / 2 }

func (butterfly) sphere(x, y float64) (phi, theta float64, ok bool) {
	quarter := max(0, min(3, math.Floor((math.Atan2(x, -y)+math.Pi)/(math.Pi/2))))
	middle := wing(quarter)
	sin, cos := math.Sincos(middle)
	across, along := x*cos+y*sin, x*sin-y*cos
	up := math.Pi/2 - along
	s := 1.0
	if math.Abs(up) <= math.Pi/4 {
		theta = math.Asin(up * 8 / (3 * math.Pi))
	} else {
		if s = 2 - math.Abs(up)*4/math.Pi; s < -slack {
			return 0, 0, false
		}
		s = max(s, 0)
		theta = math.Copysign(fromSigma(s, 3), up)
	}
	phi, ok = meridian(4*across, s)
	return middle + phi/4, theta, ok
}
