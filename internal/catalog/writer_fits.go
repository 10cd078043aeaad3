package catalog

import (
	"fmt"
	"io"
	"strings"

	"github.com/astrovit/astrovit/fits"
)

// fitsSheet holds all rows: the header of a FITS table comes first, and says
// how many rows there are and how long the longest string is.
type fitsSheet struct {
	out     io.Writer
	title   string
	columns []field
	data    []fits.Column
	changed int // texts that FITS cannot hold as they are
}

// newFITSSheet refuses names of columns that FITS cannot hold now, and not
// after hours of work.
func newFITSSheet(out io.Writer, layout Layout) (*fitsSheet, error) {
	s := &fitsSheet{out: out, title: strings.ToUpper(layout.title), columns: layout.columns, data: make([]fits.Column, len(layout.columns))}
	for i, c := range s.columns {
		if fits.Printable(c.name) != c.name {
			return nil, fmt.Errorf("column %q: names in FITS are printable ASCII; write .csv or .parquet", c.name)
		}
		s.data[i] = fits.Column{Name: c.name, Unit: c.unit, UCD: c.ucd, Description: c.about}
		switch c.kind {
		case textField:
			s.data[i].Strings = []string{}
		case wholeField:
			s.data[i].Ints = []int64{}
		case vectorField:
			s.data[i].Floats, s.data[i].Single, s.data[i].Shape = []float64{}, true, []int{c.width}
		default:
			s.data[i].Floats = []float64{}
		}
	}
	return s, nil
}

func (s *fitsSheet) write(p *Prediction) error {
	for i, c := range s.columns {
		d := &s.data[i]
		switch c.kind {
		case textField:
			text := c.text(p)
			d.Strings = append(d.Strings, fits.Printable(text))
			if d.Strings[len(d.Strings)-1] != text {
				s.changed++
			}
		case wholeField:
			v := c.number(p)
			absent := !(v >= 0)
			if absent {
				v = 0
			}
			d.Ints = append(d.Ints, int64(v))
			d.Null = append(d.Null, absent)
		case vectorField:
			for _, v := range c.vector(p) {
				d.Floats = append(d.Floats, float64(v))
			}
		default:
			d.Floats = append(d.Floats, c.number(p))
		}
	}
	return nil
}

func (s *fitsSheet) finish() error { return fits.WriteTable(s.out, s.title, s.data) }
