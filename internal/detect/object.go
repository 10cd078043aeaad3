package detect

import (
	"math"
	"slices"
)

// An object is the pixels above the threshold that are taken to be one source, and the sums over them.
type object struct {
	runs      []run // by row and column
	wings     []run // of objects that turned out to be its wings
	deblended bool

	area              int
	flux              float64    // of the filtered pixels
	x, y              float64    // their centroid
	covariance        covariance // about it
	peak, rank, floor float32    // the brightest filtered pixel, the MinArea-th brightest and the faintest of its island
}

// covariance is the second moments of a distribution in the plane.
type covariance struct{ xx, yy, xy float64 }

// axes is the standard deviations along the major and the minor axis, and the angle of the major one.
func (c covariance) axes() (a, b, theta float64) {
	mean, half := (c.xx+c.yy)/2, (c.xx-c.yy)/2
	root := math.Hypot(half, c.xy)
	return math.Sqrt(mean + root), math.Sqrt(max(0, mean-root)), math.Atan2(c.xy, half) / 2
}

// distance2 is the squared distance (dx, dy) in standard deviations.
func (c covariance) distance2(dx, dy float64) float64 {
	return (dx*dx*c.yy - 2*dx*dy*c.xy + dy*dy*c.xx) / (c.xx*c.yy - c.xy*c.xy)
}

// moments gathers the sums of an object.
type moments struct {
	n                     int
	x0, y0                int32 // positions are from here
	sum, x, y, xx, yy, xy float64
	brightest             []float32 // descending, at most as many as there is room for
	peak, floor           float32
}

// newMoments has room for the brightest pixels.
func newMoments(room int) *moments {
	return &moments{brightest: make([]float32, 0, room), floor: math.MaxFloat32}
}

func (m *moments) add(x, y int32, value float32) {
	if m.n == 0 {
		m.x0, m.y0 = x, y
	}
	m.n++
	f, u, v := float64(value), float64(x-m.x0), float64(y-m.y0)
	m.sum, m.x, m.y = m.sum+f, m.x+f*u, m.y+f*v
	m.xx, m.yy, m.xy = m.xx+f*u*u, m.yy+f*v*v, m.xy+f*u*v
	m.peak, m.floor = max(m.peak, value), min(m.floor, value)

	at, _ := slices.BinarySearchFunc(m.brightest, value, func(have, value float32) int {
		if have >= value {
			return -1
		}
		return 1
	})
	if len(m.brightest) == cap(m.brightest) {
		if at == len(m.brightest) {
			return
		}
		m.brightest = m.brightest[:len(m.brightest)-1]
	}
	m.brightest = slices.Insert(m.brightest, at, value)
}

// object is what the sums say of pixels in runs. A pixel's own width, a variance of 1/12, is added where without it
// the pixels would lie on a line, as in SExtractor.
func (m *moments) object(runs []run) object {
	x, y := m.x/m.sum, m.y/m.sum
	c := covariance{m.xx/m.sum - x*x, m.yy/m.sum - y*y, m.xy/m.sum - x*y}
	if c.xx*c.yy-c.xy*c.xy < 1.0/144 {
		c.xx, c.yy = c.xx+1.0/12, c.yy+1.0/12
	}
	return object{
		runs: runs, area: m.n, flux: m.sum,
		x: x + float64(m.x0), y: y + float64(m.y0), covariance: c,
		peak: m.peak, floor: m.floor, rank: m.brightest[len(m.brightest)-1],
	}
}

// whole is the island as one object.
func (s *strips) whole(runs []run, minArea int) object {
	m := newMoments(minArea)
	for _, r := range runs {
		for k, v := range s.valuesOf(r) {
			m.add(r.x0+int32(k), r.y, v)
		}
	}
	return m.object(runs)
}
