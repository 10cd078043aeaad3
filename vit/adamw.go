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

	// LayerDecay is the learning rate of a block in units of the next one's; the head's is whole, the embedding's the least
	// (Bao et al. 2021, arXiv:2106.08254, appendix). 0 is 1.
	LayerDecay float64

	// Average is the decay of an exponential moving average of the weights (Polyak & Juditsky 1992). After n steps it is at
	// most (1+n)/(10+n), as in TensorFlow's ExponentialMovingAverage, so that the first weights are soon forgotten. 0: none.
	Average float64
}

// DefaultAdamW is what ViTs are commonly trained with.
var DefaultAdamW = AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.05, Clip: 1}

// optimiser is AdamW's state. A step is begin, after addSquares for every
// piece, and then update for every piece; different pieces may be done at the
// same time.
type optimiser struct {
	AdamW
	first, second *Params // moments
	average       *Params // of the weights; nil: none
	depth         int
	steps         int // taken
	pieces        []piece
	squares       []float64 // of the gradient, one sum a piece
	next          simd.AdamWStep
}

// piece is some of the numbers of one tensor.
type piece struct {
	tensor int
	span
}

// pieceSize is about the numbers in a piece, which fit into a core's cache.
const pieceSize = 1 << 14

// newOptimiser is one for the weights of a model with so many blocks; zeros makes as many numbers.
func newOptimiser(settings AdamW, weights *Params, depth int, zeros func() *Params) optimiser {
	o := optimiser{AdamW: settings, first: zeros(), second: zeros(), depth: depth}
	if settings.Average > 0 {
		o.average = zeros()
		copy(o.average.Flat, weights.Flat)
	}
	for i, t := range o.first.tensors {
		for s := range (span{0, len(t.Data)}).blocks(pieceSize) {
			o.pieces = append(o.pieces, piece{i, s})
		}
	}
	o.squares = make([]float64, len(o.pieces))
	return o
}

// addSquares prepares for the gradient's norm.
func (o *optimiser) addSquares(grad *Params, i int) {
	o.squares[i] = simd.SumSquares(o.pieces[i].of(grad.tensors[o.pieces[i].tensor].Data, 1))
}

// begin starts a step and returns the gradient's norm, taken before clipping. The gradient is scale times what is summed up.
func (o *optimiser) begin(lr, scale float64) float64 {
	sum := 0.0
	for _, s := range o.squares {
		sum += s
	}
	norm := scale * math.Sqrt(sum)
	if o.Clip > 0 && norm > o.Clip {
		// torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6.
		scale *= o.Clip / (norm + 1e-6)
	}
	o.steps++
	o.next = simd.AdamWStep{
		LR: float32(lr), Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Eps: float32(o.Eps), GradScale: float32(scale),
		Correct1: correction(o.Beta1, o.steps),
		Correct2: correction(o.Beta2, o.steps),
	}
	return norm
}

// update changes a piece of the weights along -grad.
func (o *optimiser) update(weights, grad *Params, i int) {
	p, step := o.pieces[i], o.next
	tensor := weights.tensors[p.tensor]
	if tensor.Decay {
		step.Decay = float32(o.Decay)
	}
	if o.LayerDecay > 0 {
		step.LR *= float32(math.Pow(o.LayerDecay, float64(o.depth+1-tensor.layer)))
	}
	simd.AdamW(p.of(tensor.Data, 1), p.of(grad.tensors[p.tensor].Data, 1),
		p.of(o.first.tensors[p.tensor].Data, 1), p.of(o.second.tensors[p.tensor].Data, 1), step)
	if o.average != nil {
		keep := min(o.Average, float64(1+o.steps)/float64(10+o.steps))
		average := p.of(o.average.tensors[p.tensor].Data, 1)
		simd.Scale(float32(keep), average)
		simd.Axpy(float32(1-keep), p.of(tensor.Data, 1), average)
	}
}

// correction is 1 - beta^steps, for the beta that the moments were made with:
// that of float32, which differs from 0.999 by enough to matter.
func correction(beta float64, steps int) float32 {
	return float32(1 - math.Pow(float64(float32(beta)), float64(steps)))
}
