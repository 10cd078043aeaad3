package vit

import "github.com/astrovit/astrovit/simd"

// moments are what a LayerNorm keeps for its backward, one of each a row.
type moments struct {
	mean, rstd []float32 // [rows]
}

func newMoments(rows int) moments {
	return moments{make([]float32, rows), make([]float32, rows)}
}

// of is the moments of some rows.
func (m moments) of(s span) moments { return moments{m.mean[s.lo:s.hi], m.rstd[s.lo:s.hi]} }

// norm is y = (x - mean)·rstd·gamma + beta for each row of D numbers (Ba, Kiros
// & Hinton 2016, arXiv:1607.06450): x, y [len(m.mean), D]. Saves m.
func (n Norm) norm(y, x []float32, m moments, eps float32) {
	d := len(n.Gamma)
	for i := range m.mean {
		m.mean[i], m.rstd[i] = simd.LayerNorm(y[i*d:][:d], x[i*d:][:d], n.Gamma, n.Beta, eps)
	}
}

// again computes the norm's output y from its input x once more.
func (n Norm) again(y, x []float32, m moments, eps float32) {
	d := len(n.Gamma)
	for i := range m.mean {
		simd.LayerNorm(y[i*d:][:d], x[i*d:][:d], n.Gamma, n.Beta, eps)
	}
}

// normBackward gives dx from dy and the norm's input x; dx may be dy.
func (n Norm) normBackward(dx []float32, grad Norm, dy, x []float32, m moments) {
	d := len(n.Gamma)
	for i := range m.mean {
		simd.LayerNormBackward(dx[i*d:][:d], grad.Gamma, grad.Beta, dy[i*d:][:d], x[i*d:][:d], n.Gamma, m.mean[i], m.rstd[i])
	}
}
