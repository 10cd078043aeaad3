package vit

import "github.com/astrovit/astrovit/simd"

// embed writes rows of the first block's input x [B*T, D] from ws.patches: the class token and the projected vectors, with
// their positions added. A convolutional stem needs the rows of whole images.
func (m *Model) embed(ws *Workspace, s *scratch, rows span) {
	c := m.Config
	if c.Stem == ConvStem {
		m.convolve(ws, s, span{rows.lo / c.Tokens(), rows.hi / c.Tokens()})
	}
	for row := rows.lo; row < rows.hi; {
		image, token := row/c.Tokens(), row%c.Tokens()
		if token < c.prefix() {
			simd.Add(ws.x[0][row*c.Dim:][:c.Dim], m.Params.Class, m.positions[:c.Dim])
			row++
			continue
		}
		n := min(c.Tokens()-token, rows.hi-row) // patches of this image
		vectors := m.vectors(ws, s, image, span{token - c.prefix(), token - c.prefix() + n})
		m.Params.Patch.linear(ws.x[0][row*c.Dim:][:n*c.Dim], vectors, &ws.layouts.patch, n,
			simd.Epilogue{Add: matrix(n, c.Dim, m.positions[token*c.Dim:])})
		row += n
	}
}

// embedBackward accumulates the gradients of the projection, the class token and the learned positions from dx [B*T, D]; for a
// shifted stem from what stemBackward has left.
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
		if c.Stem != ShiftedStem {
			dprojected = append(dprojected, rows[c.prefix()*d:]...)
		}
	}
	switch c.Stem {
	case ShiftedStem:
		sum := grad.Flat[len(grad.Class)+len(grad.Positions):][:len(ws.grad.stems[0].flat)]
		for _, part := range ws.grad.stems[:ws.chunks()] {
			simd.Add(sum, sum, part.flat)
		}
	case ConvStem:
		grad.Patch.gradient(dprojected, ws.stem.vectors[:ws.batch*n*c.vector()], ws.batch*n)
	default:
		grad.Patch.gradient(dprojected, ws.patches, ws.batch*n)
	}
}
