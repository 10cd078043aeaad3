// Command gemm writes the kernels of the matrix product for AVX2 with FMA3 and
// for AVX-512: the micro-kernels and the transposition that packs for them.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa{avx2, avx512} {
		for vectors := 2; vectors >= 1; vectors-- {
			tiles(s, float32s{}, vectors)
		}
		packingTile(s)
	}
	maddubs := new(bytesAVX2)
	for vectors := 2; vectors >= 1; vectors-- {
		tiles(avx2, maddubs, vectors)
		tiles(avx512, bytesVNNI{}, vectors)
	}
	transpose()
	quantise()
	widen()
	Generate()
}
