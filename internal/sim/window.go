package sim

import (
	"math"
	"math/rand/v2"
)

// The convention of a scan: windows overlap by half, and each is labelled by the object whose centre lies in its central
// cell, or Empty where none does. Cells tile the sky, so that each object belongs to one window.
const (
	WindowSide = 64
	CellSide   = 32
)

// Window returns a window as a scan of a tile comes by it, labelled by class, and its pixels: an object of the class has
// its centre anywhere in the central cell, or nothing has if the class is Empty. Neighbours lie where they lie in a
// tile. The same seed and index give the same window, whatever else is made.
func Window(class Class, seed, index uint64) (*Field, []float32) {
	r := rand.New(rand.NewPCG(seed, 1+index))
	f := newWindow(class, r)
	return f, f.observe(r)
}

// newWindow returns a window with its objects: the middle of a larger sky, drawn anew until its cell holds an object, or
// none, as the class asks for.
func newWindow(class Class, r *rand.Rand) *Field {
	f := &Field{Width: WindowSide, Height: WindowSide, Seeing: NewPSF(uniform(r, 2.5, 3.1), 3.5), Noise: DarkSky}
	const (
		middle = (WindowSide - 1) / 2.0
		sky    = 240                 // half the side of the sky, a tile's: the border of a small one would draw centres to it
		reach  = WindowSide/2 + 28.0 // of neighbours, whose light may come in from outside
	)
	for {
		var near [][2]float64 // within reach; the one in the cell first
		occupied := false
		scatter(middle-sky, middle+sky, r, func(x, y float64) {
			switch d := max(math.Abs(x-middle), math.Abs(y-middle)); {
			case d < CellSide/2:
				near = append([][2]float64{{x, y}}, near...)
				occupied = true
			case d < reach:
				near = append(near, [2]float64{x, y})
			}
		})
		if occupied == (class == Empty) {
			continue
		}
		for i, c := range near {
			kind := class
			if i > 0 || !occupied {
				kind = Class(r.IntN(int(Empty)))
			}
			f.Objects = append(f.Objects, NewObject(kind, c[0], c[1], f.Noise, r))
		}
		return f
	}
}
