package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"

	"github.com/astrovit/astrovit/simd"
)

// narrow runs gonum's test suite for Dgemm, the only one that it has for real
// matrix products, through Sgemm. Its numbers are small integers and halves,
// for which float32 is exact.
type narrow struct{ sgemm }

type sgemm interface {
	Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)
}

func (s narrow) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	c32 := to32(c)
	s.Sgemm(tA, tB, m, n, k, float32(alpha), to32(a), lda, to32(b), ldb, float32(beta), c32, ldc)
	copy(c, widen(c32))
}

func to32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func TestGonumSuite(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) { testblas.TestDgemm(t, narrow{simd.BLAS{}}) })
}

func TestSgemmAgainstGonum(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		transposes := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}
		scalars := []float32{0, 1, -1, 0.5, 3}
		for _, size := range [][3]int{{0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {1, 1, 1}, {7, 17, 5}, {65, 64, 65}, {20, 90, 300}} {
			m, n, k := size[0], size[1], size[2]
			for _, tA := range transposes {
				for _, tB := range transposes {
					for _, alpha := range scalars {
						for _, beta := range scalars {
							pad := r.IntN(3)
							lda, ldb, ldc := max(m, k, 1)+pad, max(n, k, 1)+pad, max(1, n)+pad
							a, b := random(max(m, k)*lda, r), random(max(n, k)*ldb, r)
							c := random(m*ldc, r)
							want := append([]float32(nil), c...)
							gonum.Implementation{}.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
							simd.BLAS{}.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
							compare(t, c, widen(want), 1e-6)
						}
					}
				}
			}
		}
	})
}

// TestSgemmBetaZero: C need not be set when beta is 0, nor A and B when alpha is.
func TestSgemmUnsetOperands(t *testing.T) {
	nan := float32(math.NaN())
	one, unset := []float32{1}, []float32{nan}
	c := []float32{nan}
	simd.BLAS{}.Sgemm(blas.NoTrans, blas.NoTrans, 1, 1, 1, 2, one, 1, one, 1, 0, c, 1)
	sameBits(t, c, []float32{2})
	simd.BLAS{}.Sgemm(blas.NoTrans, blas.NoTrans, 1, 1, 1, 0, unset, 1, unset, 1, 3, c, 1)
	sameBits(t, c, []float32{6})
}

// TestSgemmPanics: wrong arguments panic as they do in gonum.
func TestSgemmPanics(t *testing.T) {
	x := make([]float32, 6)
	message := func(s sgemm, tA, tB blas.Transpose, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) (text any) {
		defer func() { text = recover() }()
		s.Sgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
		return nil
	}
	for i, args := range []struct {
		tA, tB  blas.Transpose
		m, n, k int
		a       []float32
		lda     int
		b       []float32
		ldb     int
		c       []float32
		ldc     int
	}{
		{'x', 'N', 2, 3, 2, x, 2, x, 3, x, 3},
		{'N', 'x', 2, 3, 2, x, 2, x, 3, x, 3},
		{'N', 'N', -1, 3, 2, x, 2, x, 3, x, 3},
		{'N', 'N', 2, -1, 2, x, 2, x, 3, x, 3},
		{'N', 'N', 2, 3, -1, x, 2, x, 3, x, 3},
		{'N', 'N', 2, 3, 2, x, 1, x, 3, x, 3},
		{'T', 'N', 2, 3, 2, x, 1, x, 3, x, 3},
		{'N', 'N', 2, 3, 2, x, 2, x, 2, x, 3},
		{'N', 'C', 2, 3, 2, x, 2, x, 1, x, 3},
		{'N', 'N', 2, 3, 2, x, 2, x, 3, x, 2},
		{'N', 'N', 0, 0, 0, nil, 0, nil, 1, nil, 1},
		{'N', 'N', 2, 3, 2, x[:3], 2, x, 3, x, 3},
		{'T', 'N', 2, 3, 2, x[:3], 2, x, 3, x, 3},
		{'N', 'N', 2, 3, 2, x, 2, x[:5], 3, x, 3},
		{'N', 'T', 2, 3, 2, x, 2, x[:5], 2, x, 3},
		{'N', 'N', 2, 3, 2, x, 2, x, 3, x[:5], 3},
		{'N', 'N', 2, 3, 0, nil, 2, nil, 3, nil, 3},
		{'N', 'N', 2, 3, 2, x, 2, x, 3, x, 3},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			got := message(simd.BLAS{}, args.tA, args.tB, args.m, args.n, args.k, args.a, args.lda, args.b, args.ldb, args.c, args.ldc)
			want := message(gonum.Implementation{}, args.tA, args.tB, args.m, args.n, args.k, args.a, args.lda, args.b, args.ldb, args.c, args.ldc)
			if got != want {
				t.Errorf("panics with %v, gonum with %v", got, want)
			}
		})
	}
}

func ExampleBLAS() {
	blas32.Use(simd.BLAS{})
	a := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: []float32{1, 2, 3, 4}}
	b := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: []float32{5, 6, 7, 8}}
	c := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: make([]float32, 4)}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, a, b, 0, c)
	fmt.Println(c.Data)
	// Output: [19 22 43 50]
}
