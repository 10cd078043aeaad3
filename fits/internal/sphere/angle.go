package sphere

import "math"

// Degree is a degree in radians.
const Degree = math.Pi / 180

// SincosDegrees is exact at multiples of 90 degrees, where headers like to be.
func SincosDegrees(a float64) (sin, cos float64) {
	switch math.Mod(math.Mod(a, 360)+360, 360) {
	case 0:
		return 0, 1
	case 90:
		return 1, 0
	case 180:
		return 0, -1
	case 270:
		return -1, 0
	}
	return math.Sincos(a * Degree)
}
