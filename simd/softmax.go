package simd

import (
	"math"
	"slices"
)

// SoftmaxRows replaces each row x by exp(scale·x[i]) / Σ exp(scale·x[j]), with a
// finite scale. It subtracts the row's maximum first, so that nothing overflows.
// A row that holds NaN or +Inf, or -Inf only, becomes NaN. Exponentials below
// 2^-126 of the maximum's may come out as zero. What lies between the rows, from
// Cols to Stride, stays as it is.
func SoftmaxRows(x Matrix, scale float32) {
	x.check()
	if x.Rows == 0 || x.Cols == 0 {
		return
	}
	if math.Signbit(float64(scale)) { // the largest product is of the largest element
		for i := range x.Rows {
			Scale(-1, x.row(i))
		}
		scale = -scale
	}
	if x.Cols > longRow {
		for i := range x.Rows {
			softmaxLong(x.row(i), scale)
		}
		return
	}
	var top [blockRows]float32
	var sums [blockRows]float64
	for i, n := range rowBlocks(x.Rows, x.Cols) {
		block := x.part(i, n)
		largestRows(top[:n], block)
		expRows(sums[:n], top[:n], block, scale)
		divideRows(sums[:n], block)
	}
}

// softmaxLong takes a row in pieces.
func softmaxLong(x []float32, scale float32) {
	var top [1]float32
	var sum [1]float64
	most := float32(math.Inf(-1))
	for piece := range slices.Chunk(x, longRow) {
		largestRows(top[:], oneRow(piece))
		most = max(most, top[0])
	}
	top[0] = most
	total := 0.0
	for piece := range slices.Chunk(x, longRow) {
		expRows(sum[:], top[:], oneRow(piece), scale)
		total += sum[0]
	}
	Scale(float32(1/total), x)
}

// SoftmaxBackwardRows computes the gradient of the input of [SoftmaxRows] from
// its output p and the gradient dy of that output, row by row:
//
//	dx[i][j] = scale·p[i][j]·(dy[i][j] - Σk dy[i][k]·p[i][k])
//
// dx may be dy.
func SoftmaxBackwardRows(dx, p, dy Matrix, scale float32) {
	sameShapes(dx, p, dy)
	if dx.Rows == 0 || dx.Cols == 0 {
		return
	}
	var means [blockRows]float32
	for i, n := range rowBlocks(dx.Rows, dx.Cols) {
		pBlock, dyBlock := p.part(i, n), dy.part(i, n)
		if dx.Cols > longRow {
			means[0] = float32(dot(p.row(i), dy.row(i)))
		} else {
			dotRows(means[:n], pBlock, dyBlock)
		}
		centreRows(means[:n], dx.part(i, n), pBlock, dyBlock, scale)
	}
}

// largestRowsGeneric sets each top to the largest element of its row of x. It
// may or may not overlook NaN.
func largestRowsGeneric(top []float32, x Matrix) {
	for i := range top {
		top[i] = float32(math.Inf(-1))
		for _, v := range x.row(i) {
			if v > top[i] {
				top[i] = v
			}
		}
	}
}

// expRowsGeneric replaces each element of x by exp(scale·(x[i][j]-top[i])) and
// sets sums to the sums of rows. No element is larger than the top of its row,
// and scale is not negative.
func expRowsGeneric(sums []float64, top []float32, x Matrix, scale float32) {
	for i := range sums {
		row, sum := x.row(i), 0.0
		for j, v := range row {
			e := exp((float64(v) - float64(top[i])) * float64(scale))
			row[j] = float32(e)
			sum += e
		}
		sums[i] = sum
	}
}

// divideRowsGeneric divides each row of x by its sum.
func divideRowsGeneric(sums []float64, x Matrix) {
	for i, sum := range sums {
		scaleGeneric(float32(1/sum), x.row(i))
	}
}

// dotRowsGeneric sets dots to the products of rows, Σj x[i][j]·y[i][j].
func dotRowsGeneric(dots []float32, x, y Matrix) {
	for i := range dots {
		dots[i] = float32(dotGeneric(x.row(i), y.row(i)))
	}
}

// centreRowsGeneric computes dst[i][j] = scale·p[i][j]·(y[i][j]-means[i]). dst
// may be p or y.
func centreRowsGeneric(means []float32, dst, p, y Matrix, scale float32) {
	for i, mean := range means {
		dst, p, y := dst.row(i), p.row(i), y.row(i)
		for j, v := range p {
			dst[j] = scale * v * (y[j] - mean)
		}
	}
}
