//go:build !purego && !race

package simd

import "math"

func dot(x, y []float32) float64 {
	if active == generic {
		return dotGeneric(x, y)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		if active == avx512 {
			total += dotAVX512(x[lo:hi], y[lo:hi])
		} else {
			total += dotAVX2(x[lo:hi], y[lo:hi])
		}
	}
	return total
}

func sum(x []float32) float64 {
	if active == generic {
		return sumGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		if active == avx512 {
			total += sumAVX512(x[lo:hi])
		} else {
			total += sumAVX2(x[lo:hi])
		}
	}
	return total
}

func squares(x []float32) float64 {
	if active == generic {
		return squaresGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		if active == avx512 {
			total += squaresAVX512(x[lo:hi])
		} else {
			total += squaresAVX2(x[lo:hi])
		}
	}
	return total
}

func axpy(alpha float32, x, y []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case avx512:
			axpyAVX512(alpha, x[lo:hi], y[lo:hi])
		case avx2:
			axpyAVX2(alpha, x[lo:hi], y[lo:hi])
		default:
			axpyGeneric(alpha, x[lo:hi], y[lo:hi])
		}
	}
}

func add(dst, x, y []float32) {
	for lo, hi := range pieces(len(dst)) {
		switch active {
		case avx512:
			addAVX512(dst[lo:hi], x[lo:hi], y[lo:hi])
		case avx2:
			addAVX2(dst[lo:hi], x[lo:hi], y[lo:hi])
		default:
			addGeneric(dst[lo:hi], x[lo:hi], y[lo:hi])
		}
	}
}

func scale(alpha float32, x []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case avx512:
			scaleAVX512(alpha, x[lo:hi])
		case avx2:
			scaleAVX2(alpha, x[lo:hi])
		default:
			scaleGeneric(alpha, x[lo:hi])
		}
	}
}

func gelu(dst, x []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case avx512:
			geluAVX512(dst[lo:hi], x[lo:hi])
		case avx2:
			geluAVX2(dst[lo:hi], x[lo:hi])
		default:
			geluGeneric(dst[lo:hi], x[lo:hi])
		}
	}
}

func geluBackward(dx, x, dy []float32) {
	for lo, hi := range pieces(len(dx)) {
		switch active {
		case avx512:
			geluBackwardAVX512(dx[lo:hi], x[lo:hi], dy[lo:hi])
		case avx2:
			geluBackwardAVX2(dx[lo:hi], x[lo:hi], dy[lo:hi])
		default:
			geluBackwardGeneric(dx[lo:hi], x[lo:hi], dy[lo:hi])
		}
	}
}

func geluBoth(y, dx, h, dy []float32) {
	for lo, hi := range pieces(len(h)) {
		switch active {
		case avx512:
			geluBothAVX512(y[lo:hi], dx[lo:hi], h[lo:hi], dy[lo:hi])
		case avx2:
			geluBothAVX2(y[lo:hi], dx[lo:hi], h[lo:hi], dy[lo:hi])
		default:
			geluBothGeneric(y[lo:hi], dx[lo:hi], h[lo:hi], dy[lo:hi])
		}
	}
}

func adamW(w, g, m, v []float32, f adamWFactors) {
	for lo, hi := range pieces(len(w)) {
		switch active {
		case avx512:
			adamWAVX512(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		case avx2:
			adamWAVX2(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		default:
			adamWGeneric(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], f)
		}
	}
}

// The functions of rows get at least one row and one column, and their matrices
// and slices have been checked.

func addColumns(sums *wide, x []float32, rows, cols, stride int) {
	switch active {
	case avx512:
		addColumnsAVX512(&sums[0], &x[0], rows, cols, stride)
	case avx2:
		addColumnsAVX2(&sums[0], &x[0], rows, cols, stride)
	default:
		addColumnsGeneric(sums, x, rows, cols, stride)
	}
}

func largestRows(top []float32, x Matrix) {
	switch active {
	case avx512:
		largestRowsAVX512(top, &x.Data[0], x.Stride, x.Cols)
	case avx2:
		largestRowsAVX2(top, &x.Data[0], x.Stride, x.Cols)
	default:
		largestRowsGeneric(top, x)
	}
}

func expRows(sums []float64, top []float32, x Matrix, scale float32) {
	if active == generic {
		expRowsGeneric(sums, top, x, scale)
		return
	}
	steps := 8.0 // of an octave
	if active == avx512 {
		steps = 16
	}
	unit := steps * math.Log2E * float64(scale)
	high := float32(unit)
	low, floor := float32(unit-float64(high)), float32(-127*math.Ln2/float64(scale))
	if active == avx512 {
		expRowsAVX512(sums, &top[0], &x.Data[0], x.Stride, x.Cols, high, low, floor)
	} else {
		expRowsAVX2(sums, &top[0], &x.Data[0], x.Stride, x.Cols, high, low, floor)
	}
}

func divideRows(sums []float64, x Matrix) {
	switch active {
	case avx512:
		divideRowsAVX512(sums, &x.Data[0], x.Stride, x.Cols)
	case avx2:
		divideRowsAVX2(sums, &x.Data[0], x.Stride, x.Cols)
	default:
		divideRowsGeneric(sums, x)
	}
}

func dotRows(dots []float32, x, y Matrix) {
	switch active {
	case avx512:
		dotRowsAVX512(dots, &x.Data[0], x.Stride, &y.Data[0], y.Stride, x.Cols)
	case avx2:
		dotRowsAVX2(dots, &x.Data[0], x.Stride, &y.Data[0], y.Stride, x.Cols)
	default:
		dotRowsGeneric(dots, x, y)
	}
}

func centreRows(means []float32, dst, p, y Matrix, scale float32) {
	switch active {
	case avx512:
		centreRowsAVX512(means, &dst.Data[0], dst.Stride, &p.Data[0], p.Stride, &y.Data[0], y.Stride, dst.Cols, scale)
	case avx2:
		centreRowsAVX2(means, &dst.Data[0], dst.Stride, &p.Data[0], p.Stride, &y.Data[0], y.Stride, dst.Cols, scale)
	default:
		centreRowsGeneric(means, dst, p, y, scale)
	}
}

func meanRows(mean, x []float32, n int) {
	switch active {
	case avx512:
		meanRowsAVX512(mean, &x[0], n, n, 1/float32(n))
	case avx2:
		meanRowsAVX2(mean, &x[0], n, n, 1/float32(n))
	default:
		meanRowsGeneric(mean, x, n)
	}
}

func momentRows(mean, rstd, shift, centre, x []float32, eps float32) {
	n := len(x) / len(mean)
	switch active {
	case avx512:
		momentRowsAVX512(mean, &rstd[0], &shift[0], &centre[0], &x[0], n, n, 1/float64(n), float64(eps))
	case avx2:
		momentRowsAVX2(mean, &rstd[0], &shift[0], &centre[0], &x[0], n, n, 1/float64(n), float64(eps))
	default:
		momentRowsGeneric(mean, rstd, shift, centre, x, eps)
	}
}

func normalizeRows(dst, x, gamma, beta, centre, rstd, shift []float32) {
	n := len(gamma)
	switch active {
	case avx512:
		normalizeRowsAVX512(centre, &rstd[0], &shift[0], &dst[0], &x[0], &gamma[0], &beta[0], n, n)
	case avx2:
		normalizeRowsAVX2(centre, &rstd[0], &shift[0], &dst[0], &x[0], &gamma[0], &beta[0], n, n)
	default:
		normalizeRowsGeneric(dst, x, gamma, beta, centre, rstd, shift)
	}
}

func normSumsRows(terms []normTerms, dy, x, gamma, mean, rstd []float32) {
	n := len(gamma)
	switch active {
	case avx512:
		normSumsRowsAVX512(mean, &rstd[0], &terms[0].mean, &dy[0], &x[0], &gamma[0], n, n, 1/float32(n))
	case avx2:
		normSumsRowsAVX2(mean, &rstd[0], &terms[0].mean, &dy[0], &x[0], &gamma[0], n, n, 1/float32(n))
	default:
		normSumsRowsGeneric(terms, dy, x, gamma, mean, rstd)
	}
}

func normGradientsRows(terms []normTerms, dx, dgamma, dbeta, dy, x, gamma []float32, n int) {
	switch active {
	case avx512:
		normGradientsRowsAVX512(&terms[0].mean, len(terms), &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], len(gamma), n)
	case avx2:
		normGradientsRowsAVX2(&terms[0].mean, len(terms), &dx[0], &dgamma[0], &dbeta[0], &dy[0], &x[0], &gamma[0], len(gamma), n)
	default:
		normGradientsRowsGeneric(terms, dx, dgamma, dbeta, dy, x, gamma, n)
	}
}

func filterInputs(v, x [4]Matrix) {
	if active == generic {
		filterInputsGeneric(v, x)
		return
	}
	cols := v[0].Cols
	for r := range v[0].Rows {
		v0, v1, v2, v3 := v[0].start(r), v[1].start(r), v[2].start(r), v[3].start(r)
		x0, x1, x2, x3 := x[0].start(r), x[1].start(r), x[2].start(r), x[3].start(r)
		if active == avx512 {
			filterInputsAVX512(v0, v1, v2, v3, x0, x1, x2, x3, cols)
		} else {
			filterInputsAVX2(v0, v1, v2, v3, x0, x1, x2, x3, cols)
		}
	}
}

func filterOutputs(y [2]Matrix, m [4]Matrix) {
	if active == generic {
		filterOutputsGeneric(y, m)
		return
	}
	cols := y[0].Cols
	for r := range y[0].Rows {
		y0, y1 := y[0].start(r), y[1].start(r)
		m0, m1, m2, m3 := m[0].start(r), m[1].start(r), m[2].start(r), m[3].start(r)
		if active == avx512 {
			filterOutputsAVX512(y0, y1, m0, m1, m2, m3, cols)
		} else {
			filterOutputsAVX2(y0, y1, m0, m1, m2, m3, cols)
		}
	}
}

func filterSlopes(dm, dy [2]Matrix) {
	if active == generic {
		filterSlopesGeneric(dm, dy)
		return
	}
	cols := dm[0].Cols
	for r := range dm[0].Rows {
		sum, difference := dm[0].start(r), dm[1].start(r)
		x, y := dy[0].start(r), dy[1].start(r)
		if active == avx512 {
			filterSlopesAVX512(sum, difference, x, y, cols)
		} else {
			filterSlopesAVX2(sum, difference, x, y, cols)
		}
	}
}

// start is where row i begins, of a matrix that has columns.
func (m Matrix) start(i int) *float32 { return &m.Data[i*m.Stride] }
