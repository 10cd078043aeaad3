package fits

import (
	"bufio"
	"fmt"
	"io"
	"slices"
)

// A TableWriter writes what [WriteTable] does of a table whose rows come some at a time. The header, which comes first,
// says how many rows there are and how long the longest strings are: so the rows wait in a file until Close, and in memory
// there are those of one Append and 8 bytes a column for each of them.
type TableWriter struct {
	w    io.Writer
	wait io.ReadWriteSeeker
	name string

	columns []Column // without data
	widths  []int    // of the longest strings so far
	rows    int
	parts   []waiting
	err     error
}

// waiting are rows in the file, with strings as long as they need.
type waiting struct {
	rows   int
	widths []int
}

// NewTableWriter writes a table to w when it is closed. Until then its rows are in wait, an empty file that the caller closes
// and removes.
func NewTableWriter(w io.Writer, wait io.ReadWriteSeeker, name string) *TableWriter {
	return &TableWriter{w: w, wait: wait, name: name}
}

// Append adds rows. The columns are the same each time but for their data, of which nothing is kept; one has a Null each
// time or never. It panics where [WriteTable] does.
func (t *TableWriter) Append(columns []Column) error {
	if t.err != nil {
		return t.err
	}
	rows, widths, err := measure(columns)
	if err != nil {
		return t.fail(err)
	}
	if t.columns == nil {
		t.columns, t.widths = make([]Column, len(columns)), slices.Clone(widths)
		for i, c := range columns {
			t.columns[i] = c.withoutData()
		}
		// What no header can say is known before the first row has waited for hours.
		if err := writeHeader(io.Discard, t.name, t.columns, widths, 0); err != nil {
			return t.fail(err)
		}
	}
	if len(columns) != len(t.columns) {
		panic("fits: other columns than before")
	}
	t.parts, t.rows = append(t.parts, waiting{rows, widths}), t.rows+rows
	for i, width := range widths {
		t.widths[i] = max(t.widths[i], width)
	}
	out := bufio.NewWriter(t.wait)
	if err := writeRows(out, columns, widths, rows); err != nil {
		return t.fail(err)
	}
	return t.fail(out.Flush())
}

// Close writes the table. It panics if there were no columns, for want of an Append.
func (t *TableWriter) Close() error {
	if t.err != nil {
		return t.err
	}
	if t.columns == nil {
		panic("fits: a table without columns")
	}
	if err := writeHeader(t.w, t.name, t.columns, t.widths, t.rows); err != nil {
		return t.fail(err)
	}
	if _, err := t.wait.Seek(0, io.SeekStart); err != nil {
		return t.fail(err)
	}
	in, out := bufio.NewReader(t.wait), bufio.NewWriter(t.w)
	for _, part := range t.parts {
		if err := t.widen(out, in, part); err != nil {
			return t.fail(err)
		}
	}
	if err := pad(out, int64(t.rows)*int64(rowSize(t.columns, t.widths))); err != nil {
		return t.fail(err)
	}
	return t.fail(out.Flush())
}

// widen copies rows that have waited, with room for the longest strings.
func (t *TableWriter) widen(w io.Writer, r io.Reader, part waiting) error {
	from, to := rowSize(t.columns, part.widths), rowSize(t.columns, t.widths)
	if slices.Equal(part.widths, t.widths) {
		_, err := io.CopyN(w, r, int64(part.rows)*int64(to))
		return err
	}
	narrow, wide := make([]byte, from), make([]byte, to) // whose gaps stay NUL
	for range part.rows {
		if _, err := io.ReadFull(r, narrow); err != nil {
			return err
		}
		src, dst := narrow, wide
		for i := range t.columns {
			c := &t.columns[i]
			cells := 1
			if c.Strings != nil {
				cells = c.cellSize()
			}
			n, m := c.bytes(part.widths[i])/cells, c.bytes(t.widths[i])/cells
			for range cells {
				copy(dst[:m], src[:n])
				src, dst = src[n:], dst[m:]
			}
		}
		if _, err := w.Write(wide); err != nil {
			return err
		}
	}
	return nil
}

// fail remembers the first error.
func (t *TableWriter) fail(err error) error {
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("fits: writing table %q: %w", t.name, err)
	}
	return t.err
}

// withoutData is the column with empty slices for those that it has.
func (c Column) withoutData() Column {
	c.Shape = slices.Clone(c.Shape)
	c.Floats, c.Ints, c.Uints, c.Strings, c.Bools = none(c.Floats), none(c.Ints), none(c.Uints), none(c.Strings), none(c.Bools)
	c.Null = none(c.Null)
	return c
}

// none is an empty slice of its own for one that is there, nil for nil.
func none[T any](s []T) []T {
	if s == nil {
		return nil
	}
	return []T{}
}
