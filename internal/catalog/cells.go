package catalog

import (
	"math"
	"strconv"
	"strings"
)

// cells is the storage of one column. Values keep the type that the file gave
// them, because an object id of 19 digits does not survive a float64.
type cells interface {
	// text is the value as it would stand in a CSV file; empty if there is none.
	text(row int) string
	// number is the value as a float64: NaN if there is none, false if the cell
	// holds something that is not a number.
	number(row int) (float64, bool)
}

// packedText holds the cells of a CSV column end to end: four bytes a cell on
// top of the text itself, where a slice of strings would take sixteen.
type packedText struct {
	data string
	ends []uint32
}

func (c packedText) text(row int) string {
	start := uint32(0)
	if row > 0 {
		start = c.ends[row-1]
	}
	return c.data[start:c.ends[row]]
}

func (c packedText) number(row int) (float64, bool) { return parseNumber(c.text(row)) }

// plainText is one string a row.
type plainText []string

func (c plainText) text(row int) string            { return c[row] }
func (c plainText) number(row int) (float64, bool) { return parseNumber(c[row]) }

// codedText holds each distinct text once. A Parquet dictionary lets a small
// file name the same long string in millions of rows; this keeps it small.
type codedText struct {
	values []string
	codes  []uint32
}

func (c codedText) text(row int) string            { return c.values[c.codes[row]] }
func (c codedText) number(row int) (float64, bool) { return parseNumber(c.text(row)) }

// textCoder builds a codedText.
type textCoder struct {
	codedText
	known map[string]uint32
}

func newTextCoder() *textCoder { return &textCoder{known: map[string]uint32{}} }

func (b *textCoder) add(s []byte) {
	code, ok := b.known[string(s)]
	if !ok {
		key := string(s)
		code = uint32(len(b.values))
		b.values = append(b.values, strings.TrimSpace(strings.ToValidUTF8(key, "\uFFFD")))
		b.known[key] = code
	}
	b.codes = append(b.codes, code)
}

// integers are signed whole numbers; null, where not nil, marks absent ones.
type integers struct {
	values []int64
	null   []bool
}

func (c integers) text(row int) string {
	if c.null != nil && c.null[row] {
		return ""
	}
	return strconv.FormatInt(c.values[row], 10)
}

func (c integers) number(row int) (float64, bool) {
	if c.null != nil && c.null[row] {
		return math.NaN(), true
	}
	return float64(c.values[row]), true
}

// unsigned are whole numbers that may pass the largest int64.
type unsigned struct{ integers }

func (c unsigned) text(row int) string {
	if c.null != nil && c.null[row] {
		return ""
	}
	return strconv.FormatUint(uint64(c.values[row]), 10)
}

func (c unsigned) number(row int) (float64, bool) {
	if c.null != nil && c.null[row] {
		return math.NaN(), true
	}
	return float64(uint64(c.values[row])), true
}

// reals are floating-point numbers; NaN is an absent one.
type reals []float64

func (c reals) text(row int) string {
	v := c[row]
	if math.IsNaN(v) {
		return ""
	}
	return shortest(v, 64)
}

func (c reals) number(row int) (float64, bool) { return c[row], true }

// singles are floating-point numbers of 32 bits; NaN is an absent one.
type singles []float32

func (c singles) text(row int) string {
	if v := c[row]; v == v {
		return shortest(float64(v), 32)
	}
	return ""
}

// shortest is a number in as few digits as read back the same; a whole one has
// no exponent as long as all its digits are its own, for it may be an id.
func shortest(v float64, bits int) string {
	format, most := byte('g'), float64(1<<53)
	if bits == 32 {
		most = 1 << 24
	}
	if v == math.Trunc(v) && math.Abs(v) <= most {
		format = 'f'
	}
	return strconv.FormatFloat(v, format, -1, bits)
}

func (c singles) number(row int) (float64, bool) { return float64(c[row]), true }

// logicals are 1 for true, 0 for false and -1 for absent.
type logicals []int8

func (c logicals) text(row int) string {
	switch c[row] {
	case 1:
		return "true"
	case 0:
		return "false"
	}
	return ""
}

func (c logicals) number(row int) (float64, bool) {
	if c[row] < 0 {
		return math.NaN(), true
	}
	return float64(c[row]), true
}

// missing reports whether a text stands for "no value". The words are those
// that astropy, pandas, R and TOPCAT write for an absent value; "None" is not
// among them, because it is a plausible class.
func missing(s string) bool {
	switch s {
	case "", "nan", "NaN", "NAN", "NA", "N/A", "null", "NULL", "<NA>", "--":
		return true
	}
	return false
}

func parseNumber(s string) (float64, bool) {
	if missing(s) {
		return math.NaN(), true
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN(), false
	}
	return v, true
}
