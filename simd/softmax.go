package simd

import "math"

// Softmax replaces a row x by exp(x[i]) / Σ exp(x[j]). It subtracts the row's
// maximum first, so that nothing overflows. A row that holds NaN or +Inf, or
// -Inf only, becomes NaN.
func Softmax(x []float32) { softmax(x) }

// SoftmaxBackward computes the gradient of the input of a softmax from its
// output p and the gradient dy of that output, for one row:
//
//	dx[i] = p[i]·(dy[i] - Σj dy[j]·p[j])
//
// dx may be dy.
func SoftmaxBackward(dx, p, dy []float32) {
	sameLength(len(dx), len(p))
	sameLength(len(dx), len(dy))
	softmaxBackward(dx, p, dy)
}

func softmaxGeneric(x []float32) {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	sum := 0.0
	for i, v := range x {
		e := exp(float64(v) - float64(top))
		x[i] = float32(e)
		sum += e
	}
	inverse := 1 / sum
	for i, v := range x {
		x[i] = float32(float64(v) * inverse)
	}
}

func softmaxBackwardGeneric(dx, p, dy []float32) {
	p = p[:len(dx)]
	dy = dy[:len(dx)]
	mean := 0.0
	for i, v := range p {
		mean += float64(v) * float64(dy[i])
	}
	for i, v := range p {
		dx[i] = float32(float64(v) * (float64(dy[i]) - mean))
	}
}
