package projection

import "math"

// pseudocylindrical projections draw parallels as straight lines, evenly divided, of a length that depends on the latitude
// (Paper II, section 5.3).
type pseudocylindrical struct {
	parallel func(theta float64) (width, y float64)
	latitude func(y float64) (width, theta float64, ok bool)
}

func (p pseudocylindrical) plane(phi, theta float64) (x, y float64, ok bool) {
	width, y := p.parallel(theta)
	return phi * width, y, true
}

func (p pseudocylindrical) sphere(x, y float64) (phi, theta float64, ok bool) {
	width, theta, ok := p.latitude(y)
	phi, inside := meridian(x, width)
	return phi, theta, ok && inside
}

var sansonFlamsteed = graticule{pseudocylindrical{
	func(theta float64) (width, y float64) { return math.Cos(theta), theta },
	func(y float64) (width, theta float64, ok bool) {
		return max(0, math.Cos(y)), y, math.Abs(y) <= math.Pi/2+slack
	},
}}

// newSFL is Sanson-Flamsteed's (section 5.3.1, equations 97 to 100).
func newSFL(Parameters) (mapping, float64, *ParameterError) { return sansonFlamsteed, 0, nil }

// newPAR is the parabolic projection (section 5.3.2, equations 101 to 104).
func newPAR(Parameters) (mapping, float64, *ParameterError) {
	return graticule{pseudocylindrical{
		func(theta float64) (width, y float64) {
			return 2*math.Cos(2*theta/3) - 1, math.Pi * math.Sin(theta/3)
		},
		func(y float64) (width, theta float64, ok bool) {
			s := y / math.Pi
			a, ok := asin(s)
			return 1 - 4*s*s, 3 * a, ok
		},
	}}, 0, nil
}

// newMOL is Mollweide's (section 5.3.3, equations 105 to 110).
func newMOL(Parameters) (mapping, float64, *ParameterError) {
	return graticule{pseudocylindrical{mollweideParallel, mollweideLatitude}}, 0, nil
}

func mollweideParallel(theta float64) (width, y float64) {
	s := math.Pi * math.Sin(math.Abs(theta))
	// 2γ + sin 2γ = s is flat at the pole: there in the small angle 2ε = π - 2γ, of which 2ε - sin 2ε = π - s.
	gamma := math.Pi / 2
	if rest := math.Pi * 2 * sinSquared(math.Pi/4-math.Abs(theta)/2); rest > 0 {
		if rest < 1 {
			gamma -= solve(0, 2, func(t float64) (value, slope float64) {
				return 2*t - math.Sin(2*t) - rest, 4 * sinSquared(t)
			})
		} else {
			gamma = solve(0, math.Pi/2, func(t float64) (value, slope float64) {
				return 2*t + math.Sin(2*t) - s, 2 + 2*math.Cos(2*t)
			})
		}
	}
	return 2 * math.Sqrt2 / math.Pi * math.Cos(gamma), math.Copysign(math.Sqrt2*math.Sin(gamma), theta)
}

func sinSquared(a float64) float64 {
	s := math.Sin(a)
	return s * s
}

func mollweideLatitude(y float64) (width, theta float64, ok bool) {
	gamma, ok := asin(y / math.Sqrt2)
	width = 2 * math.Sqrt2 / math.Pi * math.Cos(gamma)
	theta, inside := asin((2*gamma + math.Sin(2*gamma)) / math.Pi)
	return width, theta, ok && inside
}

// hammerAitoff is AIT (section 5.3.4, equations 111 to 116).
type hammerAitoff struct{}

func newAIT(Parameters) (mapping, float64, *ParameterError) {
	return graticule{hammerAitoff{}}, 0, nil
}

func (hammerAitoff) plane(phi, theta float64) (x, y float64, ok bool) {
	sinTheta, cosTheta := math.Sincos(theta)
	sinHalf, cosHalf := math.Sincos(phi / 2)
	gamma := math.Sqrt(2 / (1 + cosTheta*cosHalf))
	return 2 * gamma * cosTheta * sinHalf, gamma * sinTheta, true
}

func (hammerAitoff) sphere(x, y float64) (phi, theta float64, ok bool) {
	zz := 1 - x*x/16 - y*y/4
	if zz < 0.5 {
		if zz < 0.5-slack {
			return 0, 0, false
		}
		zz = 0.5
	}
	z := math.Sqrt(zz)
	theta, ok = asin(y * z)
	return 2 * math.Atan2(z*x/2, 2*zz-1), theta, ok
}
