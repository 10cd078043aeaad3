package simd

// The transforms of minimal filtering, F(2,3) (Winograd 1980; Lavin & Gray 2016, arXiv:1509.09308, section 4.1): a filter
// with the taps g gives a pair of outputs from four inputs by four multiplications,
//
//	m[0] = v[0]·g0   m[1] = v[1]·(g0+g1+g2)/2   m[2] = v[2]·(g0-g1+g2)/2   m[3] = v[3]·g2
//
// where six are usual. Multiplications are matrix products here; a row of a matrix below is a pair, its columns are channels.
// The sign of v[3] is other than in the paper, so that backward the transforms change no sign of the outputs' slopes alone.

// FilterInputs makes of the inputs that pairs see
//
//	v[0] = x[0] - x[2]   v[1] = x[1] + x[2]   v[2] = x[2] - x[1]   v[3] = x[3] - x[1]
//
// All are matrices of one size.
func FilterInputs(v, x [4]Matrix) {
	sameShapes(v[0], v[1:]...)
	sameShapes(v[0], x[:]...)
	if v[0].Cols > 0 {
		filterInputs(v, x)
	}
}

// FilterOutputs makes the outputs of pairs
//
//	y[0] = m[0] + m[1] + m[2]   y[1] = m[1] - m[2] + m[3]
//
// All are matrices of one size.
func FilterOutputs(y [2]Matrix, m [4]Matrix) {
	sameShapes(y[0], y[1])
	sameShapes(y[0], m[:]...)
	if y[0].Cols > 0 {
		filterOutputs(y, m)
	}
}

// FilterSlopes makes of the slopes dy of pairs of outputs those of m[1] and m[2], which are dy[0] ± dy[1]; those of m[0] and m[3]
// are dy[0] and dy[1] themselves. All are matrices of one size.
func FilterSlopes(dm, dy [2]Matrix) {
	sameShapes(dm[0], dm[1])
	sameShapes(dm[0], dy[:]...)
	if dm[0].Cols > 0 {
		filterSlopes(dm, dy)
	}
}

func filterInputsGeneric(v, x [4]Matrix) {
	for r := range v[0].Rows {
		v0, v1, v2, v3 := v[0].row(r), v[1].row(r), v[2].row(r), v[3].row(r)
		x0, x1, x2, x3 := x[0].row(r), x[1].row(r), x[2].row(r), x[3].row(r)
		for i := range v0 {
			v0[i], v1[i], v2[i], v3[i] = x0[i]-x2[i], x1[i]+x2[i], x2[i]-x1[i], x3[i]-x1[i]
		}
	}
}

func filterOutputsGeneric(y [2]Matrix, m [4]Matrix) {
	for r := range y[0].Rows {
		y0, y1 := y[0].row(r), y[1].row(r)
		m0, m1, m2, m3 := m[0].row(r), m[1].row(r), m[2].row(r), m[3].row(r)
		for i := range y0 {
			y0[i], y1[i] = m0[i]+m1[i]+m2[i], m1[i]-m2[i]+m3[i]
		}
	}
}

func filterSlopesGeneric(dm, dy [2]Matrix) {
	for r := range dm[0].Rows {
		sum, difference, x, y := dm[0].row(r), dm[1].row(r), dy[0].row(r), dy[1].row(r)
		for i := range sum {
			sum[i], difference[i] = x[i]+y[i], x[i]-y[i]
		}
	}
}
