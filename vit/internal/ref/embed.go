package ref

import "math"

// Extract cuts images [B,C,shape...] into patches [B,N,P]: tokens row-major, and
// in a patch the band first, then the pixel row-major. Any number of axes.
func Extract(images []float64, channels int, shape, patch []int) []float64 {
	cells, length := 1, channels*product(patch)
	for a := range shape {
		cells *= shape[a] / patch[a]
	}
	tokens := make([]float64, len(images))
	for i, v := range images {
		rest, token, offset := i, 0, 0
		tokenStride, offsetStride := 1, 1
		for a := len(shape) - 1; a >= 0; a-- {
			x := rest % shape[a]
			rest /= shape[a]
			token += x / patch[a] * tokenStride
			offset += x % patch[a] * offsetStride
			tokenStride *= shape[a] / patch[a]
			offsetStride *= patch[a]
		}
		offset += rest % channels * offsetStride
		image := rest / channels
		tokens[(image*cells+token)*length+offset] = v
	}
	return tokens
}

// Sinusoidal returns the positions [T,D] of Vaswani et al. 2017, section 3.5:
// PE[t,2i] = sin(t/10000^(2i/D)), PE[t,2i+1] = cos of the same.
func Sinusoidal(tokens, dim int) []float64 {
	pe := make([]float64, tokens*dim)
	for t := range tokens {
		for i := range dim / 2 {
			angle := float64(t) / math.Pow(10000, float64(2*i)/float64(dim))
			pe[t*dim+2*i], pe[t*dim+2*i+1] = math.Sin(angle), math.Cos(angle)
		}
	}
	return pe
}

// SinCos2D returns the fixed positions of MAE (He et al. 2022, util/pos_embed.py)
// for a grid of rows × cols patches, [T,D]: the first half of the width tells the
// column, the second the row; each half is sines, then cosines, of frequencies
// 10000^(-k/(D/4)). A class token, if any, has zeros.
func SinCos2D(rows, cols, dim int, classToken bool) []float64 {
	var pe []float64
	if classToken {
		pe = make([]float64, dim)
	}
	quarter := dim / 4
	for y := range rows {
		for x := range cols {
			at := make([]float64, dim)
			for k := range quarter {
				omega := math.Pow(10000, -float64(k)/float64(quarter))
				at[k], at[quarter+k] = math.Sin(float64(x)*omega), math.Cos(float64(x)*omega)
				at[2*quarter+k], at[3*quarter+k] = math.Sin(float64(y)*omega), math.Cos(float64(y)*omega)
			}
			pe = append(pe, at...)
		}
	}
	return pe
}

// positionTable is what is added to every image's tokens, [T,D].
func (m *Model) positionTable() []float64 {
	switch m.Positions {
	case "sinusoidal":
		return Sinusoidal(m.Tokens(), m.Dim)
	case "sincos2d":
		return SinCos2D(m.Shape[0]/m.Patch[0], m.Shape[1]/m.Patch[1], m.Dim, m.ClassToken)
	default:
		return m.Params[positions]
	}
}

// embed puts the class token in front of each image's patches [B,N,D] and adds
// the positions: [B,T,D].
func (m *Model) embed(patches []float64, batch int) []float64 {
	table, n := m.positionTable(), m.Patches()*m.Dim
	var x []float64
	for b := range batch {
		image := append([]float64{}, m.Params[clsToken]...)
		image = append(image, patches[b*n:(b+1)*n]...)
		x = append(x, plus(image, table)...)
	}
	return x
}

// embedBackward returns the gradient of the patches [B,N,D].
func (m *Model) embedBackward(dx []float64, batch int) (dpatches []float64) {
	n := m.Tokens() * m.Dim
	for b := range batch {
		dimage := dx[b*n : (b+1)*n]
		if m.Positions == "learned" {
			m.accumulate(positions, dimage)
		}
		if m.ClassToken {
			m.accumulate(clsToken, dimage[:m.Dim])
			dimage = dimage[m.Dim:]
		}
		dpatches = append(dpatches, dimage...)
	}
	return dpatches
}

// pool reduces the last block's output [B,T,D] to one row an image [B,D]: the
// class token, or the mean of the patches, without the class token.
func (m *Model) pool(x []float64, batch int) []float64 {
	y := make([]float64, batch*m.Dim)
	m.eachPooled(batch, func(b, row int, share float64) {
		for j := range m.Dim {
			y[b*m.Dim+j] += share * x[row*m.Dim+j]
		}
	})
	return y
}

func (m *Model) poolBackward(dy []float64, batch int) (dx []float64) {
	dx = make([]float64, batch*m.Tokens()*m.Dim)
	m.eachPooled(batch, func(b, row int, share float64) {
		for j := range m.Dim {
			dx[row*m.Dim+j] += share * dy[b*m.Dim+j]
		}
	})
	return dx
}

// eachPooled visits the token rows that make up each image's pooled row.
func (m *Model) eachPooled(batch int, visit func(b, row int, share float64)) {
	for b := range batch {
		first := b * m.Tokens()
		if m.Pool == "cls" {
			visit(b, first, 1)
			continue
		}
		for t := m.Tokens() - m.Patches(); t < m.Tokens(); t++ {
			visit(b, first+t, 1/float64(m.Patches()))
		}
	}
}

func plus(x, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = x[i] + y[i]
	}
	return z
}
