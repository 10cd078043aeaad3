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
	return layerNorm(dst, x, gamma, beta, eps)
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
	layerNormBackward(dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}

func layerNormGeneric(dst, x, gamma, beta []float32, eps float32) (mean, rstd float32) {
	n := float64(len(x))
	mu := sumGeneric(x) / n
	sum := 0.0
	for _, v := range x {
		d := float64(v) - mu
		sum += d * d
	}
	r := 1 / math.Sqrt(sum/n+float64(eps))
	dst, gamma, beta = dst[:len(x)], gamma[:len(x)], beta[:len(x)]
	for i, v := range x {
		dst[i] = float32((float64(v)-mu)*r*float64(gamma[i]) + float64(beta[i]))
	}
	return float32(mu), float32(r)
}

func layerNormBackwardGeneric(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd float32) {
	mu, r := float64(mean), float64(rstd)
	dy, gamma = dy[:len(x)], gamma[:len(x)]
	sum, sumX := 0.0, 0.0 // of g and of g·x̂
	for i, v := range x {
		g := float64(dy[i]) * float64(gamma[i])
		sum += g
		sumX += g * ((float64(v) - mu) * r)
	}
	n := float64(len(x))
	sum, sumX = sum/n, sumX/n
	dx, dgamma, dbeta = dx[:len(x)], dgamma[:len(x)], dbeta[:len(x)]
	for i, v := range x {
		d := float64(dy[i])
		xhat := (float64(v) - mu) * r
		dgamma[i] += float32(d * xhat)
		dbeta[i] += dy[i]
		dx[i] = float32(r * (d*float64(gamma[i]) - sum - xhat*sumX))
	}
}
