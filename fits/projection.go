package fits

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A projection maps directions to a plane and back (Paper II, section 5). A direction is the unit vector (cos θ cos φ,
// cos θ sin φ, sin θ) of native longitude φ and latitude θ; the plane is in radians. ok is false where the projection is
// not defined; so it is, for the caller, where numbers come out that are not finite.
type projection interface {
	project(n sphere.Vector) (x, y float64, ok bool)
	deproject(x, y float64) (n sphere.Vector, ok bool)
}

// parameters are the values of PVi_m of an axis, by m.
type parameters map[int]float64

// or returns parameter m, or the default where it is not given.
func (p parameters) or(m int, otherwise float64) float64 {
	if v, ok := p[m]; ok {
		return v
	}
	return otherwise
}

// A parameterError is a parameter PVi_m of the latitude axis with which there is no projection.
type parameterError struct {
	m    int
	want string
}

func (e *parameterError) Error() string { return fmt.Sprintf("want %s", e.want) }

// projections makes a projection of the PVi_m of the latitude axis. theta0 is the native latitude of the reference point
// in degrees; its native longitude is 0 (Paper II, section 2.2 and table 13).
var projections = map[string]func(pv parameters) (p projection, theta0 float64, err *parameterError){
	"AZP": newAZP, "SZP": newSZP, "TAN": newTAN, "STG": newSTG, "SIN": newSIN, // perspective.go
	"ARC": newARC, "ZEA": newZEA, "ZPN": newZPN, "AIR": newAIR, // zenithal.go
	"CYP": newCYP, "CEA": newCEA, "CAR": newCAR, "MER": newMER, // cylindrical.go
	"SFL": newSFL, "PAR": newPAR, "MOL": newMOL, "AIT": newAIT, // pseudocylindrical.go
	"COP": newCOP, "COE": newCOE, "COD": newCOD, "COO": newCOO, // conic.go
	"BON": newBON, "PCO": newPCO, // polyconic.go
	"TSC": newTSC, "CSC": newCSC, "QSC": newQSC, // quadcube.go
	"HPX": newHPX, "XPH": newXPH, // healpix.go
}

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

// solve returns where a function that rises from lo to hi crosses zero: Newton's method, kept inside a bracket that is
// halved at least every third time.
func solve(lo, hi float64, f func(t float64) (value, slope float64)) float64 {
	t := lo + (hi-lo)/2
	for i := range 150 {
		value, slope := f(t)
		if value < 0 {
			lo = t
		} else {
			hi = t
		}
		next := t - value/slope
		if i%3 == 2 || !(next >= lo && next <= hi) {
			next = lo + (hi-lo)/2
		}
		if math.Abs(next-t) <= 1e-16*math.Abs(t) || value == 0 {
			break
		}
		t = next
	}
	return t
}
