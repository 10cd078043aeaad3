package catalog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A Place is where an object's pixels have been moved to.
type Place struct {
	Files      []string // one, or one a band in the order of the catalogue's columns; "" for a band without a file
	HDU, Plane int
	DX, DY     int // what the first pixel there was in the image where the pixels come from
}

// WriteMoved writes the table as CSV with all its columns, but the files, hdu and plane of its objects at other places, and
// x and y to match; rows that place says false to are left out. It gives the columns that CSV cannot hold, of several values a row.
func (t *Table) WriteMoved(w io.Writer, opt Columns, place func(row int) (Place, bool)) (lost []string, err error) {
	files, _, err := t.fileColumns(opt)
	if err != nil {
		return nil, err
	}
	var header []string
	var cells []func(row int, p Place) string
	add := func(name string, cell func(int, Place) string) {
		header, cells = append(header, name), append(cells, cell)
	}
	hdu := func(_ int, p Place) string { return strconv.Itoa(p.HDU) }
	plane := func(_ int, p Place) string { return strconv.Itoa(p.Plane) }
	special := map[string]func(int, Place) string{}
	for band, c := range files {
		special[c.Name] = func(_ int, p Place) string { return p.Files[band] }
	}
	for _, c := range []struct {
		name string
		cell func(int, Place) string
	}{
		{"hdu", hdu}, {"plane", plane},
		{"x", t.shifted("x", func(p Place) int { return p.DX })},
		{"y", t.shifted("y", func(p Place) int { return p.DY })},
	} {
		if i := find(t.names, c.name); i >= 0 {
			special[t.names[i]] = c.cell
		}
	}
	for i, name := range t.names {
		if cell := special[name]; cell != nil {
			add(name, cell)
			continue
		}
		c, err := t.column(i)
		var several *UnsupportedError
		if errors.As(err, &several) {
			lost = append(lost, name)
			continue
		}
		if err != nil {
			return nil, err
		}
		add(name, func(row int, _ Place) string { return c.String(row) })
	}
	if !t.Has("hdu") {
		add("hdu", hdu)
	}
	if !t.Has("plane") {
		add("plane", plane)
	}
	out := csv.NewWriter(w)
	record := make([]string, len(cells))
	if err := out.Write(header); err != nil {
		return nil, err
	}
	for row := range t.Len() {
		p, ok := place(row)
		if !ok {
			continue
		}
		for i, cell := range cells {
			record[i] = cell(row, p)
		}
		if err := out.Write(record); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return lost, out.Error()
}

// shifted is a column of positions less so much; what is no number stays as it is.
func (t *Table) shifted(name string, by func(Place) int) func(row int, p Place) string {
	c, err := t.Column(name)
	if err != nil {
		return nil
	}
	return func(row int, p Place) string {
		v, err := c.Float(row)
		if err != nil || v != v || by(p) == 0 {
			return c.String(row)
		}
		return fmt.Sprint(v - float64(by(p)))
	}
}
