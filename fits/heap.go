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
	begin, err = h.header.intOr("THEAP", product(h.axes))
	if err == nil && (begin < 0 || begin > h.size) {
		err = h.at.formatError("THEAP", "heap at byte %d of %d bytes of data", begin, h.size)
	}
	return begin, h.size - begin, err
}

// haveHeap checks that the file has the whole heap.
func (h *HDU) haveHeap() error {
	have, err := h.file.src.extent(h.data + h.size)
	if err == nil && have < h.data+h.size {
		err = h.at.formatError("PCOUNT", "heap is cut off: data need %d bytes, the file has %d", h.size, have-h.data)
	}
	return err
}

// readHeap reads a variable-length column: descriptors in the rows, elements in the heap (section 7.3.5).
func (t *Table) readHeap(f field) (*Column, error) {
	h := t.hdu
	begin, heap, err := t.heap()
	if err != nil {
		return nil, err
	}
	limit := 4*heap + heapSlack
	if t.packed != nil {
		limit = unfoldLimit(heap)
		if err := t.packed.check(f); err != nil {
			return nil, err
		}
	}
	arrays := make([]array, t.Rows)
	total, elements := int64(0), int64(0)
	err = t.arrays(f, func(row int, a array) error {
		bytes := f.heapBytes(a.count)
		if a.count < 0 || a.at < 0 || bytes < 0 || a.size < 0 || a.size > heap || a.at > heap-a.size {
			return h.at.formatError(fmt.Sprintf("column %q row %d", f.name, row),
				"descriptor of %d elements at byte %d is outside the heap of %d bytes", a.count, a.at, heap)
		}
		if a.size != bytes && bytes > f.unfoldsTo(a.size) {
			return h.at.formatError(fmt.Sprintf("column %q row %d", f.name, row), "%d bytes cannot hold %d elements", a.size, a.count)
		}
		arrays[row] = a
		total += bytes
		elements += f.heapElements(a.count)
		if total > limit {
			return h.at.unsupported(fmt.Sprintf("column %q row %d", f.name, row),
				"descriptors overlap: they ask for more than %d bytes out of a heap of %d bytes", limit, heap)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := h.haveHeap(); err != nil {
		return nil, err
	}
	c := f.newColumn(int(elements))
	c.Shape = nil
	c.Offsets = make([]int, t.Rows+1)
	var stored []byte
	var unpack unpacker
	for row, a := range arrays {
		i := c.Offsets[row]
		c.Offsets[row+1] = i + int(f.heapElements(a.count))
		stored = grown(stored, int(a.size))
		if err := h.readAt(stored, h.data+begin+a.at); err != nil {
			return nil, err
		}
		raw := stored
		if size := f.heapBytes(a.count); size != a.size { // an array that packing would not have made smaller is as it was
			if raw, err = unpack.whole(&f, stored, int(size)); err != nil {
				return nil, h.at.formatError(fmt.Sprintf("column %q row %d", f.name, row), "%v", err)
			}
		}
		if f.letter == 'A' { // a cell of characters is one string, whatever its length
			c.Strings[i] = cellText(raw)
			continue
		}
		f.decode(c, i, raw, int(a.count))
	}
	return c, nil
}

// An array is where the heap has the elements of a cell.
type array struct {
	count    int64 // elements
	at, size int64 // bytes in the heap
}

// arrays calls visit with the descriptors of a column.
func (t *Table) arrays(f field, visit func(row int, a array) error) error {
	if t.packed != nil {
		return t.packed.arrays(f, visit)
	}
	return t.cells(f, func(row int, cell []byte) error {
		if len(cell) == 0 {
			return nil // 0P: no descriptor, no elements
		}
		n, at := descriptor(f.wide, cell)
		if n == 0 {
			at = 0 // an empty cell may point anywhere
		}
		return visit(row, array{n, at, f.heapBytes(n)})
	})
}

// grown returns a slice of n elements, in place of one that is no longer needed.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
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
