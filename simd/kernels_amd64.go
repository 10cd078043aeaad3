//go:build !purego && !race

package simd

import "github.com/klauspost/cpuid/v2"

// supported lists the levels of this CPU. cpuid sees to it that the operating
// system saves the registers, too.
func supported() []level {
	levels := []level{generic}
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		levels = append(levels, avx2)
		// All CPUs with AVX-512 but Xeon Phi have these parts of it together.
		if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512BW, cpuid.AVX512VL, cpuid.BMI2) {
			levels = append(levels, avx512)
		}
	}
	return levels
}

// Each function below chooses the kernel by a switch: a call through a variable
// would make its slices escape to the heap.

func (s stack) kernel(height, count int, add, bias *float32) {
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

// packsInPassing tells whether there is a [stack.packingKernel].
func packsInPassing() bool { return active >= avx2 }

// packingKernel computes the first full tile from b as it is in memory, rows of
// ldb elements, and packs it to s.b.
func (s stack) packingKernel(b []float32, ldb int, add, bias *float32) {
	if active == avx512 {
		packingTile14x32AVX512(&s.c[0], s.ldc, &s.a[0], s.lda, &b[0], ldb, &s.b[0], s.depth, add, s.ldadd, bias)
	} else {
		packingTile6x16AVX2(&s.c[0], s.ldc, &s.a[0], s.lda, &b[0], ldb, &s.b[0], s.depth, add, s.ldadd, bias)
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

func (s stack) byteKernel(height, count int, add, bias *float32) {
	q := s.q
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
