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
	class := Class(r.IntN(int(Empty)))
	scatter(rim-0.5, float64(side-rim)-0.5, r, func(x, y float64) {
		f.Objects = append(f.Objects, NewObject(class, x, y, f.Noise, r))
		class = (class + 1) % Empty
	})
	return f
}

// scatter places centres in the square low <= x, y < high to the usual density: anywhere, but apart from one another.
func scatter(low, high float64, r *rand.Rand, place func(x, y float64)) {
	var centres [][2]float64
	for range int(math.Round(density * (high - low) * (high - low))) {
		for range 200 { // then there is hardly room for another one
			x, y := uniform(r, low, high), uniform(r, low, high)
			if apart(centres, x, y) {
				centres = append(centres, [2]float64{x, y})
				place(x, y)
				break
			}
		}
	}
}

func apart(centres [][2]float64, x, y float64) bool {
	for _, c := range centres {
		if math.Hypot(c[0]-x, c[1]-y) < Separation {
			return false
		}
	}
	return true
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
