package vit

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

// headView is head h of one image in the queries (part 0), keys (1) or values
// (2) of qkv [B*T, 3D]: a strided [T, K].
func (c Config) headView(qkv []float32, image, part, head int) simd.Matrix {
	stride := 3 * c.Dim
	return simd.Matrix{Rows: c.Tokens(), Cols: c.HeadDim(), Stride: stride,
		Data: qkv[image*c.Tokens()*stride+part*c.Dim+head*c.HeadDim():]}
}

// contextView is head h of one image in the heads' outputs [B*T, D].
func (c Config) contextView(context []float32, image, head int) simd.Matrix {
	return simd.Matrix{Rows: c.Tokens(), Cols: c.HeadDim(), Stride: c.Dim,
		Data: context[image*c.Tokens()*c.Dim+head*c.HeadDim():]}
}

// attention is softmax(Q·Kᵀ/√K)·V for every image and head (Vaswani et al.
// 2017, equation 1), from a.qkv to a.context. Saves a.weights.
func (ws *Workspace) attention(a *activations) {
	c := ws.cfg
	t, scale := c.Tokens(), float32(1/math.Sqrt(float64(c.HeadDim())))
	for image := range ws.batch {
		for h := range c.Heads {
			q, k, v := c.headView(a.qkv, image, 0, h), c.headView(a.qkv, image, 1, h), c.headView(a.qkv, image, 2, h)
			weights := ws.head(a, image, h)
			p := matrix(t, t, weights)
			simd.Mul(p, q, k, simd.TransB)
			simd.Scale(scale, weights)
			for i := range t {
				simd.Softmax(weights[i*t:][:t])
			}
			simd.Mul(c.contextView(a.context, image, h), p, v, 0)
		}
	}
}

// attentionBackward gives dqkv [B*T, 3D] from dcontext [B*T, D].
func (ws *Workspace) attentionBackward(dqkv, dcontext []float32, a *activations) {
	c := ws.cfg
	t, scale := c.Tokens(), float32(1/math.Sqrt(float64(c.HeadDim())))
	dweights := ws.grad.weights
	ds := matrix(t, t, dweights)
	for image := range ws.batch {
		for h := range c.Heads {
			q, k, v := c.headView(a.qkv, image, 0, h), c.headView(a.qkv, image, 1, h), c.headView(a.qkv, image, 2, h)
			dq, dk, dv := c.headView(dqkv, image, 0, h), c.headView(dqkv, image, 1, h), c.headView(dqkv, image, 2, h)
			dy := c.contextView(dcontext, image, h)
			weights := ws.head(a, image, h)
			simd.Mul(ds, dy, v, simd.TransB)
			simd.Mul(dv, matrix(t, t, weights), dy, simd.TransA)
			for i := range t {
				row := dweights[i*t:][:t]
				simd.SoftmaxBackward(row, weights[i*t:][:t], row)
			}
			simd.Scale(scale, dweights)
			simd.Mul(dq, ds, k, 0)
			simd.Mul(dk, ds, q, simd.TransA)
		}
	}
}
