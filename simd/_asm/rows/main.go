// Command rows writes the kernels for vectors and rows for AVX2 and FMA3.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	vectors()
	softmax()
	activations()
	norms()
	adamW()
	Generate()
}
