package simd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is a gonum BLAS implementation: gonum's own, with this package's
// product for Sgemm. It runs a product on the calling goroutine alone.
//
//	blas32.Use(simd.BLAS{})
type BLAS struct {
	gonum.Implementation
}

var _ blas.Float32 = BLAS{}

// Panic strings of gonum's Sgemm, which callers may match.
const (
	badTranspose = "blas: illegal transpose"
	mLT0         = "blas: m < 0"
	nLT0         = "blas: n < 0"
	kLT0         = "blas: k < 0"
	badLdA       = "blas: bad leading dimension of A"
	badLdB       = "blas: bad leading dimension of B"
	badLdC       = "blas: bad leading dimension of C"
	shortA       = "blas: insufficient length of a"
	shortB       = "blas: insufficient length of b"
	shortC       = "blas: insufficient length of c"
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C for op(A) of m x k, op(B) of
// k x n and C of m x n, all row-major. If beta is 0, C need not be set; if
// alpha is 0, A and B are not read. Unlike gonum's it lets NaN and Inf in B
// pass where A is zero.
func (BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	aTrans, bTrans := transposed(tA), transposed(tB)
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	}
	var mode Mode
	A, B, C := Matrix{m, k, lda, a}, Matrix{k, n, ldb, b}, Matrix{m, n, ldc, c}
	if aTrans {
		mode |= TransA
		A.Rows, A.Cols = k, m
	}
	if bTrans {
		mode |= TransB
		B.Rows, B.Cols = n, k
	}
	switch {
	case lda < max(1, A.Cols):
		panic(badLdA)
	case ldb < max(1, B.Cols):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	case m == 0 || n == 0:
		return
	case len(a) < (A.Rows-1)*lda+A.Cols:
		panic(shortA)
	case len(b) < (B.Rows-1)*ldb+B.Cols:
		panic(shortB)
	case len(c) < (m-1)*ldc+n:
		panic(shortC)
	}

	if beta != 0 {
		mode |= Accumulate
		if beta != 1 {
			for i := range m {
				Scale(beta, c[i*ldc:i*ldc+n])
			}
		}
	}
	if alpha == 0 || k == 0 {
		if beta == 0 {
			C.zero()
		}
		return
	}
	mul(C, A, B, mode, alpha)
}

func transposed(t blas.Transpose) bool {
	switch t {
	case blas.NoTrans:
		return false
	case blas.Trans, blas.ConjTrans:
		return true
	}
	panic(badTranspose)
}
