package sim

import "math"

// A Disc is a thin exponential disc seen face-on (Freeman 1970), with logarithmic spiral arms. The arms redistribute
// the light of each radius in azimuth, so that the mean profile stays exponential and the flux is the disc's whatever
// the arms are.
type Disc struct {
	Flux, Scale float64 // exp(-R/Scale)

	Arms      int     // 0: none
	Pitch     float64 // angle between arm and circle; negative winds the other way
	Phase     float64 // azimuth of an arm at R = Scale
	Contrast  float64 // 0..1: the share of the light that the arms take
	Sharpness float64 // concentration of the von Mises profile across an arm
	Start     float64 // radius at which the arms set in; logarithmic arms wind without end towards the centre
}

// At returns the surface brightness.
func (d *Disc) At(x, y float64) float64 {
	r := math.Hypot(x, y)
	light := d.Flux / (2 * math.Pi * d.Scale * d.Scale) * math.Exp(-r/d.Scale)
	if d.Arms == 0 || r <= d.Start {
		return light
	}
	rise := min(1, (r-d.Start)/(0.5*d.Scale))
	rise *= rise * (3 - 2*rise)
	phase := float64(d.Arms) * (math.Atan2(y, x) - d.ArmAzimuth(r))
	arm := math.Exp(d.Sharpness*math.Cos(phase))/besselI0(d.Sharpness) - 1
	return light * (1 + d.Contrast*rise*arm)
}

// ArmAzimuth returns the azimuth of the first arm at a radius; the others follow at equal angles.
func (d *Disc) ArmAzimuth(r float64) float64 {
	return d.Phase + math.Log(r/d.Scale)/math.Tan(d.Pitch)
}

// Reach returns the radius at which the arms fade.
func (d *Disc) Reach() float64 {
	peak := d.Flux / (2 * math.Pi * d.Scale * d.Scale)
	if d.Arms > 0 {
		peak *= 1 + d.Contrast*(math.Exp(d.Sharpness)/besselI0(d.Sharpness)-1)
	}
	return d.Scale * max(0, math.Log(peak/faint))
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
