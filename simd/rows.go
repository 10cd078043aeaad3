package simd

import "iter"

// Functions of rows pass some rows at a time through all their kernels, so many
// that a kernel finds in the first-level cache what the one before it left, and
// that calls cost little. An assembly function cannot be interrupted; this also
// bounds the microseconds that one takes.
const (
	blockRows    = 32   // at most
	blockNumbers = 4096 // unless one row has more
)

// longRow is the longest row whose sums the kernels make in float32.
const longRow = 4096

// rowBlocks yields the first row and the number of rows of each block.
func rowBlocks(rows, cols int) iter.Seq2[int, int] {
	step := max(1, min(blockRows, blockNumbers/cols))
	return func(yield func(first, n int) bool) {
		for i := 0; i < rows; i += step {
			if !yield(i, min(step, rows-i)) {
				return
			}
		}
	}
}

// row is row i of a matrix that has columns.
func (m Matrix) row(i int) []float32 { return m.Data[i*m.Stride:][:m.Cols] }

// part is n rows from row i on, of a matrix that has columns.
func (m Matrix) part(i, n int) Matrix {
	return Matrix{Rows: n, Cols: m.Cols, Stride: m.Stride, Data: m.Data[i*m.Stride:]}
}

// oneRow is x as a matrix.
func oneRow(x []float32) Matrix { return Matrix{Rows: 1, Cols: len(x), Stride: len(x), Data: x} }
