package fits

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/distortion"
	"github.com/astrovit/astrovit/fits/internal/plane"
)

// Binned returns the coordinate system of an image whose pixels are each nx x ny pixels of this one, the centre of its
// first pixel being at (x, y) here: of a heat map, or of a cutout that was resized.
//
// Steps that are not positive are a panic.
func (w *WCS) Binned(x, y, nx, ny float64) *WCS {
	if !(nx > 0 && ny > 0) || !isFinite(x, y, nx, ny) {
		panic("fits: Binned needs positive numbers of pixels")
	}
	b := *w
	b.crpix = [2]float64{(w.crpix[0]-1-x)/nx + 1, (w.crpix[1]-1-y)/ny + 1}
	m := w.matrix
	for row := range m {
		m[row][0] *= nx
		m[row][1] *= ny
	}
	b.setMatrix(m) // which has an inverse as that of w has
	if sip, is := w.ofPixels.(*distortion.SIP); is {
		// Distortions of the plane are in degrees, and stay.
		scaled := &distortion.SIP{F: scaledSIP(sip.F, nx, ny, nx), G: scaledSIP(sip.G, nx, ny, ny)}
		b.ofPixels, b.sip = scaled, append(sipCards("A", scaled.F), sipCards("B", scaled.G)...)
	}
	return &b
}

// scaledSIP is the polynomial for offsets in units of nx and ny pixels, whose values are in units of n.
func scaledSIP(c plane.Polynomial, nx, ny, n float64) plane.Polynomial {
	scaled := make(plane.Polynomial, len(c))
	for p := range c {
		scaled[p] = make([]float64, len(c[p]))
		for q, v := range c[p] {
			scaled[p][q] = v * math.Pow(nx, float64(p)) * math.Pow(ny, float64(q)) / n
		}
	}
	return scaled
}
