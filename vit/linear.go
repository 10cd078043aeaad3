package vit

import "github.com/astrovit/astrovit/simd"

// matrix is a dense row-major [rows, cols] view of x.
func matrix(rows, cols int, x []float32) simd.Matrix {
	return simd.Matrix{Rows: rows, Cols: cols, Stride: cols, Data: x}
}

// linear is y = x·Wᵀ + b: y [rows, out], x [rows, in].
func (l Linear) linear(y, x []float32, rows int) {
	in, out := len(x)/rows, len(y)/rows
	simd.Mul(matrix(rows, out, y), matrix(rows, in, x), matrix(out, in, l.W), simd.TransB)
	if len(l.B) > 0 {
		simd.AddBias(y, l.B)
	}
}

// linearBackward is dW += dyᵀ·x, db += Σ dy, dx = dy·W: dy [rows, out],
// x and dx [rows, in]. An empty dx is not computed.
func (l Linear) linearBackward(dx []float32, grad Linear, dy, x []float32, rows int) {
	in, out := len(x)/rows, len(dy)/rows
	simd.Mul(matrix(out, in, grad.W), matrix(rows, out, dy), matrix(rows, in, x), simd.TransA|simd.Accumulate)
	if len(l.B) > 0 {
		simd.SumRows(grad.B, dy)
	}
	if len(dx) > 0 {
		simd.Mul(matrix(rows, in, dx), matrix(rows, out, dy), matrix(out, in, l.W), 0)
	}
}
