// Package catalog reads the tables that say which objects to train on or to
// classify, and writes the tables of predictions. CSV, FITS binary tables and
// Parquet hold the same thing here: named columns of text or numbers.
//
// Catalogues are untrusted input. A reader never panics, and takes memory in
// proportion to the file: 5 bytes a byte of CSV text, where gzip may unfold to
// 64 MiB of text or 64 times the file, and to 65,536 rows or as many as the file
// has bytes; 64 rows a byte of Parquet, with pages that unfold to 64 MiB or 1024
// times their size; for FITS what the columns take, a string 16 bytes more than
// its own. The objects of a table take about 200 bytes a row beside their texts.
//
// The columns of FITS and Parquet tables are read when they are first asked for,
// so a wide survey catalogue costs what is used of it.
package catalog

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Table is a catalogue in memory or, for FITS and Parquet, one that is read
// column by column on demand. It is used by one goroutine at a time; the
// Columns that it returns are immutable and may be shared.
type Table struct {
	file string // as named by the user
	dir  string // the folder that file_loc is relative to

	names   []string // the columns in the order of the file
	rows    int      // rows of the whole file
	load    func(column int) (cells, error)
	vectors func(column int) (values []float64, width int, err error) // nil but for FITS
	loaded  map[int]cells
	note    func(key string) string // nil but for Parquet
	release io.Closer               // an open FITS or Parquet file; nil for the others

	selected []int  // rows that Where kept, in order; nil for all
	what     string // "row", or "file" for a folder of images
}

// Read opens the catalogue in a file whose name ends in .csv, .csv.gz, .fits,
// .fit, .fits.gz (and what else package fits opens) or .parquet.
// A catalogue without rows is an error which wraps ErrEmpty.
func Read(name string) (*Table, error) {
	var open func(string) (*Table, error)
	switch Format(name) {
	case "csv":
		open = readCSV
	case "fits":
		open = readFITS
	case "parquet":
		open = readParquet
	default:
		return nil, &UnsupportedError{File: name,
			Reason: "a catalogue is told by its name, which should end in .csv, .csv.gz, .fits, .fits.gz or .parquet"}
	}
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, &UnsupportedError{File: name, Reason: "is a folder"}
	}
	t, err := open(name)
	if err != nil {
		return nil, err
	}
	t.file, t.dir = name, filepath.Dir(name)
	if err := t.check(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// check refuses a table that cannot be used.
func (t *Table) check() error {
	if t.rows == 0 {
		return &FormatError{File: t.file, Err: ErrEmpty}
	}
	seen := make(map[string]bool, len(t.names))
	for _, name := range t.names {
		if seen[name] {
			return &FormatError{File: t.file, Reason: fmt.Sprintf("two columns are called %q", name)}
		}
		seen[name] = true
	}
	return nil
}

// Format is the kind of table that a file's name promises: "csv", "fits",
// "parquet", or "" for none of them. The suffix of a compression that is read
// for that kind may follow.
func Format(name string) string {
	format, _ := formatOf(name)
	return format
}

func formatOf(name string) (format string, compressed bool) {
	name = strings.ToLower(filepath.Base(name))
	last := filepath.Ext(name)
	for _, kind := range []struct {
		format                string
		suffixes, compression []string
	}{
		{"csv", []string{".csv"}, []string{".gz"}},
		{"fits", []string{".fits", ".fit", ".fts"}, []string{".gz", ".bz2", ".fz"}},
		{"parquet", []string{".parquet", ".pq"}, nil},
	} {
		if slices.Contains(kind.suffixes, last) {
			return kind.format, false
		}
		if slices.Contains(kind.compression, last) && slices.Contains(kind.suffixes, filepath.Ext(strings.TrimSuffix(name, last))) {
			return kind.format, true
		}
	}
	return "", false
}

// Close lets go of the file behind the table. Columns already read stay valid.
func (t *Table) Close() error {
	if t.release == nil {
		return nil
	}
	return t.release.Close()
}

// Note is a text that a Parquet file holds under a key beside its columns; empty
// where there is none.
func (t *Table) Note(key string) string {
	if t.note == nil {
		return ""
	}
	return t.note(key)
}

// Len is the number of rows, after Where.
func (t *Table) Len() int {
	if t.selected != nil {
		return len(t.selected)
	}
	return t.rows
}

// Names are the columns in the order of the file.
func (t *Table) Names() []string { return t.names }

// Has reports whether the table has a column of this name.
func (t *Table) Has(name string) bool { return find(t.names, name) >= 0 }

// find returns the index of a name among those of columns, or -1. Upper and lower case count only
// where two names differ in nothing else: FITS says that they do not count
// (FITS Standard 4.0, section 7.2.2), and RA for ra is common in CSV too.
func find(names []string, name string) int {
	folded := -1
	for i, have := range names {
		if have == name {
			return i
		}
		if strings.EqualFold(have, name) {
			if folded >= 0 {
				folded = -2
			} else if folded == -1 {
				folded = i
			}
		}
	}
	return max(folded, -1)
}

// Match are the columns that a name or a pattern such as bar_* stands for, as
// the file spells them; it is an error if there is none.
func (t *Table) Match(pattern string) ([]string, error) {
	if i := find(t.names, pattern); i >= 0 {
		return t.names[i : i+1], nil
	}
	var names []string
	for _, name := range t.names {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, t.absent(pattern)
	}
	return names, nil
}

func (t *Table) absent(name string) error {
	return &FormatError{File: t.file, Reason: fmt.Sprintf("no column %q; there are: %s", name, list(t.names))}
}

// A Column is one column of a table, numbered by the table's rows.
type Column struct {
	Name  string // as the file spells it
	cells cells
	table *Table
}

// Column returns a column by name. The error of a name that is not there lists
// the names that are.
func (t *Table) Column(name string) (*Column, error) {
	i := find(t.names, name)
	if i < 0 {
		return nil, t.absent(name)
	}
	return t.column(i)
}

// column returns column i of the file.
func (t *Table) column(i int) (*Column, error) {
	c, ok := t.loaded[i]
	if !ok {
		var err error
		if c, err = t.load(i); err != nil {
			return nil, err
		}
		t.loaded[i] = c
	}
	return &Column{Name: t.names[i], cells: c, table: t}, nil
}

// Len is the number of rows.
func (c *Column) Len() int { return c.table.Len() }

// String is the cell as text: whole numbers in all their digits, other numbers
// in as few as read back the same, without surrounding spaces.
func (c *Column) String(row int) string { return c.cells.text(c.table.row(row)) }

// Missing reports whether the cell is empty or says that there is no value.
func (c *Column) Missing(row int) bool { return missing(c.String(row)) }

// Float is the cell as a number, NaN where it is missing. Text that is no
// number is an error which names the row.
func (c *Column) Float(row int) (float64, error) {
	v, ok := c.cells.number(c.table.row(row))
	if !ok {
		return v, c.errorf(row, "%q is not a number", c.String(row))
	}
	return v, nil
}

func (c *Column) errorf(row int, format string, args ...any) error {
	return &FormatError{File: c.table.file,
		Where:  fmt.Sprintf("%s, column %q", c.table.Place(row), c.Name),
		Reason: fmt.Sprintf(format, args...)}
}

// row maps a row of the selection to a row of the file.
func (t *Table) row(row int) int {
	if t.selected != nil {
		return t.selected[row]
	}
	return row
}

// Place names a row for a message. Rows count from 1 below the header, and
// keep the number that they have in the file when Where leaves some out.
func (t *Table) Place(row int) string { return fmt.Sprintf("%s %d", t.what, t.row(row)+1) }
