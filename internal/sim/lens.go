package sim

import "math"

// An Isothermal is the mass of a singular isothermal ellipsoid with external shear (Kormann, Schneider & Bartelmann
// 1994).
type Isothermal struct {
	Radius float64 // Einstein radius of the equivalent sphere: the critical ellipse has the area of this circle
	Q      float64 // axis ratio of the surface density, 0 < Q <= 1
	Angle  float64 // position angle of its major axis

	Shear, ShearAngle float64
}

// Deflect returns the deflection at (x, y): the ray comes from (x, y) minus it. The ellipsoid's is equation 27 of
// Kormann et al., whose major axis is y.
func (m *Isothermal) Deflect(x, y float64) (ax, ay float64) {
	sin, cos := math.Sincos(m.Angle - math.Pi/2)
	u, v := cos*x+sin*y, cos*y-sin*x
	if r := math.Hypot(u, v); r > 0 {
		var au, av float64
		if e := math.Sqrt(1 - m.Q*m.Q); e > 1e-6 {
			k := m.Radius * math.Sqrt(m.Q) / e
			au, av = k*math.Asinh(e/m.Q*u/r), k*math.Asin(e*v/r)
		} else {
			au, av = m.Radius*u/r, m.Radius*v/r
		}
		ax, ay = cos*au-sin*av, sin*au+cos*av
	}
	sin2, cos2 := math.Sincos(2 * m.ShearAngle)
	return ax + m.Shear*(cos2*x+sin2*y), ay + m.Shear*(sin2*x-cos2*y)
}

// Convergence returns the surface density in units of the critical one (Kormann et al., equation 20).
func (m *Isothermal) Convergence(x, y float64) float64 {
	sin, cos := math.Sincos(m.Angle - math.Pi/2)
	u, v := cos*x+sin*y, cos*y-sin*x
	return m.Radius * math.Sqrt(m.Q) / (2 * math.Hypot(u, m.Q*v))
}

// Lensed is a background source seen through a mass: lensing conserves surface brightness, so that each ray carries
// that of the place it comes from.
type Lensed struct {
	Source Light
	X, Y   float64 // unlensed position of the source
	Mass   *Isothermal
}

// At returns the surface brightness of the images.
func (l Lensed) At(x, y float64) float64 {
	ax, ay := l.Mass.Deflect(x, y)
	return l.Source.At(x-ax-l.X, y-ay-l.Y)
}

// Reach returns a radius that contains all images: no ray is bent by more than the deflection of the ellipse's end.
func (l Lensed) Reach() float64 {
	bend := l.Mass.Radius / math.Sqrt(l.Mass.Q) * 1.3
	return (l.Source.Reach() + math.Hypot(l.X, l.Y) + bend) / (1 - l.Mass.Shear)
}
