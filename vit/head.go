package vit

import "github.com/astrovit/astrovit/simd"

// head gives ws.logits [B, N] from the last block's output x [B*T, D]: pool,
// the final LayerNorm (pre-LN models), and the classifier.
func (m *Model) head(ws *Workspace, x []float32) {
	c := m.Config
	d, pooled, normed := c.Dim, ws.pooled[:ws.batch*c.Dim], ws.normed[:ws.batch*c.Dim]
	for image := range ws.batch {
		rows := x[image*c.Tokens()*d:][:c.Tokens()*d]
		row := pooled[image*d:][:d]
		if c.Pool == PoolClass {
			copy(row, rows)
			continue
		}
		clear(row)
		simd.SumRows(row, rows[c.prefix()*d:])
		simd.Scale(1/float32(c.Grid.Patches()), row)
	}
	if !c.PostNorm {
		m.Params.Norm.norm(normed, pooled, ws.final, c.Eps)
	}
	m.Params.Head.linear(ws.logits[:ws.batch*c.Classes], normed, ws.batch)
}

// headBackward gives dx [B*T, D] from dlogits [B, N].
func (m *Model) headBackward(ws *Workspace, grad *Params, dx, dlogits []float32) {
	c := m.Config
	d, pooled, normed := c.Dim, ws.pooled[:ws.batch*c.Dim], ws.normed[:ws.batch*c.Dim]
	dpooled := ws.grad.pooled[:ws.batch*d]
	m.Params.Head.linearBackward(dpooled, grad.Head, dlogits, normed, ws.batch)
	if !c.PostNorm {
		m.Params.Norm.normBackward(dpooled, grad.Norm, dpooled, pooled, ws.final)
	}
	clear(dx)
	for image := range ws.batch {
		rows, row := dx[image*c.Tokens()*d:][:c.Tokens()*d], dpooled[image*d:][:d]
		if c.Pool == PoolClass {
			copy(rows, row)
			continue
		}
		simd.Scale(1/float32(c.Grid.Patches()), row)
		for t := c.prefix(); t < c.Tokens(); t++ {
			copy(rows[t*d:][:d], row)
		}
	}
}
