package vit

import "github.com/astrovit/astrovit/simd"

// embed writes rows of the first block's input x [B*T, D] from ws.patches: the
// class token and the projected patches, with their positions added.
func (m *Model) embed(ws *Workspace, rows span) {
	c := m.Config
	for row := rows.lo; row < rows.hi; {
		image, token := row/c.Tokens(), row%c.Tokens()
		if token < c.prefix() {
			simd.Add(ws.x[0][row*c.Dim:][:c.Dim], m.Params.Class, m.positions[:c.Dim])
			row++
			continue
		}
		n := min(c.Tokens()-token, rows.hi-row) // patches of this image
		patches := ws.patches[image*c.Grid.Pixels()+(token-c.prefix())*c.Grid.Length():][:n*c.Grid.Length()]
		m.Params.Patch.linear(ws.x[0][row*c.Dim:][:n*c.Dim], patches, &ws.layouts.patch, n,
			simd.Epilogue{Add: matrix(n, c.Dim, m.positions[token*c.Dim:])})
		row += n
	}
}

// embedBackward accumulates the gradients of the patch projection, the class
// token and the learned positions from dx [B*T, D].
func (m *Model) embedBackward(ws *Workspace, grad *Params, dx []float32) {
	c := m.Config
	n, d := c.Grid.Patches(), c.Dim
	dprojected := ws.grad.norm1[:0] // free by now
	for image := range ws.batch {
		rows := dx[image*c.Tokens()*d:][:c.Tokens()*d]
		if c.Positions == Learned {
			simd.Add(grad.Positions, grad.Positions, rows)
		}
		if c.ClassToken {
			simd.Add(grad.Class, grad.Class, rows[:d])
		}
		dprojected = append(dprojected, rows[c.prefix()*d:]...)
	}
	weightGradient(grad.Patch.W, dprojected, ws.patches, ws.batch*n, span{0, d}, span{0, c.Grid.Length()})
	simd.SumRows(grad.Patch.B, dprojected)
}
