package tilecodec

import "math/bits"

// invert undoes the Haar transform (White, Postman & Lattanzi 1992), from the sum of all pixels down to pixels. The
// transform rounds coefficients in such a way that their lowest bits say what was rounded away, so that an integer image
// comes back exactly.
func (d *HCompress[T]) invert(height, width int, scale T) {
	if len(d.pixels) == 0 {
		return
	}
	levels := bits.Len(uint(max(height, width) - 1))
	if n := max(height, width); cap(d.line) < n {
		d.line = make([]T, n)
	}
	if levels > 0 { // the sum is a multiple of four times the unit of the first level
		unit := T(1) << (levels - 1)
		d.pixels[0] = toMultiple(d.pixels[0], unit<<2)
	}
	for k := levels - 1; k >= 0; k-- {
		rows, columns := shiftUp(height, k), shiftUp(width, k)
		for y := range rows {
			interleave(d.pixels[y*width:], columns, 1, d.line)
		}
		interleaveColumns(d.pixels, rows, columns, width, d.line)
		if smallest := scale >> 1; d.Smooth && smallest > 0 {
			smooth(d.pixels, rows, columns, width, smallest)
		}
		h := haar[T]{pixels: d.pixels, stride: width, unit: 1 << k, shift: 1}
		if k == 0 {
			h.shift = 2
		}
		h.level(rows, columns)
	}
}

// toMultiple rounds v to a multiple of unit, a power of two; halves go away from zero for positive v and to it else.
func toMultiple[T int32 | int64](v, unit T) T {
	half := unit >> 1
	if v < 0 && half > 0 {
		half--
	}
	return (v + half) & -unit
}

// interleave moves the first half of a line of n values, step apart, to its even places and the second to its odd ones.
func interleave[T int32 | int64](line []T, n, step int, scratch []T) {
	half := (n + 1) / 2
	for i := half; i < n; i++ {
		scratch[i-half] = line[i*step]
	}
	for i := half - 1; i > 0; i-- {
		line[2*i*step] = line[i*step]
	}
	for i := 0; 2*i+1 < n; i++ {
		line[(2*i+1)*step] = scratch[i]
	}
}

func interleaveColumns[T int32 | int64](pixels []T, rows, columns, stride int, scratch []T) {
	for x := range columns {
		interleave(pixels[x:], rows, stride, scratch)
	}
}

// haar is a level of the inverse transform.
type haar[T int32 | int64] struct {
	pixels []T
	stride int
	unit   T   // of the differences along both axes; those along one have twice as much
	shift  int // what the four sums are divided by: 2, or 4 in the last level
}

// level turns blocks of 2x2 coefficients into pixels of that level: sum h0, differences between rows hx, between columns
// hy, and of both hc.
func (h *haar[T]) level(rows, columns int) {
	for y := 0; y < rows; y += 2 {
		row := h.pixels[y*h.stride:]
		if y+1 == rows { // no row below: pairs
			for x := 0; x < columns; x += 2 {
				if x+1 == columns {
					row[x] >>= h.shift
					break
				}
				row[x], row[x+1] = h.pair(row[x], row[x+1])
			}
			break
		}
		below := row[h.stride:]
		for x := 0; x < columns; x += 2 {
			if x+1 == columns {
				row[x], below[x] = h.pair(row[x], below[x])
				break
			}
			row[x], row[x+1], below[x], below[x+1] = h.block(row[x], row[x+1], below[x], below[x+1])
		}
	}
}

func (h *haar[T]) block(h0, hy, hx, hc T) (a, b, c, d T) {
	unit := h.unit
	hx = toMultiple(hx, unit<<1)
	hy = toMultiple(hy, unit<<1)
	hc = toMultiple(hc, unit)
	low := hc & unit // hands its lowest bit on to hx and hy
	hx = towardsZero(hx, low)
	hy = towardsZero(hy, low)
	next := (hc ^ hx ^ hy) & (unit << 1) // and these theirs to h0
	switch {
	case h0 >= 0:
		h0 += low - next
	case low == 0:
		h0 += next
	default:
		h0 += low - next
	}
	return (h0 - hx - hy + hc) >> h.shift, (h0 - hx + hy - hc) >> h.shift,
		(h0 + hx - hy - hc) >> h.shift, (h0 + hx + hy + hc) >> h.shift
}

// pair is block at an odd edge, where one difference exists.
func (h *haar[T]) pair(h0, difference T) (a, b T) {
	difference = toMultiple(difference, h.unit<<1)
	low := difference & (h.unit << 1)
	h0 = towardsZero(h0, low)
	return (h0 - difference) >> h.shift, (h0 + difference) >> h.shift
}

// towardsZero takes by off the magnitude of v, zero being positive.
func towardsZero[T int32 | int64](v, by T) T {
	if v >= 0 {
		return v - by
	}
	return v + by
}
