package ref

import "math"

// Each operation stands above its backward. A backward takes the gradient of
// the output first, then what the forward was given, and returns the gradients
// of all its inputs.

// Linear returns y [n,out] = x [n,in] · wᵀ [out,in] + b [out]; b may be nil.
func Linear(x, w, b []float64, in, out int) []float64 {
	y := make([]float64, len(x)/in*out)
	for i := range len(x) / in {
		for o := range out {
			y[i*out+o] = dot(x[i*in:(i+1)*in], w[o*in:(o+1)*in])
			if b != nil {
				y[i*out+o] += b[o]
			}
		}
	}
	return y
}

// LinearBackward returns dx [n,in], dw [out,in] and db [out].
func LinearBackward(dy, x, w []float64, in, out int) (dx, dw, db []float64) {
	dx, dw, db = make([]float64, len(x)), make([]float64, in*out), make([]float64, out)
	for i := range len(x) / in {
		for o := range out {
			d := dy[i*out+o]
			db[o] += d
			axpy(d, x[i*in:(i+1)*in], dw[o*in:(o+1)*in])
			axpy(d, w[o*in:(o+1)*in], dx[i*in:(i+1)*in])
		}
	}
	return dx, dw, db
}

func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// axpy adds a·x to y.
func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

// LayerNorm normalises each row of x [n,D] to zero mean and unit variance (the
// biased one), then scales by gamma [D] and shifts by beta [D] (Ba et al. 2016).
func LayerNorm(x, gamma, beta []float64, eps float64) []float64 {
	d := len(gamma)
	y := make([]float64, len(x))
	for r := 0; r < len(x); r += d {
		mean, rstd := moments(x[r:r+d], eps)
		for j := range d {
			y[r+j] = (x[r+j]-mean)*rstd*gamma[j] + beta[j]
		}
	}
	return y
}

// LayerNormBackward returns dx [n,D], dgamma [D] and dbeta [D].
func LayerNormBackward(dy, x, gamma []float64, eps float64) (dx, dgamma, dbeta []float64) {
	d := len(gamma)
	dx, dgamma, dbeta = make([]float64, len(x)), make([]float64, d), make([]float64, d)
	for r := 0; r < len(x); r += d {
		mean, rstd := moments(x[r:r+d], eps)
		var sum, along float64 // means over the row of dn and of dn·n, n the normalised row
		for j := range d {
			n, dn := (x[r+j]-mean)*rstd, dy[r+j]*gamma[j]
			dgamma[j] += dy[r+j] * n
			dbeta[j] += dy[r+j]
			sum += dn / float64(d)
			along += dn * n / float64(d)
		}
		for j := range d {
			n, dn := (x[r+j]-mean)*rstd, dy[r+j]*gamma[j]
			dx[r+j] = rstd * (dn - sum - n*along)
		}
	}
	return dx, dgamma, dbeta
}

func moments(row []float64, eps float64) (mean, rstd float64) {
	var variance float64
	for _, v := range row {
		mean += v / float64(len(row))
	}
	for _, v := range row {
		variance += (v - mean) * (v - mean) / float64(len(row))
	}
	return mean, 1 / math.Sqrt(variance+eps)
}

// GELU is x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016),
// by the error function and not by its tanh approximation.
func GELU(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * normalCDF(v)
	}
	return y
}

// GELUBackward returns dx = dy·(Φ(x) + x·φ(x)).
func GELUBackward(dy, x []float64) []float64 {
	dx := make([]float64, len(x))
	for i, v := range x {
		density := math.Exp(-v*v/2) / math.Sqrt(2*math.Pi)
		dx[i] = dy[i] * (normalCDF(v) + v*density)
	}
	return dx
}

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// Softmax of each row of x [rows,n].
func Softmax(x []float64, n int) []float64 {
	p := make([]float64, len(x))
	for r := 0; r < len(x); r += n {
		logSum := logSumExp(x[r : r+n])
		for j := range n {
			p[r+j] = math.Exp(x[r+j] - logSum)
		}
	}
	return p
}

// SoftmaxBackward returns dx = p·(dy − Σ dy·p) from the forward's result p.
func SoftmaxBackward(dy, p []float64, n int) []float64 {
	dx := make([]float64, len(p))
	for r := 0; r < len(p); r += n {
		mean := dot(dy[r:r+n], p[r:r+n])
		for j := range n {
			dx[r+j] = p[r+j] * (dy[r+j] - mean)
		}
	}
	return dx
}

func logSumExp(row []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range row {
		largest = math.Max(largest, v)
	}
	var sum float64
	for _, v := range row {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

// Attention is scaled dot-product attention over H heads (Vaswani et al. 2017,
// eq. 1 and section 3.2.2), before the output projection. q, k, v and y are
// [B,T,D], head h owning columns h·K to (h+1)·K; probs is [B,H,T,T], each row
// the weights that one query gives to the T keys.
func Attention(q, k, v []float64, batch, dim, heads int) (y, probs []float64) {
	tokens, width := len(q)/(batch*dim), dim/heads
	scale := 1 / math.Sqrt(float64(width))
	y = make([]float64, len(q))
	for b := range batch {
		for h := range heads {
			of := func(x []float64, t int) []float64 { return x[(b*tokens+t)*dim+h*width:][:width] } // head h of token t
			for i := range tokens {
				scores := make([]float64, tokens)
				for j := range tokens {
					scores[j] = scale * dot(of(q, i), of(k, j))
				}
				p := Softmax(scores, tokens)
				for j := range tokens {
					axpy(p[j], of(v, j), of(y, i))
				}
				probs = append(probs, p...)
			}
		}
	}
	return y, probs
}

// AttentionBackward returns dq, dk and dv, each [B,T,D].
func AttentionBackward(dy, q, k, v, probs []float64, batch, dim, heads int) (dq, dk, dv []float64) {
	tokens, width := len(q)/(batch*dim), dim/heads
	scale := 1 / math.Sqrt(float64(width))
	dq, dk, dv = make([]float64, len(q)), make([]float64, len(q)), make([]float64, len(q))
	for b := range batch {
		for h := range heads {
			of := func(x []float64, t int) []float64 { return x[(b*tokens+t)*dim+h*width:][:width] }
			for i := range tokens {
				p := probs[((b*heads+h)*tokens+i)*tokens:][:tokens]
				dp := make([]float64, tokens)
				for j := range tokens {
					dp[j] = dot(of(dy, i), of(v, j))
					axpy(p[j], of(dy, i), of(dv, j))
				}
				dscores := SoftmaxBackward(dp, p, tokens)
				for j := range tokens {
					axpy(scale*dscores[j], of(k, j), of(dq, i))
					axpy(scale*dscores[j], of(q, i), of(dk, j))
				}
			}
		}
	}
	return dq, dk, dv
}
