package detect

import (
	"container/heap"
	"math"
)

// share gives each pixel of the island to one of its parts. What lies below their levels is flooded from the brightest
// pixel to the faintest (Meyer 1994, Signal Processing 38, 113); a pixel that several parts reach is the one's whose
// Gaussian is the brightest there. B&A draw lots instead, in proportion to the Gaussians.
func (is *island) share(parts []part) (owners []int32) {
	owners = make([]int32, len(is.values)) // -1: none yet, -2: none yet and in the flood
	for i := range owners {
		owners[i] = -1
	}
	profiles := make([]gaussian, len(parts))
	for i, p := range parts {
		profiles[i] = is.fit(p)
		for _, pixel := range p.pixels {
			owners[pixel] = int32(i)
		}
	}
	shore := flood{values: is.values}
	reach := func(pixel int32) {
		is.touching(pixel, func(other int32) {
			if owners[other] == -1 {
				owners[other] = -2
				heap.Push(&shore, other)
			}
		})
	}
	for _, p := range parts {
		for _, pixel := range p.pixels {
			reach(pixel)
		}
	}
	for len(shore.pixels) > 0 {
		pixel := heap.Pop(&shore).(int32)
		best := math.Inf(-1)
		is.touching(pixel, func(other int32) {
			if owner := owners[other]; owner >= 0 {
				v := profiles[owner].logAt(float64(is.xs[pixel]), float64(is.ys[pixel]))
				if v > best {
					best, owners[pixel] = v, owner
				}
			}
		})
		reach(pixel)
	}
	return owners
}

// A gaussian is a source as it would be below the level that cuts it.
type gaussian struct {
	x, y, logPeak float64
	covariance    covariance
}

// fit is the Gaussian with the peak of a part and its moments above its level. Those of a Gaussian that is cut at
// u of its peak are (1 - u + u ln u) / (1 - u) of its own, as the integrals of s exp(-s) and exp(-s) from 0 to -ln u say.
func (is *island) fit(p part) gaussian {
	m := newMoments(1)
	for _, pixel := range p.pixels {
		m.add(is.xs[pixel], is.ys[pixel], is.values[pixel])
	}
	o := m.object(nil)
	u := min(0.9, p.level/float64(o.peak))
	grow := (1 - u) / (1 - u + u*math.Log(u))
	c := o.covariance
	return gaussian{o.x, o.y, math.Log(float64(o.peak)), covariance{grow * c.xx, grow * c.yy, grow * c.xy}}
}

func (g gaussian) logAt(x, y float64) float64 {
	return g.logPeak - g.covariance.distance2(x-g.x, y-g.y)/2
}

// flood is a heap of pixels, the brightest first.
type flood struct {
	pixels []int32
	values []float32
}

func (f *flood) Len() int { return len(f.pixels) }
func (f *flood) Less(i, j int) bool {
	a, b := f.pixels[i], f.pixels[j]
	return f.values[a] > f.values[b] || f.values[a] == f.values[b] && a < b
}
func (f *flood) Swap(i, j int) { f.pixels[i], f.pixels[j] = f.pixels[j], f.pixels[i] }
func (f *flood) Push(x any)    { f.pixels = append(f.pixels, x.(int32)) }
func (f *flood) Pop() any {
	last := len(f.pixels) - 1
	pixel := f.pixels[last]
	f.pixels = f.pixels[:last]
	return pixel
}
