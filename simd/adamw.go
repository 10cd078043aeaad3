package simd

import "math"

// AdamWStep holds the numbers of one AdamW step, with the meaning that they
// have in torch.optim.AdamW: Loshchilov and Hutter (2019), arXiv:1711.05101,
// algorithm 2, with the decay multiplied by the learning rate.
type AdamWStep struct {
	LR           float32 // learning rate
	Beta1, Beta2 float32 // decay of the first and second moment
	Eps          float32
	Decay        float32 // weight decay; 0 for biases and norms
	GradScale    float32 // multiplies the gradient first: 1, or less when clipping

	// CorrectN is 1 - BetaN^t at step t = 1, 2, …, computed in float64 from
	// float64(BetaN): from a rounding of 0.999 the kernel's 1-Beta2 differs by
	// 1.3e-5 of itself from 0.001, and the two must agree.
	Correct1, Correct2 float32
}

// AdamW updates the weights w and the moments m and v, which begin as zeros,
// from the gradient g in one pass:
//
//	g = GradScale·g
//	w = (1 - LR·Decay)·w
//	m = Beta1·m + (1-Beta1)·g
//	v = Beta2·v + (1-Beta2)·g²
//	w = w - LR/Correct1 · m / (√v/√Correct2 + Eps)
//
// The slice g itself is not changed.
func AdamW(w, g, m, v []float32, p AdamWStep) {
	sameLength(len(g), len(w))
	sameLength(len(m), len(w))
	sameLength(len(v), len(w))
	adamW(w, g, m, v, newAdamWFactors(p))
}

// adamWFactors is an AdamWStep as the kernels use it, all divisions done.
type adamWFactors struct {
	gradScale    float32
	keep         float32 // 1 - LR·Decay
	beta1, rest1 float32 // and 1-beta1
	beta2, rest2 float32
	rate         float32 // LR/Correct1
	root         float32 // 1/√Correct2
	eps          float32
}

func newAdamWFactors(p AdamWStep) adamWFactors {
	return adamWFactors{
		gradScale: p.GradScale,
		keep:      float32(1 - float64(p.LR)*float64(p.Decay)),
		beta1:     p.Beta1,
		rest1:     float32(1 - float64(p.Beta1)),
		beta2:     p.Beta2,
		rest2:     float32(1 - float64(p.Beta2)),
		rate:      float32(float64(p.LR) / float64(p.Correct1)),
		root:      float32(1 / math.Sqrt(float64(p.Correct2))),
		eps:       p.Eps,
	}
}

func adamWGeneric(w, g, m, v []float32, f adamWFactors) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := f.gradScale * g[i]
		m[i] = f.beta1*m[i] + f.rest1*d
		v[i] = f.beta2*v[i] + f.rest2*d*d
		root := float32(math.Sqrt(float64(v[i])))
		w[i] = f.keep*w[i] - f.rate*m[i]/(root*f.root+f.eps)
	}
}
