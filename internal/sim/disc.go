package sim

import "math"

// Arms are logarithmic spiral arms. They move the light of each radius in azimuth, so that the mean profile and the
// flux of a disc are the same with and without them.
type Arms struct {
	Number    int
	Pitch     float64 // angle between arm and circle; negative winds the other way
	Phase     float64 // azimuth of an arm at one scale length of the disc
	Contrast  float64 // 0..1: the share of the light that the arms take
	Sharpness float64 // concentration of the von Mises profile across an arm
	Start     float64 // in scale lengths; logarithmic arms would wind without end towards the centre
}

// Azimuth returns the azimuth of the first arm at a radius in scale lengths; the others follow at equal angles.
func (a Arms) Azimuth(r float64) float64 { return a.Phase + math.Log(r)/math.Tan(a.Pitch) }

// A Disc is a thin exponential disc with arms, seen face-on (Freeman 1970).
type Disc struct {
	scale, peak float64
	arms        Arms
	cotPitch    float64
	armNorm     float64 // 1/I0(Sharpness) makes the mean of the arms' profile 1
}

// NewDisc returns a disc of a total flux, whose surface brightness falls as exp(-R/scale).
func NewDisc(flux, scale float64, arms Arms) *Disc {
	return &Disc{scale, flux / (2 * math.Pi * scale * scale), arms, 1 / math.Tan(arms.Pitch), 1 / besselI0(arms.Sharpness)}
}

// At returns the surface brightness.
func (d *Disc) At(x, y float64) float64 {
	r := math.Sqrt(x*x+y*y) / d.scale
	light := d.peak * math.Exp(-r)
	if r <= d.arms.Start {
		return light
	}
	rise := min(1, 2*(r-d.arms.Start))
	rise *= rise * (3 - 2*rise)
	phase := float64(d.arms.Number) * (math.Atan2(y, x) - d.arms.Phase - math.Log(r)*d.cotPitch)
	arm := math.Exp(d.arms.Sharpness*math.Cos(phase))*d.armNorm - 1
	return light * (1 + d.arms.Contrast*rise*arm)
}

// Reach returns the radius at which the arms fade.
func (d *Disc) Reach() float64 {
	crest := 1 + d.arms.Contrast*(math.Exp(d.arms.Sharpness)*d.armNorm-1)
	return d.scale * max(0, math.Log(d.peak*crest/faint))
}

// An Inclined is flat light tilted out of the plane of the sky around its line of nodes.
type Inclined struct {
	Light
	cosI, cos, sin float64
}

// Incline tilts light by an inclination (0: face-on) around the line of nodes at an angle. The flux stays.
func Incline(l Light, inclination, angle float64) Inclined {
	i := Inclined{Light: l, cosI: math.Cos(inclination)}
	if i.cosI < 0.05 {
		panic("sim: a thin disc cannot be inclined beyond 87 degrees")
	}
	i.sin, i.cos = math.Sincos(angle)
	return i
}

// At returns the surface brightness of the light in its own plane, brighter by the longer line of sight.
func (i Inclined) At(x, y float64) float64 {
	return i.Light.At(i.cos*x+i.sin*y, (i.cos*y-i.sin*x)/i.cosI) / i.cosI
}

// Sky returns the position on the sky of a point of the plane.
func (i Inclined) Sky(u, v float64) (x, y float64) {
	v *= i.cosI
	return i.cos*u - i.sin*v, i.sin*u + i.cos*v
}
