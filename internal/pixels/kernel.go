package pixels

import (
	"math"
	"sync"
)

// A Kernel interpolates between the pixels of a band that is registered.
type Kernel string

const (
	Lanczos3 Kernel = "lanczos3" // sinc(t) sinc(t/3) for |t| < 3 (Duchon 1979, J. Appl. Meteor. 18, 1016): sharp, rings by a few per cent
	Bilinear Kernel = "bilinear" // 1 - |t| for |t| < 1: never beyond its neighbours, smooths
)

// Kernels are all of them, the one that "" stands for first.
var Kernels = []Kernel{Lanczos3, Bilinear}

// kernel is a function that is symmetric and 0 beyond its support.
type kernel struct {
	support float64   // in pixels
	values  []float64 // at multiples of 1/perPixel, and a 0 beyond
}

// perPixel is how finely kernels are tabulated. Linear between the entries, that
// is exact for the triangle, and to 2e-6 for Lanczos.
const perPixel = 512

func (k Kernel) kernel() *kernel {
	switch k {
	case Lanczos3, "":
		return lanczos3()
	case Bilinear:
		return bilinear()
	}
	panic("pixels: no such kernel")
}

var (
	lanczos3 = sync.OnceValue(func() *kernel {
		return tabulate(3, func(t float64) float64 { return sinc(t) * sinc(t/3) })
	})
	bilinear = sync.OnceValue(func() *kernel { return tabulate(1, func(t float64) float64 { return 1 - t }) })
)

// nearest is the kernel that takes the pixel at a position, the later one of two.
var nearest = &kernel{support: 0.5}

func sinc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Sin(math.Pi*t) / (math.Pi * t)
}

func tabulate(support int, at func(t float64) float64) *kernel {
	k := &kernel{float64(support), make([]float64, support*perPixel+2)}
	for i := range support * perPixel {
		k.values[i] = at(float64(i) / perPixel)
	}
	return k
}

// taps are the pixels first, first+1, ... of an axis that a position is made of.
type taps struct {
	first   int
	n       int
	weights [maxTaps]float64
	sum     float64
	phase   float64 // of a pixel that the weights are for
}

// maxFiner is how many times smaller than those of the first band a band's pixels
// may be, along a side, and maxTaps the pixels that a kernel then reaches.
const (
	maxFiner = 16
	maxTaps  = 2*3*maxFiner + 1
)

// phases is what positions are rounded to, in parts of a pixel: neighbours share
// their weights where a map hardly turns or scales.
const phases = 1 << 14

// at sets the taps around a position, of the kernel widened by a factor from 1 to
// maxFiner, which are the same in all calls.
func (t *taps) at(k *kernel, x, widen float64) {
	x = math.Round(x*phases) / phases
	if k == nearest {
		t.first, t.n, t.weights[0], t.sum = int(math.Floor(x+0.5)), 1, 1, 1
		return
	}
	whole := math.Floor(x)
	phase, reach := x-whole, k.support*widen
	low := int(math.Ceil(phase - reach))
	t.first = int(whole) + low
	if t.n > 0 && phase == t.phase {
		return
	}
	t.n, t.sum, t.phase = int(math.Floor(phase+reach))-low+1, 0, phase
	for i := range t.n {
		d := math.Abs(float64(low+i)-phase) / widen * perPixel
		j := min(int(d), len(k.values)-2)
		part := d - float64(j)
		w := k.values[j] + part*(k.values[j+1]-k.values[j])
		t.weights[i] = w
		t.sum += w
	}
}
