package ref

// acts is what a Forward leaves for Backward and Rollout.
type acts struct {
	batch          int
	stem           []stemActs
	shifted        []float64 // [B,N,5P]
	vectors        []float64 // [B,N,V]
	layers         []layerActs
	pooled, normed []float64 // [B,D]
}

// layerActs are one block's values in the order of their computation. In a
// post-LN block n1 is x and n2 is mid, for nothing is normalised before use.
type layerActs struct {
	x, n1, q, k, v   []float64    // [B,T,D]
	probs            []float64    // [B,H,T,T]
	heads, sum1, mid []float64    // [B,T,D]; sum1 only differs from mid in post-LN
	n2               []float64    // [B,T,D]
	kept             [2][]float64 // [B] of the two branches; nil: 1
	h, g             []float64    // [B,T,F], before and after GELU
	sum2             []float64    // [B,T,D]
}

// Forward returns the logits [B,N] of images [B,C,shape...].
func (m *Model) Forward(images []float64, batch int) (logits []float64) {
	if len(images) != batch*m.Pixels() {
		panic("ref: images must hold batch times channels times shape pixels")
	}
	m.acts = acts{batch: batch}
	m.acts.vectors = m.vectors(images, batch)
	x := m.embed(m.linear(projection, m.acts.vectors, m.VectorLength(), m.Dim), batch)
	for i := range m.Depth {
		x = m.block(layer(i), x)
	}
	m.acts.pooled = m.pool(x, batch)
	m.acts.normed = m.acts.pooled
	if !m.PostNorm {
		// On the pooled row only: for "cls" the same as normalising every token
		// first, for "mean" timm's fc_norm and MAE's global_pool.
		m.acts.normed = m.norm(finalNorm, m.acts.pooled)
	}
	return m.linear(head, m.acts.normed, m.Dim, m.Classes)
}

// Features returns what the head saw in the latest Forward, [B,D].
func (m *Model) Features() []float64 { return m.acts.normed }

// Backward returns the gradient of every parameter, given that of the logits
// [B,N] of the latest Forward.
func (m *Model) Backward(dlogits []float64) (grads map[string][]float64) {
	m.grad = map[string][]float64{}
	for _, name := range m.Names {
		m.grad[name] = make([]float64, len(m.Params[name]))
	}
	d := m.linearBackward(head, dlogits, m.acts.normed, m.Dim, m.Classes)
	if !m.PostNorm {
		d = m.normBackward(finalNorm, d, m.acts.pooled)
	}
	dx := m.poolBackward(d, m.acts.batch)
	for i := m.Depth - 1; i >= 0; i-- {
		dx = m.blockBackward(layer(i), dx, m.acts.layers[i])
	}
	dpatches := m.embedBackward(dx, m.acts.batch)
	m.vectorsBackward(m.linearBackward(projection, dpatches, m.acts.vectors, m.VectorLength(), m.Dim))
	return m.grad
}

// block is pre-LN (Dosovitskiy et al. 2021, eqs. 2 and 3)
//
//	mid = x + attention(LN1 x);  y = mid + mlp(LN2 mid)
//
// or post-LN (Vaswani et al. 2017, section 3.1)
//
//	mid = LN1(x + attention(x));  y = LN2(mid + mlp(mid))
func (m *Model) block(p string, x []float64) []float64 {
	a := layerActs{x: x, n1: x}
	if m.Kept != nil {
		a.kept = m.Kept[len(m.acts.layers)]
	}
	if !m.PostNorm {
		a.n1 = m.norm(p+"layernorm_before", x)
	}
	a.q = m.linear(p+"attention.attention.query", a.n1, m.Dim, m.Dim)
	a.k = m.linear(p+"attention.attention.key", a.n1, m.Dim, m.Dim)
	a.v = m.linear(p+"attention.attention.value", a.n1, m.Dim, m.Dim)
	a.heads, a.probs = Attention(a.q, a.k, a.v, m.acts.batch, m.Dim, m.Heads)
	a.sum1 = plus(x, scaled(m.linear(p+"attention.output.dense", a.heads, m.Dim, m.Dim), a.kept[0]))
	a.mid = a.sum1
	if m.PostNorm {
		a.mid = m.norm(p+"layernorm_before", a.sum1)
	}
	a.n2 = a.mid
	if !m.PostNorm {
		a.n2 = m.norm(p+"layernorm_after", a.mid)
	}
	a.h = m.linear(p+"intermediate.dense", a.n2, m.Dim, m.Hidden)
	a.g = GELU(a.h)
	a.sum2 = plus(a.mid, scaled(m.linear(p+"output.dense", a.g, m.Hidden, m.Dim), a.kept[1]))
	m.acts.layers = append(m.acts.layers, a)
	if m.PostNorm {
		return m.norm(p+"layernorm_after", a.sum2)
	}
	return a.sum2
}

func (m *Model) blockBackward(p string, dy []float64, a layerActs) (dx []float64) {
	dsum2 := dy
	if m.PostNorm {
		dsum2 = m.normBackward(p+"layernorm_after", dy, a.sum2)
	}
	dg := m.linearBackward(p+"output.dense", scaled(dsum2, a.kept[1]), a.g, m.Hidden, m.Dim)
	dh := GELUBackward(dg, a.h)
	dn2 := m.linearBackward(p+"intermediate.dense", dh, a.n2, m.Dim, m.Hidden)
	if !m.PostNorm {
		dn2 = m.normBackward(p+"layernorm_after", dn2, a.mid)
	}
	dsum1 := plus(dsum2, dn2)
	if m.PostNorm {
		dsum1 = m.normBackward(p+"layernorm_before", dsum1, a.sum1)
	}
	dheads := m.linearBackward(p+"attention.output.dense", scaled(dsum1, a.kept[0]), a.heads, m.Dim, m.Dim)
	dq, dk, dv := AttentionBackward(dheads, a.q, a.k, a.v, a.probs, m.acts.batch, m.Dim, m.Heads)
	dn1 := m.linearBackward(p+"attention.attention.query", dq, a.n1, m.Dim, m.Dim)
	dn1 = plus(dn1, m.linearBackward(p+"attention.attention.key", dk, a.n1, m.Dim, m.Dim))
	dn1 = plus(dn1, m.linearBackward(p+"attention.attention.value", dv, a.n1, m.Dim, m.Dim))
	if !m.PostNorm {
		dn1 = m.normBackward(p+"layernorm_before", dn1, a.x)
	}
	return plus(dsum1, dn1)
}

// scaled multiplies the numbers of each image in x by the image's factor; no factors: by 1.
func scaled(x, factors []float64) []float64 {
	if factors == nil {
		return x
	}
	y := make([]float64, len(x))
	for i := range x {
		y[i] = factors[i*len(factors)/len(x)] * x[i]
	}
	return y
}

func (m *Model) linear(name string, x []float64, in, out int) []float64 {
	return Linear(x, m.Params[name+".weight"], m.Params[name+".bias"], in, out)
}

func (m *Model) linearBackward(name string, dy, x []float64, in, out int) []float64 {
	dx, dw, db := LinearBackward(dy, x, m.Params[name+".weight"], in, out)
	m.accumulate(name+".weight", dw)
	m.accumulate(name+".bias", db)
	return dx
}

func (m *Model) norm(name string, x []float64) []float64 {
	return LayerNorm(x, m.Params[name+".weight"], m.Params[name+".bias"], m.Eps)
}

func (m *Model) normBackward(name string, dy, x []float64) []float64 {
	dx, dgamma, dbeta := LayerNormBackward(dy, x, m.Params[name+".weight"], m.Eps)
	m.accumulate(name+".weight", dgamma)
	m.accumulate(name+".bias", dbeta)
	return dx
}

// accumulate adds to a parameter's gradient, if the model has that parameter
// (query, key and value may have no bias).
func (m *Model) accumulate(name string, d []float64) {
	if g, ok := m.grad[name]; ok {
		m.grad[name] = plus(g, d)
	}
}
