package vit

import (
	"math"
	"math/rand/v2"
	"strings"
)

// initialise fills p as a new model starts: matrices from a normal of 0.02 cut
// at two standard deviations, the patch projection uniform after Glorot &
// Bengio (2010) as MAE has it, scales one, and zero for shifts, biases and the
// head, so that a new model gives every class the same probability. Learned
// positions start from the 2-D sine-cosine table where there is one: with few
// images they hardly find the plan of the image by themselves.
func (p *Params) initialise(cfg Config, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x517cc1b727220a95))
	for _, t := range p.tensors {
		switch {
		case strings.Contains(t.Name, "layernorm") && strings.HasSuffix(t.Name, ".weight"):
			fill(t.Data, func() float64 { return 1 })
		case strings.HasSuffix(t.Name, ".bias"), strings.HasPrefix(t.Name, "classifier."):
			clear(t.Data)
		case strings.HasSuffix(t.Name, "position_embeddings") && cfg.planar():
			table := cfg
			table.Positions = SinCos2D
			copy(t.Data, fixedPositions(table))
		case strings.HasSuffix(t.Name, "cls_token"):
			fill(t.Data, func() float64 { return 1e-6 * r.NormFloat64() })
		case strings.HasSuffix(t.Name, "projection.weight"):
			limit := math.Sqrt(6 / float64(cfg.Grid.Length()+cfg.Dim))
			fill(t.Data, func() float64 { return limit * (2*r.Float64() - 1) })
		default:
			fill(t.Data, func() float64 { return 0.02 * truncatedNormal(r) })
		}
	}
}

func fill(x []float32, next func() float64) {
	for i := range x {
		x[i] = float32(next())
	}
}

func truncatedNormal(r *rand.Rand) float64 {
	for {
		if x := r.NormFloat64(); math.Abs(x) <= 2 {
			return x
		}
	}
}
