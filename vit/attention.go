package vit

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

// queryRows is how many queries of a head are computed at once, at most: their
// scores [queryRows, T] stay in a cache, and no T x T matrix is ever written.
// It is a multiple of every kernel's tile.
const queryRows = 168

// headView is head h of one image in the queries (part 0), keys (1) or values
// (2) of qkv [B*T, 3D]: a strided [T, K].
func (c Config) headView(qkv []float32, image, part, head int) simd.Matrix {
	stride := 3 * c.Dim
	return simd.Matrix{Rows: c.Tokens(), Cols: c.HeadDim(), Stride: stride,
		Data: qkv[image*c.Tokens()*stride+part*c.Dim+head*c.HeadDim():]}
}

// contextView is head h in the rows of one image in the heads' outputs [B*Q, D].
func (c Config) contextView(context []float32, image, tokens, head int) simd.Matrix {
	return simd.Matrix{Rows: tokens, Cols: c.HeadDim(), Stride: c.Dim,
		Data: context[image*tokens*c.Dim+head*c.HeadDim():]}
}

// rowsOf is some rows of a matrix.
func rowsOf(m simd.Matrix, s span) simd.Matrix {
	m.Data, m.Rows = m.Data[s.lo*m.Stride:], s.len()
	return m
}

// scale is 1/√K.
func (c Config) scale() float32 { return float32(1 / math.Sqrt(float64(c.HeadDim()))) }

// attention is softmax(Q·Kᵀ/√K)·V for every head (Vaswani et al. 2017, equation
// 1), from a.qkv to the given rows of a.context [B*Q, D].
func (c Config) attention(s *scratch, a *activations, rows span) {
	for image := rows.lo / a.tokens; image*a.tokens < rows.hi; image++ {
		// The image's queries among the rows.
		own := span{max(rows.lo-image*a.tokens, 0), min(rows.hi-image*a.tokens, a.tokens)}
		for h := range c.Heads {
			q := c.headView(a.qkv, image, 0, h)
			s.keys.Pack(c.headView(a.qkv, image, 1, h), simd.TransB)
			s.values.Pack(c.headView(a.qkv, image, 2, h), 0)
			context := c.contextView(a.context, image, a.tokens, h)
			for queries := range own.blocks(queryRows) {
				p := c.weights(s, rowsOf(q, queries))
				simd.MulPacked(rowsOf(context, queries), p, &s.values, 0, simd.Epilogue{})
			}
		}
	}
}

// weights is softmax(Q·Kᵀ/√K) for some queries [n, K] of the head whose keys
// are laid out in s: [n, T].
func (c Config) weights(s *scratch, queries simd.Matrix) simd.Matrix {
	t := c.Tokens()
	p := matrix(queries.Rows, t, s.scores[:queries.Rows*t])
	simd.MulPacked(p, queries, &s.keys, 0, simd.Epilogue{})
	simd.SoftmaxRows(p, c.scale())
	return p
}

// attentionBackward gives the images' dqkv [B*T, 3D] from dcontext [B*Q, D].
// The weights are computed once more.
func (c Config) attentionBackward(s *scratch, a *activations, dqkv, dcontext []float32, images span) {
	t := c.Tokens()
	for image := images.lo; image < images.hi; image++ {
		for h := range c.Heads {
			q, k, v := c.headView(a.qkv, image, 0, h), c.headView(a.qkv, image, 1, h), c.headView(a.qkv, image, 2, h)
			dq, dk, dv := c.headView(dqkv, image, 0, h), c.headView(dqkv, image, 1, h), c.headView(dqkv, image, 2, h)
			dcontext := c.contextView(dcontext, image, a.tokens, h)
			s.keys.Pack(k, simd.TransB)
			s.values.Pack(v, simd.TransB)
			s.plain.Pack(k, 0)
			mode := simd.TransA
			for queries := range (span{0, a.tokens}).blocks(queryRows) {
				q, dy := rowsOf(q, queries), rowsOf(dcontext, queries)
				p := c.weights(s, q)
				ds := matrix(p.Rows, t, s.slopes[:p.Rows*t])
				simd.MulPacked(ds, dy, &s.values, 0, simd.Epilogue{})
				simd.Mul(dv, p, dy, mode)
				simd.SoftmaxBackwardRows(ds, p, ds, c.scale())
				simd.MulPacked(rowsOf(dq, queries), ds, &s.plain, 0, simd.Epilogue{})
				simd.Mul(dk, ds, q, mode)
				mode |= simd.Accumulate
			}
			for i := a.tokens; i < t; i++ { // queries that nothing was asked of
				clear(dq.Data[i*dq.Stride:][:c.HeadDim()])
			}
		}
	}
}
