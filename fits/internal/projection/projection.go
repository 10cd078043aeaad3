// Package projection maps the sphere to a plane and back: the projections of WCS Paper II (Calabretta & Greisen 2002, A&A
// 395, 1077), HPX (Calabretta & Roukema 2007) and XPH (Calabretta & Lowe 2013).
//
// It knows native coordinates only. How they lie on the sky, and what pixels there are, is for the caller.
package projection

import (
	"errors"
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A Projection maps directions to a plane and back. A direction is the unit vector of native longitude φ and latitude θ,
// the plane is in radians. It may be used by several goroutines at once.
type Projection struct {
	mapping mapping
	theta0  float64
}

// A mapping is the equations of a projection. ok is false where it is not defined; so it is, for the caller, where numbers
// come out that are not finite.
type mapping interface {
	project(n sphere.Vector) (x, y float64, ok bool)
	deproject(x, y float64) (n sphere.Vector, ok bool)
}

// ErrUnknown reports a code that no projection has.
var ErrUnknown = errors.New("unknown projection")

// A ParameterError reports a parameter with which there is no projection.
type ParameterError struct {
	M    int // of PVi_m
	Want string
}

func (e *ParameterError) Error() string { return "want " + e.Want }

// New returns the projection of a code of three letters, such as TAN, with the parameters PVi_m of the latitude axis. The
// error is ErrUnknown or a *ParameterError.
func New(code string, pv Parameters) (*Projection, error) {
	build, ok := constructors[code]
	if !ok {
		return nil, ErrUnknown
	}
	m, theta0, err := build(pv)
	if err != nil {
		return nil, err
	}
	return &Projection{m, theta0}, nil
}

// constructors make the equations and the native latitude θ0 of the reference point in degrees, by code.
var constructors = map[string]func(Parameters) (m mapping, theta0 float64, err *ParameterError){
	"AZP": newAZP, "SZP": newSZP, "TAN": newTAN, "STG": newSTG, "SIN": newSIN, // perspective.go
	"ARC": newARC, "ZEA": newZEA, "ZPN": newZPN, "AIR": newAIR, // zenithal.go
	"CYP": newCYP, "CEA": newCEA, "CAR": newCAR, "MER": newMER, // cylindrical.go
	"SFL": newSFL, "PAR": newPAR, "MOL": newMOL, "AIT": newAIT, // pseudocylindrical.go
	"COP": newCOP, "COE": newCOE, "COD": newCOD, "COO": newCOO, // conic.go
	"BON": newBON, "PCO": newPCO, // polyconic.go
	"TSC": newTSC, "CSC": newCSC, "QSC": newQSC, // quadcube.go
	"HPX": newHPX, "XPH": newXPH, // healpix.go
}

// Parameters are the values of PVi_m of an axis, by m.
type Parameters map[int]float64

// Or returns parameter m, or the default where it is not given.
func (p Parameters) Or(m int, otherwise float64) float64 {
	if v, ok := p[m]; ok {
		return v
	}
	return otherwise
}

// Theta0 returns the native latitude of the reference point in degrees; its native longitude is 0 (Paper II, section 2.2
// and table 13).
func (p *Projection) Theta0() float64 { return p.theta0 }

// Project returns where a direction lies on the plane. ok is false where it does not.
func (p *Projection) Project(n sphere.Vector) (x, y float64, ok bool) {
	x, y, ok = p.mapping.project(n)
	return x, y, ok && math.Abs(x)+math.Abs(y) <= math.MaxFloat64
}

// Deproject returns the direction of a point on the plane. ok is false where it has none.
func (p *Projection) Deproject(x, y float64) (n sphere.Vector, ok bool) {
	n, ok = p.mapping.deproject(x, y)
	return n, ok && n.IsFinite()
}
