package sim

import (
	"math"
	"math/rand/v2"
)

// Class is what an object is.
type Class string

// The classes. Empty is a place without an object.
const (
	Elliptical Class = "elliptical"
	SpiralDisc Class = "spiral"
	EdgeOnDisc Class = "edge-on"
	Merger     Class = "merger"
	Lensed     Class = "lens"
	Star       Class = "star"
	Empty      Class = "empty"
)

// Classes lists the classes of objects, and Empty last.
var Classes = []Class{Elliptical, SpiralDisc, EdgeOnDisc, Merger, Lensed, Star, Empty}

// Object is something on the sky.
type Object struct {
	X, Y  float64 // centre
	Class Class
	Flux  float64 // nanomaggies

	parts []component
}

// radius is how far objects are drawn.
const radius = 45

// Draw adds the object to a canvas, whose pixel (0, 0) is at (x0, y0).
func (o Object) Draw(c *Canvas, x0, y0 float64) {
	if o.Class == Star {
		c.point(o.X-x0, o.Y-y0, o.Flux)
		return
	}
	c.draw(o.parts, o.X-x0, o.Y-y0, radius, o.Flux)
}

// point shares a flux over the four pixels around a position.
func (c *Canvas) point(x, y, flux float64) {
	i, j := math.Floor(x), math.Floor(y)
	for k := range 4 {
		px, py := int(i)+k%2, int(j)+k/2
		weight := (1 - math.Abs(x-float64(px))) * (1 - math.Abs(y-float64(py)))
		if px >= 0 && px < c.Width && py >= 0 && py < c.Height {
			c.Pixels[py*c.Width+px] += flux * weight
		}
	}
}

// NewObject draws an object of a class at random.
func NewObject(class Class, x, y float64, r *rand.Rand) Object {
	o := Object{X: x, Y: y, Class: class}
	turn := 2 * math.Pi * r.Float64()
	switch class {
	case Elliptical:
		o.Flux = logUniform(r, 15, 300)
		o.parts = []component{{Sersic(uniform(r, 2.5, 5), logUniform(r, 2.5, 7), uniform(r, 0.5, 1)), 1}}
	case SpiralDisc:
		o.Flux = logUniform(r, 60, 500)
		o.parts = spiral(r)
	case EdgeOnDisc:
		o.Flux = logUniform(r, 25, 300)
		scale := uniform(r, 4, 8)
		bulge := uniform(r, 0.05, 0.25)
		o.parts = []component{
			{EdgeOn(scale, scale*uniform(r, 0.12, 0.22), uniform(r, 0, 2)), 1 - bulge},
			{Sersic(2, scale*0.3, 0.75), bulge},
		}
	case Merger:
		o.Flux = logUniform(r, 60, 500)
		o.parts = merger(r)
	case Lensed:
		o.Flux = logUniform(r, 60, 300)
		o.parts = lensed(r)
	case Star:
		o.Flux = logUniform(r, 5, 1000)
	default:
		panic("sim: no object of this class")
	}
	for i := range o.parts {
		o.parts[i].profile = rotated(o.parts[i].profile, turn)
	}
	return o
}

// spiral is a disc with two to four arms, a bulge and, half of the time, a bar.
func spiral(r *rand.Rand) []component {
	s := Spiral{
		Scale: uniform(r, 4.5, 8), Cosine: uniform(r, 0.5, 1), Arms: 2 + r.IntN(3)*r.IntN(2),
		Pitch: uniform(r, 0.25, 0.5), Contrast: uniform(r, 0.9, 1.8), Phase: 2 * math.Pi * r.Float64(), Hand: float64(2*r.IntN(2) - 1),
	}
	bulge, bar := uniform(r, 0.06, 0.2), 0.0
	parts := []component{{s.Disc(), 0}, {Sersic(2, uniform(r, 1.2, 2), math.Max(s.Cosine, 0.8)), bulge}}
	if r.IntN(2) == 1 {
		bar = uniform(r, 0.1, 0.2)
		parts = append(parts, component{Bar(s.Scale*uniform(r, 0.9, 1.3), uniform(r, 0.25, 0.4), s.Cosine, math.Pi*r.Float64()), bar})
	}
	parts[0].share = 1 - bulge - bar
	return parts
}

// merger is two galaxies close together, each with a tidal tail.
func merger(r *rand.Rand) []component {
	apart := uniform(r, 4, 8) // of each from the middle
	ratio := uniform(r, 0.3, 0.5)
	tails := uniform(r, 0.2, 0.4)
	length, bend := uniform(r, 18, 28), uniform(r, 0.8, 2)
	one := rotated(Sersic(uniform(r, 1, 3), uniform(r, 2, 4), uniform(r, 0.4, 0.9)), math.Pi*r.Float64())
	two := rotated(Sersic(uniform(r, 1, 3), uniform(r, 2, 4), uniform(r, 0.4, 0.9)), math.Pi*r.Float64())
	out := uniform(r, 0.6, 1.5) // angle between the line of centres and a tail
	return []component{
		{moved(one, -apart, 0), (1 - ratio) * (1 - tails)},
		{moved(two, apart, 0), ratio * (1 - tails)},
		{moved(rotated(Tail(length, uniform(r, 1, 1.8), bend), math.Pi+out), -apart, 0), tails * (1 - ratio)},
		{moved(rotated(Tail(length, uniform(r, 1, 1.8), bend), out), apart, 0), tails * ratio},
	}
}

// lensed is an elliptical galaxy and the image of a small source behind it.
func lensed(r *rand.Rand) []component {
	l := Lens{Einstein: uniform(r, 6, 11), Ratio: uniform(r, 0.6, 0.9)}
	shear, angle := uniform(r, 0, 0.06), math.Pi*r.Float64()
	l.Shear1, l.Shear2 = shear*math.Cos(2*angle), shear*math.Sin(2*angle)
	// A source within about the caustic makes arcs, quads and rings.
	distance, direction := 0.35*l.Einstein*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
	source := rotated(Sersic(1, uniform(r, 0.8, 1.6), uniform(r, 0.5, 1)), math.Pi*r.Float64())
	arcs := uniform(r, 0.35, 0.6)
	return []component{
		{Sersic(uniform(r, 3, 5), l.Einstein*uniform(r, 0.3, 0.5), l.Ratio), 1 - arcs},
		{l.Image(source, distance*math.Cos(direction), distance*math.Sin(direction)), arcs},
	}
}

func moved(p Profile, x, y float64) Profile {
	return func(px, py float64) float64 { return p(px-x, py-y) }
}

func uniform(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func logUniform(r *rand.Rand, low, high float64) float64 {
	return low * math.Pow(high/low, r.Float64())
}
