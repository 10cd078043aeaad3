package sim

import (
	"math"
	"math/rand/v2"
)

// Field is a piece of sky with its objects.
type Field struct {
	Objects []Object
}

const (
	// Separation is the least distance between two objects.
	Separation = 45
	// density is the tries to place an object, a pixel; about half succeed.
	density = 5.0e-4
	// margin is the sky around a picture whose objects reach into it.
	margin = 32
)

// populate adds objects of random classes at random places from (x0, y0) to
// (x1, y1), apart from one another and wherever allowed says.
func (f *Field) populate(x0, y0, x1, y1 float64, allowed func(x, y float64) bool, r *rand.Rand) {
	for range int(math.Round(density * (x1 - x0) * (y1 - y0))) {
		x, y := uniform(r, x0, x1), uniform(r, y0, y1)
		class := Classes[r.IntN(len(Classes)-1)]
		if allowed(x, y) && f.nearest(x, y) >= Separation {
			f.Objects = append(f.Objects, NewObject(class, x, y, r))
		}
	}
}

func (f *Field) nearest(x, y float64) float64 {
	least := math.Inf(1)
	for _, o := range f.Objects {
		least = math.Min(least, math.Hypot(o.X-x, o.Y-y))
	}
	return least
}

// Observe draws the objects and looks at height x width pixels from (0, 0).
func (f *Field) Observe(s Survey, height, width int, r *rand.Rand) *Canvas {
	c := NewCanvas(height+2*margin, width+2*margin)
	for _, o := range f.Objects {
		o.Draw(c, -margin, -margin)
	}
	return s.Observe(c, r).Crop(margin, margin, height, width)
}

// Tile is a picture of a random field, and the objects with their centre on it.
func Tile(s Survey, height, width int, r *rand.Rand) (*Canvas, []Object) {
	var f Field
	anywhere := func(x, y float64) bool { return true }
	f.populate(-margin, -margin, float64(width+margin), float64(height+margin), anywhere, r)
	seen := f.Observe(s, height, width, r)
	var inside []Object
	for _, o := range f.Objects {
		if o.X >= -0.5 && o.Y >= -0.5 && o.X < float64(width)-0.5 && o.Y < float64(height)-0.5 {
			inside = append(inside, o)
		}
	}
	return seen, inside
}

// Cutout is a picture of side x side pixels as a scan of a tile comes by: an
// object of class has its centre in the central cell of side/2 x side/2 pixels,
// or nothing has if the class is Empty. Neighbours lie outside of the cell, as
// often as in a tile.
func Cutout(s Survey, side int, class Class, r *rand.Rand) *Canvas {
	var f Field
	middle, cell := float64(side-1)/2, float64(side)/4
	if class != Empty {
		f.Objects = append(f.Objects, NewObject(class, middle+uniform(r, -cell, cell), middle+uniform(r, -cell, cell), r))
	}
	outside := func(x, y float64) bool { return math.Max(math.Abs(x-middle), math.Abs(y-middle)) > cell }
	f.populate(-margin, -margin, float64(side+margin), float64(side+margin), outside, r)
	return f.Observe(s, side, side, r)
}
