package patch

import (
	"math"
	"testing"
)

func TestAsinh(t *testing.T) {
	for _, x := range []float64{0, 1e-300, 1e-20, 1e-8, 1e-3, 0.1, 1, 2, 3.7, 1e3, 1e30, 1e138} {
		for _, v := range []float64{x, -x} {
			if got, want := asinh(v), math.Asinh(v); math.Abs(got-want) > 4e-16*max(1, math.Abs(want)) {
				t.Errorf("asinh(%g) is %v, want %v", v, got, want)
			}
		}
	}
}
