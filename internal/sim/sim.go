// Package sim makes galaxies, gravitational lenses and skies of them, with known truth, for the embedded model and for
// tests. Surface brightness is analytic (Sersic spheroids, exponential discs with logarithmic arms, sech² discs seen
// edge-on), ray-traced (isothermal lenses) or dynamical (a restricted N-body encounter for mergers). It is integrated
// over the pixels, blurred by the seeing and given photon noise.
//
// All of it is float64. Lengths are pixels, fluxes electrons, angles radians from the x axis towards the y axis; pixel
// positions are 0-based with the centre of the first pixel at 0. Every random number comes from the generator passed
// in, so that a seed is a sky.
package sim

// A Class is a morphology, as it is labelled.
type Class int

// The classes, in the order of the labels.
const (
	Elliptical Class = iota
	Spiral
	EdgeOn
	Merger
	Lens
	Star
	Empty // no object; never drawn, only labelled
)

var classNames = [...]string{"elliptical", "spiral", "edge-on", "merger", "lens", "star", "empty"}

// Classes is the number of classes, Empty included.
const Classes = len(classNames)

func (c Class) String() string { return classNames[c] }

// A Light is a distribution of surface brightness around an object's centre.
type Light interface {
	// At returns the surface brightness at (x, y), in electrons per square pixel.
	At(x, y float64) float64

	// Reach returns the radius beyond which the light is lost in the noise and need not be drawn.
	Reach() float64
}

// faint is the surface brightness at which a profile ends: a hundredth of the noise of a usual sky.
const faint = 0.3

// A Sum is the light of several components with one centre.
type Sum []Light

// At returns the sum of the surface brightnesses.
func (s Sum) At(x, y float64) float64 {
	total := 0.0
	for _, l := range s {
		total += l.At(x, y)
	}
	return total
}

// Reach returns the largest reach.
func (s Sum) Reach() float64 {
	reach := 0.0
	for _, l := range s {
		reach = max(reach, l.Reach())
	}
	return reach
}

// Offset is light whose centre lies at (X, Y) from the object's.
type Offset struct {
	Light
	X, Y float64
}

// At returns the surface brightness of the moved light.
func (o Offset) At(x, y float64) float64 { return o.Light.At(x-o.X, y-o.Y) }

// Reach returns the reach around the object's centre, not the light's own.
func (o Offset) Reach() float64 { return o.Light.Reach() + max(o.X, -o.X) + max(o.Y, -o.Y) }
