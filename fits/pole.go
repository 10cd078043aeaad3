package fits

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A reference ties native coordinates to celestial ones at one point (Paper II, section 2.4). All in degrees.
type reference struct {
	phi, theta float64 // native
	lon, lat   float64 // celestial
	lonpole    float64 // native longitude of the celestial pole
	latpole    float64 // celestial latitude of the native pole, to choose between two
}

// defaultLonpole is the native longitude of the celestial pole where LONPOLE is not given (Paper II, equation 8).
func (r *reference) defaultLonpole() float64 {
	lonpole := r.phi
	if r.lat < r.theta {
		lonpole += 180
	}
	return lonpole
}

// rotation returns the matrix that turns native unit vectors into celestial ones (Paper II, equation 2). It is an error
// where no place of the native pole gives the reference point these coordinates.
func (r *reference) rotation() (sphere.Matrix, error) {
	alpha, delta, err := r.nativePole()
	if err != nil {
		return sphere.Matrix{}, err
	}
	sinA, cosA := sphere.SincosDegrees(alpha)
	sinD, cosD := sphere.SincosDegrees(delta)
	sinP, cosP := sphere.SincosDegrees(r.lonpole)
	return sphere.Matrix{
		{-sinA*sinP - cosA*cosP*sinD, sinA*cosP - cosA*sinP*sinD, cosA * cosD},
		{cosA*sinP - sinA*cosP*sinD, -cosA*cosP - sinA*sinP*sinD, sinA * cosD},
		{cosP * cosD, sinP * cosD, sinD},
	}, nil
}

// nativePole returns the celestial coordinates of the native pole (Paper II, equations 8 to 10 and the rules after them).
func (r *reference) nativePole() (lon, lat float64, err error) {
	const tolerance = 1e-10
	if r.theta == 90 {
		return r.lon, r.lat, nil
	}
	sin0, cos0 := sphere.SincosDegrees(r.lat)
	sinTheta, cosTheta := sphere.SincosDegrees(r.theta)
	sinPhi, cosPhi := sphere.SincosDegrees(r.lonpole - r.phi)
	x, y := cosTheta*cosPhi, sinTheta
	z := math.Hypot(x, y)
	if z == 0 {
		if sin0 != 0 {
			return 0, 0, fmt.Errorf("want latitude 0 at the reference point where LONPOLE is 90 degrees from it, have %g", r.lat)
		}
		lat = r.latpole // it alone says where the pole is
	} else {
		s := sin0 / z
		if math.Abs(s) > 1 {
			if math.Abs(s) > 1+tolerance {
				return 0, 0, fmt.Errorf("no pole gives the reference point latitude %g with LONPOLE = %g", r.lat, r.lonpole)
			}
			s = math.Copysign(1, s)
		}
		u, v := math.Atan2(y, x)/sphere.Degree, math.Acos(s)/sphere.Degree
		north, south := math.Remainder(u+v, 360), math.Remainder(u-v, 360)
		lat = north
		isNorth, isSouth := math.Abs(north) <= 90+tolerance, math.Abs(south) <= 90+tolerance
		switch {
		case !isNorth && !isSouth:
			return 0, 0, fmt.Errorf("no pole gives the reference point latitude %g with LONPOLE = %g", r.lat, r.lonpole)
		case !isNorth, isSouth && math.Abs(r.latpole-south) <= math.Abs(r.latpole-north):
			lat = south
		}
	}
	lat = max(-90, min(lat, 90))
	sinPole, cosPole := sphere.SincosDegrees(lat)
	if w := cosPole * cos0; math.Abs(w) >= tolerance {
		return r.lon - math.Atan2(sinPhi*cosTheta/cos0, (sinTheta-sinPole*sin0)/w)/sphere.Degree, lat, nil
	}
	switch {
	case math.Abs(cos0) < tolerance: // the reference point is a celestial pole
		return r.lon, lat, nil
	case lat > 0: // the native pole is the northern one
		return r.lon + r.lonpole - r.phi - 180, lat, nil
	}
	return r.lon - r.lonpole + r.phi, lat, nil
}
