package fits

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"

	"github.com/astrogo/fitsio"
)

// WriteTable writes a FITS file of an empty primary HDU and a binary table named name (FITS Standard 4.0, section 7.3):
// Floats as D, or E if they are Single, Ints and Uints as K, Strings as A of the longest one, Bools as L. Undefined
// integers are written as TNULLn, undefined floats as NaN, undefined logicals as 0, undefined strings as empty. It buffers
// the table.
//
// Names, units, UCDs, descriptions and strings must be printable ASCII; variable-length columns are not written. Columns of different
// lengths, or without data, are a panic.
func WriteTable(w io.Writer, name string, columns []Column) error {
	rows := 0
	layout := make([]fitsio.Column, len(columns))
	cells := make([]cellWriter, len(columns))
	for i := range columns {
		c := &columns[i]
		if c.Offsets != nil {
			return fmt.Errorf("fits: writing table %q: column %q has variable length", name, c.Name)
		}
		if Printable(c.Name) != c.Name || Printable(c.Unit) != c.Unit || Printable(c.UCD) != c.UCD || Printable(c.Description) != c.Description || c.Name == "" {
			return fmt.Errorf("fits: writing table %q: column %q: name, unit, UCD and description must be printable ASCII", name, c.Name)
		}
		if n := c.rows(); i == 0 {
			rows = n
		} else if n != rows {
			panic("fits: columns of different lengths")
		}
		var err error
		if layout[i], cells[i], err = c.writer(); err != nil {
			return fmt.Errorf("fits: writing table %q: column %q: %w", name, c.Name, err)
		}
		if c.UCD != "" {
			ucd, err := writableString("TUCD", c.UCD)
			if err != nil {
				return fmt.Errorf("fits: writing table %q: column %q: %w", name, c.Name, err)
			}
			cells[i].add = append(cells[i].add, fitsio.Card{Name: "TUCD", Value: ucd})
		}
		if c.Description != "" {
			text, err := writableString("TCOMM", c.Description)
			if err != nil {
				return fmt.Errorf("fits: writing table %q: column %q: %w", name, c.Name, err)
			}
			cells[i].add = append(cells[i].add, fitsio.Card{Name: "TCOMM", Value: text})
		}
	}
	if err := writeTable(w, name, layout, cells, rows); err != nil {
		return fmt.Errorf("fits: writing table %q: %w", name, err)
	}
	return nil
}

func writeTable(w io.Writer, name string, layout []fitsio.Column, cells []cellWriter, rows int) error {
	title, err := writableString("EXTNAME", name)
	if err != nil {
		return err
	}
	table, err := fitsio.NewTable(title, layout, fitsio.BINARY_TBL)
	if err != nil {
		return err
	}
	values := make([]any, len(cells))
	for row := range rows {
		for i := range cells {
			values[i] = cells[i].next(row)
		}
		if err := table.Write(values...); err != nil {
			return err
		}
	}
	if err := correct(table.Header(), cells); err != nil {
		return err
	}
	f, err := fitsio.Create(&heapless{w: w})
	if err != nil {
		return err
	}
	defer f.Close()
	primary, err := fitsio.NewPrimaryHDU(fitsio.NewHeader(
		[]fitsio.Card{}, fitsio.IMAGE_HDU, 8, nil))
	if err != nil {
		return err
	}
	if err := primary.Header().Append(fitsio.Card{Name: "EXTEND", Value: true}); err != nil {
		return err
	}
	if err := f.Write(primary); err != nil {
		return err
	}
	return f.Write(table)
}

// A cellWriter hands the cells of a column to fitsio.
type cellWriter struct {
	form string            // TFORMn as it must be in the file
	next func(row int) any // pointer to the cell of a row, valid until the next call
	add  []fitsio.Card     // cards of the column, with their number still to be appended
}

// correct mends the header that fitsio made for the table. fitsio writes TBCOLn, which has no place in a binary table;
// TSCALn 0, which turns numbers into zeros, and TZEROn; and it knows strings and logicals only in forms that others read
// wrongly (a NUL before each string, 1 for true), so such cells were given to it as bytes and get their type here.
// THEAP is set because fitsio would write 0. A commentary card without text is not written at all.
func correct(header *fitsio.Header, cells []cellWriter) error {
	for i, cell := range cells {
		for _, key := range []string{"TBCOL", "TSCAL", "TZERO"} {
			if card := header.Get(fmt.Sprintf("%s%d", key, i+1)); card != nil {
				*card = fitsio.Card{}
			}
		}
		header.Set(fmt.Sprintf("TFORM%d", i+1), cell.form, "")
		for _, card := range cell.add {
			card.Name = fmt.Sprintf("%s%d", card.Name, i+1)
			if err := header.Append(card); err != nil {
				return err
			}
		}
	}
	axes := header.Axes()
	return header.Append(fitsio.Card{Name: "THEAP", Value: axes[0] * axes[1]})
}

// heapless passes a file of an empty primary HDU and a table on, with a blank card in place of THEAP, which fitsio writes
// for every table. In one without a heap cfitsio's verifier calls it an error.
type heapless struct {
	w       io.Writer
	headers []byte // so far
	passed  bool
}

func (h *heapless) Write(p []byte) (int, error) {
	if h.passed {
		return h.w.Write(p)
	}
	h.headers = append(h.headers, p...)
	for at := blockSize; at+cardSize <= len(h.headers); at += cardSize { // after the primary header, which is one block
		switch card := h.headers[at : at+cardSize]; string(card[:8]) {
		case "THEAP   ":
			copy(card, strings.Repeat(" ", cardSize))
		case "END     ":
			h.passed = true
			_, err := h.w.Write(h.headers)
			return len(p), err
		}
	}
	return len(p), nil
}

// rows returns the number of rows of a column to be written.
func (c *Column) rows() int {
	if c.Floats == nil && c.Ints == nil && c.Uints == nil && c.Strings == nil && c.Bools == nil {
		panic("fits: a column without data")
	}
	n := c.cellSize()
	if n < 1 || c.Len()%n != 0 {
		panic("fits: a column's data do not match its shape")
	}
	return c.Len() / n
}

// writer returns fitsio's view of the column and the function that feeds it.
func (c *Column) writer() (fitsio.Column, cellWriter, error) {
	name, err := writableString("TTYPE", c.Name)
	if err != nil {
		return fitsio.Column{}, cellWriter{}, err
	}
	unit, err := writableString("TUNIT", c.Unit)
	if err != nil {
		return fitsio.Column{}, cellWriter{}, err
	}
	n := c.cellSize()
	col := fitsio.Column{Name: name, Unit: unit}
	if len(c.Shape) > 1 {
		for k := len(c.Shape) - 1; k >= 0; k-- {
			col.Dim = append(col.Dim, int64(c.Shape[k]))
		}
	}
	var cell cellWriter
	switch {
	case c.Floats != nil:
		number := func(i int) float64 {
			if c.undefined(i) {
				return math.NaN()
			}
			return c.Floats[i]
		}
		if c.Single {
			col.Format, cell = numbers("E", n, func(i int) float32 { return float32(number(i)) })
		} else {
			col.Format, cell = numbers("D", n, number)
		}
	case c.Ints != nil:
		col.Format, cell = numbers("K", n, func(i int) int64 {
			if c.undefined(i) {
				return math.MinInt64
			}
			return c.Ints[i]
		})
		if c.Null != nil {
			cell.add = []fitsio.Card{{Name: "TNULL", Value: int64(math.MinInt64)}}
		}
	case c.Uints != nil: // no value is left to stand for an undefined one
		col.Format, cell = numbers("K", n, func(i int) int64 { return int64(c.Uints[i] ^ 1<<63) })
		cell.add = []fitsio.Card{{Name: "TSCAL", Value: 1}, {Name: "TZERO", Value: float64(1 << 63)}}
	case c.Strings != nil:
		return c.stringWriter(col, n)
	default:
		col.Format, cell = texts(n, 1, func(i int) string {
			switch {
			case c.undefined(i):
				return "\x00"
			case c.Bools[i]:
				return "T"
			}
			return "F"
		})
		cell.form = fmt.Sprintf("%dL", n)
	}
	return col, cell, nil
}

func (c *Column) stringWriter(col fitsio.Column, n int) (fitsio.Column, cellWriter, error) {
	width := 1
	for i, s := range c.Strings {
		if Printable(s) != s {
			return col, cellWriter{}, fmt.Errorf("row %d: only printable ASCII is allowed, have %q", i/n, s)
		}
		width = max(width, len(s))
	}
	if n > 1 {
		col.Dim = []int64{int64(width)}
		for k := len(c.Shape) - 1; k >= 0; k-- {
			col.Dim = append(col.Dim, int64(c.Shape[k]))
		}
	}
	var cell cellWriter
	col.Format, cell = texts(n, width, func(i int) string {
		if c.undefined(i) {
			return ""
		}
		return c.Strings[i]
	})
	cell.form = fmt.Sprintf("%dA", n*width)
	return col, cell, nil
}

// numbers feeds cells of n numbers: fitsio takes a pointer to a number, or to an array of them.
func numbers[T float64 | float32 | int64](letter string, n int, at func(i int) T) (string, cellWriter) {
	form := fmt.Sprintf("%d%s", n, letter)
	var zero T
	array := reflect.New(reflect.ArrayOf(n, reflect.TypeOf(zero)))
	cell := array.Elem().Slice(0, n).Interface().([]T)
	var handed any = array.Interface()
	if n == 1 {
		handed = &cell[0]
	}
	return form, cellWriter{form: form, next: func(row int) any {
		for k := range cell {
			cell[k] = at(row*n + k)
		}
		return handed
	}}
}

// texts feeds cells of n strings of width bytes as bytes, padded with NUL (section 7.3.3.1).
func texts(n, width int, at func(i int) string) (string, cellWriter) {
	size := n * width
	array := reflect.New(reflect.ArrayOf(size, reflect.TypeOf(byte(0))))
	cell := array.Elem().Slice(0, size).Interface().([]byte)
	var handed any = array.Interface()
	if size == 1 {
		handed = &cell[0]
	}
	return fmt.Sprintf("%dB", size), cellWriter{next: func(row int) any {
		clear(cell)
		for k := range n {
			copy(cell[k*width:(k+1)*width], at(row*n+k))
		}
		return handed
	}}
}
