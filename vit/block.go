package vit

import "github.com/astrovit/astrovit/simd"

// A block runs in two halves, each on any rows of its own. Pre-LN:
//
//	qkv = W·LN1(x) + b                         project
//	mid = x + proj(attention(qkv))             transform, which needs the qkv
//	out = mid + fc2(GELU(fc1(LN2(mid))))       of the rows' whole images
//
// Post-LN, in the order of Vaswani et al. (2017, section 3.1):
//
//	qkv = W·x + b
//	mid = LN1(x + proj(attention(qkv)))
//	out = LN2(mid + fc2(GELU(fc1(mid))))

// project computes rows of a.qkv [B*T, 3D] from x [B*T, D].
func (b *Block) project(ws *Workspace, w *layout, a *activations, x []float32, s *scratch, rows span) {
	c := ws.cfg
	in := rows.of(x, c.Dim)
	if !c.PostNorm {
		norm := s.norm[:len(in)]
		b.Norm1.norm(norm, in, a.moment1.of(rows), c.Eps)
		in = norm
	}
	b.QKV.linear(rows.of(a.qkv, 3*c.Dim), in, w[partQKV], rows.len(), simd.Epilogue{})
}

// transform computes rows of out [B*Q, D].
func (b *Block) transform(ws *Workspace, w *layout, a *activations, out, x []float32, s *scratch, rows span) {
	c := ws.cfg
	c.attention(s, a, rows)
	mid, y, context, skip := rows.of(a.mid, c.Dim), rows.of(out, c.Dim), rows.of(a.context, c.Dim), a.skipped(c, x, rows)
	if !c.PostNorm {
		a.branch(attentionBranch, b.Proj, mid, context, w[partProj], skip, rows)
		norm := s.norm[:len(mid)]
		b.Norm2.norm(norm, mid, a.moment2.of(rows), c.Eps)
		b.mlp(ws, w, a, y, norm, mid, s, rows)
		return
	}
	sum1, sum2 := rows.of(a.sum1, c.Dim), rows.of(a.sum2, c.Dim)
	a.branch(attentionBranch, b.Proj, sum1, context, w[partProj], skip, rows)
	b.Norm1.norm(mid, sum1, a.moment1.of(rows), c.Eps)
	b.mlp(ws, w, a, sum2, mid, mid, s, rows)
	b.Norm2.norm(y, sum2, a.moment2.of(rows), c.Eps)
}

// skipped is the part of x [B*T, D] that the skip connection carries past the
// attention to some rows of the block's output: as many rows, or only the
// images' first ones.
func (a *activations) skipped(c Config, x []float32, rows span) simd.Matrix {
	stride := c.Tokens() / a.tokens * c.Dim
	return simd.Matrix{Rows: rows.len(), Cols: c.Dim, Stride: stride, Data: x[rows.lo*stride:]}
}

// mlp is y = fc2(GELU(fc1(x))) + skip: x, y, skip [rows, D]. GELU is the exact
// erf form (Hendrycks & Gimpel 2016, arXiv:1606.08415).
func (b *Block) mlp(ws *Workspace, w *layout, a *activations, y, x, skip []float32, s *scratch, rows span) {
	hidden, training := rows.of(a.hidden, ws.cfg.Hidden), s.gelu != nil
	b.FC1.linear(hidden, x, w[partFC1], rows.len(), simd.Epilogue{GELU: !training})
	if training { // backward needs what went into GELU
		gelu := s.gelu[:len(hidden)]
		simd.GELU(gelu, hidden)
		hidden = gelu
	}
	a.branch(mlpBranch, b.FC2, y, hidden, w[partFC2], matrix(rows.len(), ws.cfg.Dim, skip), rows)
}

// backward gives dx [B*T, D] from dout [B*Q, D] for some images, and leaves in
// ws.grad what [Workspace.weightGradient] needs of them. Chunk numbers the images'
// place for the gradients of the norms.
func (b *Block) backward(ws *Workspace, w *layout, a *activations, dx, dout, x []float32, s *scratch, chunk int, images span) {
	c, g := ws.cfg, ws.grad
	rows, all := images.times(a.tokens), images.times(c.Tokens())
	norm1, norm2 := g.norms(c, chunk)
	dy, dmid := rows.of(dout, c.Dim), rows.of(g.mid, c.Dim)
	mid, moment1, moment2 := rows.of(a.mid, c.Dim), a.moment1, a.moment2.of(rows)
	dsub := s.norm[:len(dy)]
	if !c.PostNorm {
		moment1 = moment1.of(all)
		b.Norm2.again(rows.of(g.norm2, c.Dim), mid, moment2)
		copy(dmid, dy)
		b.mlpBackward(ws, w, a, dsub, dy, rows)
		b.Norm2.normBackward(dsub, norm2, dsub, mid, moment2)
		simd.Add(dmid, dmid, dsub)
	} else {
		moment1 = moment1.of(rows)
		b.Norm2.normBackward(dy, norm2, dy, rows.of(a.sum2, c.Dim), moment2)
		copy(rows.of(g.norm2, c.Dim), mid)
		copy(dmid, dy)
		b.mlpBackward(ws, w, a, dsub, dy, rows)
		simd.Add(dmid, dmid, dsub)
		b.Norm1.normBackward(dmid, norm1, dmid, rows.of(a.sum1, c.Dim), moment1)
	}
	dcontext := rows.of(g.context, c.Dim)
	inputGradient(dcontext, dmid, w[partProj], rows.len())
	a.drop(attentionBranch, dcontext, rows)
	c.attentionBackward(s, a, g.qkv, g.context, images)

	in, din, norm := all.of(x, c.Dim), all.of(dx, c.Dim), all.of(g.norm1, c.Dim)
	inputGradient(din, all.of(g.qkv, 3*c.Dim), w[partQKV], all.len())
	if c.PostNorm {
		copy(norm, in)
	} else {
		b.Norm1.again(norm, in, moment1)
		b.Norm1.normBackward(din, norm1, din, in, moment1)
	}
	share := a.skipped(c, dx, rows)
	for i := range share.Rows {
		row := share.Data[i*share.Stride:][:c.Dim]
		simd.Add(row, row, dmid[i*c.Dim:][:c.Dim])
	}
	a.drop(attentionBranch, dmid, rows) // as proj's weights see it
}

// mlpBackward gives dx from dy, both [rows, D], and keeps GELU's output, the
// gradient of its input, and dy as fc2's weights see it.
func (b *Block) mlpBackward(ws *Workspace, w *layout, a *activations, dx, dy []float32, rows span) {
	hidden, gelu, dhidden := rows.of(a.hidden, ws.cfg.Hidden), rows.of(ws.grad.gelu, ws.cfg.Hidden), rows.of(ws.grad.hidden, ws.cfg.Hidden)
	a.drop(mlpBranch, dy, rows)
	inputGradient(dhidden, dy, w[partFC2], rows.len())
	simd.GELUWithBackward(gelu, dhidden, hidden, dhidden)
	inputGradient(dx, dhidden, w[partFC1], rows.len())
}
