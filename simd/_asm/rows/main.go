// Command rows writes the kernels for vectors and rows for AVX2 with FMA3 and
// for AVX-512.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa{avx2, avx512} {
		s.vectors()
		s.columns()
		s.softmax()
		s.activations()
		s.norms()
		s.adamW()
		s.filters()
	}
	Generate()
}
