package simd

import "gonum.org/v1/gonum/blas"

// Level 2 of BLAS, second part: symmetric and triangular matrices with vectors.
// Full and packed triangles differ in where their rows lie only. Strmv is
// gonum's, which calls kernels for its rows, too.

// triangle is a stored triangle of an n x n matrix. Its rows lie without gaps,
// each at a stride from the one before or, if packed, just behind it.
type triangle struct {
	data   []float32
	n      int
	stride int // 0 if packed
	lower  bool
}

// full is the triangle of a matrix. It is false where gonum has to judge.
func full(ul blas.Uplo, n int, a []float32, lda int) (triangle, bool) {
	lower, ok := isLower(ul)
	_, okA := operand(n, n, lda, a)
	return triangle{a, n, lda, lower}, ok && okA
}

// packed is full for packed triangles.
func packed(ul blas.Uplo, n int, ap []float32) (triangle, bool) {
	lower, ok := isLower(ul)
	return triangle{ap, n, 0, lower}, ok && n > 0 && len(ap) >= n*(n+1)/2
}

// short is the size below which rows are too short for calls of kernels to pay.
// Products and solutions in place, which gonum does well, need twice that.
const short = 80

// row is what is stored of row i and the range of its columns. The diagonal is
// the last of a lower triangle and the first of an upper one.
func (t triangle) row(i int) (row []float32, lo, hi int) {
	lo, hi = i, t.n
	if t.lower {
		lo, hi = 0, i+1
	}
	var at int
	switch {
	case t.stride > 0:
		at = i*t.stride + lo
	case t.lower:
		at = i * (i + 1) / 2
	default:
		at = i*t.n - i*(i-1)/2
	}
	return t.data[at : at+hi-lo], lo, hi
}

// split is row without the diagonal, which is returned by itself.
func (t triangle) split(i int) (diagonal float32, row []float32, lo, hi int) {
	row, lo, hi = t.row(i)
	if t.lower {
		return row[i], row[:i], lo, i
	}
	return row[0], row[1:], i + 1, hi
}

// Ssymv computes y = alpha·A·x + beta·y for a symmetric A of n x n.
func (s BLAS) Ssymv(ul blas.Uplo, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	t, ok := full(ul, n, a, lda)
	if !ok || n < short || !strided(n, x, incX) || !strided(n, y, incY) || alpha == 0 {
		s.Implementation.Ssymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	t.symmetric(alpha, x, incX, beta, y, incY)
}

// Sspmv is Ssymv for a packed A.
func (s BLAS) Sspmv(ul blas.Uplo, n int, alpha float32, ap []float32, x []float32, incX int, beta float32, y []float32, incY int) {
	t, ok := packed(ul, n, ap)
	if !ok || n < short || !strided(n, x, incX) || !strided(n, y, incY) || alpha == 0 {
		s.Implementation.Sspmv(ul, n, alpha, ap, x, incX, beta, y, incY)
		return
	}
	t.symmetric(alpha, x, incX, beta, y, incY)
}

// symmetric computes y = alpha·A·x + beta·y. A row serves as the column that
// mirrors it while it is in the cache.
func (t triangle) symmetric(alpha float32, x []float32, incX int, beta float32, y []float32, incY int) {
	xs, ys := gather(t.n, x, incX), gather(t.n, y, incY)
	scaleOrClear(beta, ys)
	for i := range t.n {
		diagonal, row, lo, hi := t.split(i)
		axpy(alpha*xs[i], row, ys[lo:hi])
		ys[i] += alpha * (diagonal*xs[i] + float32(dot(row, xs[lo:hi])))
	}
	scatter(y, incY, ys)
}

// Ssyr computes A += alpha·x·xᵀ for a symmetric A of n x n.
func (s BLAS) Ssyr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, a []float32, lda int) {
	t, ok := full(ul, n, a, lda)
	if !ok || n < short || !strided(n, x, incX) || alpha == 0 {
		s.Implementation.Ssyr(ul, n, alpha, x, incX, a, lda)
		return
	}
	t.addSquare(alpha, gather(n, x, incX))
}

// Sspr is Ssyr for a packed A.
func (s BLAS) Sspr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, ap []float32) {
	t, ok := packed(ul, n, ap)
	if !ok || n < short || !strided(n, x, incX) || alpha == 0 {
		s.Implementation.Sspr(ul, n, alpha, x, incX, ap)
		return
	}
	t.addSquare(alpha, gather(n, x, incX))
}

// addSquare computes A += alpha·x·xᵀ.
func (t triangle) addSquare(alpha float32, x []float32) {
	for i := range t.n {
		row, lo, hi := t.row(i)
		axpy(alpha*x[i], x[lo:hi], row)
	}
}

// Ssyr2 computes A += alpha·(x·yᵀ + y·xᵀ) for a symmetric A of n x n.
func (s BLAS) Ssyr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	t, ok := full(ul, n, a, lda)
	if !ok || n < short || !strided(n, x, incX) || !strided(n, y, incY) || alpha == 0 {
		s.Implementation.Ssyr2(ul, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	t.addProducts(alpha, gather(n, x, incX), gather(n, y, incY))
}

// Sspr2 is Ssyr2 for a packed A.
func (s BLAS) Sspr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, ap []float32) {
	t, ok := packed(ul, n, ap)
	if !ok || n < short || !strided(n, x, incX) || !strided(n, y, incY) || alpha == 0 {
		s.Implementation.Sspr2(ul, n, alpha, x, incX, y, incY, ap)
		return
	}
	t.addProducts(alpha, gather(n, x, incX), gather(n, y, incY))
}

// addProducts computes A += alpha·(x·yᵀ + y·xᵀ).
func (t triangle) addProducts(alpha float32, x, y []float32) {
	for i := range t.n {
		row, lo, hi := t.row(i)
		axpy(alpha*x[i], y[lo:hi], row)
		axpy(alpha*y[i], x[lo:hi], row)
	}
}

// Stpmv computes x = op(A)·x for a packed triangular A of n x n.
func (s BLAS) Stpmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float32, x []float32, incX int) {
	t, ok := packed(ul, n, ap)
	trans, ok0 := transposes(tA)
	unit, ok1 := isUnit(d)
	if !ok || n < 2*short || !ok0 || !ok1 || !strided(n, x, incX) {
		s.Implementation.Stpmv(ul, tA, d, n, ap, x, incX)
		return
	}
	t.multiply(trans, unit, x, incX)
}

// multiply computes x = op(A)·x, in an order in which each number is read
// before it is overwritten.
func (t triangle) multiply(trans, unit bool, x []float32, incX int) {
	xs := gather(t.n, x, incX)
	for step := range t.n {
		i := step
		if t.lower != trans {
			i = t.n - 1 - step
		}
		diagonal, row, lo, hi := t.split(i)
		if unit {
			diagonal = 1
		}
		if trans {
			axpy(xs[i], row, xs[lo:hi])
			xs[i] *= diagonal
		} else {
			xs[i] = diagonal*xs[i] + float32(dot(row, xs[lo:hi]))
		}
	}
	scatter(x, incX, xs)
}

// Strsv solves op(A)·x = b for a triangular A of n x n; x is b at first.
func (s BLAS) Strsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	t, ok := full(ul, n, a, lda)
	trans, ok0 := transposes(tA)
	unit, ok1 := isUnit(d)
	if !ok || n < 2*short || !ok0 || !ok1 || !strided(n, x, incX) {
		s.Implementation.Strsv(ul, tA, d, n, a, lda, x, incX)
		return
	}
	t.solve(trans, unit, x, incX)
}

// Stpsv is Strsv for a packed A.
func (s BLAS) Stpsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float32, x []float32, incX int) {
	t, ok := packed(ul, n, ap)
	trans, ok0 := transposes(tA)
	unit, ok1 := isUnit(d)
	if !ok || n < 2*short || !ok0 || !ok1 || !strided(n, x, incX) {
		s.Implementation.Stpsv(ul, tA, d, n, ap, x, incX)
		return
	}
	t.solve(trans, unit, x, incX)
}

// solve computes x = op(A)⁻¹·x, in the order opposite to that of multiply.
func (t triangle) solve(trans, unit bool, x []float32, incX int) {
	xs := gather(t.n, x, incX)
	for step := range t.n {
		i := step
		if t.lower == trans {
			i = t.n - 1 - step
		}
		diagonal, row, lo, hi := t.split(i)
		if !trans {
			xs[i] -= float32(dot(row, xs[lo:hi]))
		}
		if !unit {
			xs[i] /= diagonal
		}
		if trans {
			axpy(-xs[i], row, xs[lo:hi])
		}
	}
	scatter(x, incX, xs)
}
