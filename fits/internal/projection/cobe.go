package projection

import (
	"github.com/astrovit/astrovit/fits/internal/plane"
)

// newCSC is the COBE quadrilateralised spherical cube (Paper II, section 5.6.2), whose areas are equal to about a percent.
// The paper gives polynomials for both directions that are inverse to each other only to some arcseconds. Here that from
// the plane to the sky is the projection, and the other is where its inversion starts.
func newCSC(Parameters) (mapping, float64, *ParameterError) {
	return &quadCube{distortCSC, undistortCSC}, 0, nil
}

func undistortCSC(x, y float64) (chi, psi float64) {
	chi, psi, _ = cobe{}.Move(x, y)
	return chi, psi
}

func distortCSC(chi, psi float64) (x, y float64) {
	x, y, _ = plane.MoveBack(cobe{}, chi, psi, cobeStart(chi, psi), cobeStart(psi, chi))
	return x, y
}

// cobeInverse holds P_ij of table 11 at [j][i].
var cobeInverse = plane.Polynomial{
	{-0.27292696, -0.07629969, -0.22797056, 0.54852384, -0.62930065, 0.25795794, 0.02584375},
	{-0.02819452, -0.01471565, 0.48051509, -1.74114454, 1.71547508, -0.53022337},
	{0.27058160, -0.56800938, 0.30803317, 0.98938102, -0.83180469},
	{-0.60441560, 1.50880086, -0.93678576, 0.08693841},
	{0.93412077, -1.41601920, 0.33887446},
	{-0.63915306, 0.52032238},
	{0.14381585},
}

// cobe is equation 175: χ = x + x (1-x²) Σ P_ij x^2i y^2j, and ψ with x and y exchanged.
type cobe struct{}

func (cobe) Move(x, y float64) (chi, psi float64, slope plane.Linear) {
	half := func(x, y float64) (value, dx, dy float64) {
		xx := x * x
		sum, dyy, dxx := cobeInverse.At(y*y, xx)
		return x + x*(1-xx)*sum, 1 + (1-3*xx)*sum + 2*xx*(1-xx)*dxx, 2 * x * y * (1 - xx) * dyy
	}
	chi, slope[0][0], slope[0][1] = half(x, y)
	psi, slope[1][1], slope[1][0] = half(y, x)
	return chi, psi, slope
}

// cobeStart is equation 174.
func cobeStart(chi, psi float64) (x float64) {
	const (
		gamma  = 1.37484847732 // γ*
		m      = 0.004869491981
		gamma1 = -0.13161671474  // Γ
		omega1 = -0.159596235474 // Ω1
		d0     = 0.0759196200467
		d1     = -0.0217762490699
		c00    = 0.141189631152
		c10    = 0.0809701286525
		c01    = -0.281528535557
		c11    = 0.15384112876
		c20    = -0.178251207466
		c02    = 0.106959469314
	)
	a, b := chi*chi, psi*psi
	return chi*gamma + chi*a*(1-gamma) +
		chi*b*(1-a)*(gamma1+(m-gamma1)*a+(1-b)*(c00+c10*a+c01*b+c11*a*b+c20*a*a+c02*b*b)) +
		chi*a*(1-a)*(omega1-(1-a)*(d0+d1*a))
}
