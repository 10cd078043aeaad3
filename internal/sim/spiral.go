package sim

import (
	"math"
	"math/rand/v2"
)

// newSpiral draws a disc galaxy: arms with knots of young stars along them, a bulge and in half of them a bar from
// whose ends the arms start. Discs of more than 58 degrees of inclination are left out, since arms no longer show.
func newSpiral(noise Noise, r *rand.Rand) (Light, float64) {
	scale := uniform(r, 3.9, 6)
	inclination := math.Acos(uniform(r, 0.53, 1))
	nodes := uniform(r, 0, math.Pi)
	flux := noise.brightness(1.68*scale*math.Sqrt(math.Cos(inclination)), logUniform(r, 90, 260))

	barred := r.IntN(2) == 1
	bulge, bar, knots := uniform(r, 0.07, 0.22), 0.0, uniform(r, 0.05, 0.12)
	arms := Arms{
		Number:    2 + max(0, r.IntN(5)-2), // two in three of five
		Pitch:     uniform(r, 14, 27) * math.Pi / 180 * sign(r),
		Phase:     uniform(r, 0, 2*math.Pi),
		Contrast:  uniform(r, 0.6, 0.92),
		Sharpness: uniform(r, 1.8, 4),
		Start:     0.35,
	}
	var plane Sum
	if barred {
		bar = uniform(r, 0.12, 0.24)
		length := uniform(r, 0.9, 1.3) // to its visible end
		arms.Start = 0.8 * length
		plane = append(plane, NewSersic(bar*flux, 0.55*length*scale, 0.5, uniform(r, 0.25, 0.4), arms.Azimuth(length)))
	}
	plane = append(plane, NewDisc((1-bulge-bar-knots)*flux, scale, arms))
	tilted := Incline(plane, inclination, nodes)
	roundness := 1 - 0.5*(1-math.Cos(inclination))
	galaxy := Sum{tilted, NewSersic(bulge*flux, uniform(r, 0.25, 0.4)*scale, uniform(r, 1, 2.5), roundness, nodes)}
	count := 6 + r.IntN(9)
	for range count {
		radius := uniform(r, max(0.8, arms.Start), 3)
		azimuth := arms.Azimuth(radius) + 2*math.Pi*float64(r.IntN(arms.Number))/float64(arms.Number) + 0.08*r.NormFloat64()
		sin, cos := math.Sincos(azimuth)
		x, y := tilted.Sky(radius*scale*cos, radius*scale*sin)
		knot := NewSersic(knots*flux/float64(count), uniform(r, 0.5, 1), 0.5, 1, 0)
		galaxy = append(galaxy, Offset{knot, x, y})
	}
	return galaxy, flux
}
