package patch

import (
	"math"
	"testing"
)

func TestBlurAgainstScipy(t *testing.T) {
	for _, c := range peers(t).Blurs {
		// Two bands, the second negative, tell whether planes are kept apart.
		im := NewImage(2, c.Size[0], c.Size[1])
		for i, v := range c.Pixels {
			im.Band(0)[i], im.Band(1)[i] = v, -v
		}
		new(Scratch).blur(im, c.Sigma)
		minus := make([]float64, len(c.Want))
		for i, v := range c.Want {
			minus[i] = -v
		}
		if d := max(off(im.Band(0), c.Want), off(im.Band(1), minus)); !(d < 1e-6) {
			t.Errorf("%v, sigma %g: off by %.2g", c.Size, c.Sigma, d)
		}
	}
}

// A blurred point keeps its flux and its place, and is as wide as was asked.
func TestBlurredPoint(t *testing.T) {
	const side, x0, y0 = 41, 22, 18
	for _, sigma := range []float64{0.7, 1, 2, 3.5} {
		im := NewImage(1, side, side)
		im.Pixels[y0*side+x0] = 100
		new(Scratch).blur(im, sigma)
		var flux, x, y, xx, yy float64
		for i, v := range im.Pixels {
			dx, dy, v := float64(i%side-x0), float64(i/side-y0), float64(v)
			flux, x, y, xx, yy = flux+v, x+v*dx, y+v*dy, xx+v*dx*dx, yy+v*dy*dy
		}
		if math.Abs(flux-100) > 1e-4 || math.Abs(x) > 1e-3 || math.Abs(y) > 1e-3 {
			t.Errorf("sigma %g: a flux of 100 becomes %g, moved by (%g, %g)", sigma, flux, x/flux, y/flux)
		}
		// Cut at 4 sigma a Gaussian loses 0.1 % of its variance.
		if w, h := math.Sqrt(xx/flux), math.Sqrt(yy/flux); math.Abs(w/sigma-1) > 0.01 || math.Abs(h/sigma-1) > 0.01 {
			t.Errorf("sigma %g: the width is %g x %g", sigma, w, h)
		}
	}
}
