package arcs

import (
	"math"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/sim"
)

// electrons are what a shape is drawn with, whose brightness is set afterwards:
// about those of an arc, for which sim's limits of accuracy are meant.
const electrons = 2e4

// clump is a small galaxy of a half-light radius in arcsec.
func clump(re float64, r *rand.Rand) sim.Sersic {
	return sim.NewSersic(electrons, re/PixelScale, uniform(r, 0.6, 2), uniform(r, 0.4, 1), uniform(r, 0, math.Pi))
}

// arcOf draws a lens around the host's centre and a source that it shows
// several times: behind less than 0.6 Einstein radii. It returns the Einstein
// radius in arcsec.
func arcOf(f *frame, r *rand.Rand) ([]layer, float64) {
	theta := uniform(r, Radii[0], Radii[1])
	mass := &sim.Isothermal{
		Radius: theta / PixelScale, Q: uniform(r, 0.6, 0.98), Angle: uniform(r, 0, math.Pi),
		Shear: 0.1 * r.Float64(), ShearAngle: uniform(r, 0, math.Pi),
	}
	x, y := around(0, 0, 0.6*mass.Radius*math.Sqrt(r.Float64()), r)
	re, colour := logUniform(r, 0.08, 0.35), young(r)
	layers := []layer{{sim.Lensed{Source: clump(re, r), X: x, Y: y, Mass: mass}, f.x, f.y, colour}}
	for range r.IntN(4) { // knots of younger stars
		u, v := around(x, y, 1.2*re/PixelScale*math.Sqrt(r.Float64()), r)
		knot := sim.Lensed{Source: clump(re*uniform(r, 0.15, 0.4), r), X: u, Y: v, Mass: mass}
		layers = append(layers, layer{knot, f.x, f.y, young(r).times(uniform(r, 0.05, 0.25))})
	}
	return layers, theta
}

// companions draws small blue galaxies close to the host.
func companions(f *frame, r *rand.Rand) (layers []layer) {
	for range 1 + r.IntN(3) {
		x, y := around(f.x, f.y, uniform(r, 0.9, 3.4)/PixelScale, r)
		layers = append(layers, layer{clump(logUniform(r, 0.1, 0.5), r), x, y, young(r).times(logUniform(r, 0.3, 1))})
	}
	return layers
}

// edgeOn draws a thin disc close to the host, half of them along the circle on
// which arcs lie.
func edgeOn(f *frame, r *rand.Rand) []layer {
	x, y := around(f.x, f.y, uniform(r, 1, 3.5)/PixelScale, r)
	angle := uniform(r, 0, math.Pi)
	if r.IntN(2) == 0 {
		angle = math.Atan2(y-f.y, x-f.x) + math.Pi/2 + 0.3*r.NormFloat64()
	}
	disc := sim.NewSersic(electrons, uniform(r, 0.5, 1.2)/PixelScale, 1, uniform(r, 0.12, 0.28), angle)
	return []layer{{disc, x, y, young(r)}}
}

// spiral draws a disc with arms, and knots along them, of which the host is the
// bulge.
func spiral(f *frame, r *rand.Rand) []layer {
	scale := uniform(r, 0.8, 1.8) / PixelScale
	shape := sim.Arms{
		Number: 2 + max(0, r.IntN(5)-2), Pitch: uniform(r, 12, 30) * math.Pi / 180 * float64(2*r.IntN(2)-1), Phase: uniform(r, 0, 2*math.Pi),
		Contrast: uniform(r, 0.6, 0.95), Sharpness: uniform(r, 1.8, 5), Start: 0.4,
	}
	tilted := sim.Incline(sim.NewDisc(electrons, scale, shape), math.Acos(uniform(r, 0.5, 1)), uniform(r, 0, math.Pi))
	colour := young(r)
	layers := []layer{{tilted, f.x, f.y, colour}}
	for range r.IntN(8) {
		radius := uniform(r, 0.8, 2.5)
		sin, cos := math.Sincos(shape.Azimuth(radius) + 2*math.Pi*float64(r.IntN(shape.Number))/float64(shape.Number))
		x, y := tilted.Sky(radius*scale*cos, radius*scale*sin)
		layers = append(layers, layer{clump(uniform(r, 0.08, 0.2), r), f.x + x, f.y + y, colour.times(uniform(r, 0.01, 0.04))})
	}
	return layers
}

// ring draws a ring of young stars in the host's plane.
func ring(f *frame, r *rand.Rand) []layer {
	radius := uniform(r, 1, 3) / PixelScale
	circle := annulus{
		radius: radius, width: radius * uniform(r, 0.12, 0.3), opening: 2 * math.Pi,
		waves: float64(1 + r.IntN(4)), depth: uniform(r, 0, 0.5), phase: uniform(r, 0, 2*math.Pi),
	}
	return []layer{{sim.Incline(circle, math.Acos(uniform(r, 0.5, 1)), uniform(r, 0, math.Pi)), f.x, f.y, young(r)}}
}

// tail draws what a passage has drawn out of the host: stars of its own colour
// along a bow that begins in it, so that it bends around another point.
func tail(f *frame, r *rand.Rand) []layer {
	radius := uniform(r, 1.5, 4) / PixelScale
	opening, hand := uniform(r, 1, 2.6), float64(2*r.IntN(2)-1)
	x, y := around(f.x, f.y, radius, r)
	bow := annulus{
		radius: radius, width: uniform(r, 0.25, 0.5) / PixelScale, opening: opening,
		phase: math.Atan2(f.y-y, f.x-x) + hand*0.6*opening,
	}
	colour := f.colour
	for b, c := range young(r) {
		colour[b] = 0.8*colour[b] + 0.2*c
	}
	return []layer{{bow, x, y, colour}}
}

// around is a point at a distance in a random direction.
func around(x, y, distance float64, r *rand.Rand) (float64, float64) {
	sin, cos := math.Sincos(uniform(r, 0, 2*math.Pi))
	return x + distance*cos, y + distance*sin
}

// An annulus is a ring, or a bow of one, with a Gaussian profile across.
type annulus struct {
	radius, width float64 // of its middle; standard deviation
	opening       float64 // of the bow, which fades along it; 2 pi is a whole ring
	phase         float64 // azimuth of the bow's middle, or of a ring's brightest part
	waves, depth  float64 // a ring's brightness varies around it
}

func (a annulus) At(x, y float64) float64 {
	d := (math.Hypot(x, y) - a.radius) / a.width
	along := math.Remainder(math.Atan2(y, x)-a.phase, 2*math.Pi)
	light := 200 * math.Exp(-d*d/2)
	if a.opening < 2*math.Pi {
		s := along / (a.opening / 3)
		return light * math.Exp(-s*s/2)
	}
	return light * (1 + a.depth*math.Cos(a.waves*along))
}

// Reach is four deviations beyond the middle.
func (a annulus) Reach() float64 { return a.radius + 4*a.width }
