package sim

import (
	"math"
	"testing"
)

var testMass = &Isothermal{Radius: 8, Q: 0.7, Angle: 0.5, Shear: 0.05, ShearAngle: 1.2}

// A round isothermal deflects by the Einstein radius everywhere; a nearly round one nearly so.
func TestDeflectionOfTheSphere(t *testing.T) {
	for _, q := range []float64{1, 1 - 1e-9, 1 - 1e-5} {
		m := &Isothermal{Radius: 8, Q: q, Angle: 0.5}
		for _, p := range [][2]float64{{3, 0}, {-1, 4}, {0.2, -7}, {9, 9}} {
			ax, ay := m.Deflect(p[0], p[1])
			r := math.Hypot(p[0], p[1])
			near(t, "x", ax, 8*p[0]/r, 1e-4)
			near(t, "y", ay, 8*p[1]/r, 1e-4)
		}
	}
}

// The deflection is the gradient of a potential whose Laplacian is twice the convergence; shear adds none of it.
func TestDeflectionBelongsToTheMass(t *testing.T) {
	for _, p := range [][2]float64{{3, 0}, {-1, 4}, {0.2, -7}, {9, 9}, {-5, -0.1}} {
		const h = 1e-4
		ax1, ay1 := testMass.Deflect(p[0]+h, p[1])
		ax0, ay0 := testMass.Deflect(p[0]-h, p[1])
		bx1, by1 := testMass.Deflect(p[0], p[1]+h)
		bx0, by0 := testMass.Deflect(p[0], p[1]-h)
		near(t, "div alpha = 2 kappa", (ax1-ax0+by1-by0)/(2*h), 2*testMass.Convergence(p[0], p[1]), 1e-6)
		near(t, "curl alpha = 0", (ay1-ay0-bx1+bx0)/(2*h), 0, 1e-6)
	}
}

// The mass within the critical curve has a mean convergence of 1: the mean convergence within an isodensity ellipse of
// semi-axes R/sqrt(Q) and R*sqrt(Q), which has the area of the Einstein circle, for every axis ratio.
func TestMeanConvergence(t *testing.T) {
	for _, q := range []float64{1, 0.8, 0.5} {
		m := &Isothermal{Radius: 8, Q: q}
		sum := 0.0
		const steps = 1000
		for i := range steps {
			for j := range 100 {
				u := (float64(i) + 0.5) / steps
				sin, cos := math.Sincos(2 * math.Pi * (float64(j) + 0.5) / 100)
				sum += 2 * u * m.Convergence(u*8/math.Sqrt(q)*cos, u*8*math.Sqrt(q)*sin) / (steps * 100)
			}
		}
		near(t, "mean convergence", sum, 1, 1e-6)
	}
}

// A point behind a sphere is seen at beta + R and beta - R with total magnification 2R/beta, and each image with the
// source's own surface brightness (Schneider, Ehlers & Falco 1992, section 8.1.4).
func TestLensedImages(t *testing.T) {
	const flux, radius, beta = 1e5, 8.0, 3.0
	source := NewSersic(flux, 0.25, 0.5, 1, 0) // the magnification grows with the size squared
	l := Lensed{source, beta, 0, &Isothermal{Radius: radius, Q: 1}}
	for _, x := range []float64{beta + radius, beta - radius} {
		near(t, "surface brightness", l.At(x, 0)/source.At(0, 0), 1, 1e-9)
	}
	near(t, "magnification", total(drawn(l, 101))/flux, 2*radius/beta, 0.03)
}

// A source behind the centre of a sphere is a ring of the Einstein radius.
func TestEinsteinRing(t *testing.T) {
	l := Lensed{NewSersic(1e5, 0.8, 1, 1, 0), 0, 0, &Isothermal{Radius: 7.3, Q: 1}}
	for _, angle := range []float64{0, 1, 2.5, 4} {
		sin, cos := math.Sincos(angle)
		best, at := 0.0, 0.0
		for r := 0.5; r < 15; r += 0.01 {
			if v := l.At(r*cos, r*sin); v > best {
				best, at = v, r
			}
		}
		near(t, "radius of the ring", at, 7.3, 0.011)
	}
}

// Nothing of the images lies outside of the reach.
func TestLensedReach(t *testing.T) {
	for _, q := range []float64{0.5, 0.6, 0.95} {
		l := Lensed{NewSersic(3e4, 1.5, 1.5, 0.6, 1), 2, -3, &Isothermal{Radius: 10, Q: q, Angle: 1, Shear: 0.08, ShearAngle: 0.3}}
		for i := range 360 {
			sin, cos := math.Sincos(float64(i) * math.Pi / 180)
			for r := l.Reach(); r < 3*l.Reach(); r++ {
				if v := l.At(r*cos, r*sin); v > faint {
					t.Fatalf("q %g: light %g at radius %.1f, reach %.1f", q, v, r, l.Reach())
				}
			}
		}
	}
}
