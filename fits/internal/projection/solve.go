package projection

import "math"

// solve returns where a function that rises from lo to hi crosses zero: Newton's method, kept inside a bracket that is
// halved at least every third time.
func solve(lo, hi float64, f func(t float64) (value, slope float64)) float64 {
	t := lo + (hi-lo)/2
	for i := range 150 {
		value, slope := f(t)
		if value < 0 {
			lo = t
		} else {
			hi = t
		}
		next := t - value/slope
		if i%3 == 2 || !(next >= lo && next <= hi) {
			next = lo + (hi-lo)/2
		}
		if math.Abs(next-t) <= 1e-16*math.Abs(t) || value == 0 {
			break
		}
		t = next
	}
	return t
}
