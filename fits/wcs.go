package fits

import (
	"fmt"
	"math"
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
	crval  [2]float64    // degrees
	matrix [2][2]float64 // degrees per pixel: rows longitude and latitude, columns x and y
	back   [2][2]float64 // its inverse

	distortion *sip // nil when there is none
	projection projection
	pole       mat3    // native unit vectors to celestial ones
	lonpole    float64 // degrees

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
	lon, lat = v.angles()
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
	ra, dec = w.toICRS.apply(v).angles()
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
func (w *WCS) direction(x, y float64) (vec3, error) {
	u, v := x+1-w.crpix[0], y+1-w.crpix[1]
	if w.distortion != nil {
		u, v = w.distortion.apply(u, v)
	}
	px := w.matrix[0][0]*u + w.matrix[0][1]*v
	py := w.matrix[1][0]*u + w.matrix[1][1]*v
	phi, theta, ok := w.projection.deproject(px*degree, py*degree)
	if !ok || math.IsNaN(phi) || math.IsNaN(theta) {
		return vec3{}, fmt.Errorf("%w: pixel (%g, %g)", w.undefined(), x, y)
	}
	return w.pole.mul(unit(phi, theta)), nil
}

// SkyToPixel returns the pixel position of a longitude and latitude in the header's own frame, all in degrees and
// 0-based pixels. It is the inverse of PixelToSky to well below 1e-9 pixels.
//
// It is an error where the projection is not defined: for TAN, 90 degrees or more from the reference point.
func (w *WCS) SkyToPixel(lon, lat float64) (x, y float64, err error) {
	return w.pixelOf(unit(lon*degree, lat*degree), lon, lat)
}

// ICRSToPixel returns the pixel position of a right ascension and declination in the ICRS, all in degrees and 0-based
// pixels. It is the inverse of PixelToICRS.
func (w *WCS) ICRSToPixel(ra, dec float64) (x, y float64, err error) {
	if w.toICRS.err != nil {
		return math.NaN(), math.NaN(), w.toICRS.err
	}
	return w.pixelOf(w.toICRS.invert(unit(ra*degree, dec*degree)), ra, dec)
}

// pixelOf returns the pixel position of a celestial unit vector, which the caller knows as (lon, lat) in degrees.
func (w *WCS) pixelOf(direction vec3, lon, lat float64) (x, y float64, err error) {
	n := w.pole.transpose().mul(direction)
	phi, theta := math.Atan2(n[1], n[0]), math.Atan2(n[2], math.Hypot(n[0], n[1]))
	px, py, ok := w.projection.project(phi, theta)
	if !ok || math.IsNaN(px) || math.IsNaN(py) || math.Abs(lat) > 90 {
		return math.NaN(), math.NaN(), fmt.Errorf("%w: sky position (%g, %g)", w.undefined(), lon, lat)
	}
	px, py = px/degree, py/degree
	u := w.back[0][0]*px + w.back[0][1]*py
	v := w.back[1][0]*px + w.back[1][1]*py
	if w.distortion != nil {
		if u, v, ok = w.distortion.invert(u, v); !ok {
			return math.NaN(), math.NaN(), fmt.Errorf("%w: sky position (%g, %g): the SIP polynomial has no inverse there",
				w.undefined(), lon, lat)
		}
	}
	return u + w.crpix[0] - 1, v + w.crpix[1] - 1, nil
}

func (w *WCS) undefined() error {
	return w.at.wrap(fmt.Errorf("outside the %s projection", w.projection.code))
}

// CTypes returns CTYPE of the longitude and the latitude axis.
func (w *WCS) CTypes() (lon, lat string) { return w.ctype[0], w.ctype[1] }

// PixelScale returns the size of a pixel at the reference point in degrees: the square root of its area.
func (w *WCS) PixelScale() float64 { return math.Sqrt(math.Abs(determinant(w.matrix))) }

func determinant(m [2][2]float64) float64 { return m[0][0]*m[1][1] - m[0][1]*m[1][0] }

// setMatrix sets the linear part and its inverse; it reports false for a singular one.
func (w *WCS) setMatrix(m [2][2]float64) bool {
	d := determinant(m)
	if d == 0 || math.IsNaN(d) || math.IsInf(d, 0) || math.IsInf(1/d, 0) {
		return false
	}
	w.matrix = m
	w.back = [2][2]float64{{m[1][1] / d, -m[0][1] / d}, {-m[1][0] / d, m[0][0] / d}}
	return true
}

// setPole sets the rotation from native to celestial coordinates of a zenithal projection, whose native pole is the
// reference point (Paper II, equation 2 and section 2.4; lonpole is the native longitude of the celestial pole).
func (w *WCS) setPole(lonpole float64) {
	w.lonpole = lonpole
	sinA, cosA := math.Sincos(w.crval[0] * degree)
	sinD, cosD := sincosDegrees(w.crval[1])
	sinP, cosP := sincosDegrees(lonpole)
	w.pole = mat3{
		{-sinA*sinP - cosA*cosP*sinD, sinA*cosP - cosA*sinP*sinD, cosA * cosD},
		{cosA*sinP - sinA*cosP*sinD, -cosA*cosP - sinA*sinP*sinD, sinA * cosD},
		{cosP * cosD, sinP * cosD, sinD},
	}
}

// sincosDegrees is exact at multiples of 90 degrees, where headers like to be.
func sincosDegrees(a float64) (sin, cos float64) {
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
	return math.Sincos(a * degree)
}
