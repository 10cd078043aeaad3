package vit

import (
	"math/rand/v2"

	"github.com/astrovit/astrovit/simd"
)

// DropPath is stochastic depth (Huang et al. 2016, arXiv:1603.09382, section 3) as timm has it: a training image takes
// each of a block's two residual branches with the probability keep = 1 - r, and is left to the skip connection alone
// otherwise; a branch that is taken is multiplied by 1/keep. From the first block to the last, r grows linearly from 0
// to Rate. What is drawn follows from Seed, the number of the step, the image's in the step, and the block's.
type DropPath struct {
	Rate float64 // from 0 (none) to below 1
	Seed uint64
}

// The residual branches of a block.
const (
	attentionBranch = iota
	mlpBranch
)

// SetDropPath makes the steps to come drop paths.
func (t *Trainer) SetDropPath(d DropPath) { t.dropPath, t.stack.ws = d, nil } // a workspace with room for the draws comes with the next batch

// draw is what the branches of the blocks are multiplied by, for an image of the workspace that is the n-th of a step.
func (d DropPath) draw(blocks []*activations, image, step, n int) {
	var source rand.PCG
	source.Seed(d.Seed, uint64(step)<<32|uint64(n))
	for i, a := range blocks {
		keep := 1 - d.Rate*float64(i)/float64(max(1, len(blocks)-1))
		for branch := range a.kept[image] {
			a.kept[image][branch] = 0
			if float64(source.Uint64()>>11)/(1<<53) < keep {
				a.kept[image][branch] = float32(1 / keep)
			}
		}
	}
}

// branch is y = skip + kept·(x·Wᵀ + b): y, skip [rows, D], x [rows, in]; w is W laid out transposed.
func (a *activations) branch(branch int, l Linear, y, x []float32, w simd.Factor, skip simd.Matrix, rows span) {
	if a.kept == nil {
		l.linear(y, x, w, rows.len(), simd.Epilogue{Add: skip})
		return
	}
	l.linear(y, x, w, rows.len(), simd.Epilogue{})
	a.drop(branch, y, rows)
	for i := range rows.len() {
		row := y[i*skip.Cols:][:skip.Cols]
		simd.Add(row, row, skip.Data[i*skip.Stride:][:skip.Cols])
	}
}

// drop multiplies rows x [rows, D] of whole images, a branch's output or gradient, by what each image has drawn.
func (a *activations) drop(branch int, x []float32, rows span) {
	if a.kept == nil {
		return
	}
	first, last := rows.lo/a.tokens, rows.hi/a.tokens
	size := len(x) / (last - first)
	for image := first; image < last; image++ {
		simd.Scale(a.kept[image][branch], x[(image-first)*size:][:size])
	}
}
