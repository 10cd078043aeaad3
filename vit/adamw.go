package vit

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

// AdamW is the settings of the optimiser (Loshchilov & Hutter 2019,
// arXiv:1711.05101), with the meaning that torch.optim.AdamW gives them.
type AdamW struct {
	Beta1, Beta2, Eps float64
	Decay             float64 // on matrices only
	Clip              float64 // largest norm of the whole gradient; 0: none
}

// DefaultAdamW is what ViTs are commonly trained with.
var DefaultAdamW = AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.05, Clip: 1}

// optimiser is AdamW's state.
type optimiser struct {
	AdamW
	first, second *Params // moments
	steps         int     // taken
}

// step changes weights along -grad and returns the gradient's norm, taken
// before clipping.
func (o *optimiser) step(weights, grad *Params, lr float64) float64 {
	norm := math.Sqrt(simd.SumSquares(grad.Flat))
	scale := 1.0
	if o.Clip > 0 && norm > o.Clip {
		// torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6.
		scale = o.Clip / (norm + 1e-6)
	}
	o.steps++
	update := simd.AdamWStep{
		LR: float32(lr), Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Eps: float32(o.Eps), GradScale: float32(scale),
		Correct1: correction(o.Beta1, o.steps),
		Correct2: correction(o.Beta2, o.steps),
	}
	for i, w := range weights.tensors {
		update.Decay = 0
		if w.Decay {
			update.Decay = float32(o.Decay)
		}
		simd.AdamW(w.Data, grad.tensors[i].Data, o.first.tensors[i].Data, o.second.tensors[i].Data, update)
	}
	return norm
}

// correction is 1 - beta^steps, for the beta that the moments were made with:
// that of float32, which differs from 0.999 by enough to matter.
func correction(beta float64, steps int) float32 {
	return float32(1 - math.Pow(float64(float32(beta)), float64(steps)))
}
