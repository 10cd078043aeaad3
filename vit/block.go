package vit

import "github.com/astrovit/astrovit/simd"

// block runs one encoder block on x [B*T, D] into out [B*T, D]; a keeps what
// backward needs. Pre-LN:
//
//	mid = x + proj(attention(qkv(LN1(x))))
//	out = mid + fc2(GELU(fc1(LN2(mid))))
func (b *Block) block(ws *Workspace, a *activations, out, x []float32) {
	if ws.cfg.PostNorm {
		b.blockPost(ws, a, out, x)
		return
	}
	rows := ws.rows()
	b.Norm1.norm(a.norm1[:len(x)], x, a.moment1, ws.cfg.Eps)
	b.QKV.linear(a.qkv[:3*len(x)], a.norm1[:len(x)], rows)
	ws.attention(a)
	mid := a.mid[:len(x)]
	b.Proj.linear(mid, a.context[:len(x)], rows)
	simd.Add(mid, mid, x)
	b.Norm2.norm(a.norm2[:len(x)], mid, a.moment2, ws.cfg.Eps)
	b.mlp(a, out, a.norm2[:len(x)], rows)
	simd.Add(out, out, mid)
}

// blockBackward gives dx from dout; both are ws.grad.x.
func (b *Block) blockBackward(ws *Workspace, grad *Block, a *activations, x []float32) {
	if ws.cfg.PostNorm {
		b.blockPostBackward(ws, grad, a, x)
		return
	}
	rows, n := ws.rows(), len(x)
	dx, dmid, dsub := ws.grad.x[:n], ws.grad.mid[:n], ws.grad.sub[:n]
	b.mlpBackward(ws, grad, a, dsub, dx, a.norm2[:n], rows)
	b.Norm2.normBackward(dsub, grad.Norm2, dsub, a.mid[:n], a.moment2)
	simd.Add(dmid, dx, dsub)
	b.Proj.linearBackward(dsub, grad.Proj, dmid, a.context[:n], rows)
	ws.attentionBackward(ws.grad.qkv, dsub, a)
	b.QKV.linearBackward(dsub, grad.QKV, ws.grad.qkv[:3*n], a.norm1[:n], rows)
	b.Norm1.normBackward(dsub, grad.Norm1, dsub, x, a.moment1)
	simd.Add(dx, dmid, dsub)
}

// blockPost is block in the order of Vaswani et al. (2017, section 3.1):
//
//	mid = LN1(x + proj(attention(qkv(x))))
//	out = LN2(mid + fc2(GELU(fc1(mid))))
func (b *Block) blockPost(ws *Workspace, a *activations, out, x []float32) {
	rows := ws.rows()
	b.QKV.linear(a.qkv[:3*len(x)], x, rows)
	ws.attention(a)
	sum := a.norm1[:len(x)]
	b.Proj.linear(sum, a.context[:len(x)], rows)
	simd.Add(sum, sum, x)
	mid := a.mid[:len(x)]
	b.Norm1.norm(mid, sum, a.moment1, ws.cfg.Eps)
	sum = a.norm2[:len(x)]
	b.mlp(a, sum, mid, rows)
	simd.Add(sum, sum, mid)
	b.Norm2.norm(out, sum, a.moment2, ws.cfg.Eps)
}

// blockPostBackward gives dx from dout; both are ws.grad.x.
func (b *Block) blockPostBackward(ws *Workspace, grad *Block, a *activations, x []float32) {
	rows, n := ws.rows(), len(x)
	dx, dmid, dsub := ws.grad.x[:n], ws.grad.mid[:n], ws.grad.sub[:n]
	b.Norm2.normBackward(dx, grad.Norm2, dx, a.norm2[:n], a.moment2)
	b.mlpBackward(ws, grad, a, dsub, dx, a.mid[:n], rows)
	simd.Add(dmid, dx, dsub)
	b.Norm1.normBackward(dmid, grad.Norm1, dmid, a.norm1[:n], a.moment1)
	b.Proj.linearBackward(dsub, grad.Proj, dmid, a.context[:n], rows)
	ws.attentionBackward(ws.grad.qkv, dsub, a)
	b.QKV.linearBackward(dsub, grad.QKV, ws.grad.qkv[:3*n], x, rows)
	simd.Add(dx, dmid, dsub)
}

// mlp is y = fc2(GELU(fc1(x))): x, y [rows, D]. GELU is the exact erf form
// (Hendrycks & Gimpel 2016, arXiv:1606.08415).
func (b *Block) mlp(a *activations, y, x []float32, rows int) {
	hidden := rows * len(b.FC1.B)
	b.FC1.linear(a.hidden[:hidden], x, rows)
	simd.GELU(a.gelu[:hidden], a.hidden[:hidden])
	b.FC2.linear(y, a.gelu[:hidden], rows)
}

// mlpBackward gives dx [rows, D] from dy [rows, D].
func (b *Block) mlpBackward(ws *Workspace, grad *Block, a *activations, dx, dy, x []float32, rows int) {
	hidden := rows * len(b.FC1.B)
	dhidden := ws.grad.hidden[:hidden]
	b.FC2.linearBackward(dhidden, grad.FC2, dy, a.gelu[:hidden], rows)
	simd.GELUBackward(dhidden, a.hidden[:hidden], dhidden)
	b.FC1.linearBackward(dx, grad.FC1, dhidden, x, rows)
}
