package fits

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A Jacobian is how the sky position moves with the pixel position, in degrees a pixel on the sky: rows are east and north
// in the ICRS, columns x and y.
type Jacobian [2][2]float64

// Scale is the size of a pixel in degrees: the square root of its area.
func (j Jacobian) Scale() float64 { return math.Sqrt(math.Abs(j[0][0]*j[1][1] - j[0][1]*j[1][0])) }

// Jacobian returns that at (x, y). At the reference point of an undistorted image in the ICRS it is the CD matrix.
//
// It is the difference over the pixel, whose error is the map's curvature there: a part in 1e-8 for a survey's pixels.
// Errors are those of [WCS.PixelToICRS].
func (w *WCS) Jacobian(x, y float64) (j Jacobian, err error) {
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
