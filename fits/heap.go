package fits

import (
	"encoding/binary"
	"fmt"
	"math"
)

// heapSlack is how many bytes the cells of one variable-length column may hold beyond four times the heap. Descriptors
// may overlap (FITS Standard 4.0, section 7.3.5), so a small file could otherwise claim any amount of memory.
const heapSlack = 4 << 20

// heap returns where the heap begins in the data, and its size (section 7.3.5).
func (t *Table) heap() (begin, size int64, err error) {
	h := t.hdu
	begin, err = h.header.intOr("THEAP", int64(t.Rows)*int64(t.rowBytes))
	if err == nil && (begin < 0 || begin > h.size) {
		err = h.at.formatError("THEAP", "heap at byte %d of %d bytes of data", begin, h.size)
	}
	return begin, h.size - begin, err
}

// readHeap reads a variable-length column: descriptors in the rows, elements in the heap (section 7.3.5).
func (t *Table) readHeap(f field) (*Column, error) {
	h := t.hdu
	begin, heap, err := t.heap()
	if err != nil {
		return nil, err
	}
	counts := make([]int64, t.Rows)
	starts := make([]int64, t.Rows)
	total, elements := int64(0), int64(0)
	err = t.cells(f, func(row int, cell []byte) error {
		if len(cell) == 0 {
			return nil // 0P: no descriptor, no elements
		}
		n, at := descriptor(f.wide, cell)
		bytes := f.heapBytes(n)
		if n < 0 || at < 0 || bytes < 0 || bytes > heap || at > heap-bytes {
			return h.at.formatError(fmt.Sprintf("column %q row %d", f.name, row),
				"descriptor of %d elements at byte %d is outside the heap of %d bytes", n, at, heap)
		}
		counts[row], starts[row] = n, at
		total += bytes
		elements += f.heapElements(n)
		if total > 4*heap+heapSlack {
			return h.at.unsupported(fmt.Sprintf("column %q row %d", f.name, row),
				"descriptors overlap: they ask for more than four times the heap of %d bytes", heap)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if have, err := h.file.src.extent(h.data + h.size); have < h.data+h.size {
		if err == nil {
			err = h.at.formatError("PCOUNT", "heap is cut off: data need %d bytes, the file has %d", h.size, have-h.data)
		}
		return nil, err
	}
	c := f.newColumn(int(elements))
	c.Shape = nil
	c.Offsets = make([]int, t.Rows+1)
	var raw []byte
	for row, n := range counts {
		i := c.Offsets[row]
		c.Offsets[row+1] = i + int(f.heapElements(n))
		size := int(f.heapBytes(n))
		if cap(raw) < size {
			raw = make([]byte, size)
		}
		if err := t.readAt(raw[:size], h.data+begin+starts[row]); err != nil {
			return nil, err
		}
		if f.letter == 'A' { // a cell of characters is one string, whatever its length
			c.Strings[i] = cellText(raw[:size])
			continue
		}
		f.decode(c, i, raw[:size], int(n))
	}
	return c, nil
}

func descriptor(wide byte, cell []byte) (count, at int64) {
	if wide == 'P' {
		return int64(int32(binary.BigEndian.Uint32(cell))), int64(int32(binary.BigEndian.Uint32(cell[4:])))
	}
	return int64(binary.BigEndian.Uint64(cell)), int64(binary.BigEndian.Uint64(cell[8:]))
}

// heapBytes returns the bytes of n elements, or -1 if that exceeds int64.
func (f *field) heapBytes(n int64) int64 {
	if f.letter == 'X' {
		if n > math.MaxInt64-7 {
			return -1
		}
		return (n + 7) / 8
	}
	return product([]int64{n, int64(elementBytes[f.letter])})
}

// heapElements returns how many elements of a Column a cell of n heap elements makes.
func (f *field) heapElements(n int64) int64 {
	switch f.letter {
	case 'A':
		return 1
	case 'C', 'M':
		return 2 * n
	}
	return n
}
