package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"
)

// guard surrounds every slice under test. It is a NaN with a payload, so that a
// kernel which reads it spoils its result and one which writes it shows.
var guard = math.Float32frombits(0x7fc0beef)

const guardSize = 24

// guarded is a slice between guards.
type guarded struct {
	before, data, after []float32
}

// newGuarded returns a slice of n guards between guards. Its start is offset
// numbers off the alignment of an allocation.
func newGuarded(n, offset int) guarded {
	all := make([]float32, offset+n+2*guardSize)
	for i := range all {
		all[i] = guard
	}
	from := offset + guardSize
	return guarded{all[:from], all[from : from+n : from+n], all[from+n:]}
}

// check fails the test if a guard has changed.
func (g guarded) check(t *testing.T) {
	t.Helper()
	for _, side := range [][]float32{g.before, g.after} {
		for _, v := range side {
			if math.Float32bits(v) != math.Float32bits(guard) {
				t.Fatal("wrote outside the slice")
			}
		}
	}
}

// fill sets x to normal deviates.
func fill(x []float32, r *rand.Rand) {
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
}

func random(n int, r *rand.Rand) []float32 {
	x := make([]float32, n)
	fill(x, r)
	return x
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// compare fails the test unless got is want with an error of at most tol in
// units of the root mean square of want, and NaN and Inf stand where they
// should.
func compare(t *testing.T, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("length %d, want %d", len(got), len(want))
	}
	square, error2 := 0.0, 0.0
	for i, w := range want {
		g := float64(got[i])
		switch {
		case math.IsNaN(w) || math.IsInf(w, 0):
			if g != w && !(math.IsNaN(g) && math.IsNaN(w)) {
				t.Fatalf("element %d of %d is %v, want %v", i, len(want), g, w)
			}
		case math.IsNaN(g) || math.IsInf(g, 0):
			t.Fatalf("element %d of %d is %v, want %v", i, len(want), g, w)
		default:
			square += w * w
			error2 += (g - w) * (g - w)
		}
	}
	if error2 > tol*tol*square {
		t.Fatalf("normalised error of %d elements is %.2g, want at most %.2g", len(want), math.Sqrt(error2/square), tol)
	}
}

// sameBits fails the test unless x and y agree in every bit.
func sameBits(t *testing.T, x, y []float32) {
	t.Helper()
	for i := range y {
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
			t.Fatalf("element %d is %v, want %v to the bit", i, x[i], y[i])
		}
	}
}
