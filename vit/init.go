package vit

import (
	"math"
	"math/rand/v2"
	"strings"
)

// initialise fills p as a new model starts, much as the ViT of Dosovitskiy et
// al. and MAE do: matrices uniform after Glorot & Bengio (2010), scales one,
// and zero for shifts, biases and the head, so that a new model gives every
// class the same probability. Learned positions start from a part of the 2-D
// sine-cosine table where there is one: with few images they hardly find the
// plan of the image by themselves.
func (p *Params) initialise(cfg Config, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x517cc1b727220a95))
	for _, t := range p.tensors {
		switch {
		case len(t.Shape) == 1 && strings.HasSuffix(t.Name, ".weight"): // of a LayerNorm
			fill(t.Data, func() float64 { return 1 })
		case strings.HasSuffix(t.Name, ".bias"), strings.HasPrefix(t.Name, "classifier."):
			clear(t.Data)
		case strings.HasSuffix(t.Name, "position_embeddings") && cfg.planar():
			table := cfg
			table.Positions = SinCos2D
			for i, v := range fixedPositions(table) {
				t.Data[i] = positionScale * v
			}
		case strings.HasSuffix(t.Name, "cls_token"):
			fill(t.Data, func() float64 { return 1e-6 * r.NormFloat64() })
		case strings.HasSuffix(t.Name, "position_embeddings"), strings.HasSuffix(t.Name, "mask_token"):
			fill(t.Data, func() float64 { return 0.02 * r.NormFloat64() })
		default:
			// A patch projection is a matrix whose inputs have several axes.
			out, in := t.Shape[0], len(t.Data)/t.Shape[0]
			limit := math.Sqrt(6 / float64(in+out))
			fill(t.Data, func() float64 { return limit * (2*r.Float64() - 1) })
		}
	}
	for i, c := range cfg.convolutions() {
		fill(p.Layers[i].Gain, func() float64 { return c.initialGain(i) })
	}
}

// positionScale keeps positions below the patches' own signal.
const positionScale = 0.3

func fill(x []float32, next func() float64) {
	for i := range x {
		x[i] = float32(next())
	}
}
