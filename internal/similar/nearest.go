package similar

import (
	"context"
	"math"
	"slices"

	"github.com/astrovit/astrovit/simd"
)

// neighbour is a row and its cosine similarity, from -1 to 1.
type neighbour struct {
	row        int
	similarity float32
}

// normalise gives each row of x [rows, D] the length 1. A row that has none, or
// undefined numbers, becomes NaN.
func normalise(x []float32, width int) {
	for row := range slices.Chunk(x, width) {
		scale := 1 / math.Sqrt(simd.SumSquares(row))
		if !(scale > 0 && scale <= math.MaxFloat64) {
			scale = math.NaN()
		}
		for i, v := range row {
			row[i] = float32(float64(v) * scale)
		}
	}
}

// blockRows is how many rows are compared at once: similarities of a block, and
// no more, are in memory.
const blockRows = 1024

// nearest finds for each of the queries, rows of the unit vectors x [rows, D],
// the k other rows that are most similar, most similar first; among equals the
// first row comes first. All rows are looked at. The error is that of ctx.
func nearest(ctx context.Context, x []float32, width int, queries []int, k int) ([][]neighbour, error) {
	asked := make([]float32, 0, len(queries)*width)
	for _, row := range queries {
		asked = append(asked, x[row*width:][:width]...)
	}
	found := make([][]neighbour, len(queries))
	products := make([]float32, len(queries)*blockRows)
	first := 0
	for block := range slices.Chunk(x, blockRows*width) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := len(block) / width
		simd.Mul(matrix(products, len(queries), n), matrix(asked, len(queries), width), matrix(block, n, width), simd.TransB)
		for q, self := range queries {
			for i, s := range products[q*n:][:n] {
				if first+i != self {
					found[q] = insert(found[q], neighbour{first + i, s}, k)
				}
			}
		}
		first += n
	}
	return found, nil
}

func matrix(x []float32, rows, cols int) simd.Matrix {
	return simd.Matrix{Rows: rows, Cols: cols, Stride: cols, Data: x}
}

// insert keeps the k most similar, in order. NaN is similar to nothing.
func insert(list []neighbour, n neighbour, k int) []neighbour {
	if len(list) == k && !(n.similarity > list[k-1].similarity) || n.similarity != n.similarity {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, n.similarity, func(have neighbour, s float32) int {
		if have.similarity >= s {
			return -1
		}
		return 1
	})
	return slices.Insert(list[:min(len(list), k-1)], at, n)
}
