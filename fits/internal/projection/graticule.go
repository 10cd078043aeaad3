package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// slack is how far, in radians or parts, a point may lie outside a projection's edge for rounding's sake.
const slack = 1e-13

// angular is a projection whose equations are in native longitude and latitude, -π to π and -π/2 to π/2.
type angular interface {
	plane(phi, theta float64) (x, y float64, ok bool)
	sphere(x, y float64) (phi, theta float64, ok bool)
}

// graticule makes a projection of it.
type graticule struct{ angular }

func (g graticule) project(n sphere.Vector) (x, y float64, ok bool) {
	return g.plane(math.Atan2(n[1], n[0]), math.Atan2(n[2], math.Hypot(n[0], n[1])))
}

func (g graticule) deproject(x, y float64) (n sphere.Vector, ok bool) {
	phi, theta, ok := g.sphere(x, y)
	if !ok || !(math.Abs(phi) <= math.Pi+slack) || !(math.Abs(theta) <= math.Pi/2+slack) {
		return sphere.Vector{}, false
	}
	return sphere.Unit(phi, theta), true
}

// asin is an arc sine that forgives rounding at ±1.
func asin(s float64) (a float64, ok bool) {
	if math.Abs(s) > 1 {
		return math.Copysign(math.Pi/2, s), math.Abs(s) <= 1+slack
	}
	return math.Asin(s), true
}

// meridian returns the longitude at x on a parallel that is 2π times width long. Where the parallel shrinks to the pole
// every longitude is right.
func meridian(x, width float64) (phi float64, ok bool) {
	width = math.Abs(width)
	if !(math.Abs(x) <= math.Pi*width+slack) {
		return 0, false
	}
	if width <= slack {
		return 0, true
	}
	return max(-math.Pi, min(x/width, math.Pi)), true
}
