package sim

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// total adds up an image.
func total(im *Image) float64 {
	sum := 0.0
	for _, v := range im.Pix {
		sum += v
	}
	return sum
}

// drawn is light in the middle of a field.
func drawn(l Light, side int) *Image {
	im := NewImage(side, side)
	im.Add(l, float64(side)/2+0.13, float64(side)/2-0.38)
	return im
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8g, want %.8g within %.2g", what, got, want, tolerance)
	}
}

// Half of the light of a Sersic profile within r_e is what b is for: gamma(2n, b) = Gamma(2n)/2.
func TestSersicHalfLight(t *testing.T) {
	for _, n := range []float64{0.5, 0.7, 1, 2, 2.5, 4, 5, 8} {
		near(t, "light within r_e", mathext.GammaIncReg(2*n, sersicB(n)), 0.5, 1.5e-4) // the series is asymptotic; best for large n
	}
}

func TestSersicFlux(t *testing.T) {
	for _, c := range []struct{ re, n, q, missing float64 }{
		{6, 0.5, 0.3, 0.0005},
		{6, 1, 0.5, 0.001},
		{3, 2, 0.7, 0.005},
		{4, 4, 1, 0.04}, // wings of a de Vaucouleurs profile lie below the noise and are not drawn
	} {
		const flux = 1e6
		s := NewSersic(flux, c.re, c.n, c.q, 0.6)
		near(t, "flux", total(drawn(s, 401))/flux, 1-c.missing/2, c.missing/2+1e-4)
		if x, y := 1.3, 0.4; c.q == 1 && s.At(x, y) != s.At(-x, -y) {
			t.Error("a round profile depends on the direction")
		}
		major := s.At(c.re*math.Cos(0.6), c.re*math.Sin(0.6))
		minor := s.At(-c.q*c.re*math.Sin(0.6), c.q*c.re*math.Cos(0.6))
		near(t, "an isophote is an ellipse", minor/major, 1, 1e-12)
	}
}

// The core of a cuspy profile is resolved wherever it lies in its pixel: the analytic light within a radius that
// contains whole pixels is that of the profile.
func TestSersicCore(t *testing.T) {
	const flux, re, n = 1e6, 4.0, 4.0
	s := NewSersic(flux, re, n, 1, 0)
	// Light in a circle of 3 pixels, by a fine polar sum, against the analytic one; and in pixels against a fine grid.
	want := flux * mathext.GammaIncReg(2*n, sersicB(n)*math.Pow(3/re, 1/n))
	const steps = 200000
	got := 0.0
	for i := range steps {
		u := (float64(i) + 0.5) / steps
		r := 3 * math.Pow(u, 4) // substitution that resolves the cusp
		got += 2 * math.Pi * r * s.At(r, 0) * 3 * 4 * math.Pow(u, 3) / steps
	}
	near(t, "light within 3 pixels", got/want, 1, 1e-5)
	sum := 0.0
	for y := -10; y <= 10; y++ {
		for x := -10; x <= 10; x++ {
			sum += integrate(s, float64(x)+0.31, float64(y)-0.22, 1, s.At(float64(x)+0.31, float64(y)-0.22), maxDepth)
		}
	}
	fine := 0.0
	const sub = 40
	for y := range 21 * sub {
		for x := range 21 * sub {
			fine += s.At((float64(x)+0.5)/sub-10.5+0.31, (float64(y)+0.5)/sub-10.5-0.22) / (sub * sub)
		}
	}
	near(t, "adaptive against a grid of 40 x 40 points a pixel", sum/fine, 1, 1e-3)
}
