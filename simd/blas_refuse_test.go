package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

// faults are changes to a call that may make it one to be refused.
var faults = []func(c *c32){
	func(c *c32) {},
	func(c *c32) { c.side = 'x' },
	func(c *c32) { c.ul = blas.All },
	func(c *c32) { c.tA = 'x' },
	func(c *c32) { c.tB = 0 },
	func(c *c32) { c.diag = 'x' },
	func(c *c32) { c.m = -1 },
	func(c *c32) { c.n = -1 },
	func(c *c32) { c.k = -1 },
	func(c *c32) { c.kL = -1 },
	func(c *c32) { c.kU = -1 },
	func(c *c32) { c.m = 0 },
	func(c *c32) { c.n = 0 },
	func(c *c32) { c.k = 0 },
	func(c *c32) { c.m++ },
	func(c *c32) { c.n++ },
	func(c *c32) { c.k++ },
	func(c *c32) { c.lda = 0 },
	func(c *c32) { c.ldb = 0 },
	func(c *c32) { c.ldc = 0 },
	func(c *c32) { c.lda = 19 },
	func(c *c32) { c.ldb = 19 },
	func(c *c32) { c.ldc = 19 },
	func(c *c32) { c.incX = 0 },
	func(c *c32) { c.incY = 0 },
	func(c *c32) { c.incX = -c.incX },
	func(c *c32) { c.incY = -c.incY },
	func(c *c32) { c.a = shorter(c.a) },
	func(c *c32) { c.b = shorter(c.b) },
	func(c *c32) { c.c = shorter(c.c) },
	func(c *c32) { c.x = shorter(c.x) },
	func(c *c32) { c.y = shorter(c.y) },
	func(c *c32) { c.a = nil },
	func(c *c32) { c.x, c.y = nil, nil },
	func(c *c32) { c.a, c.b, c.c, c.x, c.y = nil, nil, nil, nil, nil },
	func(c *c32) { c.alpha = 0 },
	func(c *c32) { c.beta = 0 },
	func(c *c32) { c.lda, c.ldb, c.ldc = math.MaxInt/4, math.MaxInt/4, math.MaxInt/4 },
}

// shorter is x without its tail and the number before that.
func shorter(x []float32) []float32 { return x[:max(0, len(x)-tail-1)] }

// TestBLASRefuses makes calls with one and with two faults: each panics with
// gonum's words or returns as gonum's does.
func TestBLASRefuses(t *testing.T) {
	for _, rt := range routines {
		t.Run(rt.name, func(t *testing.T) {
			seed := uint64(0)
			rt.eachFlags(func(f flags) {
				f.m, f.n, f.k, f.kL, f.kU = 20, 20, 20, 2, 2
				for i := range faults {
					for j := range i + 1 {
						seed++
						if j > 0 && (testing.Short() || (int(seed)+i)%7 > 0) { // one in seven pairs
							continue
						}
						f.incX, f.incY = 1+int(seed%2), 1+int(seed%2)
						rt.refuse(t, f, seed, i, j)
					}
				}
			})
		})
	}
}

// refuse makes a call with two faults of simd and of gonum.
func (rt routine) refuse(t *testing.T, f flags, seed uint64, i, j int) {
	try := func(b b32) (tr trial, words any) {
		tr = rt.newTrial(f, 0.5, 1, rand.New(rand.NewPCG(seed, 0)))
		faults[i](tr.c32)
		if j < i {
			faults[j](tr.c32)
		}
		defer func() { words = recover() }()
		rt.single(b, tr.c32)
		return tr, nil
	}
	got, gotWords := try(simd.BLAS{})
	want, wantWords := try(gonum.Implementation{})
	what := fmt.Sprintf("%s, faults %d and %d of %+v", rt.name, i, j, f)
	switch _, ok := wantWords.(string); {
	case ok && gotWords != wantWords:
		t.Fatalf("%s: panics with %v, gonum with %v", what, gotWords, wantWords)
	case wantWords == nil && gotWords != nil:
		t.Fatalf("%s: panics with %v", what, gotWords)
	case wantWords != nil || rt.name == "Sger" && min(got.incX, got.incY) < 0: // gonum/gonum#2105
		return
	}
	wants := operands(want.c32)
	for i, x := range operands(got.c32) {
		for j, u := range got.used[i][:len(x)] { // elsewhere gonum's Sgemv may write
			g, w := x[j], wants[i][j]
			if u && !(abs(g-w) <= 1e-5*max(1, abs(w))) && (g == g || w == w) {
				t.Fatalf("%s: element %d of %c is %v, gonum's %v", what, j, "abcxy"[i], g, w)
			}
		}
	}
}
