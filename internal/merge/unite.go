package merge

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/spatial/kdtree"
)

// entry is a row with a place on the sky.
type entry struct {
	direction [3]float64 // unit vector: right ascension 0 and the poles are like any other place
	edge      float64    // arcsec to its tile's edge
	group     int32      // rows of one group are never duplicates of each other
	row       int32      // of its part
	number    int32      // among all entries
	flags     int32
	unseen    bool // without a prediction
}

// direction is the unit vector to a right ascension and a declination in degrees.
func direction(ra, dec float64) [3]float64 {
	sinRA, cosRA := math.Sincos(math.Mod(ra, 360) * math.Pi / 180)
	sinDec, cosDec := math.Sincos(dec * math.Pi / 180)
	return [3]float64{cosDec * cosRA, cosDec * sinRA, sinDec}
}

// unite says for each entry of how many rows it is the best, itself included: 0
// for a duplicate. From the best entry on, each that is not yet a duplicate makes
// those of other groups within the radius, in arcsec, its duplicates; so no two
// that stay are within it, and no chain of neighbours becomes one.
func unite(entries []entry, radius float64) []int {
	merged := make([]int, len(entries))
	order := make([]*entry, len(entries))
	for i := range entries {
		merged[i], order[i] = 1, &entries[i]
	}
	if radius <= 0 {
		return merged
	}
	tree := kdtree.New(slices.Clone(points(order)), false)
	slices.SortFunc(order, (*entry).compare)
	chord := 2 * math.Sin(min(radius/3600, 180)*math.Pi/360)
	for _, e := range order {
		i := e.number
		if merged[i] == 0 {
			continue
		}
		near := kdtree.NewDistKeeper(chord * chord)
		tree.NearestSet(near, e)
		for _, found := range near.Heap {
			if f := found.Comparable.(*entry); f.group != e.group && merged[f.number] > 0 {
				merged[i]++
				merged[f.number] = 0
			}
		}
	}
	return merged
}

// Compare, Dims and Distance make an entry a point of a k-d tree.
func (e *entry) Compare(c kdtree.Comparable, d kdtree.Dim) float64 {
	return e.direction[d] - c.(*entry).direction[d]
}

func (e *entry) Dims() int { return 3 }

func (e *entry) Distance(c kdtree.Comparable) float64 {
	sum := 0.0
	for d, v := range c.(*entry).direction {
		sum += (e.direction[d] - v) * (e.direction[d] - v)
	}
	return sum
}

// points are the entries of a k-d tree that is being built.
type points []*entry

func (p points) Index(i int) kdtree.Comparable         { return p[i] }
func (p points) Len() int                              { return len(p) }
func (p points) Slice(start, end int) kdtree.Interface { return p[start:end] }
func (p points) Pivot(d kdtree.Dim) int {
	return kdtree.Partition(plane{p, d}, kdtree.MedianOfRandoms(plane{p, d}, 100))
}

// plane is points in the order of one coordinate.
type plane struct {
	points
	d kdtree.Dim
}

func (p plane) Less(i, j int) bool { return p.points[i].Compare(p.points[j], p.d) < 0 }
func (p plane) Swap(i, j int)      { p.points[i], p.points[j] = p.points[j], p.points[i] }
func (p plane) Slice(start, end int) kdtree.SortSlicer {
	return plane{p.points[start:end], p.d}
}
