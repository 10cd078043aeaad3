package catalog

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/astrovit/astrovit/fits"
)

// readFITS opens the first table of a FITS file.
func readFITS(name string) (t *Table, err error) {
	f, err := fits.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	table, err := firstTable(f, name)
	if err != nil {
		return nil, err
	}
	if table.Rows > math.MaxInt32 {
		return nil, &UnsupportedError{File: name, Reason: fmt.Sprintf("%d rows; at most %d are read", table.Rows, math.MaxInt32)}
	}
	t = &Table{file: name, names: table.Names(), rows: table.Rows, loaded: map[int]cells{}, release: f, what: "row"}
	t.load = func(i int) (cells, error) { return loadFITS(table, t.names[i], name) }
	t.vectors = func(i int) ([]float64, int, error) { return loadVectors(table, t.names[i], name) }
	return t, nil
}

// IsCatalog reports whether a file is a catalogue and not an image: by its name,
// and a FITS file by its content, an image being what has an HDU with an image
// of two axes or more. A file that cannot be read is an error.
func IsCatalog(name string) (bool, error) {
	format := Format(name)
	if format != "fits" {
		return format != "", nil
	}
	f, err := fits.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	table := false
	for i := 0; i == 0 || i < f.NumHDU(); i++ {
		// The primary HDU alone answers for most images; counting the others
		// unfolds the whole of a compressed file.
		h := f.HDU(i)
		if h.IsImage() && len(h.Shape()) >= 2 {
			return false, nil
		}
		table = table || h.IsTable()
	}
	return table, nil
}

func firstTable(f *fits.File, name string) (*fits.Table, error) {
	for i := range f.NumHDU() {
		if h := f.HDU(i); h.IsTable() {
			return h.Table()
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return nil, &FormatError{File: name, Reason: "is an image; a catalogue in FITS is a table extension"}
}

func loadFITS(table *fits.Table, name, file string) (cells, error) {
	c, err := table.Column(name)
	if err != nil {
		return nil, err
	}
	if c.Offsets != nil || c.Len() != table.Rows {
		return nil, &UnsupportedError{File: file, Where: fmt.Sprintf("column %q", name), Err: errors.New("holds several values a row")}
	}
	switch {
	case c.Strings != nil:
		for i, s := range c.Strings {
			if c.Null != nil && c.Null[i] {
				s = ""
			}
			c.Strings[i] = strings.TrimSpace(s)
		}
		return plainText(c.Strings), nil
	case c.Ints != nil:
		return integers{values: c.Ints, null: c.Null}, nil
	case c.Uints != nil:
		values := make([]int64, len(c.Uints))
		for i, v := range c.Uints {
			values[i] = int64(v) // the same bits
		}
		return unsigned{integers{values: values, null: c.Null}}, nil
	case c.Bools != nil:
		values := make(logicals, len(c.Bools))
		for i, v := range c.Bools {
			switch {
			case c.Null != nil && c.Null[i]:
				values[i] = -1
			case v:
				values[i] = 1
			}
		}
		return values, nil
	case c.Single:
		values := make(singles, len(c.Floats))
		for i, v := range c.Floats {
			values[i] = float32(v)
		}
		return values, nil
	}
	for i := range c.Floats {
		if c.Null != nil && c.Null[i] {
			c.Floats[i] = math.NaN()
		}
	}
	return reals(c.Floats), nil
}
