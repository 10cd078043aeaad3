package simd

import "math"

// Softmax replaces a row x by exp(x[i]) / Σ exp(x[j]). It subtracts the row's
// maximum first, so that nothing overflows. A row that holds NaN or +Inf, or
// -Inf only, becomes NaN.
func Softmax(x []float32) {
	total := exps(x, largest(x))
	scale(float32(1/total), x)
}

// SoftmaxBackward computes the gradient of the input of a softmax from its
// output p and the gradient dy of that output, for one row:
//
//	dx[i] = p[i]·(dy[i] - Σj dy[j]·p[j])
//
// dx may be dy.
func SoftmaxBackward(dx, p, dy []float32) {
	sameLength(len(dx), len(p))
	sameLength(len(dx), len(dy))
	centreScale(dx, p, dy, float32(dot(p, dy)))
}

// SoftmaxRows replaces each row of x by softmax(scale·row) as [Softmax] does,
// with a finite scale. What lies between the rows, from Cols to Stride, stays as
// it is.
func SoftmaxRows(x Matrix, scale float32) {
	x.check()
	if x.Cols == 0 {
		return
	}
	for i := range x.Rows {
		row := x.row(i)
		Scale(scale, row)
		Softmax(row)
	}
}

// SoftmaxBackwardRows computes the gradient of the input of [SoftmaxRows] from
// its output p and the gradient dy of that output, row by row:
//
//	dx[i][j] = scale·p[i][j]·(dy[i][j] - Σk dy[i][k]·p[i][k])
//
// dx may be dy.
func SoftmaxBackwardRows(dx, p, dy Matrix, scale float32) {
	dx.check()
	p.check()
	dy.check()
	sameShape(dx, p)
	sameShape(dx, dy)
	if dx.Cols == 0 {
		return
	}
	for i := range dx.Rows {
		SoftmaxBackward(dx.row(i), p.row(i), dy.row(i))
		Scale(scale, dx.row(i))
	}
}

// largestGeneric returns the largest element, or -Inf if there is none. It may
// or may not overlook NaN.
func largestGeneric(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// expsGeneric replaces each x[i] by exp(x[i]-top) and returns their sum. No
// x[i] is larger than top.
func expsGeneric(x []float32, top float32) float64 {
	sum := 0.0
	for i, v := range x {
		e := exp(float64(v) - float64(top))
		x[i] = float32(e)
		sum += e
	}
	return sum
}

// centreScaleGeneric computes dst[i] = p[i]·(y[i]-mean). dst may be p or y.
func centreScaleGeneric(dst, p, y []float32, mean float32) {
	p = p[:len(dst)]
	y = y[:len(dst)]
	for i, v := range p {
		dst[i] = v * (y[i] - mean)
	}
}
