package fits

import "math"

const degree = math.Pi / 180

type vec3 [3]float64

type mat3 [3]vec3

// unit returns the unit vector of a longitude and latitude in radians.
func unit(lon, lat float64) vec3 {
	sinLon, cosLon := math.Sincos(lon)
	sinLat, cosLat := math.Sincos(lat)
	return vec3{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// angles returns longitude in [-180, 180] and latitude of a vector of any length, in degrees. The arc tangent keeps its
// precision at the poles, where an arc sine would not.
func (v vec3) angles() (lon, lat float64) {
	return math.Atan2(v[1], v[0]) / degree, math.Atan2(v[2], math.Hypot(v[0], v[1])) / degree
}

// normal returns the vector of length 1.
func (v vec3) normal() vec3 {
	f := 1 / math.Sqrt(v.dot(v))
	return vec3{v[0] * f, v[1] * f, v[2] * f}
}

func (v vec3) isFinite() bool { return isFinite(v[0], v[1], v[2]) }

// isFinite reports whether none of the numbers is infinite or NaN.
func isFinite(numbers ...float64) bool {
	for _, v := range numbers {
		if v-v != 0 {
			return false
		}
	}
	return true
}

func (v vec3) dot(w vec3) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

func (m mat3) mul(v vec3) vec3 { return vec3{m[0].dot(v), m[1].dot(v), m[2].dot(v)} }

func (m mat3) transpose() mat3 {
	return mat3{{m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}}
}

// times returns the matrix product m·n.
func (m mat3) times(n mat3) mat3 {
	t := n.transpose()
	return mat3{t.mul(m[0]), t.mul(m[1]), t.mul(m[2])}
}

// rotX, rotY and rotZ turn the coordinate axes by an angle in radians about one of them (R1, R2, R3 in the literature).
func rotX(a float64) mat3 {
	s, c := math.Sincos(a)
	return mat3{{1, 0, 0}, {0, c, s}, {0, -s, c}}
}

func rotY(a float64) mat3 {
	s, c := math.Sincos(a)
	return mat3{{c, 0, -s}, {0, 1, 0}, {s, 0, c}}
}

func rotZ(a float64) mat3 {
	s, c := math.Sincos(a)
	return mat3{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}
}

// polynomial evaluates c[0] + c[1] t + c[2] t² + ...
func polynomial(t float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = sum*t + c[i]
	}
	return sum
}
