package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/plane"
	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// cobeCube is CSC, the COBE quadrilateralised spherical cube (Paper II, section 5.6.2), whose areas are equal to about a
// percent. The paper gives polynomials for both directions that are inverse to each other only to some arcseconds. Here that
// from the plane to the sky is the projection, and the other is where its inversion starts.
//
// From the plane to the sky it is computed in single precision, rounded where WCSLIB rounds: maps are made and read so, and
// what float64 gives is up to 1.3e-5 degrees away. A float32 has steps of 3e-6 degrees on face 1 and of 2e-5 on face 4,
// seven half faces out, which is how exact the way back can be: 1e-5 degrees.
type cobeCube struct{ quadCube }

func newCSC(Parameters) (mapping, float64, *ParameterError) {
	return &cobeCube{quadCube{distort: distortCSC}}, 0, nil
}

func (q *cobeCube) deproject(x, y float64) (n sphere.Vector, ok bool) {
	x, y = single(x/halfFace), single(y/halfFace)
	face, x, ok := cubeFace(x, y)
	if !ok {
		return sphere.Vector{}, false
	}
	f := &cubeFaces[face]
	chi, psi := undistortCSC(float32(x)-float32(f.x), float32(y)-float32(f.y))
	sum := float32(chi*chi) + float32(psi*psi)
	zeta := 1 / math.Sqrt(1+float64(sum))
	n = f.axes.Transpose().Mul(sphere.Vector{zeta, zeta * float64(chi), zeta * float64(psi)})
	// Rounding the sum has changed the length: the latitude is right in n[2], the longitude in the others.
	if h := math.Hypot(n[0], n[1]); h > 0 {
		cos := math.Sqrt(max(0, (1-n[2])*(1+n[2])))
		n[0], n[1] = n[0]/h*cos, n[1]/h*cos
	}
	return n, true
}

func single(x float64) float64 { return float64(float32(x)) }

// undistortCSC is equation 175 in single precision: Horner's rule in x² within that in y². The conversions forbid fused
// multiplication and addition, which rounds once.
func undistortCSC(x, y float32) (chi, psi float32) {
	half := func(x, y float32) float32 {
		xx, yy := x*x, y*y
		var sum float32
		for j := len(cobeInverse) - 1; j >= 0; j-- {
			var inner float32
			for i := len(cobeInverse[j]) - 1; i >= 0; i-- {
				inner = float32(inner*xx) + float32(cobeInverse[j][i])
			}
			sum = float32(sum*yy) + inner
		}
		return x + float32(float32(x*(1-xx))*sum)
	}
	return half(x, y), half(y, x)
}

// distortCSC inverts the polynomial in float64, then mends what single precision makes of the point it found.
func distortCSC(chi, psi float64) (x, y float64) {
	u, v, _ := plane.MoveBack(cobe{}, chi, psi, cobeStart(chi, psi), cobeStart(psi, chi))
	best := math.Inf(1)
	for range 4 {
		c, p := undistortCSC(float32(u), float32(v))
		_, _, slope := cobe{}.Move(u, v)
		du, dv := float64(c)-chi, float64(p)-psi
		if wrong := math.Hypot(du, dv); wrong < best {
			x, y, best = u, v, wrong
		}
		du, dv = slope.Inverse().Apply(du, dv)
		u, v = u-du, v-dv
	}
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
