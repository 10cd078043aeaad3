package vit

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

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

// kernels writes the weights that act, dst like W. Saves the means and the factors that standardise.
func (l StemLayer) kernels(dst []float32, m moments) {
	n := len(l.W) / len(l.Gain)
	for o, gain := range l.Gain {
		w, to := l.W[o*n:][:n], dst[o*n:][:n]
		mean := simd.Sum(w) / float32(n)
		for i, v := range w {
			to[i] = v - mean
		}
		scale := float32(1 / math.Sqrt(simd.SumSquares(to)+standardEps))
		simd.Scale(gain*scale, to)
		m.mean[o], m.rstd[o] = mean, scale
	}
}

// KernelNorms are √(Σ(w - mean)² + eps) of each output's kernel.
func (l StemLayer) KernelNorms() []float64 {
	m := newMoments(len(l.Gain))
	l.kernels(make([]float32, len(l.W)), m)
	norms := make([]float64, len(l.Gain))
	for o, scale := range m.rstd {
		norms[o] = 1 / float64(scale)
	}
	return norms
}

// kernelsBackward accumulates the gradients of W and Gain from dw, that of the weights that act.
func (l StemLayer) kernelsBackward(grad StemLayer, dw []float32, m moments) {
	n := len(l.W) / len(l.Gain)
	for o, gain := range l.Gain {
		w, dw, to, mean, scale := l.W[o*n:][:n], dw[o*n:][:n], grad.W[o*n:][:n], m.mean[o], m.rstd[o]
		sum := simd.Sum(dw)
		along := scale * (simd.Dot(dw, w) - mean*sum) // of the standardised weight
		grad.Gain[o] += along
		a, b := gain*scale, -gain*scale*scale*along
		c := -a*sum/float32(n) - b*mean
		for i, d := range dw {
			to[i] += a*d + b*w[i] + c
		}
	}
}
