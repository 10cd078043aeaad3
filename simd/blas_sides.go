package simd

import "gonum.org/v1/gonum/blas"

// Level 3 of BLAS, second part: products with a symmetric or triangular matrix
// and triangular solves. They halve that matrix, as in Elmroth, Gustavson,
// Jonsson and Kågström (2004), "Recursive Blocked Algorithms and Hybrid Data
// Structures for Dense Matrix Library Software", SIAM Review 46(1): a product
// with the block beside the diagonal does half of the work, and the two
// diagonal blocks are the same problem again, down to leaves.

// square is a view op(A) of an n x n matrix of which one triangle is stored.
type square struct {
	Matrix
	lower     bool // A has its lower triangle
	trans     bool // op(A) is Aᵀ
	symmetric bool // the other triangle mirrors the stored one; else it is zero
	unit      bool // the diagonal is 1 and not stored
	inverse   bool // it is the inverse that is meant
}

// at is element (i, j) of op(A), which must be stored.
func (s square) at(i, j int) float32 {
	if s.trans {
		i, j = j, i
	}
	return s.Data[i*s.Stride+j]
}

// beside is the block of op(A) at rows i0 to i1 and columns j0 to j1, all on
// one side of the diagonal, and whether it is stored transposed.
func (s square) beside(i0, i1, j0, j1 int) (b Matrix, trans bool) {
	trans = s.trans
	if s.symmetric {
		trans = s.lower != (i0 > j0)
	}
	if trans {
		i0, i1, j0, j1 = j0, j1, i0, i1
	}
	return s.block(i0, i1, j0, j1), trans
}

// onDiagonal is the square of rows and columns lo to hi.
func (s square) onDiagonal(lo, hi int) square {
	s.Matrix = s.block(lo, hi, lo, hi)
	return s
}

// columns are vectors on which a square works from the left: the columns of a
// matrix, or its rows if across, where the square is transposed to the right.
type columns struct {
	Matrix
	across bool
}

// count is the number of vectors.
func (c columns) count() int {
	if c.across {
		return c.Rows
	}
	return c.Cols
}

// some are vectors lo to hi.
func (c columns) some(lo, hi int) columns {
	if c.across {
		c.Matrix = c.block(lo, hi, 0, c.Cols)
	} else {
		c.Matrix = c.block(0, c.Rows, lo, hi)
	}
	return c
}

// part is numbers lo to hi of each vector.
func (c columns) part(lo, hi int) columns {
	if c.across {
		c.Matrix = c.block(0, c.Rows, lo, hi)
	} else {
		c.Matrix = c.block(lo, hi, 0, c.Cols)
	}
	return c
}

// add computes c += alpha·op(a)·x.
func (c columns) add(alpha float32, a Matrix, trans bool, x columns) {
	if c.across {
		mul(c.Matrix, x.Matrix, a, Accumulate|modeOf(false, !trans), alpha)
	} else {
		mul(c.Matrix, a, x.Matrix, Accumulate|modeOf(trans, false), alpha)
	}
}

// Ssymm computes C = alpha·A·B + beta·C, or alpha·B·A + beta·C if A is on the
// right, for a symmetric A, of which one triangle is read, and B and C of m x n.
func (s BLAS) Ssymm(side blas.Side, ul blas.Uplo, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	right, ok0 := isRight(side)
	low, ok1 := isLower(ul)
	size := m
	if right {
		size = n
	}
	A, okA := operand(size, size, lda, a)
	B, okB := operand(m, n, ldb, b)
	C, okC := operand(m, n, ldc, c)
	if !ok0 || !ok1 || !okA || !okB || !okC || alpha == 0 || little(size, m, n) {
		s.Implementation.Ssymm(side, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	C.scale(beta, whole)
	p := sided{square{Matrix: A, lower: low, symmetric: true}, alpha, columns{B, right}, columns{C, right}}
	p.each(sided.addSymmetric)
}

// Strmm computes B = alpha·op(A)·B, or alpha·B·op(A) if A is on the right, for a
// triangular A and B of m x n.
func (s BLAS) Strmm(side blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	p, ok := triangular(side, ul, tA, d, m, n, a, lda, b, ldb)
	if !ok || alpha == 0 || p.few() {
		s.Implementation.Strmm(side, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	p.dst.scale(alpha, whole)
	p.each(sided.applyTriangular)
}

// Strsm solves op(A)·X = alpha·B, or X·op(A) = alpha·B if A is on the right, for
// a triangular A and B of m x n, which becomes X. A zero on the diagonal of A
// makes Inf or NaN.
func (s BLAS) Strsm(side blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	p, ok := triangular(side, ul, tA, d, m, n, a, lda, b, ldb)
	if !ok || alpha == 0 || p.few() {
		s.Implementation.Strsm(side, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	p.dst.scale(alpha, whole)
	p.a.inverse = true
	p.each(sided.applyTriangular)
}

// triangular are the operands of Strmm and Strsm.
func triangular(side blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, a []float32, lda int, b []float32, ldb int) (sided, bool) {
	right, ok0 := isRight(side)
	low, ok1 := isLower(ul)
	trans, ok2 := transposes(tA)
	unit, ok3 := isUnit(d)
	size := m
	if right {
		size = n
	}
	A, okA := operand(size, size, lda, a)
	B, okB := operand(m, n, ldb, b)
	sq := square{Matrix: A, lower: low, trans: trans != right, unit: unit}
	return sided{a: sq, dst: columns{B, right}}, ok0 && ok1 && ok2 && ok3 && okA && okB
}

// sided is what a routine with a matrix on one side works on: a symmetric or
// triangular matrix a and vectors.
type sided struct {
	a        square
	alpha    float32
	src, dst columns
}

// each calls f for ranges of the vectors, which are independent, on several
// goroutines if there is much to do.
func (p sided) each(f func(p sided, lo, hi int)) {
	ranges(p.dst.count(), strip, p.work(), p, f)
}

func (p sided) addSymmetric(lo, hi int) {
	p.a.addSymmetric(p.dst.some(lo, hi), p.alpha, p.src.some(lo, hi))
}

func (p sided) applyTriangular(lo, hi int) { p.a.applyTriangular(p.dst.some(lo, hi)) }

// few reports whether gonum's Strmm and Strsm are faster.
func (p sided) few() bool { return p.work() < 5000 }

// work is the number of multiplications with a triangle.
func (p sided) work() float64 { return volume(p.a.Rows, p.a.Rows, p.dst.count()) / 2 }

const (
	// smallSquare is the side of symmetric blocks that are not halved.
	smallSquare = 256
	// mirrorStride keeps the rows of a copy of one from sharing the same lines
	// of a cache.
	mirrorStride = smallSquare + 16
	// smallTriangle is the side of triangular blocks that are not halved.
	smallTriangle = 16
	// strip is how many vectors such a triangle works on at a time: as many as
	// stay in the first-level cache.
	strip = 128
)

// addSymmetric computes dst += alpha·A·src.
func (s square) addSymmetric(dst columns, alpha float32, src columns) {
	n := s.Rows
	if n <= smallSquare {
		s.addMirrored(dst, alpha, src)
		return
	}
	h := half(n)
	dst0, dst1 := dst.part(0, h), dst.part(h, n)
	src0, src1 := src.part(0, h), src.part(h, n)
	above, aboveTrans := s.beside(0, h, h, n)
	below, belowTrans := s.beside(h, n, 0, h)
	s.onDiagonal(0, h).addSymmetric(dst0, alpha, src0)
	dst0.add(alpha, above, aboveTrans, src1)
	dst1.add(alpha, below, belowTrans, src0)
	s.onDiagonal(h, n).addSymmetric(dst1, alpha, src1)
}

// addMirrored is addSymmetric with a copy of A that has both triangles.
func (s square) addMirrored(dst columns, alpha float32, src columns) {
	numbers := scratches.borrow()
	defer scratches.giveBack(numbers)
	n := s.Rows
	mirror := Matrix{n, n, mirrorStride, numbers[:]}
	for i := range n {
		lo, hi := 0, i+1
		if !s.lower {
			lo, hi = i, n
		}
		for j, v := range s.Data[i*s.Stride+lo : i*s.Stride+hi] {
			numbers[i*mirrorStride+lo+j] = v
			numbers[(lo+j)*mirrorStride+i] = v
		}
	}
	dst.add(alpha, mirror, false, src)
}

// applyTriangular computes x = op(A)·x or x = op(A)⁻¹·x.
func (s square) applyTriangular(x columns) {
	n := s.Rows
	if n <= smallTriangle {
		s.applySmall(x)
		return
	}
	// One half of the result depends on both halves of x, the other on its own.
	h := half(n)
	both0, both1, own0, own1 := h, n, 0, h
	if s.lower == s.trans {
		both0, both1, own0, own1 = 0, h, h, n
	}
	both, own := x.part(both0, both1), x.part(own0, own1)
	beside, trans := s.beside(both0, both1, own0, own1)
	if s.inverse {
		s.onDiagonal(own0, own1).applyTriangular(own)
		both.add(-1, beside, trans, own)
		s.onDiagonal(both0, both1).applyTriangular(both)
	} else {
		s.onDiagonal(both0, both1).applyTriangular(both)
		both.add(1, beside, trans, own)
		s.onDiagonal(own0, own1).applyTriangular(own)
	}
}

// applySmall is applyTriangular for a small A, without the product of a matrix
// filled up with zeros, which would turn Inf into NaN. It works on strips of
// the vectors, in which each of their numbers is a row.
func (s square) applySmall(x columns) {
	numbers := scratches.borrow()
	defer scratches.giveBack(numbers)
	for lo := 0; lo < x.count(); lo += strip {
		hi := min(lo+strip, x.count())
		some := x.some(lo, hi).Matrix
		if !x.across {
			s.applyRows(some)
			continue
		}
		rows := Matrix{s.Rows, hi - lo, hi - lo, numbers[:]}
		flip(rows, some)
		s.applyRows(rows)
		flip(some, rows)
	}
}

// applyRows is applyTriangular for the columns of x, row by row.
func (s square) applyRows(x Matrix) {
	n, low, sign := s.Rows, s.lower != s.trans, float32(1)
	if s.inverse {
		sign = -1
	}
	for step := range n {
		i := step // a product takes rows that are not yet done, a solution those that are
		if low != s.inverse {
			i = n - 1 - step
		}
		lo, hi := i+1, n
		if low {
			lo, hi = 0, i
		}
		row := x.row(i)
		if !s.unit && !s.inverse {
			scale(s.at(i, i), row)
		}
		for k := lo; k < hi; k++ {
			axpy(sign*s.at(i, k), x.row(k), row)
		}
		if !s.unit && s.inverse {
			divide(row, s.at(i, i))
		}
	}
}

// divide computes x[i] /= d. It multiplies by 1/d where that is a number.
func divide(x []float32, d float32) {
	if inverse := 1 / d; inverse-inverse == 0 {
		scale(inverse, x)
		return
	}
	for i := range x {
		x[i] /= d
	}
}

// flip copies the transpose of src to dst.
func flip(dst, src Matrix) {
	for i := range src.Rows {
		to := dst.Data[i:]
		for j, v := range src.row(i) {
			to[j*dst.Stride] = v
		}
	}
}
