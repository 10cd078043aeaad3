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
	*plane
	owners *owners

	x0, y0, stride int // of the first pixel; pixels a row
	values         []float32

	others   []int32   // indices of the pixels that are another's
	opposite []float32 // their values
	profile  profile
}

// cut takes the square of a radius around an object, as far as the image reaches.
func (s *stamp) cut(o *object, id int32, radius float64) {
	half := int(math.Ceil(min(radius, maxRadius)))
	cx, cy := int(math.Round(o.x)), int(math.Round(o.y))
	x0, x1 := max(0, cx-half), min(s.width, cx+half+1)
	y0, y1 := max(0, cy-half), min(s.height, cy+half+1)
	s.x0, s.y0, s.stride = x0, y0, x1-x0
	s.values = sized(s.values, (x1-x0)*(y1-y0))
	s.others, s.opposite = s.others[:0], s.opposite[:0]
	nan := float32(math.NaN())
	for y := y0; y < y1; y++ {
		line := s.values[(y-y0)*s.stride : (y-y0+1)*s.stride]
		s.row(line, x0, y)
		runs := s.owners.row(y)
		k, _ := slices.BinarySearchFunc(runs, int32(x0), func(r owned, x int32) int { return cmp.Compare(r.x1, x) })
		for ; k < len(runs) && int(runs[k].x0) < x1; k++ {
			if runs[k].object == id {
				continue
			}
			for x := max(x0, int(runs[k].x0)); x < min(x1, int(runs[k].x1)); x++ {
				line[x-x0] = nan
				s.others = append(s.others, int32((y-y0)*s.stride+x-x0))
			}
		}
	}
	mx, my := int(math.Round(2*o.x))-2*x0, int(math.Round(2*o.y))-2*y0
	for _, at := range s.others {
		x, y := mx-int(at)%s.stride, my-int(at)/s.stride
		value := float32(0)
		if x >= 0 && x < s.stride && y >= 0 && y < y1-y0 {
			if v := s.values[y*s.stride+x]; v == v {
				value = v
			}
		}
		s.opposite = append(s.opposite, value)
	}
	for k, at := range s.others {
		s.values[at] = s.opposite[k]
	}
}

// around visits the pixels within a box around a position: their distances from it and their values.
func (s *stamp) around(x, y, halfWidth, halfHeight float64, visit func(dx, dy float64, value float32)) {
	rows := len(s.values) / s.stride
	v0, v1 := max(0, int(math.Ceil(y-halfHeight))-s.y0), min(rows-1, int(math.Floor(y+halfHeight))-s.y0)
	u0, u1 := max(0, int(math.Ceil(x-halfWidth))-s.x0), min(s.stride-1, int(math.Floor(x+halfWidth))-s.x0)
	for v := v0; v <= v1; v++ {
		for u := u0; u <= u1; u++ {
			visit(float64(s.x0+u)-x, float64(s.y0+v)-y, s.values[v*s.stride+u])
		}
	}
}
