package simd

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// Level 3 of BLAS, first part: products of general matrices. They are cut into
// jobs for several goroutines; where the cuts are does not matter to the bits.

// job is a product dst = alpha·op(a)·op(b), with the modes of Mul, in all of dst
// or in one triangle of it.
type job struct {
	dst, a, b Matrix
	mode      Mode
	alpha     float32
	in        region
}

// region says which elements of a matrix are meant.
type region uint8

const (
	whole         region = iota
	lowerTriangle        // those with row >= column
	upperTriangle        // those with row <= column
)

// Sgemm computes C = alpha·op(A)·op(B) + beta·C for op(A) of m x k, op(B) of
// k x n and C of m x n, all row-major. If beta is 0, C need not be set; if
// alpha is 0, A and B are not read. A NaN or Inf in one of them passes where the
// other is zero, at any size.
func (s BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	aTrans, ok0 := transposes(tA)
	bTrans, ok1 := transposes(tB)
	mode := modeOf(aTrans, bTrans)
	A, okA := operand(m, k, lda, a)
	if aTrans {
		A, okA = operand(k, m, lda, a)
	}
	B, okB := operand(k, n, ldb, b)
	if bTrans {
		B, okB = operand(n, k, ldb, b)
	}
	C, okC := operand(m, n, ldc, c)
	if !ok0 || !ok1 || !okA || !okB || !okC {
		s.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if beta != 0 {
		mode |= Accumulate
		C.scale(beta, whole)
	}
	if alpha == 0 { // gonum's would read A and B
		if beta == 0 {
			C.zero()
		}
		return
	}
	j := job{C, A, B, mode, alpha, whole}
	if volume(m, n, k) <= tiny {
		j.sums()
		return
	}
	j.do()
}

// tiny is how many multiplications take no longer in plain Go.
const tiny = 256

// sums computes a product without blocks and strips.
func (j job) sums() {
	aRow, aCol, bRow, bCol := j.a.Stride, 1, j.b.Stride, 1
	if j.mode&TransA != 0 {
		aRow, aCol = aCol, aRow
	}
	if j.mode&TransB != 0 {
		bRow, bCol = bCol, bRow
	}
	depth := j.depth()
	for r := range j.dst.Rows {
		row := j.dst.row(r)
		for c := range row {
			var sum float32
			for p, ia, ib := 0, r*aRow, c*bCol; p < depth; p, ia, ib = p+1, ia+aCol, ib+bRow {
				sum += j.a.Data[ia] * j.b.Data[ib]
			}
			sum *= j.alpha
			if j.mode&Accumulate != 0 {
				sum += row[c]
			}
			row[c] = sum
		}
	}
}

// Ssyrk computes C = alpha·op(A)·op(A)ᵀ + beta·C for op(A) of n x k in one
// triangle of C, n x n.
func (s BLAS) Ssyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	triangle, ok0 := regionOf(ul)
	trans, ok1 := transposes(tA)
	A, okA := operand(n, k, lda, a)
	if trans {
		A, okA = operand(k, n, lda, a)
	}
	C, okC := operand(n, n, ldc, c)
	ok := ok0 && ok1 && okA && okC
	if ok && beta == 0 && little(n, n, k) {
		C.scale(0, triangle) // gonum's lets NaN stand in a lower triangle
	}
	if !ok || alpha == 0 || little(n, n, k) {
		s.Implementation.Ssyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
		return
	}
	mode := modeOf(trans, !trans)
	if beta != 0 {
		mode |= Accumulate
		C.scale(beta, triangle)
	}
	job{C, A, A, mode, alpha, triangle}.do()
}

// Ssyr2k computes C = alpha·(op(A)·op(B)ᵀ + op(B)·op(A)ᵀ) + beta·C for op(A) and
// op(B) of n x k in one triangle of C, n x n.
func (s BLAS) Ssyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	triangle, ok0 := regionOf(ul)
	trans, ok1 := transposes(tA)
	A, okA := operand(n, k, lda, a)
	B, okB := operand(n, k, ldb, b)
	if trans {
		A, okA = operand(k, n, lda, a)
		B, okB = operand(k, n, ldb, b)
	}
	C, okC := operand(n, n, ldc, c)
	if !ok0 || !ok1 || !okA || !okB || !okC || alpha == 0 || little(n, n, k) {
		s.Implementation.Ssyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	mode := modeOf(trans, !trans)
	if beta != 0 {
		mode |= Accumulate
		C.scale(beta, triangle)
	}
	job{C, A, B, mode, alpha, triangle}.do()
	job{C, B, A, mode | Accumulate, alpha, triangle}.do()
}

// do computes j, on several goroutines if it is large.
func (j job) do() {
	elements := volume(j.dst.Rows, j.dst.Cols, 1)
	if j.in != whole {
		elements /= 2
	}
	pieces := piecesOf(elements * float64(j.depth()))
	if pieces == 1 {
		j.split(math.Inf(1), job.run)
		return
	}
	var list []job
	j.split(elements/float64(pieces), func(j job) { list = append(list, j) })
	each(len(list), func(i int) { list[i].run() })
}

// depth is the number of terms of a sum.
func (j job) depth() int {
	if j.mode&TransA != 0 {
		return j.a.Rows
	}
	return j.a.Cols
}

// leaf is the side of the triangles that are computed as squares.
const leaf = 96

// split calls do for pieces of j of at most about the given number of elements,
// cut at half the longer side. A triangle becomes rectangles and triangles that
// are small. The largest pieces come first.
func (j job) split(elements float64, do func(job)) {
	m, n := j.dst.Rows, j.dst.Cols
	switch {
	case j.in != whole && n > leaf:
		h := half(n)
		beside := j.rows(h, n).cols(0, h)
		if j.in == upperTriangle {
			beside = j.rows(0, h).cols(h, n)
		}
		beside.in = whole
		beside.split(elements, do)
		j.rows(0, h).cols(0, h).split(elements, do)
		j.rows(h, n).cols(h, n).split(elements, do)
	case j.in != whole || max(m, n) <= grain || volume(m, n, 1) <= 1.1*elements:
		do(j)
	case m >= n:
		h := half(m)
		j.rows(0, h).split(elements, do)
		j.rows(h, m).split(elements, do)
	default:
		h := half(n)
		j.cols(0, h).split(elements, do)
		j.cols(h, n).split(elements, do)
	}
}

// little reports whether gonum's routines are faster.
func little(m, n, k int) bool { return volume(m, n, k) < 1500 }

// volume is m·n·k, which int of 32 bits may not hold.
func volume(m, n, k int) float64 { return float64(m) * float64(n) * float64(k) }

// half is n/2, rounded up to a multiple of what kernels like: no rest of a
// vector, few broken tiles.
func half(n int) int {
	unit := grain
	if n <= 2*grain {
		unit = grain / 2
	}
	return divideUp(n, 2*unit) * unit
}

// grain is a width of whole vectors and tiles.
const grain = 32

// rows is the part of j that computes rows lo to hi of its destination.
func (j job) rows(lo, hi int) job {
	j.dst = j.dst.block(lo, hi, 0, j.dst.Cols)
	if j.mode&TransA != 0 {
		j.a = j.a.block(0, j.a.Rows, lo, hi)
	} else {
		j.a = j.a.block(lo, hi, 0, j.a.Cols)
	}
	return j
}

// cols is the part of j that computes columns lo to hi of its destination.
func (j job) cols(lo, hi int) job {
	j.dst = j.dst.block(0, j.dst.Rows, lo, hi)
	if j.mode&TransB != 0 {
		j.b = j.b.block(lo, hi, 0, j.b.Cols)
	} else {
		j.b = j.b.block(0, j.b.Rows, lo, hi)
	}
	return j
}

// run computes a piece.
func (j job) run() {
	if j.in == whole {
		mul(j.dst, j.a, j.b, j.mode, j.alpha)
	} else {
		j.triangle()
	}
}

// triangle computes a product in a triangle of at most leaf rows.
func (j job) triangle() {
	numbers := scratches.borrow()
	defer scratches.giveBack(numbers)
	n := j.dst.Rows
	square := Matrix{n, n, n, numbers[:]}
	mul(square, j.a, j.b, j.mode&^Accumulate, j.alpha)
	for i := range n {
		lo, hi := j.in.columns(i, n)
		to, from := j.dst.Data[i*j.dst.Stride:], square.Data[i*n:]
		if j.mode&Accumulate != 0 {
			add(to[lo:hi], to[lo:hi], from[lo:hi])
		} else {
			copy(to[lo:hi], from[lo:hi])
		}
	}
}

// columns returns which columns of n in row i belong to a region.
func (r region) columns(i, n int) (lo, hi int) {
	switch r {
	case lowerTriangle:
		return 0, i + 1
	case upperTriangle:
		return i, n
	}
	return 0, n
}

// scale multiplies a region of m by beta, where 0 forgets even NaN.
func (m Matrix) scale(beta float32, in region) {
	if beta == 1 {
		return
	}
	for i := range m.Rows {
		lo, hi := in.columns(i, m.Cols)
		scaleOrClear(beta, m.Data[i*m.Stride+lo:i*m.Stride+hi])
	}
}

// block is a view of rows i0 to i1 and columns j0 to j1 of m.
func (m Matrix) block(i0, i1, j0, j1 int) Matrix {
	return Matrix{i1 - i0, j1 - j0, m.Stride, m.Data[i0*m.Stride+j0:]}
}

func modeOf(transA, transB bool) Mode {
	var mode Mode
	if transA {
		mode |= TransA
	}
	if transB {
		mode |= TransB
	}
	return mode
}

func regionOf(ul blas.Uplo) (region, bool) {
	switch ul {
	case blas.Lower:
		return lowerTriangle, true
	case blas.Upper:
		return upperTriangle, true
	}
	return whole, false
}

// zero sets every element to zero and leaves the gaps between rows alone.
func (m Matrix) zero() {
	for i := range m.Rows {
		clear(m.row(i))
	}
}
