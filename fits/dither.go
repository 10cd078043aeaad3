package fits

import (
	"math"
	"sync"
)

// ditherMethod is ZQUANTIZ (FITS Standard 4.0, section 10.2).
type ditherMethod uint8

const (
	noDither ditherMethod = iota
	dither1               // a known random number was added before rounding
	dither2               // the same, but pixels of exactly zero are kept by a value of their own
)

const (
	randomCount   = 10000
	quantisedZero = -2147483646 // stands for 0.0 in SUBTRACTIVE_DITHER_2
	quantisedNull = -2147483647 // what our own images have as ZBLANK
)

// randoms is the sequence of the standard's appendix I: the generator of Park & Miller (1988), from seed 1, as float32.
var randoms = sync.OnceValue(func() *[randomCount]float32 {
	const a, m = 16807, 1<<31 - 1
	var table [randomCount]float32
	seed := int64(1)
	for i := range table {
		seed = a * seed % m
		table[i] = float32(float64(seed) / m)
	}
	return &table
})

// A ditherer walks through the random numbers of a tile, one a pixel.
type ditherer struct {
	method ditherMethod
	zero   float32 // the physical value of a pixel of exactly zero
	table  *[randomCount]float32
	seed   int // index of the number that said where to begin
	next   int // index of the number of the next pixel
}

// newDitherer begins at the first pixel of a tile, counted from 0.
func newDitherer(method ditherMethod, zdither0 int64, tile int, zero float32) ditherer {
	d := ditherer{method: method, zero: zero, table: randoms()}
	if d.seed = int((zdither0%randomCount + int64(tile)%randomCount - 1) % randomCount); d.seed < 0 {
		d.seed += randomCount
	}
	d.begin()
	return d
}

func (d *ditherer) begin() { d.next = int(d.table[d.seed] * 500) }

// take returns the random numbers of the next pixels: n of them, or fewer where the table ends.
func (d *ditherer) take(n int) []float32 {
	some := d.table[d.next:min(d.next+n, randomCount)]
	if d.next += len(some); d.next == randomCount {
		d.seed = (d.seed + 1) % randomCount
		d.begin()
	}
	return some
}

func (d *ditherer) skip(n int) {
	for n > 0 {
		n -= len(d.take(n))
	}
}

// restore turns quantised integers into physical values.
func (d *ditherer) restore(dst []float32, src []int32, s *scaling) {
	scale, zero := s.scale, s.zero
	for len(src) > 0 {
		random := d.take(len(src))
		out, in := dst[:len(random)], src[:len(random)]
		for i, r := range random {
			out[i] = physical(float64(in[i])-float64(r)+0.5, scale, zero)
		}
		d.special(out, in, s)
		dst, src = dst[len(random):], src[len(random):]
	}
}

// special puts right the pixels whose integers are no numbers.
func (d *ditherer) special(dst []float32, src []int32, s *scaling) {
	if s.hasBlank && s.blank == int64(int32(s.blank)) {
		blank := int32(s.blank)
		for i, v := range src {
			if v == blank {
				dst[i] = float32(math.NaN())
			}
		}
	}
	if d.method == dither2 {
		for i, v := range src {
			if v == quantisedZero {
				dst[i] = d.zero
			}
		}
	}
}
