package simd

import "math"

// LayerNormRows normalises each row of x [R, n], where n is len(gamma), to
// dst[i] = (x[i]-mean)·rstd·gamma[i] + beta[i] with the mean and the population
// variance of the row and rstd = 1/√(variance+eps): Ba, Kiros and Hinton (2016),
// arXiv:1607.06450, equation 4. The variance is summed from x[i]-mean in a second
// pass, so a mean that is large beside the spread costs no precision. The sums
// are of float32, into which the squares have to fit. It sets mean [R] and rstd
// [R], which [LayerNormBackwardRows] needs. dst may be x.
func LayerNormRows(dst, x, gamma, beta []float32, eps float32, mean, rstd []float32) {
	n := normRows(dst, x, gamma, mean, rstd)
	sameLength(len(beta), n)
	if n == 0 {
		for i := range mean {
			mean[i], rstd[i] = float32(math.NaN()), float32(math.NaN())
		}
		return
	}
	var centre, shift [blockRows]float32
	for i, rows := range rowBlocks(len(mean), n) {
		to := i + rows
		block := x[i*n : to*n]
		meanRows(centre[:rows], block, n)
		momentRows(mean[i:to], rstd[i:to], shift[:rows], centre[:rows], block, eps)
		normalizeRows(dst[i*n:to*n], block, gamma, beta, centre[:rows], rstd[i:to], shift[:rows])
	}
}

// NormalizeRows is the second pass of [LayerNormRows], with the moments that
// another call has found. Since they are rounded to float32, it keeps fewer
// digits than that where a mean is large beside its row's spread. dst may be x.
func NormalizeRows(dst, x, gamma, beta, mean, rstd []float32) {
	n := normRows(dst, x, gamma, mean, rstd)
	sameLength(len(beta), n)
	if n == 0 {
		return
	}
	var shift [blockRows]float32
	for i, rows := range rowBlocks(len(mean), n) {
		to := i + rows
		normalizeRows(dst[i*n:to*n], x[i*n:to*n], gamma, beta, mean[i:to], rstd[i:to], shift[:rows])
	}
}

// LayerNormBackwardRows computes the gradients of [LayerNormRows] from the
// gradient dy [R, n] of its output and from its input x [R, n], where n is
// len(gamma). With x̂ = (x-mean)·rstd and g = dy·gamma, for each row
//
//	dx     =  rstd·(g - mean(g) - x̂·mean(g·x̂))
//	dgamma += dy·x̂
//	dbeta  += dy
//
// dx may be dy.
func LayerNormBackwardRows(dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	n := normRows(dx, x, gamma, mean, rstd)
	sameLength(len(dy), len(x))
	sameLength(len(dgamma), n)
	sameLength(len(dbeta), n)
	if n == 0 {
		return
	}
	// The sums over rows are made of sums over few, which bounds their error,
	// beside dgamma and dbeta and for some columns at a time.
	const tile = 1024
	var terms [blockRows]normTerms
	var sums [2][tile]float32
	step := min(blockRows, max(blockRows/2, blockNumbers/n))
	for i := 0; i < len(mean); i += step {
		to := min(i+step, len(mean))
		terms := terms[:to-i]
		normSumsRows(terms, dy[i*n:to*n], x[i*n:to*n], gamma, mean[i:to], rstd[i:to])
		for j := 0; j < n; j += tile {
			end := min(j+tile, n)
			dg, db := sums[0][:end-j], sums[1][:end-j]
			clear(dg)
			clear(db)
			normGradientsRows(terms, dx[i*n+j:], dg, db, dy[i*n+j:], x[i*n+j:], gamma[j:end], n)
			add(dgamma[j:end], dgamma[j:end], dg)
			add(dbeta[j:end], dbeta[j:end], db)
		}
	}
}

// normRows returns the length of the rows of x, for which there are the
// moments, after a check that they and dst agree.
func normRows(dst, x, gamma, mean, rstd []float32) int {
	sameLength(len(dst), len(x))
	sameLength(len(rstd), len(mean))
	sameLength(len(x), len(mean)*len(gamma))
	return len(gamma)
}

// normTerms are what the second pass of LayerNormBackwardRows needs of a row.
type normTerms struct{ mean, rstd, g, gx float32 } // gx is mean(g·x̂)

// meanRowsGeneric sets mean to the means of rows, which need not be exact.
func meanRowsGeneric(mean, x []float32, n int) {
	for i := range mean {
		mean[i] = float32(sumGeneric(x[i*n:][:n]) / float64(n))
	}
}

// momentRowsGeneric finds the moments of rows from numbers centre near their
// means: mean = centre + shift/rstd.
func momentRowsGeneric(mean, rstd, shift, centre, x []float32, eps float32) {
	n := len(x) / len(mean)
	for i := range mean {
		c := float64(centre[i])
		first, second := 0.0, 0.0
		for _, v := range x[i*n:][:n] {
			d := float64(v) - c
			first += d
			second += d * d
		}
		first /= float64(n)
		r := 1 / math.Sqrt(second/float64(n)-first*first+float64(eps))
		rstd[i], shift[i] = float32(r), float32(first*r)
		if math.IsNaN(first) { // but an infinite mean is known
			first = 0
		}
		mean[i] = float32(c + first)
	}
}

// normalizeRowsGeneric computes ((x-centre)·rstd - shift)·gamma + beta.
func normalizeRowsGeneric(dst, x, gamma, beta, centre, rstd, shift []float32) {
	n := len(gamma)
	for i := range centre {
		c, r, s := float64(centre[i]), float64(rstd[i]), float64(shift[i])
		row := dst[i*n:][:n]
		for j, v := range x[i*n:][:n] {
			row[j] = float32(((float64(v)-c)*r-s)*float64(gamma[j]) + float64(beta[j]))
		}
	}
}

// normSumsRowsGeneric is the first pass of [LayerNormBackwardRows].
func normSumsRowsGeneric(terms []normTerms, dy, x, gamma, mean, rstd []float32) {
	n := len(gamma)
	for i := range terms {
		var sumG, sumGX float64
		dy, x := dy[i*n:][:n], x[i*n:][:n]
		for j, v := range x {
			g := float64(dy[j]) * float64(gamma[j])
			sumG += g
			sumGX += g * float64((v-mean[i])*rstd[i])
		}
		terms[i] = normTerms{mean[i], rstd[i], float32(sumG / float64(n)), float32(sumGX / float64(n))}
	}
}

// normGradientsRowsGeneric is the second pass of [LayerNormBackwardRows], for
// the columns of gamma in rows of length n.
func normGradientsRowsGeneric(terms []normTerms, dx, dgamma, dbeta, dy, x, gamma []float32, n int) {
	cols := len(gamma)
	dgamma, dbeta = dgamma[:cols], dbeta[:cols]
	for i, t := range terms {
		dx, dy := dx[i*n:][:cols], dy[i*n:][:cols]
		for j, v := range x[i*n:][:cols] {
			d := dy[j]
			xhat := (v - t.mean) * t.rstd
			dgamma[j] += d * xhat
			dbeta[j] += d
			dx[j] = t.rstd * (d*gamma[j] - t.g - xhat*t.gx)
		}
	}
}
