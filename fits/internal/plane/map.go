// Package plane has maps of a plane onto itself: linear ones, polynomials in two variables, and the inversion of any that
// has derivatives.
package plane

import "math"

// A Map moves the points of a plane.
type Map interface {
	// Move returns where a point comes to lie, and the partial derivatives there.
	Move(x, y float64) (mx, my float64, slope Linear)
}

// MoveBack finds the point that is moved to (x, y), by Newton's method from (u, v). It must be on the same side of any
// fold as the origin: beyond, a polynomial that was fitted to an image means nothing. ok is false where it finds none.
func MoveBack(m Map, x, y, u, v float64) (_, _ float64, ok bool) {
	_, _, slope := m.Move(0, 0)
	side := slope.Determinant()
	for range 50 {
		mx, my, slope := m.Move(u, v)
		du, dv := slope.Inverse().Apply(mx-x, my-y)
		u, v = u-du, v-dv
		size := math.Hypot(du, dv)
		if !(size <= math.MaxFloat64) {
			return 0, 0, false
		}
		if size <= 1e-12*(1+math.Hypot(u, v)) { // convergence is quadratic: what is left is far less
			return u, v, slope.Determinant()*side > 0
		}
	}
	return 0, 0, false
}
