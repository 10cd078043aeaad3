package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// quadCube is a projection onto the six faces of a cube, which fold out to a cross that lies on its side (Paper II, section
// 5.6 and figure 30). Within a face, distort takes the central projection (χ, ψ), -1 to 1, to that of the scheme.
type quadCube struct {
	distort   func(chi, psi float64) (x, y float64)
	undistort func(x, y float64) (chi, psi float64)
}

// cubeFaces gives each face's normal ζ and the directions of its ξ and η as rows (table 9), and where its centre lies, in
// half faces.
var cubeFaces = [6]struct {
	axes sphere.Matrix // ζ, ξ, η
	x, y float64
}{
	{sphere.Matrix{{0, 0, 1}, {0, 1, 0}, {-1, 0, 0}}, 0, 2},
	{sphere.Matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 0, 0},
	{sphere.Matrix{{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}}, 2, 0},
	{sphere.Matrix{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}, 4, 0},
	{sphere.Matrix{{0, -1, 0}, {1, 0, 0}, {0, 0, 1}}, 6, 0},
	{sphere.Matrix{{0, 0, -1}, {0, 1, 0}, {1, 0, 0}}, 0, -2},
}

const halfFace = math.Pi / 4

// project finds the face that the direction meets (equations 161 to 167).
func (q *quadCube) project(n sphere.Vector) (x, y float64, ok bool) {
	face, best := 0, sphere.Vector{}
	for i := range cubeFaces {
		if d := cubeFaces[i].axes.Mul(n); d[0] > best[0] {
			face, best = i, d
		}
	}
	x, y = q.distort(best[1]/best[0], best[2]/best[0])
	return halfFace * (cubeFaces[face].x + x), halfFace * (cubeFaces[face].y + y), true
}

func (q *quadCube) deproject(x, y float64) (n sphere.Vector, ok bool) {
	x, y = x/halfFace, y/halfFace
	face, x, ok := cubeFace(x, y)
	if !ok {
		return sphere.Vector{}, false
	}
	f := &cubeFaces[face]
	chi, psi := q.undistort(x-f.x, y-f.y)
	return f.axes.Transpose().Mul(sphere.Vector{1, chi, psi}).Normal(), true
}

// cubeFace finds the face of a point of the cross, in half faces. It also takes faces 2 to 4 where they lie when the cross
// is laid out to the other side, and moves them to this one.
func cubeFace(x, y float64) (face int, moved float64, ok bool) {
	face = 1
	switch edge := 1 + slack; {
	case math.Abs(x) <= edge && math.Abs(y) <= 3+slack:
		if y > 1 {
			face = 0
		} else if y < -1 {
			face = 5
		}
	case math.Abs(x) <= 7+slack && math.Abs(y) <= edge:
		if x < -1 {
			x += 8
		}
		face = 1 + min(3, int((x+1)/2))
	default:
		return 0, x, false
	}
	return face, x, true
}

// newTSC is the tangential spherical cube (section 5.6.1, equations 168 to 173).
func newTSC(Parameters) (mapping, float64, *ParameterError) {
	same := func(a, b float64) (float64, float64) { return a, b }
	return &quadCube{same, same}, 0, nil
}

// newQSC is the quadrilateralised spherical cube, of equal area (section 5.6.3, equations 176 to 187).
func newQSC(Parameters) (mapping, float64, *ParameterError) {
	return &quadCube{distortQSC, undistortQSC}, 0, nil
}

const twelfth = math.Pi / 12 // 15 degrees

func distortQSC(chi, psi float64) (x, y float64) {
	if math.Abs(psi) > math.Abs(chi) {
		y, x = distortQSC(psi, chi)
		return x, y
	}
	if chi == 0 {
		return 0, 0
	}
	omega := psi / chi
	norm := math.Sqrt(1 + chi*chi + psi*psi) // 1/ζ; 1 - ζ = (χ² + ψ²) / (norm (norm + 1))
	x = math.Copysign(math.Sqrt((chi*chi+psi*psi)/(norm*(norm+1))/(1-1/math.Sqrt(2+omega*omega))), chi)
	return x, x / twelfth * (math.Atan(omega) - math.Asin(omega/math.Sqrt(2*(1+omega*omega))))
}

func undistortQSC(x, y float64) (chi, psi float64) {
	if math.Abs(y) > math.Abs(x) {
		psi, chi = undistortQSC(y, x)
		return chi, psi
	}
	if x == 0 {
		return 0, 0
	}
	sin, cos := math.Sincos(twelfth * y / x)
	omega := sin / (cos - math.Sqrt2/2)
	depth := x * x * (1 - 1/math.Sqrt(2+omega*omega)) // 1 - ζ
	chi = math.Copysign(math.Sqrt(depth*(2-depth)/(1+omega*omega))/(1-depth), x)
	return chi, omega * chi
}
