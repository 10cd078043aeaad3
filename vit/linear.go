package vit

import "github.com/astrovit/astrovit/simd"

// matrix is a dense row-major [rows, cols] view of x.
func matrix(rows, cols int, x []float32) simd.Matrix {
	return simd.Matrix{Rows: rows, Cols: cols, Stride: cols, Data: x}
}

// linear is y = x·Wᵀ + b, passed through e: y [rows, out], x [rows, in]; w is W
// laid out transposed.
func (l Linear) linear(y, x []float32, w simd.Factor, rows int, e simd.Epilogue) {
	e.Bias = l.B
	w.Mul(matrix(rows, len(y)/rows, y), matrix(rows, len(x)/rows, x), e)
}

// inputGradient is dx = dy·W: dy [rows, out], dx [rows, in]; w is W laid out.
func inputGradient(dx, dy []float32, w simd.Factor, rows int) {
	w.Mul(matrix(rows, len(dx)/rows, dx), matrix(rows, len(dy)/rows, dy), simd.Epilogue{})
}

// weightGradient is dW += dyᵀ·x for the outputs and inputs of two spans: dW
// [out, in], dy [rows, out], x [rows, in].
func weightGradient(dw, dy, x []float32, rows int, outputs, inputs span) {
	out, in := len(dy)/rows, len(x)/rows
	simd.Mul(
		simd.Matrix{Rows: outputs.len(), Cols: inputs.len(), Stride: in, Data: dw[outputs.lo*in+inputs.lo:]},
		simd.Matrix{Rows: rows, Cols: outputs.len(), Stride: out, Data: dy[outputs.lo:]},
		simd.Matrix{Rows: rows, Cols: inputs.len(), Stride: in, Data: x[inputs.lo:]},
		simd.TransA|simd.Accumulate)
}
