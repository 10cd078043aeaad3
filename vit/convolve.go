package vit

import "github.com/astrovit/astrovit/simd"

// stemImages is how many images go through the convolutions together: enough rows for each strip of the weights that a core
// loads, few enough for the activations to stay near it.
const stemImages = 4

// stemOutputs is memory for the outputs of a stem's convolutions.
func (c Config) stemOutputs(batch int) [][]float32 {
	var outputs [][]float32
	for _, v := range c.convolutions() {
		outputs = append(outputs, make([]float32, batch*v.rows()*v.out))
	}
	return outputs
}

// convolve writes the vectors of some images.
func (m *Model) convolve(ws *Workspace, s *scratch, images span) {
	for group := range images.blocks(stemImages) {
		m.convolveGroup(ws, s, group)
	}
}

func (m *Model) convolveGroup(ws *Workspace, s *scratch, images span) {
	x := images.of(ws.patches, m.Config.Input())
	for i, conv := range m.convolutions {
		out, before := m.stemOutput(ws, s, i, images), []float32(nil)
		if conv.adds {
			before = m.stemOutput(ws, s, i-2, images)
		}
		for rows := range conv.bands(images.len()) {
			line := conv.across() * conv.out
			y, e := matrix(rows.len()*conv.across(), conv.out, rows.of(out, line)), simd.Epilogue{Bias: m.Params.Layers[i].B}
			if conv.adds {
				e.Add = matrix(y.Rows, conv.out, rows.of(before, line))
			}
			conv.product(y, x, rows, ws.layouts.stem[i].forward, s, e)
		}
		x = s.stem.act[:len(out)]
		if i == len(m.convolutions)-1 {
			x = images.of(ws.stem.vectors, m.Config.Grid.Patches()*m.Config.vector())
		}
		simd.GELU(x, out)
	}
}

// stemOutput is that of a convolution for some images. Where it is not kept that of the second next takes its place.
func (m *Model) stemOutput(ws *Workspace, s *scratch, i int, images span) []float32 {
	conv := m.convolutions[i]
	if ws.stem.outputs == nil {
		return s.stem.outputs[i%2][:images.len()*conv.rows()*conv.out]
	}
	return images.of(ws.stem.outputs[i], conv.rows()*conv.out)
}

// product is some rows y [rows, out] of the output for x, passed through e.
func (c convolution) product(y simd.Matrix, x []float32, rows span, w []simd.Packed, s *scratch, e simd.Epilogue) {
	if c.filtered() {
		c.filter(y, x, rows, w, s, e)
		return
	}
	columns := matrix(y.Rows, c.seen(), s.stem.columns[:y.Rows*c.seen()])
	for k := range w {
		c.gather(columns.Data, x, rows, k)
		w[k].Mul(y, columns, e)
		e = simd.Epilogue{Add: y}
	}
}

// convolveBackward gives the gradients of the convolutions' outputs for some images from dx [B*T, D], and leaves GELU of the
// outputs in their place.
func (m *Model) convolveBackward(ws *Workspace, s *scratch, images span, dx []float32) {
	c, last := m.Config, len(m.convolutions)-1
	n := c.Grid.Patches()
	slope := m.stemSlope(ws, last, images)
	for i := range images.len() {
		dy := dx[((images.lo+i)*c.Tokens()+c.prefix())*c.Dim:][:n*c.Dim]
		inputGradient(span{i, i + 1}.of(slope, n*c.vector()), dy, &ws.layouts.patchBack, n)
	}
	simd.GELUBackward(slope, m.stemOutput(ws, s, last, images), slope)
	for i := last; i > 0; i-- {
		x, dx := m.stemOutput(ws, s, i-1, images), m.stemSlope(ws, i-1, images)
		m.convolutions[i].inputGradient(dx, m.stemSlope(ws, i, images), images.len(), ws.layouts.stem[i].back, s)
		simd.GELUWithBackward(x, dx, x, dx)
		if i < last && m.convolutions[i+1].adds {
			simd.Add(dx, dx, m.stemSlope(ws, i+1, images))
		}
	}
}

// stemSlope is the gradient of [Model.stemOutput].
func (m *Model) stemSlope(ws *Workspace, i int, images span) []float32 {
	conv := m.convolutions[i]
	return images.of(ws.grad.slopes[i], conv.rows()*conv.out)
}

// inputGradient gives dx [images, height, width, in] from dy [images*rows, out]: in steps of one by a convolution with the
// kernels turned by half a turn, in steps of two by adding up what each output saw.
func (c convolution) inputGradient(dx, dy []float32, images int, w []simd.Packed, s *scratch) {
	if c.filtered() {
		t := c.transposed()
		for rows := range t.bands(images) {
			y := matrix(rows.len()*c.across(), c.in, rows.of(dx, c.across()*c.in))
			t.filter(y, dy, rows, w, s, simd.Epilogue{})
		}
		return
	}
	clear(dx)
	for rows := range c.bands(images) {
		y := rows.of(dy, c.across()*c.out)
		n := len(y) / c.out
		for ky := range w {
			columns := s.stem.columns[:n*3*c.in]
			inputGradient(columns, y, &w[ky], n)
			c.scatter(dx, columns, rows, ky)
		}
	}
}

// kernelGradient accumulates the gradients of a convolution's weights over the whole batch, after its stemBackward.
func (m *Model) kernelGradient(ws *Workspace, s *scratch, grad *Params, i int) {
	conv, all := m.convolutions[i], span{0, ws.batch}
	x := ws.patches
	if i > 0 {
		x = m.stemOutput(ws, s, i-1, all)
	}
	dy, dw := m.stemSlope(ws, i, all), s.stem.kernels[:conv.out*conv.length()]
	if conv.filtered() {
		conv.filterGradient(dw, x, dy, ws.batch, s)
	} else {
		conv.productGradient(dw, x, dy, ws.batch, s)
	}
	simd.SumRows(grad.Layers[i].B, dy)
	m.Params.Layers[i].kernelsBackward(grad.Layers[i], dw, ws.layouts.stem[i].moments)
}

// productGradient gives the slopes dw [out, 9*in] of the kernels from x and those of the outputs of all images.
func (c convolution) productGradient(dw, x, dy []float32, images int, s *scratch) {
	clear(dw)
	for k := range c.products() {
		for rows := range c.bands(images) {
			n := rows.len() * c.across()
			columns := matrix(n, c.seen(), s.stem.columns[:n*c.seen()])
			c.gather(columns.Data, x, rows, k)
			simd.Mul(c.part(dw, k), matrix(n, c.out, rows.of(dy, c.across()*c.out)), columns, simd.TransA|simd.Accumulate)
		}
	}
}

// part is what product k takes of the kernels [out, 9*in].
func (c convolution) part(kernels []float32, k int) simd.Matrix {
	return simd.Matrix{Rows: c.out, Cols: c.seen(), Stride: c.length(), Data: kernels[k*c.seen():]}
}

// convolutionLayout is a convolution's weights that act, by rows of the kernel, or in steps of one by filters.
type convolutionLayout struct {
	kernels []float32 // [out, 9*in]
	moments moments   // of an output's weights
	forward []simd.Packed
	back    []simd.Packed // for the gradient of the input; none in inference
	filters []float32     // [filterProducts, out, 3*in] in steps of one
	turned  []float32     // [3*out, in] one of them before it is packed
}

// part is the weights [out, seen] of product k.
func (l *convolutionLayout) part(c convolution, k int) simd.Matrix {
	if c.filtered() {
		return planes(l.filters, c.out, c.seen())[k]
	}
	return c.part(l.kernels, k)
}

// layOutConvolution prepares the weights of a convolution.
func (m *Model) layOutConvolution(l *layouts, i int) {
	c, to := m.convolutions[i], &l.stem[i]
	products, back := c.products(), l.training && i > 0
	if to.kernels == nil {
		to.kernels, to.moments, to.forward = make([]float32, c.out*c.length()), newMoments(c.out), make([]simd.Packed, products)
		if c.filtered() {
			to.filters = make([]float32, filterProducts*3*c.out*c.in)
		}
		if back {
			to.back = make([]simd.Packed, products)
		}
		if back && c.filtered() {
			to.turned = make([]float32, 3*c.out*c.in)
		}
	}
	m.Params.Layers[i].kernels(to.kernels, to.moments)
	if c.filtered() {
		c.filters(to.filters, to.kernels)
	}
	for k := range to.forward {
		to.forward[k].Pack(to.part(c, k), simd.TransB)
		switch {
		case !back:
		case c.filtered():
			c.turn(to.turned, to.filters, k)
			to.back[k].Pack(matrix(3*c.out, c.in, to.turned), 0)
		default:
			to.back[k].Pack(to.part(c, k), 0)
		}
	}
}
