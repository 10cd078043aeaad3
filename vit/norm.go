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
	simd.LayerNormRows(y, x, n.Gamma, n.Beta, eps, m.mean, m.rstd)
}

// again computes the norm's output y from its input x once more.
func (n Norm) again(y, x []float32, m moments) {
	simd.NormalizeRows(y, x, n.Gamma, n.Beta, m.mean, m.rstd)
}

// normBackward gives dx from dy and the norm's input x; dx may be dy.
func (n Norm) normBackward(dx []float32, grad Norm, dy, x []float32, m moments) {
	simd.LayerNormBackwardRows(dx, grad.Gamma, grad.Beta, dy, x, n.Gamma, m.mean, m.rstd)
}
