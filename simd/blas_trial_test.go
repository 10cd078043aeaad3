package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

// trial is a call with guards around its operands and, in them, where nothing
// is to be read or written.
type trial struct {
	routine
	*c32
	used [5][]bool // of a, b, c, x, y
	tol  float64   // normalised error allowed
}

// operands are the slices of a call in the order of used.
func operands[F float32 | float64](c *call[F]) [5][]F { return [5][]F{c.a, c.b, c.c, c.x, c.y} }

// tail is how much longer than necessary operands are.
const tail = 5

// newTrial makes a call with random numbers and paddings.
func (rt routine) newTrial(f flags, alpha, beta float32, r *rand.Rand) trial {
	t := trial{routine: rt, c32: &c32{flags: f, alpha: alpha, beta: beta}, tol: 1e-6}
	l := rt.layout(f)
	for i, m := range []struct {
		form
		x  *[]float32
		ld *int
	}{{l.a, &t.a, &t.lda}, {l.b, &t.b, &t.ldb}, {l.c, &t.c, &t.ldc}} {
		*m.ld = max(1, m.cols) + r.IntN(4)
		if m.rows > 0 && m.cols > 0 {
			*m.x, t.used[i] = m.numbers(*m.ld, r)
		}
	}
	for i, v := range []struct {
		n, inc int
		x      *[]float32
	}{{l.x, f.incX, &t.x}, {l.y, f.incY, &t.y}} {
		if v.n == 0 {
			continue
		}
		*v.x, t.used[3+i] = form{rows: v.n, cols: 1}.numbers(max(v.inc, -v.inc), r)
		if strings.Contains(rt.flags, "+") {
			for j, u := range t.used[3+i] {
				if u {
					(*v.x)[j] = 0.1 + abs((*v.x)[j])
				}
			}
		}
	}
	return t
}

// numbers are the elements of a matrix with leading dimension ld: normal
// deviates where used and guards elsewhere. A triangle gets such a diagonal
// that its inverse is no larger than itself.
func (m form) numbers(ld int, r *rand.Rand) (x []float32, used []bool) {
	n := (m.rows-1)*ld + m.cols + tail
	x, used = newGuarded(n, r.IntN(8)).data, make([]bool, n)
	for i := range m.rows {
		for j := range m.cols {
			at := i*ld + j
			if used[at] = m.used == nil || m.used(i, j); used[at] {
				x[at] = float32(r.NormFloat64())
				if m.diagonal != nil {
					x[at] /= float32(m.n)
				}
			}
		}
	}
	if m.diagonal != nil {
		for d := range m.n {
			i, j := m.diagonal(d)
			if at := i*ld + j; used[at] {
				x[at] = 1 + abs(float32(r.NormFloat64()))
			}
		}
	}
	return x, used
}

// twin is the call in float64.
func (t trial) twin() *c64 {
	return &c64{
		flags: t.c32.flags, alpha: float64(t.alpha), beta: float64(t.beta),
		a: widen(t.a), b: widen(t.b), c: widen(t.c), x: widen(t.x), y: widen(t.y),
	}
}

// try makes the call and compares its results with the twin's.
func (t trial) try(test *testing.T, b b32) {
	test.Helper()
	want := t.twin()
	t.double(gonum.Implementation{}, want)
	t.single(b, t.c32)
	within(test, t.name, []float32{t.out}, []float64{want.out}, []bool{true}, t.tol)
	wants := operands(want)
	for i, x := range operands(t.c32) {
		within(test, fmt.Sprintf("%s %c of %+v, alpha %v, beta %v", t.name, "abcxy"[i], t.c32.flags, t.alpha, t.beta), x, wants[i], t.used[i], t.tol)
	}
}

// within fails the test unless got is want within a small part of its root mean
// square, or of 1, and what is not used is a guard still.
func within(t *testing.T, what string, got []float32, want []float64, used []bool, tol float64) {
	t.Helper()
	square, error2, n := 0.0, 0.0, 0
	for i, w := range want {
		g := float64(got[i])
		switch {
		case !used[i]:
			if math.Float32bits(got[i]) != math.Float32bits(guard) {
				t.Fatalf("%s: element %d is not used, but written", what, i)
			}
		case math.IsNaN(w) || math.IsInf(w, 0):
			if g != w && !(math.IsNaN(g) && math.IsNaN(w)) {
				t.Fatalf("%s: element %d is %v, want %v", what, i, g, w)
			}
		default:
			n++
			square += w * w
			error2 += (g - w) * (g - w)
		}
	}
	if !(error2 <= tol*tol*max(square, float64(n))) {
		t.Fatalf("%s: normalised error %.2g, want %.2g", what, math.Sqrt(error2/max(square, float64(n))), tol)
	}
}

// eachFlags calls f for all combinations of the flags that the routine takes.
func (rt routine) eachFlags(f func(flags)) {
	given := func(flag string, n int) int {
		if strings.Contains(rt.flags, flag) {
			return n
		}
		return 1
	}
	transposes := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}
	for _, side := range []blas.Side{blas.Left, blas.Right}[:given("s", 2)] {
		for _, ul := range []blas.Uplo{blas.Upper, blas.Lower}[:given("u", 2)] {
			for _, tA := range transposes[:given("t", 3)] {
				for _, tB := range transposes[:given("T", 3)] {
					for _, diag := range []blas.Diag{blas.NonUnit, blas.Unit}[:given("d", 2)] {
						f(flags{side: side, ul: ul, tA: tA, tB: tB, diag: diag})
					}
				}
			}
		}
	}
}

// eachRoutine runs f for every routine on every level.
func eachRoutine(t *testing.T, f func(t *testing.T, rt routine)) {
	simd.EachLevel(t, func(t *testing.T) {
		for _, rt := range routines {
			t.Run(rt.name, func(t *testing.T) { f(t, rt) })
		}
	})
}

// sized sets random sizes and increments.
func (f flags) sized(sizes, incs []int, r *rand.Rand) flags {
	pick := func(x []int) int { return x[r.IntN(len(x))] }
	f.m, f.n, f.k, f.kL, f.kU = pick(sizes), pick(sizes), pick(sizes), pick(sizes), pick(sizes)
	f.incX, f.incY = pick(incs), pick(incs)
	return f
}
