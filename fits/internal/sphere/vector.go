// Package sphere has directions on the sphere as unit vectors, and the rotations that turn one system of coordinates into
// another.
package sphere

import "math"

// A Vector is (x, y, z). As a direction it is the unit vector (cos b cos l, cos b sin l, sin b) of longitude l and latitude b.
type Vector [3]float64

// Unit returns the unit vector of a longitude and latitude in radians.
func Unit(lon, lat float64) Vector {
	sinLon, cosLon := math.Sincos(lon)
	sinLat, cosLat := math.Sincos(lat)
	return Vector{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// Angles returns longitude in [-180, 180] and latitude of a vector of any length, in degrees. The arc tangent keeps its
// precision at the poles, where an arc sine would not.
func (v Vector) Angles() (lon, lat float64) {
	return math.Atan2(v[1], v[0]) / Degree, math.Atan2(v[2], math.Hypot(v[0], v[1])) / Degree
}

// Normal returns the vector of length 1.
func (v Vector) Normal() Vector {
	f := 1 / math.Sqrt(v.Dot(v))
	return Vector{v[0] * f, v[1] * f, v[2] * f}
}

// IsFinite reports whether none of the components is infinite or NaN.
func (v Vector) IsFinite() bool {
	for _, c := range v {
		if c-c != 0 {
			return false
		}
	}
	return true
}

// Dot returns the scalar product.
func (v Vector) Dot(w Vector) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

// A Matrix has its rows as vectors.
type Matrix [3]Vector

// Mul returns the product m·v.
func (m Matrix) Mul(v Vector) Vector { return Vector{m[0].Dot(v), m[1].Dot(v), m[2].Dot(v)} }

// Transpose exchanges rows and columns: it inverts a rotation.
func (m Matrix) Transpose() Matrix {
	return Matrix{{m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}}
}

// Times returns the matrix product m·n.
func (m Matrix) Times(n Matrix) Matrix {
	t := n.Transpose()
	return Matrix{t.Mul(m[0]), t.Mul(m[1]), t.Mul(m[2])}
}

// RotX turns the coordinate axes by an angle in radians about the first of them (R1 in the literature).
func RotX(a float64) Matrix {
	s, c := math.Sincos(a)
	return Matrix{{1, 0, 0}, {0, c, s}, {0, -s, c}}
}

// RotY turns them about the second (R2).
func RotY(a float64) Matrix {
	s, c := math.Sincos(a)
	return Matrix{{c, 0, -s}, {0, 1, 0}, {s, 0, c}}
}

// RotZ turns them about the third (R3).
func RotZ(a float64) Matrix {
	s, c := math.Sincos(a)
	return Matrix{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}
}
