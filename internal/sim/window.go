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

// newWindow returns a window with its objects.
func newWindow(class Class, r *rand.Rand) *Field {
	f := &Field{Width: WindowSide, Height: WindowSide, Seeing: NewPSF(uniform(r, 2.5, 3.1), 3.5), Noise: DarkSky}
	const (
		middle = (WindowSide - 1) / 2.0
		half   = CellSide / 2.0
		reach  = WindowSide/2 + 28.0 // of neighbours, whose light may come in from outside
	)
	room := 4*reach*reach - CellSide*CellSide
	if class != Empty {
		x, y := middle+uniform(r, -half, half), middle+uniform(r, -half, half)
		f.Objects = append(f.Objects, NewObject(class, x, y, f.Noise, r))
		room = 4*reach*reach - 0.9*math.Pi*Separation*Separation // of that circle about a tenth lies outside
	}
	outside := func(x, y float64) bool { return max(math.Abs(x-middle), math.Abs(y-middle)) >= half }
	f.scatter(middle-reach, middle+reach, int(density*room+r.Float64()), outside, r)
	return f
}
