package detect

import "sort"

// islands joins runs that touch, across corners too, and keeps what has a number of pixels: the runs of an island by
// row and column, the islands in the order of their first runs.
func (s *strips) islands(least int) [][]run {
	parent := make([]int32, len(s.runs)) // an island's root is its first run
	above := 0                           // the first run of the row above that may touch this one or a later one
	for i, r := range s.runs {
		parent[i] = int32(i)
		for above < i && (s.runs[above].y < r.y-1 || s.runs[above].y == r.y-1 && s.runs[above].x1 < r.x0) {
			above++
		}
		for k := above; k < i && s.runs[k].y == r.y-1 && s.runs[k].x0 <= r.x1; k++ {
			a, b := find(parent, int32(i)), find(parent, int32(k))
			parent[max(a, b)] = min(a, b)
		}
	}
	area, count := make([]int, len(s.runs)), make([]int, len(s.runs))
	for i, r := range s.runs {
		root := find(parent, int32(i))
		area[root] += int(r.x1 - r.x0)
		count[root]++
	}
	var islands [][]run
	for i := range s.runs { // from here on count is the island's number
		if area[i] >= least {
			islands = append(islands, make([]run, 0, count[i]))
			count[i] = len(islands) - 1
		}
	}
	for i, r := range s.runs {
		if root := find(parent, int32(i)); area[root] >= least {
			islands[count[root]] = append(islands[count[root]], r)
		}
	}
	return islands
}

// find is the root of i in a forest whose roots are their own parents. It halves the paths that it follows.
func find(parent []int32, i int32) int32 {
	for parent[i] != i {
		parent[i] = parent[parent[i]]
		i = parent[i]
	}
	return i
}

// An island is the pixels of touching runs, numbered by row and column.
type island struct {
	runs   []run
	first  []int     // the runs of row runs[0].y+k are first[k] to first[k+1]
	start  []int32   // the number of each run's first pixel
	xs, ys []int32   // where each pixel is
	values []float32 // filtered, of each pixel
}

// island gathers the pixels of runs, which are so many.
func (s *strips) island(runs []run, pixels int) *island {
	is := &island{
		runs: runs, start: make([]int32, len(runs)),
		xs: make([]int32, 0, pixels), ys: make([]int32, 0, pixels), values: make([]float32, 0, pixels),
	}
	for i, r := range runs {
		for len(is.first) <= int(r.y-runs[0].y) {
			is.first = append(is.first, i)
		}
		is.start[i] = int32(len(is.values))
		is.values = append(is.values, s.valuesOf(r)...)
		for x := r.x0; x < r.x1; x++ {
			is.xs, is.ys = append(is.xs, x), append(is.ys, r.y)
		}
	}
	is.first = append(is.first, len(runs))
	return is
}

// touching visits the pixels next to one, across corners too.
func (is *island) touching(pixel int32, visit func(pixel int32)) {
	x, y := is.xs[pixel], is.ys[pixel]
	for v := y - 1; v <= y+1; v++ {
		row := int(v - is.runs[0].y)
		if row < 0 || row+1 >= len(is.first) {
			continue
		}
		lo, hi := is.first[row], is.first[row+1]
		lo += sort.Search(hi-lo, func(i int) bool { return is.runs[lo+i].x1 >= x })
		for ; lo < hi && is.runs[lo].x0 <= x+1; lo++ {
			r := is.runs[lo]
			for u := max(r.x0, x-1); u < min(r.x1, x+2); u++ {
				if u != x || v != y {
					visit(is.start[lo] + u - r.x0)
				}
			}
		}
	}
}
