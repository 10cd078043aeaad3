package simd

import "math"

// LayerNorm normalises one row x to dst[i] = (x[i]-mean)·rstd·gamma[i] + beta[i]
// with the mean and the population variance of the row and
// rstd = 1/√(variance+eps): Ba, Kiros and Hinton (2016), arXiv:1607.06450,
// equation 4. The variance is summed from x[i]-mean in a second pass, so a mean
// that is large beside the spread costs no precision. dst may be x. It returns
// what [LayerNormBackward] needs.
func LayerNorm(dst, x, gamma, beta []float32, eps float32) (mean, rstd float32) {
	sameLength(len(dst), len(x))
	sameLength(len(gamma), len(x))
	sameLength(len(beta), len(x))
	n := float64(len(x))
	mu := sum(x) / n
	r := 1 / math.Sqrt(squares(x, mu)/n+float64(eps))
	normalize(dst, x, gamma, beta, mu, r)
	return float32(mu), float32(r)
}

// LayerNormBackward computes the gradients of [LayerNorm] for one row from the
// gradient dy of its output and from its input x. With x̂ = (x-mean)·rstd and
// g = dy·gamma,
//
//	dx     =  rstd·(g - mean(g) - x̂·mean(g·x̂))
//	dgamma += dy·x̂
//	dbeta  += dy
//
// dx may be dy.
func LayerNormBackward(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd float32) {
	sameLength(len(dx), len(x))
	sameLength(len(dgamma), len(x))
	sameLength(len(dbeta), len(x))
	sameLength(len(dy), len(x))
	sameLength(len(gamma), len(x))
	n := float64(len(x))
	sumG, sumGX := normSums(dy, x, gamma, mean, rstd)
	normGradients(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, float32(sumG/n), float32(sumGX/n))
}

// LayerNormRows is [LayerNorm] of each row of x [R, n] into dst [R, n], where n
// is len(gamma). It sets mean [R] and rstd [R]. dst may be x.
func LayerNormRows(dst, x, gamma, beta []float32, eps float32, mean, rstd []float32) {
	n := normRows(dst, x, gamma, mean, rstd)
	sameLength(len(beta), n)
	for i := range mean {
		mean[i], rstd[i] = LayerNorm(dst[i*n:][:n], x[i*n:][:n], gamma, beta, eps)
	}
}

// NormalizeRows is the second pass of [LayerNormRows], with the moments that
// another call has found. Since they are rounded to float32, it keeps fewer
// digits than that where a mean is large beside its row's spread. dst may be x.
func NormalizeRows(dst, x, gamma, beta, mean, rstd []float32) {
	n := normRows(dst, x, gamma, mean, rstd)
	sameLength(len(beta), n)
	for i := range mean {
		normalize(dst[i*n:][:n], x[i*n:][:n], gamma, beta, float64(mean[i]), float64(rstd[i]))
	}
}

// LayerNormBackwardRows is [LayerNormBackward] of each row of dy [R, n] and x
// [R, n], where n is len(gamma): it sets dx [R, n] and adds the gradients of all
// rows to dgamma [n] and dbeta [n]. dx may be dy.
func LayerNormBackwardRows(dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32) {
	n := normRows(dx, x, gamma, mean, rstd)
	sameLength(len(dy), len(x))
	sameLength(len(dgamma), n)
	sameLength(len(dbeta), n)
	for i := range mean {
		LayerNormBackward(dx[i*n:][:n], dgamma, dbeta, dy[i*n:][:n], x[i*n:][:n], gamma, mean[i], rstd[i])
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

// normalizeGeneric computes dst[i] = (x[i]-mean)·rstd·gamma[i] + beta[i].
func normalizeGeneric(dst, x, gamma, beta []float32, mean, rstd float64) {
	dst, gamma, beta = dst[:len(x)], gamma[:len(x)], beta[:len(x)]
	for i, v := range x {
		dst[i] = float32((float64(v)-mean)*rstd*float64(gamma[i]) + float64(beta[i]))
	}
}

// normSumsGeneric returns Σ g and Σ g·x̂, where g = dy·gamma and
// x̂ = (x-mean)·rstd.
func normSumsGeneric(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64) {
	dy, gamma = dy[:len(x)], gamma[:len(x)]
	for i, v := range x {
		g := float64(dy[i]) * float64(gamma[i])
		sumG += g
		sumGX += g * float64((v-mean)*rstd)
	}
	return sumG, sumGX
}

// normGradientsGeneric is the second pass of [LayerNormBackward], which has
// the means of g and g·x̂.
func normGradientsGeneric(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32) {
	dy, gamma = dy[:len(x)], gamma[:len(x)]
	dx, dgamma, dbeta = dx[:len(x)], dgamma[:len(x)], dbeta[:len(x)]
	for i, v := range x {
		d := dy[i]
		xhat := (v - mean) * rstd
		dgamma[i] += d * xhat
		dbeta[i] += d
		dx[i] = rstd * (d*gamma[i] - meanG - xhat*meanGX)
	}
}
