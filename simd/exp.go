package simd

import "math"

// Coefficients of exp(r) = 1 + r + r²·(e0 + e1 r + … + e4 r⁴), a minimax fit of
// relative error 1e-8 on |r| <= ln(2)/2.
const (
	e0 = 0.49999999552608668
	e1 = 0.16666577283890208
	e2 = 0.041666853418519056
	e3 = 0.0083631463767869714
	e4 = 0.0013901287591103025
)

// expFloor is below the logarithm of the smallest float32, 2^-149.
const expFloor = -104

// exp returns e^x for x <= 0 to the precision of a float32, but computes in
// float64: without vectors that costs the same, and spares the two-step
// reduction and the special treatment of results below the normal numbers.
func exp(x float64) float64 {
	if x < expFloor {
		return 0
	}
	const shift = 0x1.8p52 // adding it rounds to an integer in the low bits
	t := float64(x*math.Log2E) + shift
	n := t - shift
	r := x - n*math.Ln2
	p := 1 + r + r*r*(e0+r*(e1+r*(e2+r*(e3+r*e4))))
	return p * math.Float64frombits((math.Float64bits(t)+1023)<<52)
}
