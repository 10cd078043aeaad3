package fits

import (
	"fmt"
	"math"
	"strings"
)

// A Table is a binary or ASCII table. Columns are read one at a time, when asked for.
type Table struct {
	Rows int

	hdu      *HDU
	rowBytes int
	fields   []field
	packed   *packedRows // of a tile-compressed table; nil otherwise
}

// A field is the description of a column.
type field struct {
	number                       int // 1-based, as in TTYPEn
	name, unit, ucd, description string
	letter                       byte   // type of an element: a letter of TFORMn
	count                        int    // elements of a cell; for strings, the bytes of the cell
	stringWidth                  int    // bytes of one string of an A cell
	shape                        []int  // of a cell; nil for one element
	offset                       int    // of the cell in its row
	width                        int    // bytes of the cell
	wide                         byte   // 'P' or 'Q': the cell is a descriptor of count elements in the heap; else 0
	packing                      string // ZCTYPn, of a compressed table

	scale, zero float64
	hasNull     bool
	null        int64  // stored value, binary tables
	nullText    string // stored text, ASCII tables
	decimals    int    // of an ASCII number without a point
}

// Table returns the table of the HDU, described by its header (FITS Standard 4.0, sections 7.2 and 7.3).
//
// A tile-compressed table (section 10.3) is the table that it was. A header that contradicts itself or the file's size is a
// *FormatError, an HDU that is no table an *UnsupportedError.
func (h *HDU) Table() (*Table, error) {
	if !h.IsTable() {
		return nil, h.at.unsupported("XTENSION", "not a table")
	}
	t, err := h.table()
	if err == nil && h.kind == binaryHDU && h.header.isTrue("ZTABLE") {
		return t.unpacked()
	}
	return t, err
}

// table returns the table as it is stored, also where that holds a compressed image or table.
func (h *HDU) table() (*Table, error) {
	if len(h.axes) != 2 || h.bitpix != 8 {
		return nil, h.at.formatError("NAXIS", "want a table of 2 axes and BITPIX 8, have %d axes and BITPIX %d",
			len(h.axes), h.bitpix)
	}
	end := product(h.axes)
	if end < 0 || h.size < end {
		return nil, h.at.formatError("NAXIS2", "table of %d rows of %d bytes cannot be in a file", h.axes[1], h.axes[0])
	}
	have, err := h.file.src.extent(h.data + end)
	if err != nil {
		return nil, err
	}
	if have < h.data+end {
		return nil, h.at.formatError("NAXIS2", "data are cut off: %d rows of %d bytes need %d bytes, the file has %d",
			h.axes[1], h.axes[0], end, max(have-h.data, 0))
	}
	if h.axes[0] == 0 && h.axes[1] > 0 || h.axes[0] > math.MaxInt32 {
		return nil, h.at.unsupported("NAXIS1", "rows of %d bytes", h.axes[0])
	}
	t := &Table{Rows: int(h.axes[1]), hdu: h, rowBytes: int(h.axes[0])}
	return t, t.readFields("TFORM")
}

// readFields reads the columns, whose formats stand under TFORM, or ZFORM in a compressed table.
func (t *Table) readFields(form string) error {
	h := t.hdu
	fields, err := h.header.Int("TFIELDS")
	if err != nil {
		return err
	}
	if fields < 0 || fields > 999 {
		return h.at.formatError("TFIELDS", "want 0 to 999, have %d", fields)
	}
	offset := 0
	for n := 1; n <= int(fields); n++ {
		f, err := h.describe(n, offset, fmt.Sprintf("%s%d", form, n))
		if err != nil {
			return err
		}
		if f.offset < 0 || f.offset > t.rowBytes-f.width {
			return h.at.formatError(fmt.Sprintf("%s%d", form, n), "column %q ends beyond the %d bytes of a row",
				f.name, t.rowBytes)
		}
		offset = f.offset + f.width
		t.fields = append(t.fields, f)
	}
	return nil
}

// describe reads the keywords of column n, which begins at offset of its row if the table is binary; formKey is that of its
// format.
func (h *HDU) describe(n, offset int, formKey string) (f field, err error) {
	key := func(name string) string { return fmt.Sprintf("%s%d", name, n) }
	f = field{number: n, name: h.header.text(key("TTYPE")), unit: h.header.text(key("TUNIT")),
		ucd: h.header.text(key("TUCD")), description: h.header.text(key("TCOMM")), offset: offset}
	if f.name == "" {
		f.name = fmt.Sprintf("col%d", n)
	}
	if f.scale, err = h.header.floatOr(key("TSCAL"), 1); err != nil {
		return f, err
	}
	if f.zero, err = h.header.floatOr(key("TZERO"), 0); err != nil {
		return f, err
	}
	form, err := h.header.String(formKey)
	if err != nil {
		return f, err
	}
	if h.kind == asciiHDU {
		begin, err := h.header.Int(key("TBCOL"))
		if err != nil {
			return f, err
		}
		if begin < 1 || begin > math.MaxInt32 {
			return f, h.at.formatError(key("TBCOL"), "want a column from 1 on, have %d", begin)
		}
		f.offset = int(begin) - 1
		if !f.parseASCII(form) {
			return f, h.at.formatError(formKey, "want Aw, Iw, Fw.d, Ew.d or Dw.d, have %q", form)
		}
		if c, ok := h.header.Get(key("TNULL")); ok {
			f.nullText, f.hasNull = c.Value.(string)
		}
		return f, nil
	}
	if !f.parseBinary(form) {
		return f, h.at.formatError(formKey, "want a binary table format such as 1J or 20A, have %q", form)
	}
	f.setShape(h.header.text(key("TDIM")))
	if h.header.Has(key("TNULL")) {
		// As with BLANK: a TNULL that is no integer matches nothing.
		f.null, err = h.header.Int(key("TNULL"))
		f.hasNull = err == nil
	}
	return f, nil
}

// Names returns the names of the columns in order (TTYPEn, or "col" and the number where there is none).
func (t *Table) Names() []string {
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = f.name
	}
	return names
}

// Column reads a column by name: the first that matches exactly, else the first that matches without regard to case
// (FITS Standard 4.0, section 7.3.2 on TTYPEn). Values are physical: TSCALn and TZEROn are applied, in float64.
func (t *Table) Column(name string) (*Column, error) {
	f := t.find(name)
	if f == nil {
		return nil, t.hdu.at.wrap(fmt.Errorf("no column %q among the %d of the table", name, len(t.fields)))
	}
	return t.read(*f)
}

func (t *Table) read(f field) (*Column, error) {
	switch {
	case t.hdu.kind == asciiHDU:
		return t.readASCII(f)
	case f.wide != 0:
		return t.readHeap(f)
	}
	return t.readFixed(f)
}

// find returns a field by name, as Column says, or nil.
func (t *Table) find(name string) (found *field) {
	for i := range t.fields {
		f := &t.fields[i]
		if f.name == name {
			return f
		}
		if found == nil && strings.EqualFold(f.name, name) {
			found = f
		}
	}
	return found
}

// cells calls visit with the bytes of a field, row by row. They are valid during the call only.
func (t *Table) cells(f field, visit func(row int, cell []byte) error) error {
	if t.packed != nil {
		return t.packed.cells(f, f.width, visit)
	}
	if t.rowBytes > readBuffer {
		cell := make([]byte, f.width)
		for row := range t.Rows {
			if err := t.hdu.readAt(cell, t.hdu.data+int64(row)*int64(t.rowBytes)+int64(f.offset)); err != nil {
				return err
			}
			if err := visit(row, cell); err != nil {
				return err
			}
		}
		return nil
	}
	buffer := buffers.Get().(*[readBuffer]byte)
	defer buffers.Put(buffer)
	perRead := 0
	if t.rowBytes > 0 {
		perRead = readBuffer / t.rowBytes
	}
	for row := 0; row < t.Rows; row += perRead {
		n := min(perRead, t.Rows-row)
		raw := buffer[:n*t.rowBytes]
		if err := t.hdu.readAt(raw, t.hdu.data+int64(row)*int64(t.rowBytes)); err != nil {
			return err
		}
		for i := range n {
			cell := raw[i*t.rowBytes+f.offset:]
			if err := visit(row+i, cell[:f.width]); err != nil {
				return err
			}
		}
	}
	return nil
}
