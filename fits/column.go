package fits

import (
	"math"
	"strconv"
	"strings"
)

// A Column is one column of a table: what Table.Column returns, and what WriteTable writes.
//
// Exactly one of Floats, Ints, Uints, Strings and Bools is not nil. It holds the elements of all rows in order: with a
// Shape, a row has as many as the product of Shape; with Offsets, row i has elements Offsets[i] to Offsets[i+1].
type Column struct {
	Name        string
	Unit        string // as in TUNITn
	Description string // in words: TCOMMn, which TOPCAT and astropy read and write
	UCD         string // what it is, as in pos.eq.ra;meta.main: TUCDn, which TOPCAT reads and writes (UCD1+, IVOA 2005)

	// Shape is that of one cell, slowest axis first; nil for one element a row. A complex column has a last axis of
	// 2, real and imaginary part.
	Shape []int

	Floats  []float64
	Single  bool     // Floats are those of an unscaled E: they have 32 bits
	Ints    []int64  // B, I, J, K, with the unsigned conventions of FITS Standard 4.0, section 7.3.2, applied
	Uints   []uint64 // K with TZERO 2^63
	Strings []string // without trailing blanks
	Bools   []bool   // L, and the bits of X

	Null    []bool // elements that are undefined (TNULLn, or a logical that is neither T nor F); nil when there are none
	Offsets []int  // rows+1 positions, for a variable-length column (section 7.3.5); nil otherwise
}

// Len returns the number of elements, which is the number of rows for a column without Shape and Offsets.
func (c *Column) Len() int {
	return len(c.Floats) + len(c.Ints) + len(c.Uints) + len(c.Strings) + len(c.Bools)
}

// Float returns element i as a number: a logical as 0 or 1, a string as the number that it spells. It is NaN for an
// undefined element and for a string that is no number.
func (c *Column) Float(i int) float64 {
	switch {
	case c.undefined(i):
		return math.NaN()
	case c.Floats != nil:
		return c.Floats[i]
	case c.Ints != nil:
		return float64(c.Ints[i])
	case c.Uints != nil:
		return float64(c.Uints[i])
	case c.Bools != nil:
		if c.Bools[i] {
			return 1
		}
		return 0
	}
	if f, ok := parseReal(strings.TrimSpace(c.Strings[i])); ok {
		return f
	}
	return math.NaN()
}

// Text returns element i as text that reads back to the same value: numbers with as many digits as they need, logicals
// as T and F. It is "" for an undefined element, NaN included.
func (c *Column) Text(i int) string {
	switch {
	case c.undefined(i):
		return ""
	case c.Strings != nil:
		return c.Strings[i]
	case c.Ints != nil:
		return strconv.FormatInt(c.Ints[i], 10)
	case c.Uints != nil:
		return strconv.FormatUint(c.Uints[i], 10)
	case c.Bools != nil:
		if c.Bools[i] {
			return "T"
		}
		return "F"
	}
	if math.IsNaN(c.Floats[i]) {
		return ""
	}
	return strconv.FormatFloat(c.Floats[i], 'g', -1, 64)
}

func (c *Column) undefined(i int) bool { return c.Null != nil && c.Null[i] }

// setNull marks element i of n as undefined.
func (c *Column) setNull(i, n int) {
	if c.Null == nil {
		c.Null = make([]bool, n)
	}
	c.Null[i] = true
}

// cellSize returns the number of elements of one cell of a column without Offsets.
func (c *Column) cellSize() int {
	n := 1
	for _, s := range c.Shape {
		n *= s
	}
	return n
}
