package vit

import "github.com/astrovit/astrovit/simd"

// Kept is what the branches of a block were multiplied by for an image of the last batch.
func (t *Trainer) Kept(block, image int) [2]float32 { return t.stack.ws.blocks[block].kept[image] }

// Gradient is the loss of a step of some batches and its gradient, the trainer's own; no weight changes.
func (t *MaskedTrainer) Gradient(batches ...Batch) (float64, *Params) {
	for _, b := range batches {
		t.Accumulate(b)
	}
	loss := t.sum / t.weight
	simd.Scale(float32(t.unit/t.weight), t.grad.Flat)
	t.images, t.sum, t.weight = 0, 0, 0
	return loss, t.grad
}
