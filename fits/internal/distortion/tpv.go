package distortion

import (
	"math"

	"github.com/astrovit/astrovit/fits/internal/plane"
)

// TPV is the distortion of SCAMP on a tangent plane (the TPV convention of the registry of FITS conventions, 2011): each
// plane coordinate, in degrees, becomes a polynomial of seventh degree in itself, the other and their distance r from the
// reference point, with coefficients PVi_0 to PVi_39 of its axis.
type TPV [2]tpvAxis

type tpvAxis struct {
	c      plane.Polynomial // of own coordinate and the other
	radial [4]float64       // of r, r³, r⁵, r⁷
	isFlat bool             // radial is zero
}

// NewTPV takes the PVi_m of the longitude and of the latitude axis, by m, and sorts the coefficients: by degree, in it by the
// power of the other coordinate, odd degrees ending with r. PVi_1 is 1 by default, the others are 0.
func NewTPV(lon, lat map[int]float64) *TPV {
	return &TPV{newTPVAxis(lon), newTPVAxis(lat)}
}

func newTPVAxis(pv map[int]float64) tpvAxis {
	last := 1
	for m, v := range pv {
		if v != 0 {
			last = max(last, m)
		}
	}
	a := tpvAxis{isFlat: true}
	for n, m := 0, 0; m <= last; n++ {
		a.c = append(a.c, make([]float64, 0, 8))
		for q := 0; q <= n; q++ {
			v, given := pv[m]
			if m == 1 && !given {
				v = 1
			}
			a.c[n-q] = append(a.c[n-q], v)
			m++
		}
		if n%2 == 1 {
			a.radial[n/2] = pv[m]
			a.isFlat = a.isFlat && a.radial[n/2] == 0
			m++
		}
	}
	return a
}

// at returns an axis' coordinate and its derivatives by its own coordinate and the other.
func (a *tpvAxis) at(own, other float64) (value, byOwn, byOther float64) {
	value, byOwn, byOther = a.c.At(own, other)
	if a.isFlat {
		return value, byOwn, byOther
	}
	r := math.Hypot(own, other)
	if r == 0 {
		return value, byOwn, byOther
	}
	rr := r * r
	c := &a.radial
	value += r * (c[0] + rr*(c[1]+rr*(c[2]+rr*c[3])))
	slope := (c[0] + rr*(3*c[1]+rr*(5*c[2]+rr*7*c[3]))) / r
	return value, byOwn + slope*own, byOther + slope*other
}

// Move implements plane.Map.
func (t *TPV) Move(x, y float64) (mx, my float64, slope plane.Linear) {
	mx, slope[0][0], slope[0][1] = t[0].at(x, y)
	my, slope[1][1], slope[1][0] = t[1].at(y, x)
	return mx, my, slope
}

// IsSCAMP reports whether the PVi_m of a TAN projection can only be a distortion: SCAMP wrote it under this name before
// there was TPV. TAN itself has no parameters; its longitude axis may have those of every projection, up to PVi_4.
func IsSCAMP(lon, lat map[int]float64) bool {
	for _, pv := range []map[int]float64{lon, lat} {
		for m, v := range pv {
			if m > 4 && v != 0 {
				return true
			}
		}
	}
	return lon[1] != 0 && lat[1] != 0
}
