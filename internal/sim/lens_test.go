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

// The deflection of an elliptical mass by quadrature, which knows of no closed form: Keeton 2001 (astro-ph/0102341),
// equations 15, 16 and 20, for a surface density that is constant on ellipses of axis ratio q whose major axis is x.
func quadrature(m *Isothermal, x, y float64) (ax, ay float64) {
	j := func(n float64) float64 {
		sum := 0.0
		const steps = 20000
		for i := range steps {
			s := (float64(i) + 0.5) / steps // u = s², since the density falls as 1/sqrt(u)
			u := s * s
			flat := 1 - (1-m.Q*m.Q)*u
			xi := math.Sqrt(u * (x*x + y*y/flat))
			kappa := m.Radius * math.Sqrt(m.Q) / (2 * m.Q * xi)
			sum += kappa / math.Pow(flat, n+0.5) * 2 * s / steps
		}
		return sum
	}
	return m.Q * x * j(0), m.Q * y * j(1)
}

func TestDeflectionByQuadrature(t *testing.T) {
	for _, q := range []float64{0.4, 0.7, 0.95} {
		m := &Isothermal{Radius: 8, Q: q}
		for _, p := range [][2]float64{{3, 0.1}, {-1, 4}, {0.2, -7}, {9, 9}} {
			near(t, "convergence", m.Convergence(p[0], p[1]), m.Radius*math.Sqrt(q)/(2*math.Hypot(q*p[0], p[1])), 1e-12)
			ax, ay := m.Deflect(p[0], p[1])
			wantX, wantY := quadrature(m, p[0], p[1])
			near(t, "x", ax, wantX, 1e-6)
			near(t, "y", ay, wantY, 1e-6)
		}
	}
}

// inverse returns the inverse magnification, the determinant of the lens mapping.
func inverse(m *Isothermal, x, y float64) float64 {
	const h = 1e-5
	ax1, ay1 := m.Deflect(x+h, y)
	ax0, ay0 := m.Deflect(x-h, y)
	bx1, by1 := m.Deflect(x, y+h)
	bx0, by0 := m.Deflect(x, y-h)
	return (1-(ax1-ax0)/(2*h))*(1-(by1-by0)/(2*h)) - (bx1-bx0)/(2*h)*(ay1-ay0)/(2*h)
}

// An isothermal ellipsoid magnifies by 1/(1-2 kappa) (Kormann et al. 1994, section 3), which is 1/(1-R/r) for a sphere;
// with shear gamma, the inverse is 1 - gamma² - R/r (1 - gamma cos 2phi) for a sphere, phi from the axis of the shear.
func TestMagnification(t *testing.T) {
	for _, p := range [][2]float64{{3, 0.1}, {-1, 4}, {0.2, -7}, {9, 9}} {
		m := &Isothermal{Radius: 8, Q: 0.6, Angle: 0.4}
		near(t, "1/magnification", inverse(m, p[0], p[1]), 1-2*m.Convergence(p[0], p[1]), 1e-6)
		sheared := &Isothermal{Radius: 8, Q: 1, Shear: 0.1, ShearAngle: 0.3}
		phi := math.Atan2(p[1], p[0]) - sheared.ShearAngle
		want := 1 - 0.01 - 8/math.Hypot(p[0], p[1])*(1-0.1*math.Cos(2*phi))
		near(t, "1/magnification with shear", inverse(sheared, p[0], p[1]), want, 1e-6)
	}
}

// The critical curve encloses the area of a circle of the Einstein radius, whatever the axis ratio.
func TestCriticalCurve(t *testing.T) {
	for _, q := range []float64{1, 0.8, 0.5} {
		m := &Isothermal{Radius: 8, Q: q, Angle: 0.5}
		area := 0.0
		const steps = 400
		for i := range steps {
			sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.5) / steps)
			low, high := 1.0, 40.0
			for range 50 {
				if r := (low + high) / 2; inverse(m, r*cos, r*sin) < 0 {
					low = r
				} else {
					high = r
				}
			}
			area += math.Pi * low * low / steps
		}
		near(t, "radius of its area", math.Sqrt(area/math.Pi), 8, 1e-4)
	}
}
