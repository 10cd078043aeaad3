package simd_test

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

// kernel describes a function of slices of one length to the tests in
// rows_test.go.
type kernel struct {
	name   string
	slices int                                // how many slices it takes
	writes []int                              // which of them it changes
	may    [][2]int                           // pairs of a written and a read slice that may be one
	tol    float64                            // normalised error allowed
	run    func(s [][]float32) []float32      // returns scalar results, if any
	want   func(s [][]float64) []float64      // the same by plain loops, in place
	warp   func(slice int, v float32) float32 // input from a normal deviate, or nil
}

const scalar = 0.37

var step = simd.AdamWStep{
	LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.05, GradScale: 0.7,
	Correct1: 1 - 0.81, Correct2: 1 - 0.998,
}

// kernels are the functions of slices of one length. Single elements may err by
// tol; TestGELUEverywhere and its like bound the error of many.
var kernels = []kernel{
	{
		name: "Dot", slices: 2, tol: 1e-6,
		run: func(s [][]float32) []float32 { return []float32{simd.Dot(s[0], s[1])} },
		want: func(s [][]float64) []float64 {
			sum := 0.0
			for i, v := range s[0] {
				sum += v * s[1][i]
			}
			return []float64{sum}
		},
		// A sum of mixed signs has no bound on its relative error.
		warp: func(_ int, v float32) float32 { return 0.1 + abs(v) },
	},
	{
		name: "Sum", slices: 1, tol: 1e-6,
		run:  func(s [][]float32) []float32 { return []float32{simd.Sum(s[0])} },
		want: func(s [][]float64) []float64 { return []float64{sum(s[0])} },
		warp: func(_ int, v float32) float32 { return 0.1 + abs(v) },
	},
	{
		name: "SumSquares", slices: 1, tol: 1e-6,
		run: func(s [][]float32) []float32 { return []float32{float32(simd.SumSquares(s[0]))} },
		want: func(s [][]float64) []float64 {
			sum := 0.0
			for _, v := range s[0] {
				sum += v * v
			}
			return []float64{sum}
		},
	},
	{
		name: "Axpy", slices: 2, writes: []int{1}, tol: 1e-7,
		run: func(s [][]float32) []float32 { simd.Axpy(scalar, s[0], s[1]); return nil },
		want: func(s [][]float64) []float64 {
			for i, v := range s[0] {
				s[1][i] += float64(float32(scalar)) * v
			}
			return nil
		},
		// Nor has one element of a difference.
		warp: func(_ int, v float32) float32 { return 0.1 + abs(v) },
	},
	{
		name: "Add", slices: 3, writes: []int{0}, may: [][2]int{{0, 1}, {0, 2}}, tol: 1e-7,
		run: func(s [][]float32) []float32 { simd.Add(s[0], s[1], s[2]); return nil },
		want: func(s [][]float64) []float64 {
			for i, v := range s[1] {
				s[0][i] = v + s[2][i]
			}
			return nil
		},
	},
	{
		name: "Scale", slices: 1, writes: []int{0}, tol: 1e-7,
		run: func(s [][]float32) []float32 { simd.Scale(scalar, s[0]); return nil },
		want: func(s [][]float64) []float64 {
			for i := range s[0] {
				s[0][i] *= float64(float32(scalar))
			}
			return nil
		},
	},
	{
		name: "SoftmaxRows", slices: 1, writes: []int{0}, tol: 2e-7,
		run:  func(s [][]float32) []float32 { simd.SoftmaxRows(row(s[0]), 1); return nil },
		want: func(s [][]float64) []float64 { softmax(s[0]); return nil },
		warp: func(_ int, v float32) float32 { return 5 * v },
	},
	{
		name: "SoftmaxBackwardRows", slices: 3, writes: []int{0}, may: [][2]int{{0, 2}}, tol: 5e-7,
		run: func(s [][]float32) []float32 {
			simd.SoftmaxBackwardRows(row(s[0]), row(s[1]), row(s[2]), 1)
			return nil
		},
		want: func(s [][]float64) []float64 {
			mean := 0.0
			for i, p := range s[1] {
				mean += p * s[2][i]
			}
			for i, p := range s[1] {
				s[0][i] = p * (s[2][i] - mean)
			}
			return nil
		},
	},
	{
		name: "GELU", slices: 2, writes: []int{0}, may: [][2]int{{0, 1}}, tol: 5e-7,
		run: func(s [][]float32) []float32 { simd.GELU(s[0], s[1]); return nil },
		want: func(s [][]float64) []float64 {
			for i, x := range s[1] {
				s[0][i] = x * normalCDF(x)
			}
			return nil
		},
		warp: func(_ int, v float32) float32 { return 2 * v },
	},
	{
		name: "GELUBackward", slices: 3, writes: []int{0}, may: [][2]int{{0, 1}, {0, 2}}, tol: 5e-7,
		run: func(s [][]float32) []float32 { simd.GELUBackward(s[0], s[1], s[2]); return nil },
		want: func(s [][]float64) []float64 {
			for i, x := range s[1] {
				s[0][i] = s[2][i] * (normalCDF(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
			}
			return nil
		},
		warp: func(slice int, v float32) float32 {
			if slice == 1 && abs(v+0.75) < 0.3 { // where the slope is near zero
				return -v
			}
			return v
		},
	},
	{
		name: "GELUWithBackward", slices: 4, writes: []int{0, 1}, may: [][2]int{{1, 3}, {0, 2}}, tol: 5e-7,
		run: func(s [][]float32) []float32 { simd.GELUWithBackward(s[0], s[1], s[2], s[3]); return nil },
		want: func(s [][]float64) []float64 {
			for i, x := range s[2] {
				s[1][i] = s[3][i] * (normalCDF(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
				s[0][i] = x * normalCDF(x)
			}
			return nil
		},
		warp: func(slice int, v float32) float32 {
			if slice == 2 && abs(v+0.75) < 0.3 {
				return -v
			}
			return v
		},
	},
	{
		name: "LayerNormRows", slices: 4, writes: []int{0}, may: [][2]int{{0, 1}}, tol: 5e-7,
		run: func(s [][]float32) []float32 {
			moments := make([]float32, 2)
			simd.LayerNormRows(s[0], s[1], s[2], s[3], 1e-6, moments[:1], moments[1:])
			return moments
		},
		want: func(s [][]float64) []float64 {
			x := s[1]
			mean, rstd := moments(x, float64(float32(1e-6)))
			for i, v := range x {
				s[0][i] = (v-mean)*rstd*s[2][i] + s[3][i]
			}
			return []float64{mean, rstd}
		},
		warp: func(slice int, v float32) float32 { return v + 3 },
	},
	{
		name: "LayerNormBackwardRows", slices: 6, writes: []int{0, 1, 2}, may: [][2]int{{0, 3}}, tol: 5e-7,
		run: func(s [][]float32) []float32 {
			simd.LayerNormBackwardRows(s[0], s[1], s[2], s[3], s[4], s[5], []float32{0.25}, []float32{1.5})
			return nil
		},
		want: func(s [][]float64) []float64 {
			dx, dgamma, dbeta, dy, x, gamma := s[0], s[1], s[2], s[3], s[4], s[5]
			sumG, sumGX := 0.0, 0.0
			for i := range x {
				g := dy[i] * gamma[i]
				sumG += g
				sumGX += g * (x[i] - 0.25) * 1.5
			}
			n := float64(len(x))
			for i := range x {
				d, xhat := dy[i], (x[i]-0.25)*1.5
				dgamma[i] += d * xhat
				dbeta[i] += d
				dx[i] = 1.5 * (d*gamma[i] - sumG/n - xhat*sumGX/n)
			}
			return nil
		},
	},
	{
		name: "AdamW", slices: 4, writes: []int{0, 2, 3}, tol: 3e-7,
		run: func(s [][]float32) []float32 { simd.AdamW(s[0], s[1], s[2], s[3], step); return nil },
		want: func(s [][]float64) []float64 {
			w, m, v := s[0], s[2], s[3]
			b1, b2 := float64(step.Beta1), float64(step.Beta2)
			for i, g := range s[1] {
				g *= float64(step.GradScale)
				w[i] *= 1 - float64(step.LR)*float64(step.Decay)
				m[i] = b1*m[i] + (1-b1)*g
				v[i] = b2*v[i] + (1-b2)*g*g
				root := math.Sqrt(v[i]) / math.Sqrt(float64(step.Correct2))
				w[i] -= float64(step.LR) / float64(step.Correct1) * m[i] / (root + float64(step.Eps))
			}
			return nil
		},
		warp: func(slice int, v float32) float32 {
			if slice == 3 { // a mean of squares
				return v * v
			}
			return v
		},
	},
}

func abs(v float32) float32 { return float32(math.Abs(float64(v))) }

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func softmax(x []float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	for i, v := range x {
		x[i] = math.Exp(v - top)
	}
	total := sum(x)
	for i := range x {
		x[i] /= total
	}
}

// normalCDF uses erfc, which keeps the far negative tail that 1+erf loses.
func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func moments(x []float64, eps float64) (mean, rstd float64) {
	n := float64(len(x))
	mean = sum(x) / n
	variance := 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, 1 / math.Sqrt(variance/n+eps)
}
