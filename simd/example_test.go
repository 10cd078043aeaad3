package simd_test

import (
	"fmt"

	"github.com/astrovit/astrovit/simd"
)

// The scores of one attention head: its queries and keys are columns of the
// fused matrix of queries, keys and values.
func ExampleMul() {
	qkv := []float32{ // [T=2, 3D=12] with D=4, of which one head has K=2
		1, 0, 9, 9, 1, 2, 9, 9, 9, 9, 9, 9,
		0, 1, 9, 9, 3, 4, 9, 9, 9, 9, 9, 9,
	}
	q := simd.Matrix{Rows: 2, Cols: 2, Stride: 12, Data: qkv[0:]}
	k := simd.Matrix{Rows: 2, Cols: 2, Stride: 12, Data: qkv[4:]}
	scores := simd.Matrix{Rows: 2, Cols: 2, Stride: 2, Data: make([]float32, 4)}
	simd.Mul(scores, q, k, simd.TransB)
	fmt.Println(scores.Data)
	// Output: [1 3 2 4]
}

func ExampleSoftmaxRows() {
	x := simd.Matrix{Rows: 1, Cols: 4, Stride: 4, Data: []float32{1, 2, 3, 4}}
	simd.SoftmaxRows(x, 1)
	fmt.Printf("%.4f\n", x.Data)
	// Output: [0.0321 0.0871 0.2369 0.6439]
}
