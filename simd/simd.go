// Package simd holds the float32 kernels of a Vision Transformer: the matrix
// product, the row operations of attention, LayerNorm and GELU with their
// derivatives, and the AdamW update. A factor that many products share is laid
// out once, in float32, bfloat16 or bytes ([Factor]). [BLAS] makes the kernels
// available to every program that uses gonum.
//
// Each kernel has a reference in plain Go, whose name ends in Generic, and may
// have faster forms for the instruction sets of a CPU. One level of instruction
// set is chosen when the program starts, from what the CPU supports; the
// environment variable ASTROVIT_SIMD=generic|avx2|avx512|neon forces one, and
// [Level] names it. The build tag purego leaves out all assembly. So does the
// race detector, which cannot see into assembly.
//
// # Conventions
//
// Destinations come first. Slices that must have equal lengths and do not are
// a programmer's error and panic with a constant string; so does a [Matrix]
// whose Data is too short for its shape. Slices of length zero are allowed.
// Destinations do not overlap sources unless the function says so.
//
// NaN and Inf propagate: no kernel skips a zero factor. No kernel starts a
// goroutine ([Workers] do, and [BLAS] has some for large problems), and in
// steady state none allocates. A result depends on the arguments and the level
// only. Levels agree within rounding, not in every bit.
package simd

//go:generate go -C _asm run ./gemm -out ../gemm_amd64.s -stubs ../gemm_amd64.go -pkg simd
//go:generate go -C _asm run ./rows -out ../rows_amd64.s -stubs ../rows_amd64.go -pkg simd
//go:generate go -C _asm run ./neon ..

// Matrix is a row-major view of float32 numbers: element (i, j) is
// Data[i*Stride+j]. A Stride above Cols selects some columns of a wider
// matrix, as one head of a fused query-key-value matrix.
type Matrix struct {
	Rows, Cols, Stride int
	Data               []float32
}

// Mode modifies a matrix product. Modes combine with |.
type Mode uint8

const (
	TransA     Mode = 1 << iota // the first factor is transposed
	TransB                      // the second factor is transposed
	Accumulate                  // the product is added to the destination
)

// Panic strings of the parameter checks.
const (
	badShape    = "simd: negative matrix size"
	badStride   = "simd: matrix stride less than its columns"
	shortData   = "simd: matrix data shorter than its shape"
	badMatrices = "simd: matrix sizes differ"
	badMul      = "simd: matrix sizes do not agree in Mul"
	badEpilogue = "simd: epilogue does not have the product's size"
	badLength   = "simd: slice lengths differ"
	badRows     = "simd: slice length is not a multiple of the row length"
)

// check panics unless the elements that the shape promises exist.
func (m Matrix) check() {
	switch {
	case m.Rows < 0 || m.Cols < 0:
		panic(badShape)
	case m.Rows == 0 || m.Cols == 0:
		return
	case m.Rows > 1 && m.Stride < m.Cols:
		panic(badStride)
	case len(m.Data) < m.Cols || m.Rows > 1 && m.Rows-1 > (len(m.Data)-m.Cols)/m.Stride:
		panic(shortData)
	}
}

// sameShapes panics unless all matrices are whole and have as many rows and columns as the first.
func sameShapes(first Matrix, others ...Matrix) {
	first.check()
	for _, m := range others {
		m.check()
		if m.Rows != first.Rows || m.Cols != first.Cols {
			panic(badMatrices)
		}
	}
}

// sameLength panics unless both lengths are equal.
func sameLength(a, b int) {
	if a != b {
		panic(badLength)
	}
}

// wholeRows panics unless total numbers form whole rows of length n.
func wholeRows(total, n int) {
	if total != 0 && (n == 0 || total%n != 0) {
		panic(badRows)
	}
}
