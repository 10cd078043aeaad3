package vit

import "math"

// StemLayer is a convolution whose weights are standardised: an output's kernel w of n numbers acts as
//
//	gain · (w - mean) / √(Σ(w - mean)² + eps)
//
// so that outputs vary as much as inputs where gain is 1 (scaled weight standardisation: Brock et al. 2021, arXiv:2101.08692,
// equation 1; Qiao et al. 2019, arXiv:1903.10520).
type StemLayer struct {
	Linear           // [channels, 9 x channels before]
	Gain   []float32 // [channels]
}

const (
	standardEps = 1e-6
	// geluGain makes up for what GELU takes from the variance of normal numbers (Brock et al. 2021, section 3).
	geluGain = 1.7015
	// residualGain lets a residual block begin as little more than its input.
	residualGain = 0.2
)

// initialGain is where the gains of a stem's i-th convolution start from.
func (c convolution) initialGain(i int) float64 {
	switch {
	case i == 0:
		return 1
	case c.adds:
		return residualGain * geluGain
	}
	return geluGain
}

// standard is the mean of a kernel and the factor that standardises it.
func standard(w []float32) (mean, scale float64) {
	sum, squares := 0.0, 0.0
	for _, v := range w {
		sum += float64(v)
	}
	mean = sum / float64(len(w))
	for _, v := range w {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, 1 / math.Sqrt(squares+standardEps)
}

// kernels writes the weights that act, dst like W.
func (l StemLayer) kernels(dst []float32) {
	n := len(l.W) / len(l.Gain)
	for o, gain := range l.Gain {
		w, to := l.W[o*n:][:n], dst[o*n:][:n]
		mean, scale := standard(w)
		scale *= float64(gain)
		for i, v := range w {
			to[i] = float32((float64(v) - mean) * scale)
		}
	}
}

// kernelsBackward accumulates the gradients of W and Gain from dw, that of the weights that act.
func (l StemLayer) kernelsBackward(grad StemLayer, dw []float32) {
	n := len(l.W) / len(l.Gain)
	for o, gain := range l.Gain {
		w, dw, to := l.W[o*n:][:n], dw[o*n:][:n], grad.W[o*n:][:n]
		mean, scale := standard(w)
		sum, along := 0.0, 0.0 // of dw, and of dw times the standardised weight
		for i, d := range dw {
			sum += float64(d)
			along += float64(d) * (float64(w[i]) - mean) * scale
		}
		grad.Gain[o] += float32(along)
		for i, d := range dw {
			to[i] += float32(float64(gain) * scale * (float64(d) - sum/float64(n) - along*(float64(w[i])-mean)*scale))
		}
	}
}
