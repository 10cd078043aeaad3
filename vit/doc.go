// Package vit is a Vision Transformer (Dosovitskiy et al. 2021,
// arXiv:2010.11929) and its training: forward, backward, losses and AdamW,
// written out layer by layer, without a tape.
//
// An image of C bands is cut into N patches of P numbers by [patch.Grid]. The
// model is then, for one image,
//
//	x  = [class; patches·Wᵀ + b] + positions                T x D
//	x += proj(softmax(Q·Kᵀ/√K)·V),  Q,K,V = qkv(LN(x))      Depth times,
//	x += fc2(GELU(fc1(LN(x))))                              each with its own weights
//	y  = head(LN(pool(x)))                                  N outputs
//
// where pool takes the class token's row or the mean over the patches. The
// options of [Config] change where the LayerNorms sit (post-LN, as in Vaswani
// et al. 2017, arXiv:1706.03762), what the positions are, and how it pools.
//
// Letters: B batch, T tokens (class token included), D width, H heads, K = D/H
// head width, F MLP width, P patch vector length, N classes or outputs, C bands.
// The shape of every slice parameter is in its comment; all are row-major.
//
// Every layer is a forward with its backward directly beneath. Layers are
// structs of weights only; what backward needs is kept in a [Workspace], planned
// once, so that one model serves many goroutines and a step allocates nothing.
// The gradient of x is called dx. Parameter gradients accumulate (+=), input
// gradients are overwritten (=).
//
// Read config.go, params.go, block.go and model.go first, then trainer.go.
package vit
