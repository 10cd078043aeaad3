package vit

import "github.com/astrovit/astrovit/simd"

// head gives the images' ws.logits [B, N] from the last block's output x
// [B*Q, D]: pool, the final LayerNorm (pre-LN models), and the classifier.
func (m *Model) head(ws *Workspace, images span) {
	c := m.Config
	if !c.classOnly() {
		x := ws.x[c.Depth]
		for image := images.lo; image < images.hi; image++ {
			rows := x[image*c.Tokens()*c.Dim:][:c.Tokens()*c.Dim]
			row := ws.pooled[image*c.Dim:][:c.Dim]
			clear(row)
			simd.SumRows(row, rows[c.prefix()*c.Dim:])
			simd.Scale(1/float32(c.Grid.Patches()), row)
		}
	}
	normed := images.of(ws.normed, c.Dim)
	if !c.PostNorm {
		m.Params.Norm.norm(normed, images.of(ws.pooled, c.Dim), ws.final.of(images), c.Eps)
	}
	if c.Classes == 0 {
		return
	}
	m.Params.Head.linear(images.of(ws.logits, c.Classes), normed, &ws.layouts.head, images.len(), simd.Epilogue{})
}

// headBackward gives the gradient dx [B*Q, D] of the last block's output, for the
// images of a chunk, from dlogits [B, N].
func (m *Model) headBackward(ws *Workspace, dlogits []float32, chunk int) {
	c, images := m.Config, ws.chunkOf(chunk)
	dx, dpooled := ws.dout(c.Depth), images.of(ws.grad.pooled, c.Dim)
	n := images.len()
	simd.Mul(matrix(n, c.Dim, dpooled), matrix(n, c.Classes, images.of(dlogits, c.Classes)), matrix(c.Classes, c.Dim, m.Params.Head.W), 0)
	if !c.PostNorm {
		m.Params.Norm.normBackward(dpooled, ws.grad.final(c, chunk), dpooled, images.of(ws.pooled, c.Dim), ws.final.of(images))
	}
	if c.classOnly() {
		copy(images.of(dx, c.Dim), dpooled)
		return
	}
	for i := range n {
		row := dpooled[i*c.Dim:][:c.Dim]
		simd.Scale(1/float32(c.Grid.Patches()), row)
		rows := dx[(images.lo+i)*c.Tokens()*c.Dim:][:c.Tokens()*c.Dim]
		clear(rows[:c.prefix()*c.Dim])
		for t := c.prefix(); t < c.Tokens(); t++ {
			copy(rows[t*c.Dim:][:c.Dim], row)
		}
	}
}

// headGradients accumulates the gradients of the classifier and the final norm.
func (m *Model) headGradients(ws *Workspace, grad *Params, dlogits []float32) {
	c := m.Config
	weightGradient(grad.Head.W, dlogits, ws.normed[:ws.batch*c.Dim], ws.batch, span{0, c.Classes}, span{0, c.Dim})
	simd.SumRows(grad.Head.B, dlogits)
	if c.PostNorm {
		return
	}
	ws.finalGradient(grad.Norm)
}
