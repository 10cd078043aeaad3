//go:build !purego && !race

package simd

import (
	"math"

	"github.com/klauspost/cpuid/v2"
)

// supported lists the levels of this CPU: every arm64 that Go runs on has NEON.
func supported() []level { return []level{generic, neon} }

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
	case active == neon && s.cols == 8:
		tiles8x8NEON(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	case active == neon:
		tiles8x4NEON(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	default:
		s.tilesGeneric(height, count)
	}
}

// dotProd tells whether the CPU multiplies bytes at once. Integers have no
// rounding, so a result does not depend on it.
var dotProd = cpuid.CPU.Supports(cpuid.ASIMDDP)

// byteTiling is the tiling of products of bytes.
func byteTiling() tiling { return active.tiling() }

// byteTiles is tiles for bytes.
func (s stack) byteTiles(height, count int, add, bias *float32) {
	rows := height * count
	q := s.q
	_, _, _ = q.a[((rows-1)*s.lda+s.depth)*bytesPerElement-1], q.rowScales[rows-1], q.columnScales[s.cols-1]
	a, b := element(q.a), element(q.b)
	switch fast := active == neon && dotProd; {
	case fast && s.cols == 8:
		byteTiles8x8NEON(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.columnScales[0], &q.rowScales[0])
	case fast:
		byteTiles8x4NEON(&s.c[0], s.ldc, a, s.lda, b, s.depth, height, count, add, s.ldadd, bias, &q.columnScales[0], &q.rowScales[0])
	default:
		s.byteTilesGeneric(height, count)
	}
}

// The kernels for rounding take whole blocks of 8 numbers.

func largestBits(x []float32) uint32 {
	if active != neon || len(x) == 0 {
		return largestBitsGeneric(x)
	}
	return largestBitsNEON(&x[0], len(x)/8)
}

func quantiseBlocks(q []uint8, x []float32, inverse float32) {
	if active != neon || len(x) == 0 {
		quantiseGeneric(q, x, inverse)
		return
	}
	_ = q[len(x)-1]
	quantiseNEON(&q[0], &x[0], len(x)/8, inverse)
}

func widen(dst []float32, src []uint16) {
	if active != neon || len(src) == 0 {
		widenGeneric(dst, src)
		return
	}
	_ = dst[len(src)-1]
	widenNEON(&dst[0], &src[0], len(src)/8)
}

func transpose8(dst []float32, ldd int, src []float32, lds, blocks int) {
	if active != neon {
		transpose8Generic(dst, ldd, src, lds, blocks)
		return
	}
	_, _ = dst[(8*blocks-1)*ldd+7], src[7*lds+8*blocks-1]
	transpose8NEON(&dst[0], ldd, &src[0], lds, blocks)
}

func dot(x, y []float32) float64 {
	if active != neon {
		return dotGeneric(x, y)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += dotNEON(x[lo:hi], y[lo:hi])
	}
	return total
}

func sum(x []float32) float64 {
	if active != neon {
		return sumGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += sumNEON(x[lo:hi])
	}
	return total
}

func squares(x []float32, centre float64) float64 {
	if active != neon {
		return squaresGeneric(x, centre)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += squaresNEON(x[lo:hi], centre)
	}
	return total
}

func axpy(alpha float32, x, y []float32) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(x)) {
			axpyNEON(alpha, x[lo:hi], y[lo:hi])
		}
	default:
		axpyGeneric(alpha, x, y)
	}
}

func add(dst, x, y []float32) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(dst)) {
			addNEON(dst[lo:hi], x[lo:hi], y[lo:hi])
		}
	default:
		addGeneric(dst, x, y)
	}
}

func scale(alpha float32, x []float32) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(x)) {
			scaleNEON(alpha, x[lo:hi])
		}
	default:
		scaleGeneric(alpha, x)
	}
}

func addWide(sums *wide, x []float32) {
	switch active {
	case neon:
		addWideNEON(sums, x)
	default:
		addWideGeneric(sums, x)
	}
}

func largest(x []float32) float32 {
	switch active {
	case neon:
		return largestNEON(x)
	default:
		return largestGeneric(x)
	}
}

func exps(x []float32, top float32) float64 {
	switch active {
	case neon:
		return expsNEON(x, top)
	default:
		return expsGeneric(x, top)
	}
}

func centreScale(dst, p, y []float32, mean float32) {
	switch active {
	case neon:
		centreScaleNEON(dst, p, y, mean)
	default:
		centreScaleGeneric(dst, p, y, mean)
	}
}

func gelu(dst, x []float32) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(x)) {
			geluNEON(dst[lo:hi], x[lo:hi])
		}
	default:
		geluGeneric(dst, x)
	}
}

func geluBackward(dx, x, dy []float32) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(dx)) {
			geluBackwardNEON(dx[lo:hi], x[lo:hi], dy[lo:hi])
		}
	default:
		geluBackwardGeneric(dx, x, dy)
	}
}

func adamW(w, g, m, v []float32, f adamWFactors) {
	switch active {
	case neon:
		for lo, hi := range pieces(len(w)) {
			adamWNEON(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		}
	default:
		adamWGeneric(w, g, m, v, f)
	}
}

func normalize(dst, x, gamma, beta []float32, mean, rstd float64) {
	switch active {
	case neon:
		high, rest := float32(mean), float32(0)
		if !math.IsInf(mean, 0) {
			rest = float32(mean - float64(high))
		}
		normalizeNEON(dst, x, gamma, beta, high, rest, float32(rstd))
	default:
		normalizeGeneric(dst, x, gamma, beta, mean, rstd)
	}
}

func normSums(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64) {
	switch active {
	case neon:
		return normSumsNEON(dy, x, gamma, mean, rstd)
	default:
		return normSumsGeneric(dy, x, gamma, mean, rstd)
	}
}

func normGradients(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32) {
	switch active {
	case neon:
		normGradientsNEON(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	default:
		normGradientsGeneric(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	}
}
