package infer

import (
	"math"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/detect"
)

const fluxColumn = "flux"

// petrosian is the column of Petrosian radii.
var petrosian = catalog.Measure{Name: catalog.PetrosianColumn, Unit: "arcsec", UCD: "phys.angSize"}

// measures are the columns of what is measured of a source.
var measures = []catalog.Measure{
	{Name: fluxColumn, UCD: "phot.flux"},
	{Name: "kron_radius", Unit: "arcsec", UCD: "phys.angSize"}, petrosian,
	{Name: "half_light_radius", Unit: "arcsec", UCD: "phys.angSize"},
	{Name: "a", Unit: "arcsec", UCD: "phys.angSize.smajAxis"}, {Name: "b", Unit: "arcsec", UCD: "phys.angSize.sminAxis"},
	{Name: "theta", Unit: "deg", UCD: "pos.posAng"},
}

// coverage are the columns of the parts of a window that are beyond the image's edge, and that masks and weights exclude.
var coverage = []catalog.Measure{{Name: "edge_fraction"}, {Name: "mask_fraction"}}

// layout is the columns of the predictions.
func (r *run) layout() (catalog.Layout, error) {
	layout, err := catalog.Predictions(r.model.Task, r.model.Labels, r.Samples > 1, r.model.Questions...)
	if err != nil {
		return layout, err
	}
	var more []catalog.Measure
	switch {
	case r.Detect:
		more = append(more, measures...)
	case r.givesRadii():
		more = append(more, petrosian)
	}
	if r.Detect || r.Coverage {
		more = append(more, coverage...)
	}
	return layout.Measured(more...)
}

// givesRadii tells whether rows say by which radius their windows are scaled.
func (r *run) givesRadii() bool { return r.Positions != "" && r.model.Recipe.Petrosian > 0 }

// measured are the values of [measures]; what is on the sky is NaN in an image without sky coordinates.
func measured(w *fits.WCS, s detect.Source) []float64 {
	nan := math.NaN()
	values := []float64{s.KronFlux, nan, nan, nan, nan, nan, nan}
	if w == nil {
		return values
	}
	j, err := w.Jacobian(s.X, s.Y)
	if err != nil {
		return values
	}
	const arcsec = 3600
	scale := arcsec * j.Scale()
	values[1], values[2], values[3] = scale*s.KronRadius, scale*s.Petrosian, scale*s.HalfLight
	a, b, angle := onSky(j, s.A, s.B, s.Theta)
	values[4], values[5], values[6] = arcsec*a, arcsec*b, angle
	return values
}

// onSky is an ellipse of semi-axes a and b, whose major axis is theta from x towards y, on the sky by the Jacobian there:
// its semi-axes, and the angle of the major one from north through east, from 0 to below 180 degrees.
func onSky(j fits.Jacobian, a, b, theta float64) (major, minor, angle float64) {
	sin, cos := math.Sincos(theta)
	// The images of the semi-axes are conjugate: they span the ellipse, but need not be its own.
	ux, uy := a*(j[0][0]*cos+j[0][1]*sin), a*(j[1][0]*cos+j[1][1]*sin)
	vx, vy := b*(-j[0][0]*sin+j[0][1]*cos), b*(-j[1][0]*sin+j[1][1]*cos)
	ee, nn, en := ux*ux+vx*vx, uy*uy+vy*vy, ux*uy+vx*vy
	mean, half := (ee+nn)/2, (nn-ee)/2
	root := math.Hypot(half, en)
	angle = math.Atan2(en, half) / 2 * 180 / math.Pi
	if angle < 0 {
		angle += 180
	}
	return math.Sqrt(mean + root), math.Sqrt(max(0, mean-root)), angle
}
