package vit

import "github.com/astrovit/astrovit/simd"

// A convolution in steps of one is computed as minimal filtering along its rows, F(2,3) of Lavin & Gray (2016,
// arXiv:1509.09308): pairs of output pixels by four matrix products, whose sum is over the rows of the kernel and the channels,
// where [convolution.product] takes the time of six. Where a row is odd, the second of its last pair is beyond it.

// filterProducts is how many there are.
const filterProducts = 4

// filtered tells whether c is computed so.
func (c convolution) filtered() bool { return c.step == 1 }

func (c convolution) pairs() int { return (c.across() + 1) / 2 }
func (c convolution) odd() bool  { return c.across()%2 == 1 }

// planes are matrices [n, cols] one after another.
func planes(data []float32, n, cols int) (m [filterProducts]simd.Matrix) {
	for k := range m {
		m[k] = matrix(n, cols, data[k*n*cols:][:n*cols])
	}
	return m
}

// alternate are the even and the odd rows of a matrix [2*n, cols].
func alternate(data []float32, n, cols int) (m [2]simd.Matrix) {
	for i := range m {
		m[i] = simd.Matrix{Rows: n, Cols: cols, Stride: 2 * cols, Data: data[i*cols:]}
	}
	return m
}

// filter is product for steps of one.
func (c convolution) filter(y simd.Matrix, x []float32, rows span, w []simd.Packed, s *scratch, e simd.Epilogue) {
	n := rows.len() * c.pairs()
	var with [filterProducts]simd.Epilogue
	with[1].Bias = e.Bias // the second product is in both outputs of a pair, the first and the last in one each
	if !c.odd() && len(e.Add.Data) > 0 {
		add := alternate(e.Add.Data, n, c.out)
		with[0].Add, with[3].Add = add[0], add[1]
	}
	v, m := c.filterInputs(x, rows, s), planes(s.stem.products, n, c.out)
	for k := range m {
		w[k].Mul(m[k], v[k], with[k])
	}
	if !c.odd() {
		simd.FilterOutputs(alternate(y.Data, n, c.out), m)
		return
	}
	simd.FilterOutputs(alternate(s.stem.even, n, c.out), m)
	line := c.across() * c.out
	for r := range rows.len() {
		to, from := y.Data[r*line:][:line], s.stem.even[r*2*c.pairs()*c.out:][:line]
		if len(e.Add.Data) > 0 {
			simd.Add(to, e.Add.Data[r*line:][:line], from)
		} else {
			copy(to, from)
		}
	}
}

// filterInputs are what the products take of some rows [len(rows)*pairs, 3*in].
func (c convolution) filterInputs(x []float32, rows span, s *scratch) [filterProducts]simd.Matrix {
	pairs := c.pairs()
	v := planes(s.stem.columns, rows.len()*pairs, 3*c.in)
	line := s.stem.line[:(2*pairs+2)*c.in] // a row between zeros
	clear(line[:c.in])
	clear(line[(1+c.across())*c.in:])
	even, odd := alternate(line, pairs, c.in), alternate(line[2*c.in:], pairs, c.in)
	for ky := range 3 {
		for r := rows.lo; r < rows.hi; r++ {
			var to [filterProducts]simd.Matrix
			for k := range to {
				to[k] = simd.Matrix{Rows: pairs, Cols: c.in, Stride: 3 * c.in, Data: v[k].Data[((r-rows.lo)*pairs*3+ky)*c.in:]}
			}
			image, row := r/c.height, r%c.height+ky-1
			if row < 0 || row >= c.height {
				clear(line)
			} else {
				copy(line[c.in:], x[(image*c.height+row)*c.width*c.in:][:c.width*c.in])
			}
			simd.FilterInputs(to, [filterProducts]simd.Matrix{even[0], even[1], odd[0], odd[1]})
		}
	}
	return v
}

// filters writes the kernels [out, 9*in] as the products take them, [out, 3*in] each.
func (c convolution) filters(dst, kernels []float32) {
	n := c.in
	u := planes(dst, c.out, 3*n)
	for i := range 3 * c.out { // rows of the kernels
		g := kernels[3*i*n:][:3*n]
		u0, u1, u2, u3 := u[0].Data[i*n:][:n], u[1].Data[i*n:][:n], u[2].Data[i*n:][:n], u[3].Data[i*n:][:n]
		for j := range n {
			g0, g1, g2 := g[j], g[n+j], g[2*n+j]
			u0[j], u1[j], u2[j], u3[j] = g0, (g0+g1+g2)/2, (g0-g1+g2)/2, g2
		}
	}
}

// filtersBackward gives the slopes dw [out, 9*in] of the kernels from those of filters.
func (c convolution) filtersBackward(dw, slopes []float32) {
	n := c.in
	du := planes(slopes, c.out, 3*n)
	for i := range 3 * c.out {
		dg := dw[3*i*n:][:3*n]
		u0, u1, u2, u3 := du[0].Data[i*n:][:n], du[1].Data[i*n:][:n], du[2].Data[i*n:][:n], du[3].Data[i*n:][:n]
		for j := range n {
			sum, difference := (u1[j]+u2[j])/2, (u1[j]-u2[j])/2
			dg[j], dg[n+j], dg[2*n+j] = u0[j]+sum, difference, sum+u3[j]
		}
	}
}

// turn writes filter k of the kernels by half a turn [3*out, in]: their rows in the other order, and the first tap for the last.
func (c convolution) turn(turned, filters []float32, k int) {
	if k%3 == 0 {
		k = 3 - k
	}
	u := planes(filters, c.out, 3*c.in)[k].Data
	for ky := range 3 {
		for o := range c.out {
			copy(turned[(ky*c.out+o)*c.in:][:c.in], u[(3*o+2-ky)*c.in:])
		}
	}
}

// filterGradient gives the slopes dw [out, 9*in] of the kernels from x and those of the outputs of all images.
func (c convolution) filterGradient(dw, x, dy []float32, images int, s *scratch) {
	du := planes(s.stem.filters, c.out, 3*c.in)
	clear(s.stem.filters[:filterProducts*3*c.out*c.in])
	line, pairs := c.across()*c.out, c.pairs()
	for rows := range c.bands(images) {
		n := rows.len() * pairs
		slopes := rows.of(dy, line)
		if c.odd() {
			slopes = s.stem.even[:2*n*c.out]
			for r := range rows.len() {
				to := slopes[r*2*pairs*c.out:][:2*pairs*c.out]
				clear(to[copy(to, dy[(rows.lo+r)*line:][:line]):])
			}
		}
		v, m, ends := c.filterInputs(x, rows, s), planes(s.stem.products, n, c.out), alternate(slopes, n, c.out)
		simd.FilterSlopes([2]simd.Matrix{m[1], m[2]}, ends)
		m[0], m[3] = ends[0], ends[1]
		for k := range du {
			simd.Mul(du[k], m[k], v[k], simd.TransA|simd.Accumulate)
		}
	}
	c.filtersBackward(dw, s.stem.filters)
}
