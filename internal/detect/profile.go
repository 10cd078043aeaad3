package detect

import "math"

// A profile is how flux and area grow with the radius around a position: at radius i*profileStep.
type profile struct{ flux, area []float64 }

const profileStep = 0.2

// profileOf measures the stamp to a radius; it is overwritten by the next. Pixels are cut into 5 x 5 near the centre, and
// counted by their own centres further out.
func (s *stamp) profileOf(x, y, radius float64) profile {
	const near, cuts = 6.0, 5
	n := int(radius/profileStep) + 2
	p := profile{sized(s.profile.flux, n), sized(s.profile.area, n)}
	clear(p.flux)
	clear(p.area)
	s.profile = p
	count := func(d, flux, area float64) {
		if i := int(d/profileStep) + 1; i < n {
			p.flux[i], p.area[i] = p.flux[i]+flux, p.area[i]+area
		}
	}
	s.around(x, y, radius+1, radius+1, func(dx, dy float64, value float32) {
		d := math.Sqrt(dx*dx + dy*dy)
		if d >= near {
			count(d, float64(value), 1)
			return
		}
		for i := range cuts {
			for j := range cuts {
				u, v := (float64(i)+0.5)/cuts-0.5, (float64(j)+0.5)/cuts-0.5
				count(math.Sqrt((dx+u)*(dx+u)+(dy+v)*(dy+v)), float64(value)/(cuts*cuts), 1.0/(cuts*cuts))
			}
		}
	})
	for i := 1; i < n; i++ {
		p.flux[i] += p.flux[i-1]
		p.area[i] += p.area[i-1]
	}
	return p
}

// radiusOf is the first radius that encloses a flux, 0 if that is not positive.
func (p profile) radiusOf(flux float64) float64 {
	if flux <= 0 {
		return 0
	}
	for i := 1; i < len(p.flux); i++ {
		if p.flux[i] >= flux {
			return profileStep * (float64(i-1) + (flux-p.flux[i-1])/(p.flux[i]-p.flux[i-1]))
		}
	}
	return profileStep * float64(len(p.flux)-1)
}

// at is the flux and the area within a radius.
func (p profile) at(radius float64) (flux, area float64) {
	u := min(radius/profileStep, float64(len(p.flux)-1))
	i := min(int(u), len(p.flux)-2)
	t := u - float64(i)
	return p.flux[i] + t*(p.flux[i+1]-p.flux[i]), p.area[i] + t*(p.area[i+1]-p.area[i])
}

// The Petrosian ratio at r is the mean surface brightness from 0.8 r to 1.25 r over that within r; the Petrosian
// radius is where it has fallen to 0.2 (Strauss et al. 2002, AJ 124, 1810, section 3.2).
const (
	petrosianRatio           = 0.2
	petrosianIn, petrosianTo = 0.8, 1.25
)

// petrosian is the Petrosian radius, the first if there are several; NaN if the ratio does not fall so far within the
// profile.
func (p profile) petrosian() float64 {
	before := math.Inf(1)
	last := profileStep * float64(len(p.flux)-1) / petrosianTo
	for r := 1.0; r <= last; r += profileStep {
		flux, area := p.at(r)
		inFlux, inArea := p.at(petrosianIn * r)
		toFlux, toArea := p.at(petrosianTo * r)
		if flux <= 0 || toArea == inArea {
			break // no light, or the image ends
		}
		ratio := (toFlux - inFlux) / (toArea - inArea) * area / flux
		if ratio <= petrosianRatio {
			if math.IsInf(before, 1) {
				return r
			}
			return r - profileStep*(petrosianRatio-ratio)/(before-ratio)
		}
		before = ratio
	}
	return math.NaN()
}
