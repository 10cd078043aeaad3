package tilecodec

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// An HCompress decodes HCOMPRESS_1 (FITS Standard 4.0, section 10.4.5; White, Postman & Lattanzi 1992): the coefficients
// of a two-dimensional Haar transform, bit plane by bit plane in quadtrees. T is int32 for pixels of up to 16 bits, int64
// for others, whose sums need it. It decodes the whole tile at Reset.
type HCompress[T int32 | int64] struct {
	Smooth bool // soften the edges of blocks that a lossy scale leaves

	pixels []T
	rest   []T    // of pixels, not yet handed out
	tree   []byte // a level of the quadtree: four bits for each block of 2x2
	line   []T    // scratch of a row or column
}

// HCompressHeader is what a stream is at least: magic, sizes, scale, sum and the numbers of bit planes.
const HCompressHeader = 2 + 4 + 4 + 4 + 8 + 3

// Reset decodes a tile of height rows of width pixels. Memory is 17/16 times that of the pixels in T, taken only for a
// stream that claims the same size.
func (d *HCompress[T]) Reset(src []byte, height, width int) error {
	if len(src) < HCompressHeader {
		return errTruncated
	}
	if src[0] != 0xdd || src[1] != 0x99 {
		return errDamaged
	}
	rows, columns := binary.BigEndian.Uint32(src[2:]), binary.BigEndian.Uint32(src[6:])
	if int64(rows) != int64(height) || int64(columns) != int64(width) {
		return fmt.Errorf("stream is of %d rows of %d pixels, the tile of %d of %d", rows, columns, height, width)
	}
	scale := T(int32(binary.BigEndian.Uint32(src[10:])))
	sum := T(binary.BigEndian.Uint64(src[14:]))
	planes := src[22:25]
	for _, n := range planes {
		if int(n) >= bits.Len64(uint64(1)<<63-1) {
			return errDamaged
		}
	}
	if n := height * width; cap(d.pixels) < n {
		d.pixels = make([]T, n)
	} else {
		d.pixels = d.pixels[:n]
		clear(d.pixels)
	}
	var in bitReader
	in.reset(src[HCompressHeader:])
	top, left := (height+1)/2, (width+1)/2
	for _, q := range []struct {
		first         int
		height, width int
		planes        byte
	}{
		{0, top, left, planes[0]}, // sums, then differences along each axis and along both
		{left, top, width - left, planes[1]},
		{top * width, height - top, left, planes[1]},
		{top*width + left, height - top, width - left, planes[2]},
	} {
		if q.height == 0 || q.width == 0 {
			// A tile of one row or column has quadrants without pixels; their planes are coded all the same.
			q.first = 0
		}
		if err := d.quadrant(&in, quadrant{q.first, q.height, q.width, width}, int(q.planes)); err != nil {
			return err
		}
	}
	if end, err := in.read(4); err != nil || end != 0 {
		return errDamaged
	}
	if err := d.signs(&in); err != nil {
		return err
	}
	if len(d.pixels) > 0 {
		d.pixels[0] = sum
	}
	if scale > 1 {
		for i := range d.pixels {
			d.pixels[i] *= scale
		}
	}
	d.invert(height, width, scale)
	d.rest = d.pixels
	return nil
}

// Next fills dst with the next pixels.
func (d *HCompress[T]) Next(dst []int32) error {
	if len(d.rest) < len(dst) {
		return errTruncated
	}
	for i, v := range d.rest[:len(dst)] {
		dst[i] = int32(v)
	}
	d.rest = d.rest[len(dst):]
	return nil
}

// quadrant is a part of the coefficients: rows of width, stride apart, from first on.
type quadrant struct{ first, height, width, stride int }

// quadrant reads the bit planes of a quadrant, the most significant first.
func (d *HCompress[T]) quadrant(in *bitReader, q quadrant, planes int) error {
	for plane := planes - 1; plane >= 0; plane-- {
		how, err := in.read(4)
		if err != nil {
			return err
		}
		height, width := (q.height+1)/2, (q.width+1)/2
		if n := height * width; cap(d.tree) < n {
			d.tree = make([]byte, n)
		} else {
			d.tree = d.tree[:n]
		}
		switch how {
		case 0: // not coded: four bits for each block
			for i := range d.tree {
				v, err := in.read(4)
				if err != nil {
					return err
				}
				d.tree[i] = byte(v)
			}
		case 0xf:
			if err := d.quadtree(in, q.height, q.width); err != nil {
				return err
			}
		default:
			return errDamaged
		}
		setPlane(d.pixels, q, d.tree, plane)
	}
	return nil
}

// quadtree reads the tree of a bit plane of height x width from its root down to blocks of 2x2 pixels. A node is four
// bits, one for each of its children; children whose bit is not set are not in the stream.
func (d *HCompress[T]) quadtree(in *bitReader, height, width int) error {
	levels := bits.Len(uint(max(height, width, 1) - 1))
	root, err := in.node()
	if err != nil {
		return err
	}
	if len(d.tree) == 0 {
		return nil
	}
	d.tree[0] = root
	// The level k above the pixels has ceil(n / 2^k) nodes along an axis of n pixels.
	for k := levels - 1; k >= 1; k-- {
		rows, columns := shiftUp(height, k), shiftUp(width, k)
		spread(d.tree, rows, columns)
		for i := rows*columns - 1; i >= 0; i-- {
			if d.tree[i] != 0 {
				if d.tree[i], err = in.node(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// shiftUp is n / 2^k, rounded up.
func shiftUp(n, k int) int { return (n + 1<<k - 1) >> k }

// spread gives each node of the next level, rows x columns, the bit that its parent has for it. It runs backwards, so
// that parents are read before their place is taken: the place of a child is never before that of its parent.
func spread(tree []byte, rows, columns int) {
	parents := (columns + 1) / 2
	for y := rows - 1; y >= 0; y-- {
		for x := columns - 1; x >= 0; x-- {
			parent := tree[y/2*parents+x/2]
			tree[y*columns+x] = parent >> (3 - (y&1)<<1 - x&1) & 1
		}
	}
}

// setPlane adds a bit plane to the magnitudes of a quadrant.
func setPlane[T int32 | int64](pixels []T, q quadrant, tree []byte, plane int) {
	bit := T(1) << plane
	i := 0
	for y := 0; y < q.height; y += 2 {
		row := pixels[q.first+y*q.stride:]
		var below []T
		if y+1 < q.height {
			below = row[q.stride:]
		}
		for x := 0; x < q.width; x += 2 {
			node := tree[i]
			i++
			if node == 0 {
				continue
			}
			more := x+1 < q.width
			if node&8 != 0 {
				row[x] |= bit
			}
			if node&4 != 0 && more {
				row[x+1] |= bit
			}
			if below != nil {
				if node&2 != 0 {
					below[x] |= bit
				}
				if node&1 != 0 && more {
					below[x+1] |= bit
				}
			}
		}
	}
}

// signs reads the sign of every coefficient that is not zero. They begin at a byte.
func (d *HCompress[T]) signs(in *bitReader) error {
	drop := in.n & 7
	in.bits <<= drop
	in.n -= drop
	for i, v := range d.pixels {
		if v == 0 {
			continue
		}
		minus, err := in.read(1)
		if err != nil {
			return err
		}
		if minus != 0 {
			d.pixels[i] = -v
		}
	}
	return nil
}

// node reads a node of a quadtree, which has a fixed Huffman code of three to six bits.
func (r *bitReader) node() (byte, error) {
	if r.n < 6 {
		r.refill()
	}
	code := nodes[r.bits>>58]
	if size := int(code >> 4); size <= r.n {
		r.bits <<= size
		r.n -= size
		return code & 15, nil
	}
	return 0, errTruncated
}

// nodes has, for the next six bits, the node that they begin with (low four bits) and the size of its code.
var nodes = func() (table [64]byte) {
	for _, c := range []struct{ code, size, node byte }{
		{0b000, 3, 1}, {0b001, 3, 2}, {0b010, 3, 4}, {0b011, 3, 8},
		{0b1000, 4, 3}, {0b1001, 4, 5}, {0b1010, 4, 10}, {0b1011, 4, 12}, {0b1100, 4, 15},
		{0b11010, 5, 6}, {0b11011, 5, 7}, {0b11100, 5, 9}, {0b11101, 5, 11}, {0b11110, 5, 13},
		{0b111110, 6, 0}, {0b111111, 6, 14},
	} {
		for i := range byte(1) << (6 - c.size) {
			table[c.code<<(6-c.size)|i] = c.size<<4 | c.node
		}
	}
	return table
}()
