package train

import (
	"cmp"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/prepare"
)

const (
	enclosed = 0.9  // share of what the objects cover that a window must show
	central  = 0.25 // share of all that stands out which objects in the middle have at least, neighbours the rest
	edge     = 0.8  // of the half side: what is further out is not the objects'
)

// window is the side of the middle square of pictures larger than the model's input that shows the objects, not their
// surroundings: at least half of the picture, which would be a tile otherwise. Pictures that differ in size, or whose objects
// are not in the middle, are seen whole (0).
func (l look) window(size int, workers int) int {
	if l.varied || l.side <= size {
		return 0
	}
	need := l.extent(workers)
	if need == 0 {
		return 0
	}
	if w := max(need, (l.side+1)/2); w < l.side {
		return w
	}
	return 0
}

// extent is the side of the middle square in which the enclosed share of the objects' pixels lies; 0 where what is seen
// is not in the middle. Neighbours are as dense near the edge as anywhere: what is denser is the objects' own.
func (l look) extent(workers int) int {
	rings := (l.side + 1) / 2
	covered := make([][]float64, len(l.objects))
	each(len(l.objects), workers, func(_, i int) {
		c, err := l.tiles.read(l.objects[i], l.bands, prepare.Recipe{Window: l.side, Size: [2]int{l.side, l.side}})
		if err != nil {
			return // loading it says so
		}
		covered[i] = make([]float64, rings)
		for band := range l.bands {
			addProfile(covered[i], c.Band(band), l.side)
		}
	})
	sum := make([]float64, rings)
	total := 0.0
	for _, p := range covered {
		for k, v := range p {
			sum[k] += v
			total += v
		}
	}
	far := int(edge * float64(rings))
	var floor, floorArea float64
	outer := func(ring int) int { return max(0, l.side-2*(rings-1-ring)) } // side of what it encloses
	area := func(ring int) float64 { return float64(outer(ring)*outer(ring) - outer(ring-1)*outer(ring-1)) }
	for k := far; k < rings; k++ {
		floor += sum[k]
		floorArea += area(k)
	}
	floor /= floorArea
	own := make([]float64, far)
	for k := range own {
		own[k] = sum[k] - floor*area(k)
		if k > 0 {
			own[k] += own[k-1]
		}
	}
	if all := own[far-1]; all > central*total {
		return outer(slices.IndexFunc(own, func(v float64) bool { return v >= enclosed*all }))
	}
	return 0
}

// addProfile adds to the square rings around the middle, the innermost first, the share of a band's bright pixels that lies in
// each: of those above three standard deviations of the background and a fiftieth of the brightest.
func addProfile(rings []float64, band []float32, side int) {
	defined := make([]float64, 0, len(band))
	for _, v := range band {
		if v == v {
			defined = append(defined, float64(v))
		}
	}
	if len(defined) == 0 || len(band) != side*side {
		return
	}
	middle := median(defined)
	peak := slices.Max(defined) - middle
	for i, v := range defined {
		defined[i] = math.Abs(v - middle)
	}
	least := middle + max(3*1.4826*median(defined), peak/50)
	bright, in := 0.0, make([]float64, len(rings))
	for i, v := range band {
		if float64(v) > least {
			x, y := i%side, i/side
			in[len(rings)-1-min(x, y, side-1-x, side-1-y)]++
			bright++
		}
	}
	for k, n := range in {
		rings[k] += n / cmp.Or(bright, 1)
	}
}
