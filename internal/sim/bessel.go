package sim

import "math"

// besselI0 returns the modified Bessel function I0 by its power series (Abramowitz & Stegun 1964, 9.6.12), which
// converges fast for the arguments below 10 that arms need.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= (x / 2) * (x / 2) / (k * k)
		sum += term
	}
	return sum
}

// xK1 returns x K1(x), K1 the modified Bessel function of the second kind, for x >= 0; 1 at 0. Polynomials of
// Abramowitz & Stegun 1964, 9.8.3, 9.8.7 and 9.8.8; errors below 1e-7.
func xK1(x float64) float64 {
	if x < 1e-8 {
		return 1
	}
	if x <= 2 {
		i1 := x * horner((x/3.75)*(x/3.75), 0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411)
		return x*math.Log(x/2)*i1 + horner(x*x/4, 1, 0.15443144, -0.67278579, -0.18156897, -0.01919402, -0.00110404, -0.00004686)
	}
	return math.Sqrt(x) * math.Exp(-x) *
		horner(2/x, 1.25331414, 0.23498619, -0.03655620, 0.01504268, -0.00780353, 0.00325614, -0.00068245)
}

// horner evaluates c[0] + c[1] x + c[2] x² ...
func horner(x float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = sum*x + c[i]
	}
	return sum
}
