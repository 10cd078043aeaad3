//go:build !purego && !race

package simd

import (
	"math"

	"github.com/klauspost/cpuid/v2"
)

// supported lists the levels of this CPU. cpuid sees to it that the operating
// system saves the registers, too.
func supported() []level {
	levels := []level{generic}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		levels = append(levels, avx2)
		if cpuid.CPU.Supports(cpuid.AVX512F) {
			levels = append(levels, avx512)
		}
	}
	return levels
}

// Each function below chooses the kernel by a switch: a call through a variable
// would make its slices escape to the heap.

// tiles runs the kernel of the stack's columns on count tiles of one height.
func (s stack) tiles(height, count int) {
	rows := height * count
	_ = s.c[(rows-1)*s.ldc+s.cols-1]
	var add, bias *float32
	if len(s.add) > 0 {
		_ = s.add[(rows-1)*s.ldadd+s.cols-1]
		add = &s.add[0]
	}
	if len(s.bias) > 0 {
		_ = s.bias[s.cols-1]
		bias = &s.bias[0]
	}
	if len(s.q.b) > 0 {
		s.byteTiles(height, count, add, bias)
		return
	}
	_, _ = s.a[(rows-1)*s.lda+s.depth-1], s.b[s.depth-1]
	switch {
	case active == avx512 && s.cols == 32:
		tiles14x32AVX512(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	case active == avx512:
		tiles14x16AVX512(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	case active == avx2 && s.cols == 16:
		tiles6x16AVX2(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	case active == avx2:
		tiles6x8AVX2(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	default:
		s.tilesGeneric(height, count)
	}
}

// vnni tells whether the CPU multiplies bytes at once.
var vnni = cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512VNNI)

// byteTiling is the tiling of products of bytes.
func byteTiling() tiling {
	if active == avx512 && !vnni {
		return avx2.tiling()
	}
	return active.tiling()
}

// byteTiles is tiles for bytes.
func (s stack) byteTiles(height, count int, add, bias *float32) {
	rows := height * count
	q := s.q
	_, _, _ = q.a[((rows-1)*s.lda+s.depth)*bytesPerElement-1], q.rowScales[rows-1], q.columnScales[s.cols-1]
	a, b := element(q.a), element(q.b)
	switch wide := vnni && active == avx512; {
	case wide && s.cols == 32:
		byteTiles14x32VNNI(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.starts[0], &q.columnScales[0], &q.rowScales[0])
	case wide:
		byteTiles14x16VNNI(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.starts[0], &q.columnScales[0], &q.rowScales[0])
	case active >= avx2 && s.cols == 16:
		byteTiles6x16AVX2(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.starts[0], &q.columnScales[0], &q.rowScales[0])
	case active >= avx2:
		byteTiles6x8AVX2(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.starts[0], &q.columnScales[0], &q.rowScales[0])
	default:
		s.byteTilesGeneric(height, count)
	}
}

// The kernels for rounding take whole blocks of 8 numbers.

func largestBits(x []float32) uint32 {
	if active < avx2 || len(x) == 0 {
		return largestBitsGeneric(x)
	}
	return largestBitsAVX2(&x[0], len(x)/8)
}

func quantiseBlocks(q []uint8, x []float32, inverse float32) {
	if active < avx2 || len(x) == 0 {
		quantiseGeneric(q, x, inverse)
		return
	}
	_ = q[len(x)-1]
	quantiseAVX2(&q[0], &x[0], len(x)/8, inverse)
}

func widen(dst []float32, src []uint16) {
	if active < avx2 || len(src) == 0 {
		widenGeneric(dst, src)
		return
	}
	_ = dst[len(src)-1]
	widenAVX2(&dst[0], &src[0], len(src)/8)
}

func transpose8(dst []float32, ldd int, src []float32, lds, blocks int) {
	if active < avx2 {
		transpose8Generic(dst, ldd, src, lds, blocks)
		return
	}
	_, _ = dst[(8*blocks-1)*ldd+7], src[7*lds+8*blocks-1]
	transpose8AVX2(&dst[0], ldd, &src[0], lds, blocks)
}

func dot(x, y []float32) float64 {
	if active < avx2 {
		return dotGeneric(x, y)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += dotAVX2(x[lo:hi], y[lo:hi])
	}
	return total
}

func sum(x []float32) float64 {
	if active < avx2 {
		return sumGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += sumAVX2(x[lo:hi])
	}
	return total
}

func squares(x []float32, centre float64) float64 {
	if active < avx2 {
		return squaresGeneric(x, centre)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += squaresAVX2(x[lo:hi], centre)
	}
	return total
}

func axpy(alpha float32, x, y []float32) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(x)) {
			axpyAVX2(alpha, x[lo:hi], y[lo:hi])
		}
	default:
		axpyGeneric(alpha, x, y)
	}
}

func add(dst, x, y []float32) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(dst)) {
			addAVX2(dst[lo:hi], x[lo:hi], y[lo:hi])
		}
	default:
		addGeneric(dst, x, y)
	}
}

func scale(alpha float32, x []float32) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(x)) {
			scaleAVX2(alpha, x[lo:hi])
		}
	default:
		scaleGeneric(alpha, x)
	}
}

func addWide(sums *wide, x []float32) {
	switch {
	case active >= avx2:
		addWideAVX2(sums, x)
	default:
		addWideGeneric(sums, x)
	}
}

func largest(x []float32) float32 {
	switch {
	case active >= avx2:
		return largestAVX2(x)
	default:
		return largestGeneric(x)
	}
}

func exps(x []float32, top float32) float64 {
	switch {
	case active >= avx2:
		return expsAVX2(x, top)
	default:
		return expsGeneric(x, top)
	}
}

func centreScale(dst, p, y []float32, mean float32) {
	switch {
	case active >= avx2:
		centreScaleAVX2(dst, p, y, mean)
	default:
		centreScaleGeneric(dst, p, y, mean)
	}
}

func gelu(dst, x []float32) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(x)) {
			geluAVX2(dst[lo:hi], x[lo:hi])
		}
	default:
		geluGeneric(dst, x)
	}
}

func geluBackward(dx, x, dy []float32) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(dx)) {
			geluBackwardAVX2(dx[lo:hi], x[lo:hi], dy[lo:hi])
		}
	default:
		geluBackwardGeneric(dx, x, dy)
	}
}

func adamW(w, g, m, v []float32, f adamWFactors) {
	switch {
	case active >= avx2:
		for lo, hi := range pieces(len(w)) {
			adamWAVX2(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		}
	default:
		adamWGeneric(w, g, m, v, f)
	}
}

func normalize(dst, x, gamma, beta []float32, mean, rstd float64) {
	switch {
	case active >= avx2:
		high, rest := float32(mean), float32(0)
		if !math.IsInf(mean, 0) {
			rest = float32(mean - float64(high))
		}
		normalizeAVX2(dst, x, gamma, beta, high, rest, float32(rstd))
	default:
		normalizeGeneric(dst, x, gamma, beta, mean, rstd)
	}
}

func normSums(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64) {
	switch {
	case active >= avx2:
		return normSumsAVX2(dy, x, gamma, mean, rstd)
	default:
		return normSumsGeneric(dy, x, gamma, mean, rstd)
	}
}

func normGradients(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32) {
	switch {
	case active >= avx2:
		normGradientsAVX2(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	default:
		normGradientsGeneric(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	}
}
