package fits

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/astrogo/fitsio"
)

// WriteTable writes a FITS file of an empty primary HDU and a binary table named name (FITS Standard 4.0, section 7.3):
// Floats as D, or E if they are Single, Ints and Uints as K, Strings as A of the longest one, Bools as L. Undefined
// integers are written as TNULLn, undefined floats as NaN, undefined logicals as 0, undefined strings as empty. Of a table
// whose rows come some at a time, [TableWriter] does the same.
//
// Names, units, UCDs, descriptions and strings must be printable ASCII; variable-length columns are not written. Columns of different
// lengths, or without data, are a panic.
func WriteTable(w io.Writer, name string, columns []Column) error {
	rows, widths, err := measure(columns)
	if err == nil {
		err = writeHeader(w, name, columns, widths, rows)
	}
	if err == nil {
		out := bufio.NewWriter(w)
		err = writeRows(out, columns, widths, rows)
		if err == nil {
			err = pad(out, int64(rows)*int64(rowSize(columns, widths)))
		}
		if err == nil {
			err = out.Flush()
		}
	}
	if err != nil {
		return fmt.Errorf("fits: writing table %q: %w", name, err)
	}
	return nil
}

// measure counts the rows of columns that are to be written, and finds the length of each one's longest string, at least
// 1; of columns of other kinds it is 0.
func measure(columns []Column) (rows int, widths []int, err error) {
	widths = make([]int, len(columns))
	for i := range columns {
		c := &columns[i]
		if c.Offsets != nil {
			return 0, nil, fmt.Errorf("column %q has variable length", c.Name)
		}
		if n := c.rows(); i == 0 {
			rows = n
		} else if n != rows {
			panic("fits: columns of different lengths")
		}
		if c.Strings == nil {
			continue
		}
		widths[i] = 1
		for k, s := range c.Strings {
			if Printable(s) != s {
				return 0, nil, fmt.Errorf("column %q: row %d: only printable ASCII is allowed, have %q", c.Name, k/c.cellSize(), s)
			}
			widths[i] = max(widths[i], len(s))
		}
	}
	return rows, widths, nil
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

// bytes is the size of a cell, of which each string takes width.
func (c *Column) bytes(width int) int {
	switch n := c.cellSize(); {
	case c.Strings != nil:
		return n * width
	case c.Bools != nil:
		return n
	case c.Single:
		return 4 * n
	default:
		return 8 * n
	}
}

func rowSize(columns []Column, widths []int) (n int) {
	for i := range columns {
		n += columns[i].bytes(widths[i])
	}
	return n
}

// writeRows writes the cells of all rows. Strings are padded with NUL (section 7.3.3.1).
func writeRows(w io.Writer, columns []Column, widths []int, rows int) error {
	line := make([]byte, rowSize(columns, widths))
	for row := range rows {
		at := line
		for i := range columns {
			n := columns[i].bytes(widths[i])
			columns[i].put(at[:n], row, widths[i])
			at = at[n:]
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// put writes the cell of a row.
func (c *Column) put(cell []byte, row, width int) {
	n := c.cellSize()
	for k := range n {
		i := row*n + k
		undefined := c.undefined(i)
		switch {
		case c.Floats != nil:
			v := c.Floats[i]
			if undefined {
				v = math.NaN()
			}
			if c.Single {
				binary.BigEndian.PutUint32(cell[4*k:], math.Float32bits(float32(v)))
			} else {
				binary.BigEndian.PutUint64(cell[8*k:], math.Float64bits(v))
			}
		case c.Ints != nil:
			v := c.Ints[i]
			if undefined {
				v = math.MinInt64
			}
			binary.BigEndian.PutUint64(cell[8*k:], uint64(v))
		case c.Uints != nil: // no value is left to stand for an undefined one
			binary.BigEndian.PutUint64(cell[8*k:], c.Uints[i]^1<<63)
		case c.Strings != nil:
			text := cell[k*width:][:width]
			clear(text)
			if !undefined {
				copy(text, c.Strings[i])
			}
		case undefined:
			cell[k] = 0
		case c.Bools[i]:
			cell[k] = 'T'
		default:
			cell[k] = 'F'
		}
	}
}

// pad fills the last block after n bytes of data.
func pad(w io.Writer, n int64) error {
	_, err := w.Write(make([]byte, padding(n)))
	return err
}

// writeHeader writes the empty primary HDU, and the header of a table of so many rows.
func writeHeader(w io.Writer, name string, columns []Column, widths []int, rows int) error {
	title, err := writableString("EXTNAME", name)
	if err != nil {
		return err
	}
	layout, cards := make([]fitsio.Column, len(columns)), make([]columnMeaning, len(columns))
	for i := range columns {
		if layout[i], cards[i], err = columns[i].cards(widths[i]); err != nil {
			return fmt.Errorf("column %q: %w", columns[i].Name, err)
		}
	}
	table, err := fitsio.NewTable(title, layout, fitsio.BINARY_TBL)
	if err != nil {
		return err
	}
	if err := correct(table.Header(), cards); err != nil {
		return err
	}
	f, err := fitsio.Create(&tableHeader{w: w, rows: rows})
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

// columnMeaning are what is in the header about a column beside what fitsio puts there.
type columnMeaning struct {
	form string        // TFORMn as it must be in the file
	add  []fitsio.Card // with the column's number still to be appended
}

// correct mends the header that fitsio made for the table. fitsio writes TBCOLn, which has no place in a binary table;
// TSCALn 0, which turns numbers into zeros, and TZEROn; and it knows strings and logicals only in forms that others read
// wrongly (a NUL before each string, 1 for true), so such columns were given to it as bytes and get their type here.
// THEAP is set because fitsio would write 0. A commentary card without text is not written at all.
func correct(header *fitsio.Header, columns []columnMeaning) error {
	for i, column := range columns {
		for _, key := range []string{"TBCOL", "TSCAL", "TZERO"} {
			if card := header.Get(fmt.Sprintf("%s%d", key, i+1)); card != nil {
				*card = fitsio.Card{}
			}
		}
		header.Set(fmt.Sprintf("TFORM%d", i+1), column.form, "")
		for _, card := range column.add {
			card.Name = fmt.Sprintf("%s%d", card.Name, i+1)
			if err := header.Append(card); err != nil {
				return err
			}
		}
	}
	axes := header.Axes()
	return header.Append(fitsio.Card{Name: "THEAP", Value: axes[0] * axes[1]})
}

// tableHeader passes the headers of an empty primary HDU and of a table that fitsio takes for an empty one on, with the
// true number of rows. There is a blank card in place of THEAP, which fitsio writes for every table: in one without a heap
// cfitsio's verifier calls it an error.
type tableHeader struct {
	w       io.Writer
	rows    int
	headers []byte // so far
	passed  bool
}

func (h *tableHeader) Write(p []byte) (int, error) {
	if h.passed {
		return h.w.Write(p)
	}
	h.headers = append(h.headers, p...)
	for at := blockSize; at+cardSize <= len(h.headers); at += cardSize { // after the primary header, which is one block
		switch card := h.headers[at : at+cardSize]; string(card[:8]) {
		case "NAXIS2  ":
			copy(card, fmt.Sprintf("%-*s", cardSize, fmt.Sprintf("NAXIS2  = %20d / rows", h.rows)))
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

// cards are the column as fitsio has it, and what else there is to say of it.
func (c *Column) cards(width int) (col fitsio.Column, cards columnMeaning, err error) {
	if c.Name == "" {
		return col, cards, fmt.Errorf("has no name")
	}
	for _, text := range []struct {
		key, value string
		to         *string // nil: a card of its own
	}{{"TTYPE", c.Name, &col.Name}, {"TUNIT", c.Unit, &col.Unit}, {"TUCD", c.UCD, nil}, {"TCOMM", c.Description, nil}} {
		value, err := writableString(text.key, text.value)
		switch {
		case err != nil:
			return col, cards, fmt.Errorf("%s: %w", text.key, err)
		case text.to != nil:
			*text.to = value
		case value != "":
			cards.add = append(cards.add, fitsio.Card{Name: text.key, Value: value})
		}
	}
	n := c.cellSize()
	if len(c.Shape) > 1 || c.Strings != nil && n > 1 {
		if c.Strings != nil {
			col.Dim = []int64{int64(width)}
		}
		for k := len(c.Shape) - 1; k >= 0; k-- {
			col.Dim = append(col.Dim, int64(c.Shape[k]))
		}
	}
	letter := "K"
	switch {
	case c.Strings != nil:
		letter, n = "A", n*width
	case c.Bools != nil:
		letter = "L"
	case c.Floats != nil && c.Single:
		letter = "E"
	case c.Floats != nil:
		letter = "D"
	case c.Ints != nil && c.Null != nil:
		cards.add = append([]fitsio.Card{{Name: "TNULL", Value: int64(math.MinInt64)}}, cards.add...)
	case c.Uints != nil:
		cards.add = append([]fitsio.Card{{Name: "TSCAL", Value: 1}, {Name: "TZERO", Value: float64(1 << 63)}}, cards.add...)
	}
	cards.form = fmt.Sprintf("%d%s", n, letter)
	if col.Format = cards.form; letter == "A" || letter == "L" {
		col.Format = fmt.Sprintf("%dB", n)
	}
	return col, cards, nil
}
