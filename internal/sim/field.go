package sim

import (
	"math"
	"math/rand/v2"
)

// A Field is a piece of sky and how it is observed.
type Field struct {
	Width, Height int
	Seeing        *PSF
	Noise         Noise
	Objects       []Object // the truth; also objects outside of the field whose light reaches into it
}

// All skies are crowded alike: objects keep a distance from one another, and a field is filled to a density.
const (
	Separation = 45.0   // pixels between two objects, at least
	density    = 2.1e-4 // objects per square pixel, about two thirds of what Separation allows
)

// DarkSky is the noise of all the project's simulated skies.
var DarkSky = Noise{Sky: 900, Read: 5}

// Tile returns the tile of a seed and its pixels: side x side, row-major. Classes are equally frequent. Centres stay
// half a cell away from the border, so that each lies in the central cell of a window that is all inside.
func Tile(side int, seed uint64) (*Field, []float32) {
	r := rand.New(rand.NewPCG(seed, 0))
	f := newTile(side, r)
	return f, f.observe(r)
}

// newTile returns a tile with its objects.
func newTile(side int, r *rand.Rand) *Field {
	f := &Field{Width: side, Height: side, Seeing: NewPSF(2.8, 3.5), Noise: DarkSky}
	const rim = (WindowSide - CellSide) / 2
	low, high := rim-0.5, float64(side-rim)-0.5
	f.scatter(low, high, int(math.Round(density*(high-low)*(high-low))), func(x, y float64) bool { return true }, r)
	return f
}

// scatter adds count objects of all classes in turn, from a random one on, to the square low <= x, y < high: where
// allowed, and apart from one another. It gives up on those for which no room is left.
func (f *Field) scatter(low, high float64, count int, allowed func(x, y float64) bool, r *rand.Rand) {
	first := r.IntN(int(Empty))
	for i := range count {
		for range 200 {
			x, y := uniform(r, low, high), uniform(r, low, high)
			if allowed(x, y) && f.nearest(x, y) >= Separation {
				f.Objects = append(f.Objects, NewObject(Class((first+i)%int(Empty)), x, y, f.Noise, r))
				break
			}
		}
	}
}

// nearest returns the distance to the nearest object.
func (f *Field) nearest(x, y float64) float64 {
	least := math.Inf(1)
	for _, o := range f.Objects {
		least = min(least, math.Hypot(o.X-x, o.Y-y))
	}
	return least
}

// Expected returns the field without sky and noise, in electrons.
func (f *Field) Expected() *Image {
	m := f.Seeing.Margin()
	sharp := NewImage(f.Width+2*m, f.Height+2*m)
	for _, o := range f.Objects {
		if o.light != nil {
			sharp.Add(o.light, o.X+float64(m), o.Y+float64(m))
		}
	}
	seen := f.Seeing.Convolve(sharp)
	for _, o := range f.Objects {
		if o.light == nil {
			seen.Add(f.Seeing.Point(o.Flux), o.X, o.Y)
		}
	}
	return seen
}

// observe returns the field as a camera sees it, sky subtracted: row-major, in electrons, with a mean of about 0 and a
// standard deviation of Noise.Sigma where nothing is.
func (f *Field) observe(r *rand.Rand) []float32 { return f.Noise.Expose(f.Expected(), r) }
