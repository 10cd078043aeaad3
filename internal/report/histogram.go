package report

import "math"

// bins is the most that a histogram has.
const bins = 40

// histogram counts a stream of numbers whose range nobody knows. Its bins begin at
// multiples of their width, which doubles, two bins becoming one, whenever the
// range asks for more than there may be: the counts do not depend on the order of the numbers.
type histogram struct {
	width   float64 // to begin with, a power of two
	counts  map[int]int
	lo, hi  int // first and last bin
	outside int // numbers too far from 0 for any width
}

func (h *histogram) add(v float64) {
	const far = 1e100
	if !(math.Abs(v) < far) {
		h.outside++
		return
	}
	for math.Abs(v) >= h.width*(1<<50) {
		h.coarsen()
	}
	if h.counts == nil {
		h.counts = map[int]int{}
		h.lo = int(math.Floor(v / h.width))
		h.hi = h.lo
	}
	at := int(math.Floor(v / h.width))
	for max(h.hi, at)-min(h.lo, at) >= bins {
		h.coarsen()
		at >>= 1
	}
	h.lo, h.hi = min(h.lo, at), max(h.hi, at)
	h.counts[at]++
}

// coarsen doubles the width.
func (h *histogram) coarsen() {
	h.width *= 2
	if h.counts == nil {
		return
	}
	wide := make(map[int]int, bins)
	for at, n := range h.counts {
		wide[at>>1] += n // rounds down
	}
	h.counts, h.lo, h.hi = wide, h.lo>>1, h.hi>>1
}

// bars are the counts of the bins from lo to hi.
func (h *histogram) bars(lo, hi int) bars {
	b := bars{Low: number(float64(lo) * h.width), Width: number(h.width), Counts: []int{}}
	for at := lo; at <= hi; at++ {
		b.Counts = append(b.Counts, h.counts[at])
	}
	return b
}

// all are the counts from the first bin to the last; of no numbers, none.
func (h *histogram) all() bars {
	if h.counts == nil {
		return h.bars(0, -1)
	}
	return h.bars(h.lo, h.hi)
}
