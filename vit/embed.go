package vit

import "github.com/astrovit/astrovit/simd"

// embed writes the first block's input x [B*T, D] from ws.patches: the class
// token and the projected patches, with their positions added.
func (m *Model) embed(ws *Workspace, x []float32) {
	c := m.Config
	n, d := c.Grid.Patches(), c.Dim
	projected := ws.embed[:ws.batch*n*d]
	m.Params.Patch.linear(projected, ws.patches, ws.batch*n)
	for image := range ws.batch {
		rows := x[image*c.Tokens()*d:][:c.Tokens()*d]
		copy(rows, m.Params.Class)
		copy(rows[c.prefix()*d:], projected[image*n*d:][:n*d])
		simd.Add(rows, rows, m.positions)
	}
}

// embedBackward accumulates the gradients of the class token, the learned
// positions and the patch projection from dx [B*T, D].
func (m *Model) embedBackward(ws *Workspace, grad *Params, dx []float32) {
	c := m.Config
	n, d := c.Grid.Patches(), c.Dim
	dprojected := ws.embed[:ws.batch*n*d]
	for image := range ws.batch {
		rows := dx[image*c.Tokens()*d:][:c.Tokens()*d]
		if c.Positions == Learned {
			simd.Add(grad.Positions, grad.Positions, rows)
		}
		if c.ClassToken {
			simd.Add(grad.Class, grad.Class, rows[:d])
		}
		copy(dprojected[image*n*d:][:n*d], rows[c.prefix()*d:])
	}
	m.Params.Patch.linearBackward(nil, grad.Patch, dprojected, ws.patches, ws.batch*n)
}
