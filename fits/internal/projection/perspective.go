package projection

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// perspective is the projection of the sphere from a point onto a plane that touches it at the native pole, perhaps tilted
// there: AZP (Paper II, section 5.1.1), SZP (5.1.2), TAN (5.1.3, from the centre) and STG (5.1.4, from the antipole).
//
// Its vectors have the axes of the plane: (X, Y, Z) = (cos θ sin φ, -cos θ cos φ, sin θ). Equations 18 to 36, 54 to 58 are
// where the ray from the point through the direction meets the plane Z = 1 + Y tan γ.
type perspective struct {
	from          sphere.Vector
	sin, cos, tan float64 // of the tilt γ
	height        float64 // of the plane above the point
}

func newPerspective(from sphere.Vector, tilt float64) *perspective {
	sin, cos := sphere.SincosDegrees(tilt)
	p := &perspective{from: from, sin: sin, cos: cos, tan: sin / cos}
	p.height = 1 + p.tan*from[1] - from[2]
	return p
}

func newTAN(Parameters) (mapping, float64, *ParameterError) {
	return newPerspective(sphere.Vector{}, 0), 90, nil
}

func newSTG(Parameters) (mapping, float64, *ParameterError) {
	return newPerspective(sphere.Vector{0, 0, -1}, 0), 90, nil
}

// newAZP has the point at μ = PVi_1 radii below the centre and the plane tilted by γ = PVi_2.
func newAZP(pv Parameters) (mapping, float64, *ParameterError) {
	mu, gamma := pv.Or(1, 0), pv.Or(2, 0)
	if mu == -1 {
		return nil, 0, &ParameterError{1, "a point of projection outside of the plane, not -1"}
	}
	if math.Abs(gamma) >= 90 {
		return nil, 0, &ParameterError{2, "a tilt of less than 90 degrees"}
	}
	return newPerspective(sphere.Vector{0, 0, -mu}, gamma), 90, nil
}

// newSZP has it at μ = PVi_1 radii opposite of φc = PVi_2, θc = PVi_3.
func newSZP(pv Parameters) (mapping, float64, *ParameterError) {
	mu, phi, theta := pv.Or(1, 0), pv.Or(2, 0), pv.Or(3, 90)
	sinPhi, cosPhi := sphere.SincosDegrees(phi)
	sinTheta, cosTheta := sphere.SincosDegrees(theta)
	p := newPerspective(sphere.Vector{-mu * cosTheta * sinPhi, mu * cosTheta * cosPhi, -mu * sinTheta}, 0)
	if p.height == 0 {
		return nil, 0, &ParameterError{1, "a point of projection outside of the plane"}
	}
	return p, 90, nil
}

// project refuses what is behind the point (divergence) and what the sphere itself hides from it (overlap).
func (p *perspective) project(n sphere.Vector) (x, y float64, ok bool) {
	d := sphere.Vector{n[1] - p.from[0], -n[0] - p.from[1], n[2] - p.from[2]}
	t := p.height / (d[2] - p.tan*d[1])
	facing := 1 - n[1]*p.from[0] + n[0]*p.from[1] - n[2]*p.from[2]
	if !(t > 0) || !(facing*(1-p.from[2]) > 0) {
		return 0, 0, false
	}
	return p.from[0] + t*d[0], (p.from[1] + t*d[1]) / p.cos, true
}

// deproject takes the point where the ray meets the sphere; of two, the more northern one.
func (p *perspective) deproject(x, y float64) (n sphere.Vector, ok bool) {
	d := sphere.Vector{x - p.from[0], y*p.cos - p.from[1], 1 + y*p.sin - p.from[2]}
	a, b, c := d.Dot(d), p.from.Dot(d), p.from.Dot(p.from)-1
	root := b*b - a*c
	if root < 0 {
		if root < -slack*a {
			return sphere.Vector{}, false
		}
		root = 0
	}
	q := -b - math.Copysign(math.Sqrt(root), b)
	t, other := q/a, 0.0
	if q != 0 {
		other = c / q
	}
	if c < 0 && t < 0 || c >= 0 && (other-t)*d[2] > 0 {
		t = other
	}
	return sphere.Vector{-p.from[1] - t*d[1], p.from[0] + t*d[0], p.from[2] + t*d[2]}, t > 0
}

// slant is SIN, the projection from infinity along (ξ, η, 1): orthographic where both are 0 (Paper II, section 5.1.5,
// equations 59 to 65). An interferometer's plane of baselines sees the sky so.
type slant struct{ xi, eta float64 }

func newSIN(pv Parameters) (mapping, float64, *ParameterError) {
	return slant{pv.Or(1, 0), pv.Or(2, 0)}, 90, nil
}

func (s slant) project(n sphere.Vector) (x, y float64, ok bool) {
	if n[2]+s.xi*n[1]-s.eta*n[0] < -slack {
		return 0, 0, false
	}
	depth := 1 - n[2] // below the pole
	if n[2] > 0 {
		depth = (n[0]*n[0] + n[1]*n[1]) / (1 + n[2])
	}
	return n[1] + s.xi*depth, -n[0] + s.eta*depth, true
}

func (s slant) deproject(x, y float64) (n sphere.Vector, ok bool) {
	a, b, c := s.xi*s.xi+s.eta*s.eta+1, s.xi*x+s.eta*y+1, x*x+y*y
	root := b*b - a*c
	if root < 0 {
		if root < -slack*a {
			return sphere.Vector{}, false
		}
		root = 0
	}
	depth := c / (b + math.Sqrt(root))
	return sphere.Vector{s.eta*depth - y, x - s.xi*depth, 1 - depth}, b > 0
}
