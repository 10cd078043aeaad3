package catalog

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/astrovit/astrovit/fits"
)

// fitsCells is about how many cells are held until they go to disk.
const fitsCells = 1 << 16

// fitsSheet holds some rows. The others wait on disk: the header of a FITS table
// comes first, and says how many rows there are and how long the longest string is.
type fitsSheet struct {
	out     *fits.TableWriter
	wait    *os.File
	columns []field
	data    []fits.Column
	rows    int // held
	most    int // of these
	changed int // texts that FITS cannot hold as they are
}

// newFITSSheet refuses names of columns that FITS cannot hold now, and not
// after hours of work. wait is an empty file for the rows, which it closes.
func newFITSSheet(out io.Writer, wait *os.File, layout Layout) (*fitsSheet, error) {
	s := &fitsSheet{
		out: fits.NewTableWriter(out, wait, strings.ToUpper(layout.title)), wait: wait,
		columns: layout.columns, data: make([]fits.Column, len(layout.columns)),
		most: max(1, fitsCells/len(layout.scalars())),
	}
	for i, c := range s.columns {
		if fits.Printable(c.name) != c.name {
			wait.Close() // nothing is in it
			return nil, fmt.Errorf("column %q: names in FITS are printable ASCII; write .csv or .parquet", c.name)
		}
		s.data[i] = fits.Column{Name: c.name, Unit: c.unit, UCD: c.ucd, Description: c.about}
		switch c.kind {
		case textField:
			s.data[i].Strings = []string{}
		case wholeField:
			s.data[i].Ints, s.data[i].Null = []int64{}, []bool{}
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
	if s.rows++; s.rows < s.most {
		return nil
	}
	return s.flush()
}

// flush has the held rows wait with the others.
func (s *fitsSheet) flush() error {
	if err := s.out.Append(s.data); err != nil {
		return err
	}
	s.rows = 0
	for i := range s.data {
		d := &s.data[i]
		d.Strings, d.Ints, d.Null, d.Floats = d.Strings[:0], d.Ints[:0], d.Null[:0], d.Floats[:0]
	}
	return nil
}

func (s *fitsSheet) finish() error {
	if err := s.flush(); err != nil {
		return err
	}
	return s.out.Close()
}

func (s *fitsSheet) release() { s.wait.Close() } // it has no name, and is gone with that
