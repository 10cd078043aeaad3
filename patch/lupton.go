package patch

import "math"

// maxQ bounds lupton's Q as astropy's AsinhMapping does.
const maxQ = 1e10

// luptonSlope is the brightness at which the curves of all Q meet: f(I) is 0.1 at
// a tenth of "stretch".
const luptonSlope = 0.1

// lupton scales the three bands, red first, by one function of their mean I, so
// that colours stay (Lupton et al. 2004, PASP 116, 133):
//
//	f(I) = asinh(Q I / stretch) · 0.1/asinh(0.1 Q)
//
// as astropy's make_lupton_rgb has it, 1 being white. A pixel with a band above 1
// is dimmed as a whole.
func (s Stretch) lupton(im Image) {
	r, g, b := im.Band(0), im.Band(1), im.Band(2)
	slope := luptonSlope / math.Asinh(luptonSlope*s.Q)
	for i := range r {
		x := [3]float64{float64(r[i]) - s.Low[0], float64(g[i]) - s.Low[1], float64(b[i]) - s.Low[2]}
		scale := 0.0
		if mean := (x[0] + x[1] + x[2]) / 3; mean > 0 {
			scale = math.Asinh(mean*s.Q/s.Soft[0]) * slope / mean
		}
		if top := scale * max(x[0], x[1], x[2]); top > 1 {
			scale /= top
		}
		r[i], g[i], b[i] = float32(max(0, scale*x[0])), float32(max(0, scale*x[1])), float32(max(0, scale*x[2]))
	}
}

// fitLupton is the Q and stretch with f(I) = asinh(I/soft) / asinh(white/soft).
func fitLupton(white, soft float64) (q float64, stretch []float64) {
	q = math.Sinh(luptonSlope*math.Asinh(white/soft)) / luptonSlope
	return q, []float64{q * soft}
}
