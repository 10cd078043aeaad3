//go:build !purego && !race

package simd

import (
	"iter"

	"github.com/klauspost/cpuid/v2"
)

// supported lists the levels of this CPU. cpuid sees to it that the operating
// system saves the registers, too.
func supported() []level {
	levels := []level{generic}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		levels = append(levels, avx2)
	}
	return levels
}

// Each function below chooses the kernel by a switch: a call through a variable
// would make its slices escape to the heap.

func gemm6x16(c []float32, ldc int, a, b []float32, add bool) {
	switch active {
	case avx2:
		depth := len(b) / nr
		_, _ = c[(mr-1)*ldc+nr-1], a[mr*depth-1]
		gemm6x16AVX2(&c[0], ldc, &a[0], &b[0], depth, add)
	default:
		gemm6x16Generic(c, ldc, a, b, add)
	}
}

// An assembly function cannot be interrupted, so vectors of any length go to it
// in pieces that take microseconds; rows are short enough.
const piece = 1 << 14

// pieces yields the bounds of n numbers in pieces.
func pieces(n int) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		for lo := 0; lo < n; lo += piece {
			if !yield(lo, min(lo+piece, n)) {
				return
			}
		}
	}
}

func dot(x, y []float32) float64 {
	if active != avx2 {
		return dotGeneric(x, y)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += dotAVX2(x[lo:hi], y[lo:hi])
	}
	return total
}

func sum(x []float32) float64 {
	if active != avx2 {
		return sumGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += sumAVX2(x[lo:hi])
	}
	return total
}

func squares(x []float32, centre float64) float64 {
	if active != avx2 {
		return squaresGeneric(x, centre)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += squaresAVX2(x[lo:hi], centre)
	}
	return total
}

func axpy(alpha float32, x, y []float32) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(x)) {
			axpyAVX2(alpha, x[lo:hi], y[lo:hi])
		}
	default:
		axpyGeneric(alpha, x, y)
	}
}

func add(dst, x, y []float32) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(dst)) {
			addAVX2(dst[lo:hi], x[lo:hi], y[lo:hi])
		}
	default:
		addGeneric(dst, x, y)
	}
}

func scale(alpha float32, x []float32) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(x)) {
			scaleAVX2(alpha, x[lo:hi])
		}
	default:
		scaleGeneric(alpha, x)
	}
}

func addWide(sums *wide, x []float32) {
	switch active {
	case avx2:
		addWideAVX2(sums, x)
	default:
		addWideGeneric(sums, x)
	}
}

func largest(x []float32) float32 {
	switch active {
	case avx2:
		return largestAVX2(x)
	default:
		return largestGeneric(x)
	}
}

func exps(x []float32, top float32) float64 {
	switch active {
	case avx2:
		return expsAVX2(x, top)
	default:
		return expsGeneric(x, top)
	}
}

func centreScale(dst, p, y []float32, mean float32) {
	switch active {
	case avx2:
		centreScaleAVX2(dst, p, y, mean)
	default:
		centreScaleGeneric(dst, p, y, mean)
	}
}

func gelu(dst, x []float32) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(x)) {
			geluAVX2(dst[lo:hi], x[lo:hi])
		}
	default:
		geluGeneric(dst, x)
	}
}

func geluBackward(dx, x, dy []float32) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(dx)) {
			geluBackwardAVX2(dx[lo:hi], x[lo:hi], dy[lo:hi])
		}
	default:
		geluBackwardGeneric(dx, x, dy)
	}
}

func adamW(w, g, m, v []float32, f adamWFactors) {
	switch active {
	case avx2:
		for lo, hi := range pieces(len(w)) {
			adamWAVX2(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		}
	default:
		adamWGeneric(w, g, m, v, f)
	}
}

func normalize(dst, x, gamma, beta []float32, mean, rstd float64) {
	switch active {
	case avx2:
		high := float32(mean)
		normalizeAVX2(dst, x, gamma, beta, high, float32(mean-float64(high)), float32(rstd))
	default:
		normalizeGeneric(dst, x, gamma, beta, mean, rstd)
	}
}

func normSums(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64) {
	switch active {
	case avx2:
		return normSumsAVX2(dy, x, gamma, mean, rstd)
	default:
		return normSumsGeneric(dy, x, gamma, mean, rstd)
	}
}

func normGradients(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32) {
	switch active {
	case avx2:
		normGradientsAVX2(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	default:
		normGradientsGeneric(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
	}
}
