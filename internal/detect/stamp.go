package detect

import (
	"cmp"
	"math"
	"slices"
)

// owners are the runs of all objects, row by row.
type owners struct {
	runs  []owned // by row and column
	first []int32 // those of row y are first[y] to first[y+1]
}

type owned struct{ x0, x1, object int32 }

func newOwners(objects []object, height int) *owners {
	o := &owners{first: make([]int32, height+1)}
	each := func(visit func(r run, object int32)) {
		for i := range objects {
			for _, r := range objects[i].runs {
				visit(r, int32(i))
			}
			for _, r := range objects[i].wings {
				visit(r, int32(i))
			}
		}
	}
	each(func(r run, _ int32) { o.first[r.y+1]++ })
	for y := range height {
		o.first[y+1] += o.first[y]
	}
	o.runs = make([]owned, o.first[height])
	end := slices.Clone(o.first)
	each(func(r run, object int32) {
		o.runs[end[r.y]] = owned{r.x0, r.x1, object}
		end[r.y]++
	})
	for y := range height {
		slices.SortFunc(o.row(y), func(a, b owned) int { return cmp.Compare(a.x0, b.x0) })
	}
	return o
}

func (o *owners) row(y int) []owned { return o.runs[o.first[y]:o.first[y+1]] }

// maxRadius bounds what is looked at around an object.
const maxRadius = 1024

// A stamp is the unfiltered plane around an object, less the background and the other objects: a pixel that is
// another's has the value of the one opposite to the centroid, or 0 where that is another's too.
type stamp struct {
	x0, y0, width int // of the first pixel; pixels a row
	values        []float32
}

// stamp cuts out the square of a radius around an object, as far as the image reaches.
func (p *plane) stamp(o *object, id int32, all *owners, radius float64) *stamp {
	half := int(math.Ceil(min(radius, maxRadius)))
	cx, cy := int(math.Round(o.x)), int(math.Round(o.y))
	x0, x1 := max(0, cx-half), min(p.width, cx+half+1)
	y0, y1 := max(0, cy-half), min(p.height, cy+half+1)
	s := &stamp{x0, y0, x1 - x0, make([]float32, (x1-x0)*(y1-y0))}
	var others []int32 // indices of pixels
	nan := float32(math.NaN())
	for y := y0; y < y1; y++ {
		line := s.values[(y-y0)*s.width : (y-y0+1)*s.width]
		p.row(line, x0, y)
		runs := all.row(y)
		k, _ := slices.BinarySearchFunc(runs, int32(x0), func(r owned, x int32) int { return cmp.Compare(r.x1, x) })
		for ; k < len(runs) && int(runs[k].x0) < x1; k++ {
			if runs[k].object == id {
				continue
			}
			for x := max(x0, int(runs[k].x0)); x < min(x1, int(runs[k].x1)); x++ {
				line[x-x0] = nan
				others = append(others, int32((y-y0)*s.width+x-x0))
			}
		}
	}
	opposite := make([]float32, len(others))
	mx, my := int(math.Round(2*o.x))-2*x0, int(math.Round(2*o.y))-2*y0
	for k, at := range others {
		x, y := mx-int(at)%s.width, my-int(at)/s.width
		if x >= 0 && x < s.width && y >= 0 && y < y1-y0 {
			if v := s.values[y*s.width+x]; v == v {
				opposite[k] = v
			}
		}
	}
	for k, at := range others {
		s.values[at] = opposite[k]
	}
	return s
}

// around visits the pixels within a box around a position: their distances from it and their values.
func (s *stamp) around(x, y, halfWidth, halfHeight float64, visit func(dx, dy float64, value float32)) {
	height := len(s.values) / s.width
	v0, v1 := max(0, int(math.Ceil(y-halfHeight))-s.y0), min(height-1, int(math.Floor(y+halfHeight))-s.y0)
	u0, u1 := max(0, int(math.Ceil(x-halfWidth))-s.x0), min(s.width-1, int(math.Floor(x+halfWidth))-s.x0)
	for v := v0; v <= v1; v++ {
		for u := u0; u <= u1; u++ {
			visit(float64(s.x0+u)-x, float64(s.y0+v)-y, s.values[v*s.width+u])
		}
	}
}
