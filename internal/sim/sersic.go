package sim

import "math"

// A Sersic is a spheroid with elliptical isophotes, I(r) = I_e exp(-b ((r/r_e)^(1/n) - 1)) (Sersic 1968).
type Sersic struct {
	re, n, q, b   float64
	ie            float64 // surface brightness at re
	cos, sin      float64
	power, reach2 float64
}

// NewSersic returns the profile of a total flux, with half of it within the ellipse of semi-major axis re and axis
// ratio q at the position angle, integrated to infinity. The series for b needs n > 0.36.
func NewSersic(flux, re, n, q, angle float64) Sersic {
	if !(re > 0 && n > 0.36 && q > 0 && q <= 1) {
		panic("sim: a Sersic profile needs re > 0, n > 0.36 and 0 < q <= 1")
	}
	b := sersicB(n)
	area := 2 * math.Pi * n * re * re * q * math.Exp(b) * math.Pow(b, -2*n) * math.Gamma(2*n)
	s := Sersic{re: re, n: n, q: q, b: b, ie: flux / area, power: 1 / (2 * n)}
	s.sin, s.cos = math.Sincos(angle)
	if u := 1 + math.Log(s.ie/faint)/b; u > 0 {
		reach := re * math.Pow(u, n)
		s.reach2 = reach * reach
	}
	return s
}

// sersicB makes re the half-light radius: Ciotti & Bertin 1999, equation 18.
func sersicB(n float64) float64 {
	return 2*n - 1.0/3 + 4/(405*n) + 46/(25515*n*n) + 131/(1148175*n*n*n) - 2194697/(30690717750*n*n*n*n)
}

// At returns the surface brightness.
func (s Sersic) At(x, y float64) float64 {
	u, v := s.cos*x+s.sin*y, (s.cos*y-s.sin*x)/s.q
	r2 := u*u + v*v
	if r2 > s.reach2 {
		return 0
	}
	return s.ie * math.Exp(-s.b*(math.Pow(r2/(s.re*s.re), s.power)-1))
}

// Reach returns the semi-major axis of the faintest isophote.
func (s Sersic) Reach() float64 { return math.Sqrt(s.reach2) }
