//go:build !purego && !race

package simd

import "math"

func dot(x, y []float32) float64 {
	if active != neon {
		return dotGeneric(x, y)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += dotNEON(x[lo:hi], y[lo:hi])
	}
	return total
}

func sum(x []float32) float64 {
	if active != neon {
		return sumGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += sumNEON(x[lo:hi])
	}
	return total
}

func squares(x []float32) float64 {
	if active != neon {
		return squaresGeneric(x)
	}
	total := 0.0
	for lo, hi := range pieces(len(x)) {
		total += squaresNEON(x[lo:hi], 0)
	}
	return total
}

func axpy(alpha float32, x, y []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case neon:
			axpyNEON(alpha, x[lo:hi], y[lo:hi])
		default:
			axpyGeneric(alpha, x[lo:hi], y[lo:hi])
		}
	}
}

func add(dst, x, y []float32) {
	for lo, hi := range pieces(len(dst)) {
		switch active {
		case neon:
			addNEON(dst[lo:hi], x[lo:hi], y[lo:hi])
		default:
			addGeneric(dst[lo:hi], x[lo:hi], y[lo:hi])
		}
	}
}

func scale(alpha float32, x []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case neon:
			scaleNEON(alpha, x[lo:hi])
		default:
			scaleGeneric(alpha, x[lo:hi])
		}
	}
}

func gelu(dst, x []float32) {
	for lo, hi := range pieces(len(x)) {
		switch active {
		case neon:
			geluNEON(dst[lo:hi], x[lo:hi])
		default:
			geluGeneric(dst[lo:hi], x[lo:hi])
		}
	}
}

func geluBackward(dx, x, dy []float32) {
	for lo, hi := range pieces(len(dx)) {
		switch active {
		case neon:
			geluBackwardNEON(dx[lo:hi], x[lo:hi], dy[lo:hi])
		default:
			geluBackwardGeneric(dx[lo:hi], x[lo:hi], dy[lo:hi])
		}
	}
}

func geluBoth(y, dx, h, dy []float32) {
	for lo, hi := range pieces(len(h)) {
		switch active {
		case neon:
			geluBackwardNEON(dx[lo:hi], h[lo:hi], dy[lo:hi])
			geluNEON(y[lo:hi], h[lo:hi])
		default:
			geluBothGeneric(y[lo:hi], dx[lo:hi], h[lo:hi], dy[lo:hi])
		}
	}
}

func adamW(w, g, m, v []float32, f adamWFactors) {
	for lo, hi := range pieces(len(w)) {
		switch active {
		case neon:
			adamWNEON(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], &f.gradScale)
		default:
			adamWGeneric(w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], f)
		}
	}
}

// The functions of rows call a kernel a row.

func addColumns(sums *wide, x []float32, rows, cols, stride int) {
	if active != neon {
		addColumnsGeneric(sums, x, rows, cols, stride)
		return
	}
	const most = 64 // columns of a call
	for i := range rows {
		row := x[i*stride:][:cols]
		for j := 0; j < cols; j += most {
			addWideNEON((*[most]float64)(sums[j:]), row[j:min(j+most, cols)])
		}
	}
}

func largestRows(top []float32, x Matrix) {
	if active != neon {
		largestRowsGeneric(top, x)
		return
	}
	for i := range top {
		top[i] = largestNEON(x.row(i))
	}
}

func expRows(sums []float64, top []float32, x Matrix, scale float32) {
	if active != neon {
		expRowsGeneric(sums, top, x, scale)
		return
	}
	for i := range sums {
		sums[i] = expsNEON(x.row(i), top[i], scale)
	}
}

func divideRows(sums []float64, x Matrix) {
	if active != neon {
		divideRowsGeneric(sums, x)
		return
	}
	for i, sum := range sums {
		scaleNEON(float32(1/sum), x.row(i))
	}
}

func dotRows(dots []float32, x, y Matrix) {
	if active != neon {
		dotRowsGeneric(dots, x, y)
		return
	}
	for i := range dots {
		dots[i] = float32(dotNEON(x.row(i), y.row(i)))
	}
}

func centreRows(means []float32, dst, p, y Matrix, scale float32) {
	if active != neon {
		centreRowsGeneric(means, dst, p, y, scale)
		return
	}
	for i, mean := range means {
		row := dst.row(i)
		centreScaleNEON(row, p.row(i), y.row(i), mean)
		if scale != 1 {
			scaleNEON(scale, row)
		}
	}
}

func meanRows(mean, x []float32, n int) {
	if active != neon {
		meanRowsGeneric(mean, x, n)
		return
	}
	for i := range mean {
		mean[i] = float32(sumNEON(x[i*n:][:n]) / float64(n))
	}
}

func momentRows(mean, rstd, shift, centre, x []float32, eps float32) {
	if active != neon {
		momentRowsGeneric(mean, rstd, shift, centre, x, eps)
		return
	}
	n := len(x) / len(mean)
	for i := range mean {
		row, c := x[i*n:][:n], float64(centre[i])
		first := sumNEON(row)/float64(n) - c
		r := 1 / math.Sqrt(squaresNEON(row, c)/float64(n)-first*first+float64(eps))
		rstd[i], shift[i] = float32(r), float32(first*r)
		if math.IsNaN(first) { // but an infinite mean is known
			first = 0
		}
		mean[i] = float32(c + first)
	}
}

func normalizeRows(dst, x, gamma, beta, centre, rstd, shift []float32) {
	if active != neon {
		normalizeRowsGeneric(dst, x, gamma, beta, centre, rstd, shift)
		return
	}
	n := len(gamma)
	for i, c := range centre {
		rest := shift[i]
		if rest != 0 { // where rstd may be zero it is none
			rest /= rstd[i]
		}
		normalizeNEON(dst[i*n:][:n], x[i*n:][:n], gamma, beta, c, rest, rstd[i])
	}
}

func normSumsRows(terms []normTerms, dy, x, gamma, mean, rstd []float32) {
	if active != neon {
		normSumsRowsGeneric(terms, dy, x, gamma, mean, rstd)
		return
	}
	n := len(gamma)
	for i := range terms {
		g, gx := normSumsNEON(dy[i*n:][:n], x[i*n:][:n], gamma, mean[i], rstd[i])
		terms[i] = normTerms{mean[i], rstd[i], float32(g / float64(n)), float32(gx / float64(n))}
	}
}

func normGradientsRows(terms []normTerms, dx, dgamma, dbeta, dy, x, gamma []float32, n int) {
	if active != neon {
		normGradientsRowsGeneric(terms, dx, dgamma, dbeta, dy, x, gamma, n)
		return
	}
	cols := len(gamma)
	for i, t := range terms {
		normGradientsNEON(dx[i*n:][:cols], dgamma, dbeta, dy[i*n:][:cols], x[i*n:][:cols], gamma, t.mean, t.rstd, t.g, t.gx)
	}
}

func filterInputs(v, x [4]Matrix) {
	if active != neon {
		filterInputsGeneric(v, x)
		return
	}
	for r := range v[0].Rows {
		filterInputsNEON(v[0].row(r), v[1].row(r), v[2].row(r), v[3].row(r), x[0].row(r), x[1].row(r), x[2].row(r), x[3].row(r))
	}
}

func filterOutputs(y [2]Matrix, m [4]Matrix) {
	if active != neon {
		filterOutputsGeneric(y, m)
		return
	}
	for r := range y[0].Rows {
		filterOutputsNEON(y[0].row(r), y[1].row(r), m[0].row(r), m[1].row(r), m[2].row(r), m[3].row(r))
	}
}

func filterSlopes(dm, dy [2]Matrix) {
	if active != neon {
		filterSlopesGeneric(dm, dy)
		return
	}
	for r := range dm[0].Rows {
		filterSlopesNEON(dm[0].row(r), dm[1].row(r), dy[0].row(r), dy[1].row(r))
	}
}
