package pack

import (
	"fmt"
	"path/filepath"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/whole"
)

// stack is the files of pieces of one kind, one or one a band, that are being written.
type stack struct {
	names   []string // as the index has them; "" for a band without a file
	files   []*whole.File
	writers []*fits.StackWriter
	columns []fits.Column // of the table of cutouts
	used    int           // when it was
}

// mostTiles bounds the cutouts of a compressed stack, for whose places in the file 16 bytes each are set aside.
const mostTiles = 1 << 17

// begin begins the stack of a piece's kind. Names are those of its files.
func (o Options) begin(p *piece, names []string, rows int) (*stack, error) {
	s := &stack{names: names, columns: []fits.Column{{Name: "ID", Strings: []string{}, Description: "identifier"}}}
	for _, c := range p.sky {
		column := fits.Column{Name: c.Key, Floats: []float64{}}
		if _, ok := c.Value.(string); ok {
			column = fits.Column{Name: c.Key, Strings: []string{}}
		}
		s.columns = append(s.columns, column)
	}
	header := []fits.Card{
		{Key: pixels.PackedCard, Value: true, Comment: "a cutout a plane: see the table " + pixels.SkiesTable},
		{Key: pixels.PhotoCard, Value: p.photo, Comment: "of photos, whose first row is at the top"},
		{Key: pixels.StackedCard, Value: p.stack, Comment: "from stacks, where positions mean nothing"},
	}
	room := 0
	if o.Compress && p.compresses() {
		room = min(rows, mostTiles)
	}
	for k, part := range p.parts {
		s.files, s.writers = append(s.files, nil), append(s.writers, nil)
		if part.Pixels == nil {
			continue
		}
		name := filepath.Join(o.Out, names[k])
		whole.Sweep(name)
		var err error
		if s.files[k], err = whole.Create(name); err == nil {
			s.writers[k], err = fits.NewStackWriter(s.files[k], part.Type, part.Shape, header, room)
		}
		if err != nil {
			s.abort()
			return nil, err
		}
	}
	return s, nil
}

// first is the first of the files.
func (s *stack) first() *fits.StackWriter {
	for _, w := range s.writers {
		if w != nil {
			return w
		}
	}
	panic("pack: a stack of no files")
}

// full tells whether a piece has to go into another stack.
func (s *stack) full(p *piece, most int64, rows int) bool {
	for k, w := range s.writers {
		if w != nil && (w.Size()+int64(len(p.parts[k].Pixels)) > most || w.HDU() > 0 && w.Len() == min(rows, mostTiles)) {
			return w.Len() > 0
		}
	}
	return false
}

// add appends a piece, of an object that is called id.
func (s *stack) add(p *piece, id string) error {
	for k, w := range s.writers {
		if w == nil {
			continue
		}
		if err := w.Write(p.parts[k].Pixels); err != nil {
			return err
		}
	}
	s.columns[0].Strings = append(s.columns[0].Strings, fits.Printable(id))
	for k, c := range p.sky {
		column := &s.columns[k+1]
		switch v := c.Value.(type) {
		case float64:
			column.Floats = append(column.Floats, v)
		case string:
			column.Strings = append(column.Strings, fits.Printable(v))
		default:
			panic(fmt.Sprintf("pack: keyword %s is a %T", c.Key, c.Value))
		}
	}
	return nil
}

// close finishes the files, which then appear, and gives their size.
func (s *stack) close() (size int64, err error) {
	for k, w := range s.writers {
		if w == nil {
			continue
		}
		if err := w.Close(pixels.SkiesTable, s.columns); err != nil {
			return 0, s.files[k].Failed(err)
		}
		size += w.Size()
		if err := s.files[k].Close(); err != nil {
			return 0, err
		}
	}
	return size, nil
}

func (s *stack) abort() {
	for _, f := range s.files {
		if f != nil {
			f.Abort()
		}
	}
}
