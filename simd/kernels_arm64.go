//go:build !purego && !race

package simd

import "github.com/klauspost/cpuid/v2"

// supported lists the levels of this CPU: every arm64 that Go runs on has NEON.
func supported() []level { return []level{generic, neon} }

// Each function below chooses the kernel by a switch: a call through a variable
// would make its slices escape to the heap.

func (s stack) kernel(height, count int, add, bias *float32) {
	switch {
	case active == neon && s.cols == 8:
		tiles8x8NEON(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	case active == neon:
		tiles8x4NEON(&s.c[0], s.ldc, &s.a[0], s.lda, &s.b[0], s.depth, height, count, add, s.ldadd, bias)
	default:
		s.tilesGeneric(height, count)
	}
}

func packsInPassing() bool { return false }

func (s stack) packingKernel(b []float32, ldb int, add, bias *float32) { panic("simd: no such kernel") }

// dotProd tells whether the CPU multiplies bytes at once. Integers have no
// rounding, so a result does not depend on it.
var dotProd = cpuid.CPU.Supports(cpuid.ASIMDDP)

// byteTiling is the tiling of products of bytes.
func byteTiling() tiling { return active.tiling() }

func (s stack) byteKernel(height, count int, add, bias *float32) {
	q := s.q
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
