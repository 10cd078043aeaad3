package simd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Level 2 of BLAS, first part: general matrices with vectors. Band matrices are
// gonum's: their rows are as short as the band is narrow.

// Sgemv computes y = alpha·op(A)·x + beta·y for A of m x n. If beta is 0, y need
// not be set. Sums along rows are gonum's, in float32, but on several goroutines
// if there is much to do.
func (s BLAS) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	trans, ok := transposes(tA)
	lenX, lenY := n, m
	if trans {
		lenX, lenY = m, n
	}
	A, okA := operand(m, n, lda, a)
	if !ok || !okA || !strided(lenX, x, incX) || !strided(lenY, y, incY) || alpha == 0 {
		s.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	work := streaming(m, n)
	if incX == 1 && incY == 1 && (!trans && work < 2*leastWork || work < 2000) {
		s.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, 1, beta, y[:lenY], 1) // it clears all of y
		return
	}
	g := matrixVector{A, alpha, gather(lenX, x, incX), beta, gather(lenY, y, incY)}
	if trans {
		ranges(n, grain, work, g, matrixVector.sumRows)
	} else {
		ranges(m, 1, work, g, matrixVector.dotRows)
	}
	scatter(y, incY, g.y)
}

// streaming is the work of going through a matrix of m x n: to fetch a number
// takes longer than a multiplication of numbers in a cache.
func streaming(m, n int) float64 { return volume(m, n, 2) }

// matrixVector is what Sgemv and Sger work on.
type matrixVector struct {
	a     Matrix
	alpha float32
	x     []float32
	beta  float32
	y     []float32
}

// dotRows computes numbers lo to hi of y = alpha·A·x + beta·y.
func (g matrixVector) dotRows(lo, hi int) {
	gonum.Implementation{}.Sgemv(blas.NoTrans, hi-lo, g.a.Cols, g.alpha, g.a.Data[lo*g.a.Stride:], g.a.Stride, g.x, 1, g.beta, g.y[lo:], 1)
}

// sumRows computes numbers lo to hi of y = alpha·Aᵀ·x + beta·y.
func (g matrixVector) sumRows(lo, hi int) {
	const width = 2048 // as many numbers as stay in the first-level cache
	for ; lo < hi; lo += width {
		y := g.y[lo:min(lo+width, hi)]
		scaleOrClear(g.beta, y)
		for i, v := range g.x {
			axpy(g.alpha*v, g.a.Data[i*g.a.Stride+lo:][:len(y)], y)
		}
	}
}

// Sger computes A += alpha·x·yᵀ for A of m x n. Gonum's is as fast on one
// goroutine, but wrong if an increment is negative (gonum/gonum#2105).
func (s BLAS) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	A, okA := operand(m, n, lda, a)
	if !okA || !strided(m, x, incX) || !strided(n, y, incY) || alpha == 0 ||
		min(incX, incY) > 0 && streaming(m, n) < 2*leastWork {
		s.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	g := matrixVector{a: A, alpha: alpha, x: gather(m, x, incX), y: gather(n, y, incY)}
	ranges(m, 1, streaming(m, n), g, matrixVector.addProduct)
}

// addProduct computes rows lo to hi of A += alpha·x·yᵀ.
func (g matrixVector) addProduct(lo, hi int) {
	for i := lo; i < hi; i++ {
		axpy(g.alpha*g.x[i], g.y, g.a.row(i))
	}
}
