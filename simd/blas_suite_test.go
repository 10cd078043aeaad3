package simd_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"

	"github.com/astrovit/astrovit/simd"
)

// gonum's suite, testblas, tests float64 and complex implementations only, with
// tolerances that float32 cannot keep. twins turns it into a suite for float32:
// it is a blas.Float64 that makes each call of the suite in float32, too, and
// fails the test where that differs from gonum's float64, to which it leaves
// the answer. What must panic has to panic in float32.
type twins struct {
	gonum.Implementation // for Drotg and Drotmg
	t                    *testing.T
	b                    blas.Float32
}

func TestGonumSuite(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		for name, run := range map[string]func(t *testing.T, b blas.Float64){
			"Ddot":   func(t *testing.T, b blas.Float64) { testblas.DdotTest(t, b) },
			"Dnrm2":  func(t *testing.T, b blas.Float64) { testblas.Dnrm2Test(t, b) },
			"Dasum":  func(t *testing.T, b blas.Float64) { testblas.DasumTest(t, b) },
			"Idamax": func(t *testing.T, b blas.Float64) { testblas.IdamaxTest(t, b) },
			"Dswap":  func(t *testing.T, b blas.Float64) { testblas.DswapTest(t, b) },
			"Dcopy":  func(t *testing.T, b blas.Float64) { testblas.DcopyTest(t, b) },
			"Daxpy":  func(t *testing.T, b blas.Float64) { testblas.DaxpyTest(t, b) },
			"Drot":   func(t *testing.T, b blas.Float64) { testblas.DrotTest(t, b) },
			"Dscal":  func(t *testing.T, b blas.Float64) { testblas.DscalTest(t, b) },
			"Dgemv":  func(t *testing.T, b blas.Float64) { testblas.DgemvTest(t, b) },
			"Dgbmv":  func(t *testing.T, b blas.Float64) { testblas.DgbmvTest(t, b) },
			"Dtrmv":  func(t *testing.T, b blas.Float64) { testblas.DtrmvTest(t, b) },
			"Dtbmv":  func(t *testing.T, b blas.Float64) { testblas.DtbmvTest(t, b) },
			"Dtpmv":  func(t *testing.T, b blas.Float64) { testblas.DtpmvTest(t, b) },
			"Dtxmv":  func(t *testing.T, b blas.Float64) { testblas.DtxmvTest(t, b) },
			"Dtrsv":  func(t *testing.T, b blas.Float64) { testblas.DtrsvTest(t, b) },
			"Dtbsv":  func(t *testing.T, b blas.Float64) { testblas.DtbsvTest(t, b) },
			"Dtpsv":  func(t *testing.T, b blas.Float64) { testblas.DtpsvTest(t, b) },
			"Dsymv":  func(t *testing.T, b blas.Float64) { testblas.DsymvTest(t, b) },
			"Dsbmv":  func(t *testing.T, b blas.Float64) { testblas.DsbmvTest(t, b) },
			"Dspmv":  func(t *testing.T, b blas.Float64) { testblas.DspmvTest(t, b) },
			"Dger":   func(t *testing.T, b blas.Float64) { testblas.DgerTest(t, b) },
			"Dsyr":   func(t *testing.T, b blas.Float64) { testblas.DsyrTest(t, b) },
			"Dspr":   func(t *testing.T, b blas.Float64) { testblas.DsprTest(t, b) },
			"Dsyr2":  func(t *testing.T, b blas.Float64) { testblas.Dsyr2Test(t, b) },
			"Dspr2":  func(t *testing.T, b blas.Float64) { testblas.Dspr2Test(t, b) },
			"Dgemm":  func(t *testing.T, b blas.Float64) { testblas.TestDgemm(t, b) },
			"Dsymm":  func(t *testing.T, b blas.Float64) { testblas.DsymmTest(t, b) },
			"Dsyrk":  func(t *testing.T, b blas.Float64) { testblas.DsyrkTest(t, b) },
			"Dsyr2k": func(t *testing.T, b blas.Float64) { testblas.Dsyr2kTest(t, b) },
			"Dtrmm":  func(t *testing.T, b blas.Float64) { testblas.DtrmmTest(t, b) },
			"Dtrsm":  func(t *testing.T, b blas.Float64) { testblas.DtrsmTest(t, b) },
		} {
			t.Run(name, func(t *testing.T) { run(t, twins{t: t, b: simd.BLAS{}}) })
		}
	})
}

// do makes a call in float32, by its name there, and in float64.
func (s twins) do(name string, c *c64) float64 {
	narrow := &c32{
		flags: c.flags, alpha: float32(c.alpha), beta: float32(c.beta),
		a: to32(c.a), b: to32(c.b), c: to32(c.c), x: to32(c.x), y: to32(c.y),
	}
	for _, rt := range routines {
		if rt.name != name {
			continue
		}
		rt.single(s.b, narrow)
		rt.double(s.Implementation, c)
		s.near(name, []float32{narrow.out}, []float64{c.out})
		wide := operands(c)
		for i, x := range operands(narrow) {
			s.near(name, x, wide[i])
		}
		return c.out
	}
	panic("no routine " + name)
}

// near fails the test unless each number is want to the precision of float32.
// The sums of the suite are short and well conditioned.
func (s twins) near(name string, got []float32, want []float64) {
	s.t.Helper()
	for i, w := range want {
		g := float64(got[i])
		if g != float64(float32(w)) && !(math.Abs(g-w) <= 2e-6*max(1, math.Abs(w))) && !(math.IsNaN(g) && math.IsNaN(w)) {
			s.t.Errorf("%s: element %d is %v, want %v", name, i, g, w)
		}
	}
}

func to32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func (s twins) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	f := flags{n: n, incX: incX, incY: incY}
	s.do("Dsdot", &c64{flags: f, x: x, y: y})
	s.do("Sdsdot", &c64{flags: f, x: x, y: y})
	return s.do("Sdot", &c64{flags: f, x: x, y: y})
}

func (s twins) Dnrm2(n int, x []float64, incX int) float64 {
	return s.do("Snrm2", &c64{flags: flags{n: n, incX: incX}, x: x})
}

func (s twins) Dasum(n int, x []float64, incX int) float64 {
	return s.do("Sasum", &c64{flags: flags{n: n, incX: incX}, x: x})
}

func (s twins) Idamax(n int, x []float64, incX int) int {
	return int(s.do("Isamax", &c64{flags: flags{n: n, incX: incX}, x: x}))
}

func (s twins) Dswap(n int, x []float64, incX int, y []float64, incY int) {
	s.do("Sswap", &c64{flags: flags{n: n, incX: incX, incY: incY}, x: x, y: y})
}

func (s twins) Dcopy(n int, x []float64, incX int, y []float64, incY int) {
	s.do("Scopy", &c64{flags: flags{n: n, incX: incX, incY: incY}, x: x, y: y})
}

func (s twins) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	s.do("Saxpy", &c64{flags: flags{n: n, incX: incX, incY: incY}, alpha: alpha, x: x, y: y})
}

func (s twins) Drot(n int, x []float64, incX int, y []float64, incY int, c, sin float64) {
	s.do("Srot", &c64{flags: flags{n: n, incX: incX, incY: incY}, alpha: c, beta: sin, x: x, y: y})
}

func (s twins) Dscal(n int, alpha float64, x []float64, incX int) {
	s.do("Sscal", &c64{flags: flags{n: n, incX: incX}, alpha: alpha, x: x})
}

func (s twins) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	s.do("Sgemv", &c64{flags: flags{tA: tA, m: m, n: n, lda: lda, incX: incX, incY: incY}, alpha: alpha, beta: beta, a: a, x: x, y: y})
}

func (s twins) Dgbmv(tA blas.Transpose, m, n, kL, kU int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	s.do("Sgbmv", &c64{flags: flags{tA: tA, m: m, n: n, kL: kL, kU: kU, lda: lda, incX: incX, incY: incY}, alpha: alpha, beta: beta, a: a, x: x, y: y})
}

func (s twins) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	s.do("Strmv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, lda: lda, incX: incX}, a: a, x: x})
}

func (s twins) Dtbmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float64, lda int, x []float64, incX int) {
	s.do("Stbmv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, k: k, lda: lda, incX: incX}, a: a, x: x})
}

func (s twins) Dtpmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float64, x []float64, incX int) {
	s.do("Stpmv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, incX: incX}, a: ap, x: x})
}

func (s twins) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	s.do("Strsv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, lda: lda, incX: incX}, a: a, x: x})
}

func (s twins) Dtbsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n, k int, a []float64, lda int, x []float64, incX int) {
	s.do("Stbsv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, k: k, lda: lda, incX: incX}, a: a, x: x})
}

func (s twins) Dtpsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, ap []float64, x []float64, incX int) {
	s.do("Stpsv", &c64{flags: flags{ul: ul, tA: tA, diag: d, n: n, incX: incX}, a: ap, x: x})
}

func (s twins) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	s.do("Ssymv", &c64{flags: flags{ul: ul, n: n, lda: lda, incX: incX, incY: incY}, alpha: alpha, beta: beta, a: a, x: x, y: y})
}

func (s twins) Dsbmv(ul blas.Uplo, n, k int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	s.do("Ssbmv", &c64{flags: flags{ul: ul, n: n, k: k, lda: lda, incX: incX, incY: incY}, alpha: alpha, beta: beta, a: a, x: x, y: y})
}

func (s twins) Dspmv(ul blas.Uplo, n int, alpha float64, ap []float64, x []float64, incX int, beta float64, y []float64, incY int) {
	s.do("Sspmv", &c64{flags: flags{ul: ul, n: n, incX: incX, incY: incY}, alpha: alpha, beta: beta, a: ap, x: x, y: y})
}

func (s twins) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	s.do("Sger", &c64{flags: flags{m: m, n: n, lda: lda, incX: incX, incY: incY}, alpha: alpha, a: a, x: x, y: y})
}

func (s twins) Dsyr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, a []float64, lda int) {
	s.do("Ssyr", &c64{flags: flags{ul: ul, n: n, lda: lda, incX: incX}, alpha: alpha, a: a, x: x})
}

func (s twins) Dspr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, ap []float64) {
	s.do("Sspr", &c64{flags: flags{ul: ul, n: n, incX: incX}, alpha: alpha, a: ap, x: x})
}

func (s twins) Dsyr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	s.do("Ssyr2", &c64{flags: flags{ul: ul, n: n, lda: lda, incX: incX, incY: incY}, alpha: alpha, a: a, x: x, y: y})
}

func (s twins) Dspr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, ap []float64) {
	s.do("Sspr2", &c64{flags: flags{ul: ul, n: n, incX: incX, incY: incY}, alpha: alpha, a: ap, x: x, y: y})
}

func (s twins) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	s.do("Sgemm", &c64{flags: flags{tA: tA, tB: tB, m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}, alpha: alpha, beta: beta, a: a, b: b, c: c})
}

func (s twins) Dsymm(side blas.Side, ul blas.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	s.do("Ssymm", &c64{flags: flags{side: side, ul: ul, m: m, n: n, lda: lda, ldb: ldb, ldc: ldc}, alpha: alpha, beta: beta, a: a, b: b, c: c})
}

func (s twins) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	s.do("Ssyrk", &c64{flags: flags{ul: ul, tA: tA, n: n, k: k, lda: lda, ldc: ldc}, alpha: alpha, beta: beta, a: a, c: c})
}

func (s twins) Dsyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	s.do("Ssyr2k", &c64{flags: flags{ul: ul, tA: tA, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc}, alpha: alpha, beta: beta, a: a, b: b, c: c})
}

func (s twins) Dtrmm(side blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	s.do("Strmm", &c64{flags: flags{side: side, ul: ul, tA: tA, diag: d, m: m, n: n, lda: lda, ldb: ldb}, alpha: alpha, a: a, b: b})
}

func (s twins) Dtrsm(side blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	s.do("Strsm", &c64{flags: flags{side: side, ul: ul, tA: tA, diag: d, m: m, n: n, lda: lda, ldb: ldb}, alpha: alpha, a: a, b: b})
}
