package simd_test

import (
	"slices"

	"github.com/astrovit/astrovit/simd"
)

// rowKernel describes a function of rows to the tests in rowmatrix_test.go.
type rowKernel struct {
	name   string
	shapes []shape  // of the slices that it takes
	writes []int    // which of them it changes
	may    [][2]int // pairs of a written and a read slice that may be one
	tol    float64  // normalised error allowed
	run    func(s []simd.Matrix)
	want   func(s []grid)                     // the same by plain loops
	warp   func(slice int, v float32) float32 // input from a normal deviate, or nil
}

// shape is the shape of a slice beside rows of some columns.
type shape uint8

const (
	strided   shape = iota // [rows, columns] with gaps between the rows
	full                   // [rows, columns]
	perColumn              // [columns]
	perRow                 // [rows]
)

// grid is a matrix in float64 without gaps.
type grid struct {
	rows, cols int
	data       []float64
}

func (g grid) row(i int) []float64 { return g.data[i*g.cols:][:g.cols] }

// rowScale is what the softmaxes multiply by.
const rowScale = 0.37

var rowKernels = []rowKernel{
	{
		name: "SoftmaxRows", shapes: []shape{strided}, writes: []int{0}, tol: 2e-7,
		run: func(s []simd.Matrix) { simd.SoftmaxRows(s[0], rowScale) },
		want: func(s []grid) {
			for i := range s[0].rows {
				row := s[0].row(i)
				for j := range row {
					row[j] *= float64(float32(rowScale))
				}
				softmax(row)
			}
		},
		warp: func(_ int, v float32) float32 { return 10 * v },
	},
	{
		name: "SoftmaxBackwardRows", shapes: []shape{strided, strided, strided}, writes: []int{0}, may: [][2]int{{0, 2}}, tol: 5e-7,
		run: func(s []simd.Matrix) { simd.SoftmaxBackwardRows(s[0], s[1], s[2], rowScale) },
		want: func(s []grid) {
			for i := range s[0].rows {
				dx, p, dy := s[0].row(i), s[1].row(i), s[2].row(i)
				mean := 0.0
				for j := range p {
					mean += p[j] * dy[j]
				}
				for j := range p {
					dx[j] = float64(float32(rowScale)) * p[j] * (dy[j] - mean)
				}
			}
		},
	},
	{
		name: "LayerNormRows", shapes: []shape{full, full, perColumn, perColumn, perRow, perRow}, writes: []int{0, 4, 5}, may: [][2]int{{0, 1}}, tol: 5e-7,
		run: func(s []simd.Matrix) {
			simd.LayerNormRows(s[0].Data, s[1].Data, s[2].Data, s[3].Data, 1e-6, s[4].Data, s[5].Data)
		},
		want: func(s []grid) {
			for i := range s[0].rows {
				s[4].data[i], s[5].data[i] = moments(s[1].row(i), float64(float32(1e-6)))
			}
			normalized(s)
		},
		warp: func(slice int, v float32) float32 {
			if slice == 3 { // the bias shall not cancel the rest
				return 0.5 * v
			}
			return v + 3
		},
	},
	{
		name: "NormalizeRows", shapes: []shape{full, full, perColumn, perColumn, perRow, perRow}, writes: []int{0}, may: [][2]int{{0, 1}}, tol: 5e-7,
		run: func(s []simd.Matrix) {
			simd.NormalizeRows(s[0].Data, s[1].Data, s[2].Data, s[3].Data, s[4].Data, s[5].Data)
		},
		want: normalized,
		warp: func(slice int, v float32) float32 {
			if slice == 3 {
				return 0.5 * v
			}
			return v + 3
		},
	},
	{
		name: "LayerNormBackwardRows", shapes: []shape{full, perColumn, perColumn, full, full, perColumn, perRow, perRow}, writes: []int{0, 1, 2}, may: [][2]int{{0, 3}}, tol: 5e-7,
		run: func(s []simd.Matrix) {
			simd.LayerNormBackwardRows(s[0].Data, s[1].Data, s[2].Data, s[3].Data, s[4].Data, s[5].Data, s[6].Data, s[7].Data)
		},
		want: func(s []grid) {
			dgamma, dbeta, gamma := s[1].data, s[2].data, s[5].data
			for i := range s[0].rows {
				dx, dy, x := s[0].row(i), s[3].row(i), s[4].row(i)
				mean, rstd := s[6].data[i], s[7].data[i]
				sumG, sumGX := 0.0, 0.0
				for j := range x {
					g := dy[j] * gamma[j]
					sumG += g
					sumGX += g * (x[j] - mean) * rstd
				}
				n := float64(len(x))
				for j := range x {
					d, xhat := dy[j], (x[j]-mean)*rstd
					dgamma[j] += d * xhat
					dbeta[j] += d
					dx[j] = rstd * (d*gamma[j] - sumG/n - xhat*sumGX/n)
				}
			}
		},
		// Neither sums of mixed signs nor the dx of a row of one, whose g is
		// its own mean, have a bound on their relative error.
		warp: func(slice int, v float32) float32 {
			switch slice {
			case 4, 7: // x and rstd
				return 1 + abs(v)
			case 6: // the mean
				return 0.1 * v
			}
			return 0.1 + abs(v)
		},
	},
	{
		name: "FilterInputs", shapes: slices.Repeat([]shape{strided}, 8), writes: []int{0, 1, 2, 3}, tol: 1e-7,
		run: func(s []simd.Matrix) { simd.FilterInputs([4]simd.Matrix(s[:4]), [4]simd.Matrix(s[4:])) },
		want: func(s []grid) {
			for i, x := range s[4].data {
				a, b, c := s[5].data[i], s[6].data[i], s[7].data[i]
				s[0].data[i], s[1].data[i], s[2].data[i], s[3].data[i] = x-b, a+b, b-a, c-a
			}
		},
	},
	{
		name: "FilterOutputs", shapes: slices.Repeat([]shape{strided}, 6), writes: []int{0, 1}, tol: 1e-6, // of few that cancel
		run: func(s []simd.Matrix) { simd.FilterOutputs([2]simd.Matrix(s[:2]), [4]simd.Matrix(s[2:])) },
		want: func(s []grid) {
			for i, m := range s[2].data {
				a, b, c := s[3].data[i], s[4].data[i], s[5].data[i]
				s[0].data[i], s[1].data[i] = m+a+b, a-b+c
			}
		},
	},
	{
		name: "FilterSlopes", shapes: slices.Repeat([]shape{strided}, 4), writes: []int{0, 1}, tol: 1e-7,
		run: func(s []simd.Matrix) { simd.FilterSlopes([2]simd.Matrix(s[:2]), [2]simd.Matrix(s[2:])) },
		want: func(s []grid) {
			for i, x := range s[2].data {
				s[0].data[i], s[1].data[i] = x+s[3].data[i], x-s[3].data[i]
			}
		},
	},
}

// normalized is the second pass of a LayerNorm.
func normalized(s []grid) {
	for i := range s[0].rows {
		for j, v := range s[1].row(i) {
			s[0].row(i)[j] = (v-s[4].data[i])*s[5].data[i]*s[2].data[j] + s[3].data[j]
		}
	}
}
