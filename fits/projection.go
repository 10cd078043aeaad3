package fits

import "math"

// A projection maps between the plane (x, y) and native spherical coordinates (phi, theta), all in radians; Paper II,
// section 5. Zenithal ones have their reference point at the native pole, theta = 90 degrees.
type projection struct {
	code      string // the letters in CTYPE
	project   func(phi, theta float64) (x, y float64, ok bool)
	deproject func(x, y float64) (phi, theta float64, ok bool)
}

// projections holds what is understood of table 13 of Paper II.
var projections = map[string]projection{
	"TAN": {"TAN", projectTAN, deprojectTAN},
}

// projectTAN is the gnomonic projection (Paper II, section 5.1.3, equations 12, 13 and 54).
func projectTAN(phi, theta float64) (x, y float64, ok bool) {
	sinTheta, cosTheta := math.Sincos(theta)
	if sinTheta <= 0 {
		return 0, 0, false
	}
	r := cosTheta / sinTheta
	sinPhi, cosPhi := math.Sincos(phi)
	return r * sinPhi, -r * cosPhi, true
}

// deprojectTAN inverts it (equations 14, 15 and 55).
func deprojectTAN(x, y float64) (phi, theta float64, ok bool) {
	r := math.Hypot(x, y)
	if r == 0 {
		return 0, math.Pi / 2, true
	}
	return math.Atan2(x, -y), math.Atan2(1, r), !math.IsInf(r, 0)
}
