package fits

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// elementBytes is the size of an element of each type (FITS Standard 4.0, table 18). X is counted in bits.
var elementBytes = map[byte]int{'L': 1, 'X': 0, 'B': 1, 'I': 2, 'J': 4, 'K': 8, 'A': 1, 'E': 4, 'D': 8, 'C': 8, 'M': 16}

// parseBinary reads TFORMn of a binary table: rT, rPt(max), rQt(max), and rAw for r/w strings of w characters.
func (f *field) parseBinary(form string) bool {
	form = strings.ToUpper(strings.TrimSpace(form))
	digits := len(form) - len(strings.TrimLeft(form, "0123456789"))
	f.count = 1
	if digits > 0 {
		n, err := strconv.ParseInt(form[:digits], 10, 32)
		if err != nil {
			return false
		}
		f.count = int(n)
	}
	form = form[digits:]
	if form == "" {
		return false
	}
	f.letter, form = form[0], form[1:]
	if f.letter == 'P' || f.letter == 'Q' {
		if form == "" || f.count > 1 {
			return false
		}
		f.wide, f.letter = f.letter, form[0]
		if _, ok := elementBytes[f.letter]; !ok {
			return false
		}
		f.width = f.count * 8
		if f.wide == 'Q' {
			f.width = f.count * 16
		}
		f.stringWidth = 1
		return true
	}
	size, ok := elementBytes[f.letter]
	if !ok || f.count > math.MaxInt32/16 {
		return false
	}
	f.width = f.count * size
	switch f.letter {
	case 'X':
		f.width = (f.count + 7) / 8
	case 'A':
		f.stringWidth = f.count
		if w, err := strconv.Atoi(form); err == nil && w > 0 && w < f.count {
			f.stringWidth = w
		}
	}
	return true
}

// setShape applies TDIMn (section 7.3.2): "(5,4,3)", fastest axis first. One that does not fit into the cell is ignored, and
// so is what a cell has beyond it, as astropy does. The first axis of a string column is the length of its strings.
func (f *field) setShape(dim string) {
	var shape []int
	total := 1
	dim = strings.TrimSpace(dim)
	if strings.HasPrefix(dim, "(") && strings.HasSuffix(dim, ")") {
		for _, d := range strings.Split(dim[1:len(dim)-1], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(d))
			if err != nil || n < 1 || n > f.count/max(total, 1) {
				shape, total = nil, -1
				break
			}
			shape = append([]int{n}, shape...)
			total *= n
		}
	}
	if f.wide != 0 {
		return // a ragged column has no common shape
	}
	if len(shape) > 0 {
		f.count = total
	}
	switch {
	case f.letter == 'A' && len(shape) > 0:
		f.stringWidth = shape[len(shape)-1]
		f.shape = shape[:len(shape)-1]
	case f.letter == 'A' && f.stringWidth > 0 && f.count/f.stringWidth > 1:
		f.shape = []int{f.count / f.stringWidth}
	case f.letter == 'A':
	case len(shape) > 0:
		f.shape = shape
	case f.count != 1:
		f.shape = []int{f.count}
	}
	if f.letter == 'C' || f.letter == 'M' {
		f.shape = append(f.shape, 2)
	}
	if len(f.shape) == 0 {
		f.shape = nil
	}
}

// elements returns how many elements of a Column n units of TFORMn make.
func (f *field) elements(n int) int {
	switch f.letter {
	case 'A':
		if f.stringWidth > 0 {
			return n / f.stringWidth
		}
		return 1
	case 'C', 'M':
		return 2 * n
	}
	return n
}

// newColumn makes a column of n elements of the type that suits the field.
func (f *field) newColumn(n int) *Column {
	c := &Column{Name: f.name, Unit: f.unit, UCD: f.ucd, Description: f.description, Shape: f.shape}
	switch f.letter {
	case 'A':
		c.Strings = make([]string, n)
	case 'L', 'X':
		c.Bools = make([]bool, n)
	case 'E', 'D', 'C', 'M':
		c.Floats = make([]float64, n)
		c.Single = f.letter == 'E' && f.scale == 1 && f.zero == 0
	default:
		switch {
		case f.scale == 1 && f.zero == 1<<63 && f.letter == 'K':
			c.Uints = make([]uint64, n)
		case f.scale == 1 && (f.zero == 0 || f.zero == unsignedZero[f.letter]):
			c.Ints = make([]int64, n)
		default:
			c.Floats = make([]float64, n)
		}
	}
	return c
}

// unsignedZero is the TZEROn that turns a signed type into an unsigned one, and bytes into signed ones (table 19).
var unsignedZero = map[byte]float64{'B': -128, 'I': 1 << 15, 'J': 1 << 31}

func (t *Table) readFixed(f field) (*Column, error) {
	perCell := f.elements(f.count)
	if product([]int64{int64(t.Rows), int64(perCell)}) < 0 {
		return nil, t.hdu.at.unsupported(f.name, "column too large")
	}
	if t.packed != nil {
		if err := t.packed.check(f); err != nil {
			return nil, err
		}
	}
	c := f.newColumn(t.Rows * perCell)
	return c, t.cells(f, func(row int, cell []byte) error {
		f.decode(c, row*perCell, cell, f.count)
		return nil
	})
}

// decode stores the elements of a cell from element i on. raw begins with n units of TFORMn.
func (f *field) decode(c *Column, i int, raw []byte, n int) {
	raw = raw[:f.heapBytes(int64(n))]
	switch f.letter {
	case 'A':
		for k := range f.elements(n) {
			c.Strings[i+k] = cellText(raw[k*f.stringWidth : (k+1)*f.stringWidth])
		}
	case 'L':
		for k, b := range raw {
			c.Bools[i+k] = b == 'T'
			if b != 'T' && b != 'F' {
				c.setNull(i+k, len(c.Bools))
			}
		}
	case 'X': // the first bit is the most significant of the first byte
		for k := range n {
			c.Bools[i+k] = raw[k/8]&(0x80>>(k%8)) != 0
		}
	case 'E', 'C':
		for k := range len(raw) / 4 {
			c.Floats[i+k] = f.physical(float64(math.Float32frombits(binary.BigEndian.Uint32(raw[4*k:]))))
		}
	case 'D', 'M':
		for k := range len(raw) / 8 {
			c.Floats[i+k] = f.physical(math.Float64frombits(binary.BigEndian.Uint64(raw[8*k:])))
		}
	default:
		size := elementBytes[f.letter]
		for k := range n {
			f.storeInteger(c, i+k, bigEndian(raw[k*size:(k+1)*size]))
		}
	}
}

func (f *field) storeInteger(c *Column, i int, stored int64) {
	if f.letter == 'B' {
		stored &= 0xff
	}
	null := f.hasNull && stored == f.null
	switch {
	case c.Floats != nil:
		if c.Floats[i] = f.physical(float64(stored)); null {
			c.Floats[i] = math.NaN()
		}
	case null:
		c.setNull(i, c.Len())
	case c.Uints != nil:
		c.Uints[i] = uint64(stored) ^ 1<<63
	default:
		c.Ints[i] = stored + int64(f.zero)
	}
}

// first returns the first element of the numeric field in a row, without storing it in a Column.
func (f *field) first(row []byte) float64 {
	cell := row[f.offset : f.offset+elementBytes[f.letter]]
	switch f.letter {
	case 'E':
		return f.physical(float64(math.Float32frombits(binary.BigEndian.Uint32(cell))))
	case 'D':
		return f.physical(math.Float64frombits(binary.BigEndian.Uint64(cell)))
	case 'B':
		return f.physical(float64(cell[0]))
	}
	return f.physical(float64(bigEndian(cell)))
}

func (f *field) physical(stored float64) float64 {
	if f.zero == 0 {
		return f.scale * stored // so that -0 stays what it is
	}
	return float64(f.scale*stored) + f.zero
}

// bigEndian returns the two's complement integer of 1, 2, 4 or 8 bytes.
func bigEndian(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(int8(b[0]))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	}
	return int64(binary.BigEndian.Uint64(b))
}

// cellText returns a string cell: up to the first NUL, without trailing blanks (section 7.3.3.1).
func cellText(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimRight(strings.ToValidUTF8(s, "?"), " ")
}
