package detect

import "math"

const (
	kronReach  = 6   // standard deviations over which the Kron radius is measured
	kronFactor = 2.5 // of it: the aperture's
	kronLeast  = 3.5 // standard deviations

	petrosianReach = 1.5 // Kron apertures within which the Petrosian radius lies
)

// measure is what is known of an object. kron.. are SExtractor's KRON_NSIG and PHOT_AUTOPARAMS.
func (st *stamp) measure(o *object, id int32) Source {
	s := Source{X: o.x, Y: o.y, XIso: o.x, YIso: o.y, Area: o.area}
	s.A, s.B, s.Theta = o.covariance.axes()
	if o.deblended {
		s.Flags |= Deblended
	}
	st.isophote(o, &s)

	st.cut(o, id, kronReach*s.A)
	aperture := o.kron(st)
	s.KronRadius = aperture * s.A
	furthest := petrosianTo * petrosianReach * s.KronRadius
	st.cut(o, id, furthest)
	s.KronFlux = o.within(st, aperture)
	s.Flags |= st.troubles(o, aperture)

	s.HalfLight = st.profileOf(o.x, o.y, s.KronRadius).radiusOf(s.KronFlux / 2)
	if x, y, ok := st.window(o.x, o.y, s.HalfLight); ok {
		s.X, s.Y = x, y
	}
	s.Petrosian = st.profileOf(s.X, s.Y, furthest).petrosian()
	return s
}

// isophote sums the object's own pixels, a run at a time in the stamp's memory.
func (st *stamp) isophote(o *object, s *Source) {
	for _, r := range o.runs {
		st.values = sized(st.values, int(r.x1-r.x0))
		st.row(st.values, int(r.x0), int(r.y))
		for k, v := range st.values {
			s.IsoFlux += float64(v)
			if !st.defined(int(r.y)*st.width + int(r.x0) + k) {
				s.Flags |= Masked
			}
		}
		if r.x0 == 0 || r.y == 0 || int(r.x1) == st.width || int(r.y) == st.height-1 {
			s.Flags |= Edge
		}
	}
}

// box is the extent of the object's ellipse of a semi-major axis in standard deviations.
func (o *object) box(radius float64) (halfWidth, halfHeight float64) {
	return radius * math.Sqrt(o.covariance.xx), radius * math.Sqrt(o.covariance.yy)
}

// kron is the semi-major axis of the Kron aperture, in standard deviations of the object.
func (o *object) kron(st *stamp) float64 {
	sum, first := 0.0, 0.0
	w, h := o.box(kronReach)
	st.around(o.x, o.y, w, h, func(dx, dy float64, value float32) {
		if d2 := o.covariance.distance2(dx, dy); d2 <= kronReach*kronReach {
			sum, first = sum+float64(value), first+math.Sqrt(d2)*float64(value)
		}
	})
	if sum <= 0 {
		return kronLeast
	}
	return max(kronLeast, kronFactor*min(kronReach, first/sum))
}

// within is the flux in the object's ellipse.
func (o *object) within(st *stamp, radius float64) (flux float64) {
	w, h := o.box(radius)
	st.around(o.x, o.y, w, h, func(dx, dy float64, value float32) {
		if o.covariance.distance2(dx, dy) <= radius*radius {
			flux += float64(value)
		}
	})
	return flux
}

// troubles are the flags of the object's ellipse.
func (p *plane) troubles(o *object, radius float64) (f Flags) {
	w, h := o.box(radius)
	w, h = min(w, maxRadius), min(h, maxRadius)
	x0, x1 := int(math.Ceil(o.x-w)), int(math.Floor(o.x+w))
	y0, y1 := int(math.Ceil(o.y-h)), int(math.Floor(o.y+h))
	if x0 < 0 || y0 < 0 || x1 >= p.width || y1 >= p.height {
		f |= Edge
	}
	for y := max(0, y0); y <= min(p.height-1, y1); y++ {
		for x := max(0, x0); x <= min(p.width-1, x1); x++ {
			if !p.defined(y*p.width+x) && o.covariance.distance2(float64(x)-o.x, float64(y)-o.y) <= radius*radius {
				return f | Masked
			}
		}
	}
	return f
}

var fwhmOfSigma = math.Sqrt(8 * math.Ln2) // of a Gaussian

// window is the centroid under a Gaussian window that moves with it, as wide as the light (SExtractor's manual,
// "Windowed positional parameters"). It is not ok where the light gives it no hold.
func (st *stamp) window(x0, y0, halfLight float64) (x, y float64, ok bool) {
	const (
		turns   = 32
		enough  = 1e-4 // pixels
		reach   = 4    // standard deviations
		slimest = 2    // pixels of FWHM
	)
	sigma := max(slimest, 2*halfLight) / fwhmOfSigma
	x, y = x0, y0
	for range turns {
		sum, sx, sy := 0.0, 0.0, 0.0
		st.around(x, y, reach*sigma, reach*sigma, func(dx, dy float64, value float32) {
			f := float64(value) * math.Exp(-(dx*dx+dy*dy)/(2*sigma*sigma))
			sum, sx, sy = sum+f, sx+f*dx, sy+f*dy
		})
		dx, dy := 2*sx/sum, 2*sy/sum
		x, y = x+dx, y+dy
		if !(sum > 0 && math.Hypot(x-x0, y-y0) <= 2*sigma) {
			return 0, 0, false
		}
		if math.Hypot(dx, dy) < enough {
			return x, y, true
		}
	}
	return 0, 0, false
}
