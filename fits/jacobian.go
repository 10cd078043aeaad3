package fits

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// Jacobian returns how the sky position moves with the pixel position at (x, y), in degrees a pixel on the sky: rows are
// east and north in the ICRS, columns x and y. At the reference point of an undistorted image in the ICRS it is the CD
// matrix, and the square root of its determinant is the size of a pixel.
//
// It is the difference over the pixel, whose error is the map's curvature there: a part in 1e-8 for a survey's pixels.
// Errors are those of [WCS.PixelToICRS].
func (w *WCS) Jacobian(x, y float64) (j [2][2]float64, err error) {
	ra, dec, err := w.PixelToICRS(x, y)
	if err != nil {
		return j, err
	}
	sinRA, cosRA := math.Sincos(ra * sphere.Degree)
	sinDec, cosDec := math.Sincos(dec * sphere.Degree)
	axes := [2]sphere.Vector{{-sinRA, cosRA, 0}, {-sinDec * cosRA, -sinDec * sinRA, cosDec}} // east and north
	for column, step := range [2][2]float64{{0.5, 0}, {0, 0.5}} {
		before, err := w.direction(x-step[0], y-step[1])
		if err != nil {
			return j, err
		}
		after, err := w.direction(x+step[0], y+step[1])
		if err != nil {
			return j, err
		}
		before, after = w.toICRS.apply(before), w.toICRS.apply(after)
		for row, axis := range axes {
			j[row][column] = (axis.Dot(after) - axis.Dot(before)) / sphere.Degree
		}
	}
	return j, nil
}
