package fits

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits/internal/plane"
	"github.com/astrovit/astrovit/fits/internal/projection"
	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A WCS maps pixels of an image to the sky and back: the celestial part of the header's primary coordinate system.
//
// Pixel positions are 0-based, (0, 0) being the centre of the first pixel. x and y run along the two image axes that the
// celestial coordinates belong to, in file order: NAXIS1 and NAXIS2 for nearly every image. A WCS is safe for use by
// several goroutines.
type WCS struct {
	at     place
	ctype  [2]string // of longitude and latitude, as in the header
	pixel  [2]int    // 1-based numbers of the image axes of x and y
	world  [2]int    // 1-based numbers of the axes of longitude and latitude
	crpix  [2]float64
	crval  [2]float64   // degrees
	matrix plane.Linear // degrees per pixel: rows longitude and latitude, columns x and y
	back   plane.Linear // its inverse

	ofPixels plane.Map // of pixel offsets from crpix, SIP; nil when there is none, so for ofPlane
	ofPlane  plane.Map // of plane coordinates in degrees
	sip, wat []Card    // say both, as far as pv does not

	code       string // of the projection
	projection *projection.Projection
	pv         [2]projection.Parameters // of the longitude axis and of the latitude axis, as in the header
	origin     [2]float64               // of the plane, in that of the projection; radians

	reference reference
	pole      sphere.Matrix // native unit vectors to celestial ones

	toICRS frame
}

// PixelToSky returns longitude and latitude of a pixel position in the header's own frame, in degrees. Longitude is in
// [0, 360) where the reference longitude CRVAL is not negative, otherwise in (-360, 0], as WCSLIB has it.
//
// It is an error where the projection is not defined.
func (w *WCS) PixelToSky(x, y float64) (lon, lat float64, err error) {
	v, err := w.direction(x, y)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	lon, lat = v.Angles()
	if w.crval[0] < 0 {
		if lon > 0 {
			lon -= 360
		}
	} else if lon < 0 {
		lon += 360
		if lon >= 360 { // a tiny negative longitude rounds up to 360
			lon = 0
		}
	}
	return lon, lat, nil
}

// PixelToICRS returns right ascension, in [0, 360), and declination of a pixel position in the ICRS, in degrees.
//
// Frames other than ICRS, FK5, FK4, FK4-NO-E and galactic are an *UnsupportedError.
func (w *WCS) PixelToICRS(x, y float64) (ra, dec float64, err error) {
	if w.toICRS.err != nil {
		return math.NaN(), math.NaN(), w.toICRS.err
	}
	v, err := w.direction(x, y)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	ra, dec = w.toICRS.apply(v).Angles()
	if ra < 0 {
		ra += 360
	}
	if ra >= 360 {
		ra = 0
	}
	return ra, dec, nil
}

// direction returns the celestial unit vector of a pixel position: linear transformation (Paper I, equation 1),
// deprojection (Paper II, section 5) and rotation (Paper II, section 2.4).
func (w *WCS) direction(x, y float64) (sphere.Vector, error) {
	u, v := x+1-w.crpix[0], y+1-w.crpix[1]
	if w.ofPixels != nil {
		u, v, _ = w.ofPixels.Move(u, v)
	}
	px, py := w.matrix.Apply(u, v)
	if w.ofPlane != nil {
		px, py, _ = w.ofPlane.Move(px, py)
	}
	n, ok := w.projection.Deproject(px*sphere.Degree+w.origin[0], py*sphere.Degree+w.origin[1])
	if !ok {
		return sphere.Vector{}, fmt.Errorf("%w: pixel (%g, %g)", w.undefined(), x, y)
	}
	return w.pole.Mul(n), nil
}

// SkyToPixel returns the pixel position of a longitude and latitude in the header's own frame, all in degrees and
// 0-based pixels. It is the inverse of PixelToSky to well below 1e-9 pixels.
//
// It is an error where the projection is not defined: for TAN, 90 degrees or more from the reference point. So it is where
// the inverse of a distortion does not converge, far outside of the image that it was fitted to.
func (w *WCS) SkyToPixel(lon, lat float64) (x, y float64, err error) {
	return w.pixelOf(sphere.Unit(lon*sphere.Degree, lat*sphere.Degree), lon, lat)
}

// ICRSToPixel returns the pixel position of a right ascension and declination in the ICRS, all in degrees and 0-based
// pixels. It is the inverse of PixelToICRS.
func (w *WCS) ICRSToPixel(ra, dec float64) (x, y float64, err error) {
	if w.toICRS.err != nil {
		return math.NaN(), math.NaN(), w.toICRS.err
	}
	return w.pixelOf(w.toICRS.invert(sphere.Unit(ra*sphere.Degree, dec*sphere.Degree)), ra, dec)
}

// pixelOf returns the pixel position of a celestial unit vector, which the caller knows as (lon, lat) in degrees.
func (w *WCS) pixelOf(direction sphere.Vector, lon, lat float64) (x, y float64, err error) {
	px, py, ok := w.projection.Project(w.pole.Transpose().Mul(direction))
	if !ok || math.Abs(lat) > 90 {
		return math.NaN(), math.NaN(), fmt.Errorf("%w: sky position (%g, %g)", w.undefined(), lon, lat)
	}
	px, py = (px-w.origin[0])/sphere.Degree, (py-w.origin[1])/sphere.Degree
	if w.ofPlane != nil {
		px, py, ok = plane.MoveBack(w.ofPlane, px, py, px, py)
	}
	u, v := w.back.Apply(px, py)
	if w.ofPixels != nil && ok {
		u, v, ok = plane.MoveBack(w.ofPixels, u, v, u, v)
	}
	x, y = u+w.crpix[0]-1, v+w.crpix[1]-1
	if !ok || !isFinite(x, y) {
		return math.NaN(), math.NaN(), fmt.Errorf("%w: sky position (%g, %g): the distortion has no inverse there",
			w.undefined(), lon, lat)
	}
	return x, y, nil
}

func (w *WCS) undefined() error {
	return w.at.wrap(fmt.Errorf("outside the %s projection", w.code))
}

// CTypes returns CTYPE of the longitude and the latitude axis.
func (w *WCS) CTypes() (lon, lat string) { return w.ctype[0], w.ctype[1] }

// PixelScale returns the size of a pixel at the reference point in degrees: the square root of its area.
func (w *WCS) PixelScale() float64 { return math.Sqrt(math.Abs(w.matrix.Determinant())) }

// setMatrix sets the linear part and its inverse; it reports false for a singular one.
func (w *WCS) setMatrix(m plane.Linear) bool {
	w.matrix, w.back = m, m.Inverse()
	d := m.Determinant()
	return d != 0 && isFinite(d, w.back[0][0], w.back[0][1], w.back[1][0], w.back[1][1])
}

// isFinite reports whether none of the numbers is infinite or NaN.
func isFinite(numbers ...float64) bool {
	for _, v := range numbers {
		if v-v != 0 {
			return false
		}
	}
	return true
}
