package simd_test

import "gonum.org/v1/gonum/blas"

// routine describes a float32 routine of BLAS and its float64 twin, gonum's own
// and tested by gonum's suite, to the tests in blas_test.go.
type routine struct {
	name   string
	flags  string // what it takes of side, uplo, transposes, diag: s u t T d; +: positive vectors
	layout func(f flags) layout
	single func(b b32, c *c32)
	double func(b b64, c *c64)
}

type (
	b32 = blas.Float32
	b64 = blas.Float64
	c32 = call[float32]
	c64 = call[float64]
)

// flags are all arguments of a call but the numbers.
type flags struct {
	side            blas.Side
	ul              blas.Uplo
	tA, tB          blas.Transpose
	diag            blas.Diag
	m, n, k, kL, kU int
	lda, ldb, ldc   int
	incX, incY      int
}

func (f flags) aTrans() bool { return f.tA != blas.NoTrans }
func (f flags) bTrans() bool { return f.tB != blas.NoTrans }
func (f flags) lower() bool  { return f.ul == blas.Lower }

// call is a call of a routine.
type call[F float32 | float64] struct {
	flags
	alpha, beta F
	a, b, c     []F // a is packed where the routine takes that
	x, y        []F
	out         F // the result of a function
}

// layout is the operands that a call takes.
type layout struct {
	a, b, c form
	x, y    int // lengths
}

// form is the stored form of a matrix: rows of numbers, of which used says
// which are read or written. The default is all.
type form struct {
	rows, cols int
	used       func(i, j int) bool
	diagonal   func(i int) (row, col int) // nil if not triangular
	n          int                        // length of the diagonal
}

func general(rows, cols int) form { return form{rows: rows, cols: cols} }

func turned(trans bool, rows, cols int) form {
	if trans {
		rows, cols = cols, rows
	}
	return general(rows, cols)
}

// triangle is a triangle of n rows. Its diagonal is not used if that is 1.
func triangle(f flags, n int) form {
	return form{n, n,
		func(i, j int) bool { return i == j && f.diag != blas.Unit || i != j && (i > j) == f.lower() },
		func(i int) (int, int) { return i, i }, n}
}

// whole is a triangle whose diagonal is always used.
func whole(f flags, n int) form {
	f.diag = blas.NonUnit
	return triangle(f, n)
}

// packed is a triangle of n rows, one behind the other.
func packed(f flags, n int) form {
	return form{1, n * (n + 1) / 2, nil, func(i int) (int, int) {
		if f.lower() {
			return 0, i*(i+1)/2 + i
		}
		return 0, i*n - i*(i-1)/2
	}, n}
}

// band is n rows of a triangle with k further diagonals.
func band(f flags, n, k int) form {
	at := 0 // of the diagonal
	if f.lower() {
		at = k
	}
	return form{n, k + 1,
		func(i, j int) bool {
			column := i + j - at
			return column >= 0 && column < n && (column != i || f.diag != blas.Unit)
		},
		func(i int) (int, int) { return i, at }, n}
}

// order is the size of a matrix on one side of another of m x n.
func order(f flags) int {
	if f.side == blas.Right {
		return f.n
	}
	return f.m
}

// place is the index of number i of n at increments of inc.
func place(i, n, inc int) int {
	if inc < 0 {
		i -= n - 1
	}
	return i * inc
}

func vectors(f flags) layout   { return layout{x: f.n, y: f.n} }
func oneVector(f flags) layout { return layout{x: f.n} }

// routines are all methods of blas.Float32 but Srotg and Srotmg, which are
// gonum's own and take numbers only.
var routines = []routine{
	{"Sdsdot", "+", vectors,
		func(b b32, c *c32) { c.out = b.Sdsdot(c.n, c.alpha, c.x, c.incX, c.y, c.incY) },
		func(b b64, c *c64) { c.out = c.alpha + b.Ddot(c.n, c.x, c.incX, c.y, c.incY) }},
	{"Dsdot", "+", vectors,
		func(b b32, c *c32) { c.out = float32(b.Dsdot(c.n, c.x, c.incX, c.y, c.incY)) },
		func(b b64, c *c64) { c.out = b.Ddot(c.n, c.x, c.incX, c.y, c.incY) }},
	{"Sdot", "+", vectors,
		func(b b32, c *c32) { c.out = b.Sdot(c.n, c.x, c.incX, c.y, c.incY) },
		func(b b64, c *c64) { c.out = b.Ddot(c.n, c.x, c.incX, c.y, c.incY) }},
	{"Snrm2", "", oneVector,
		func(b b32, c *c32) { c.out = b.Snrm2(c.n, c.x, c.incX) },
		func(b b64, c *c64) { c.out = b.Dnrm2(c.n, c.x, c.incX) }},
	{"Sasum", "", oneVector,
		func(b b32, c *c32) { c.out = b.Sasum(c.n, c.x, c.incX) },
		func(b b64, c *c64) { c.out = b.Dasum(c.n, c.x, c.incX) }},
	{"Isamax", "", oneVector,
		func(b b32, c *c32) { c.out = float32(b.Isamax(c.n, c.x, c.incX)) },
		func(b b64, c *c64) { c.out = float64(b.Idamax(c.n, c.x, c.incX)) }},
	{"Sswap", "", vectors,
		func(b b32, c *c32) { b.Sswap(c.n, c.x, c.incX, c.y, c.incY) },
		func(b b64, c *c64) { b.Dswap(c.n, c.x, c.incX, c.y, c.incY) }},
	{"Scopy", "", vectors,
		func(b b32, c *c32) { b.Scopy(c.n, c.x, c.incX, c.y, c.incY) },
		func(b b64, c *c64) { b.Dcopy(c.n, c.x, c.incX, c.y, c.incY) }},
	{"Saxpy", "", vectors,
		func(b b32, c *c32) { b.Saxpy(c.n, c.alpha, c.x, c.incX, c.y, c.incY) },
		func(b b64, c *c64) { b.Daxpy(c.n, c.alpha, c.x, c.incX, c.y, c.incY) }},
	{"Srot", "", vectors,
		func(b b32, c *c32) { b.Srot(c.n, c.x, c.incX, c.y, c.incY, c.alpha, c.beta) },
		func(b b64, c *c64) { b.Drot(c.n, c.x, c.incX, c.y, c.incY, c.alpha, c.beta) }},
	{"Srotm", "", vectors,
		func(b b32, c *c32) {
			b.Srotm(c.n, c.x, c.incX, c.y, c.incY, blas.SrotmParams{Flag: blas.Rescaling, H: [4]float32{c.alpha, 2, 3, c.beta}})
		},
		func(b b64, c *c64) {
			b.Drotm(c.n, c.x, c.incX, c.y, c.incY, blas.DrotmParams{Flag: blas.Rescaling, H: [4]float64{c.alpha, 2, 3, c.beta}})
		}},
	{"Sscal", "", oneVector,
		func(b b32, c *c32) { b.Sscal(c.n, c.alpha, c.x, c.incX) },
		func(b b64, c *c64) { b.Dscal(c.n, c.alpha, c.x, c.incX) }},

	{"Sgemv", "t",
		func(f flags) layout {
			l := layout{a: general(f.m, f.n), x: f.n, y: f.m}
			if f.aTrans() {
				l.x, l.y = l.y, l.x
			}
			return l
		},
		func(b b32, c *c32) { b.Sgemv(c.tA, c.m, c.n, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) },
		func(b b64, c *c64) { b.Dgemv(c.tA, c.m, c.n, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) }},
	{"Sgbmv", "t",
		func(f flags) layout {
			l := layout{a: form{rows: min(f.m, f.n+f.kL), cols: f.kL + f.kU + 1}, x: f.n, y: f.m}
			if f.aTrans() {
				l.x, l.y = l.y, l.x
			}
			return l
		},
		func(b b32, c *c32) {
			b.Sgbmv(c.tA, c.m, c.n, c.kL, c.kU, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY)
		},
		func(b b64, c *c64) {
			b.Dgbmv(c.tA, c.m, c.n, c.kL, c.kU, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY)
		}},
	{"Strmv", "utd",
		func(f flags) layout { return layout{a: triangle(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Strmv(c.ul, c.tA, c.diag, c.n, c.a, c.lda, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtrmv(c.ul, c.tA, c.diag, c.n, c.a, c.lda, c.x, c.incX) }},
	{"Stbmv", "utd",
		func(f flags) layout { return layout{a: band(f, f.n, f.k), x: f.n} },
		func(b b32, c *c32) { b.Stbmv(c.ul, c.tA, c.diag, c.n, c.k, c.a, c.lda, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtbmv(c.ul, c.tA, c.diag, c.n, c.k, c.a, c.lda, c.x, c.incX) }},
	{"Stpmv", "utd",
		func(f flags) layout { return layout{a: packed(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Stpmv(c.ul, c.tA, c.diag, c.n, c.a, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtpmv(c.ul, c.tA, c.diag, c.n, c.a, c.x, c.incX) }},
	{"Strsv", "utd",
		func(f flags) layout { return layout{a: triangle(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Strsv(c.ul, c.tA, c.diag, c.n, c.a, c.lda, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtrsv(c.ul, c.tA, c.diag, c.n, c.a, c.lda, c.x, c.incX) }},
	{"Stbsv", "utd",
		func(f flags) layout { return layout{a: band(f, f.n, f.k), x: f.n} },
		func(b b32, c *c32) { b.Stbsv(c.ul, c.tA, c.diag, c.n, c.k, c.a, c.lda, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtbsv(c.ul, c.tA, c.diag, c.n, c.k, c.a, c.lda, c.x, c.incX) }},
	{"Stpsv", "utd",
		func(f flags) layout { return layout{a: packed(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Stpsv(c.ul, c.tA, c.diag, c.n, c.a, c.x, c.incX) },
		func(b b64, c *c64) { b.Dtpsv(c.ul, c.tA, c.diag, c.n, c.a, c.x, c.incX) }},
	{"Ssymv", "u",
		func(f flags) layout { return layout{a: whole(f, f.n), x: f.n, y: f.n} },
		func(b b32, c *c32) { b.Ssymv(c.ul, c.n, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) },
		func(b b64, c *c64) { b.Dsymv(c.ul, c.n, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) }},
	{"Ssbmv", "u",
		func(f flags) layout {
			f.diag = blas.NonUnit
			return layout{a: band(f, f.n, f.k), x: f.n, y: f.n}
		},
		func(b b32, c *c32) { b.Ssbmv(c.ul, c.n, c.k, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) },
		func(b b64, c *c64) { b.Dsbmv(c.ul, c.n, c.k, c.alpha, c.a, c.lda, c.x, c.incX, c.beta, c.y, c.incY) }},
	{"Sspmv", "u",
		func(f flags) layout { return layout{a: packed(f, f.n), x: f.n, y: f.n} },
		func(b b32, c *c32) { b.Sspmv(c.ul, c.n, c.alpha, c.a, c.x, c.incX, c.beta, c.y, c.incY) },
		func(b b64, c *c64) { b.Dspmv(c.ul, c.n, c.alpha, c.a, c.x, c.incX, c.beta, c.y, c.incY) }},
	{"Sger", "",
		func(f flags) layout { return layout{a: general(f.m, f.n), x: f.m, y: f.n} },
		func(b b32, c *c32) { b.Sger(c.m, c.n, c.alpha, c.x, c.incX, c.y, c.incY, c.a, c.lda) },
		func(_ b64, c *c64) { // gonum's Dger fails if an increment is negative, gonum/gonum#2105
			for i := range c.m {
				for j := range c.n {
					c.a[i*c.lda+j] += c.alpha * c.x[place(i, c.m, c.incX)] * c.y[place(j, c.n, c.incY)]
				}
			}
		}},
	{"Ssyr", "u",
		func(f flags) layout { return layout{a: whole(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Ssyr(c.ul, c.n, c.alpha, c.x, c.incX, c.a, c.lda) },
		func(b b64, c *c64) { b.Dsyr(c.ul, c.n, c.alpha, c.x, c.incX, c.a, c.lda) }},
	{"Sspr", "u",
		func(f flags) layout { return layout{a: packed(f, f.n), x: f.n} },
		func(b b32, c *c32) { b.Sspr(c.ul, c.n, c.alpha, c.x, c.incX, c.a) },
		func(b b64, c *c64) { b.Dspr(c.ul, c.n, c.alpha, c.x, c.incX, c.a) }},
	{"Ssyr2", "u",
		func(f flags) layout { return layout{a: whole(f, f.n), x: f.n, y: f.n} },
		func(b b32, c *c32) { b.Ssyr2(c.ul, c.n, c.alpha, c.x, c.incX, c.y, c.incY, c.a, c.lda) },
		func(b b64, c *c64) { b.Dsyr2(c.ul, c.n, c.alpha, c.x, c.incX, c.y, c.incY, c.a, c.lda) }},
	{"Sspr2", "u",
		func(f flags) layout { return layout{a: packed(f, f.n), x: f.n, y: f.n} },
		func(b b32, c *c32) { b.Sspr2(c.ul, c.n, c.alpha, c.x, c.incX, c.y, c.incY, c.a) },
		func(b b64, c *c64) { b.Dspr2(c.ul, c.n, c.alpha, c.x, c.incX, c.y, c.incY, c.a) }},

	{"Sgemm", "tT",
		func(f flags) layout {
			return layout{a: turned(f.aTrans(), f.m, f.k), b: turned(f.bTrans(), f.k, f.n), c: general(f.m, f.n)}
		},
		func(b b32, c *c32) {
			b.Sgemm(c.tA, c.tB, c.m, c.n, c.k, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		},
		func(b b64, c *c64) {
			b.Dgemm(c.tA, c.tB, c.m, c.n, c.k, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		}},
	{"Ssymm", "su",
		func(f flags) layout {
			return layout{a: whole(f, order(f)), b: general(f.m, f.n), c: general(f.m, f.n)}
		},
		func(b b32, c *c32) {
			b.Ssymm(c.side, c.ul, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		},
		func(b b64, c *c64) {
			b.Dsymm(c.side, c.ul, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		}},
	{"Ssyrk", "ut",
		func(f flags) layout { return layout{a: turned(f.aTrans(), f.n, f.k), c: whole(f, f.n)} },
		func(b b32, c *c32) { b.Ssyrk(c.ul, c.tA, c.n, c.k, c.alpha, c.a, c.lda, c.beta, c.c, c.ldc) },
		func(b b64, c *c64) { b.Dsyrk(c.ul, c.tA, c.n, c.k, c.alpha, c.a, c.lda, c.beta, c.c, c.ldc) }},
	{"Ssyr2k", "ut",
		func(f flags) layout {
			return layout{a: turned(f.aTrans(), f.n, f.k), b: turned(f.aTrans(), f.n, f.k), c: whole(f, f.n)}
		},
		func(b b32, c *c32) {
			b.Ssyr2k(c.ul, c.tA, c.n, c.k, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		},
		func(b b64, c *c64) {
			b.Dsyr2k(c.ul, c.tA, c.n, c.k, c.alpha, c.a, c.lda, c.b, c.ldb, c.beta, c.c, c.ldc)
		}},
	{"Strmm", "sutd",
		func(f flags) layout { return layout{a: triangle(f, order(f)), b: general(f.m, f.n)} },
		func(b b32, c *c32) { b.Strmm(c.side, c.ul, c.tA, c.diag, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb) },
		func(b b64, c *c64) { b.Dtrmm(c.side, c.ul, c.tA, c.diag, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb) }},
	{"Strsm", "sutd",
		func(f flags) layout { return layout{a: triangle(f, order(f)), b: general(f.m, f.n)} },
		func(b b32, c *c32) { b.Strsm(c.side, c.ul, c.tA, c.diag, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb) },
		func(b b64, c *c64) { b.Dtrsm(c.side, c.ul, c.tA, c.diag, c.m, c.n, c.alpha, c.a, c.lda, c.b, c.ldb) }},
}
