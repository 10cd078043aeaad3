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
	columns []field
	data    []fits.Column
}

// newFITSSheet refuses names of columns that FITS cannot hold now, and not
// after hours of work.
func newFITSSheet(out io.Writer, columns []field) (*fitsSheet, error) {
	s := &fitsSheet{out: out, columns: columns, data: make([]fits.Column, len(columns))}
	for i, c := range columns {
		if printable(c.name) != c.name {
			return nil, fmt.Errorf("column %q: names in FITS are printable ASCII; write .csv or .parquet", c.name)
		}
		s.data[i] = fits.Column{Name: c.name, Unit: c.unit}
		switch c.kind {
		case textField:
			s.data[i].Strings = []string{}
		case wholeField:
			s.data[i].Ints = []int64{}
		default:
			s.data[i].Floats = []float64{}
		}
	}
	return s, nil
}

// printable puts "?" for the characters that a FITS string cannot hold
// (FITS Standard 4.0, section 3.3.1).
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

func (s *fitsSheet) write(p *Prediction) error {
	for i, c := range s.columns {
		d := &s.data[i]
		switch c.kind {
		case textField:
			d.Strings = append(d.Strings, printable(c.text(p)))
		case wholeField:
			v := c.number(p)
			absent := !(v >= 0)
			if absent {
				v = 0
			}
			d.Ints = append(d.Ints, int64(v))
			d.Null = append(d.Null, absent)
		default:
			d.Floats = append(d.Floats, c.number(p))
		}
	}
	return nil
}

func (s *fitsSheet) finish() error { return fits.WriteTable(s.out, "PREDICTIONS", s.data) }
