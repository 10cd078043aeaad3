// Package unite finds the rows that show one object in several images.
package unite

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/spatial/kdtree"
)

// Place is where a row is on the sky, and what makes it better than another.
type Place struct {
	Direction [3]float64 // as [Direction]
	Edge      float64    // arcsec to its tile's edge
	Group     int32      // rows of one group are never duplicates of each other
	Row       int32      // for the caller
	Flags     int32      // their number
	Unseen    bool       // without a prediction

	number int32 // among all places
}

// Direction is the unit vector to a right ascension and a declination in degrees:
// right ascension 0 and the poles are like any other place.
func Direction(ra, dec float64) [3]float64 {
	sinRA, cosRA := math.Sincos(math.Mod(ra, 360) * math.Pi / 180)
	sinDec, cosDec := math.Sincos(dec * math.Pi / 180)
	return [3]float64{cosDec * cosRA, cosDec * sinRA, sinDec}
}

// compare is negative where p is better than q: with a prediction rather than
// without, with fewer flags, farther from its tile's edge, earlier in order.
func (p *Place) compare(q *Place) int {
	return cmp.Or(cmp.Compare(toInt(p.Unseen), toInt(q.Unseen)), cmp.Compare(p.Flags, q.Flags), cmp.Compare(q.Edge, p.Edge),
		cmp.Compare(p.number, q.number))
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Of says for each place which one is there for it: itself, or the one that it is
// a duplicate of. From the best place on, each that is not yet a duplicate makes
// those of other groups within the radius, in arcsec, its duplicates; so no two
// that stay are within it, and no chain of neighbours becomes one.
func Of(places []Place, radius float64) []int32 {
	of := make([]int32, len(places))
	order := make([]*Place, len(places))
	for i := range places {
		places[i].number = int32(i)
		of[i], order[i] = int32(i), &places[i]
	}
	if !(radius > 0) || !slices.ContainsFunc(places, func(p Place) bool { return p.Group != places[0].Group }) {
		return of
	}
	tree := kdtree.New(slices.Clone(points(order)), false)
	slices.SortFunc(order, (*Place).compare)
	chord := 2 * math.Sin(min(radius/3600, 180)*math.Pi/360)
	for _, p := range order {
		if of[p.number] != p.number {
			continue
		}
		tree.NearestSet(&duplicates{kdtree.NewDistKeeper(chord * chord), p, of}, p)
	}
	return of
}

// duplicates takes what is found near a place, and keeps nothing of it.
type duplicates struct {
	*kdtree.DistKeeper
	best *Place
	of   []int32
}

// Keep implements kdtree.Keeper.
func (d *duplicates) Keep(found kdtree.ComparableDist) {
	if q := found.Comparable.(*Place); found.Dist <= d.Max().Dist && q.Group != d.best.Group && d.of[q.number] == q.number {
		d.of[q.number] = d.best.number
	}
}

// Compare, Dims and Distance make a place a point of a k-d tree.
func (p *Place) Compare(c kdtree.Comparable, d kdtree.Dim) float64 {
	return p.Direction[d] - c.(*Place).Direction[d]
}

func (p *Place) Dims() int { return 3 }

func (p *Place) Distance(c kdtree.Comparable) float64 {
	sum := 0.0
	for d, v := range c.(*Place).Direction {
		sum += (p.Direction[d] - v) * (p.Direction[d] - v)
	}
	return sum
}

// points are the places of a k-d tree that is being built.
type points []*Place

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
