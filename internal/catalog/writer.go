package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/astrovit/astrovit/internal/whole"
)

// A Writer writes a table of predictions, or of their features, in the order in
// which it is given them. One goroutine at a time uses it. After an error it does
// nothing more, and returns that error again.
type Writer struct {
	layout Layout
	sheet  sheet
	file   *whole.File // nil for a stream
	err    error
}

// sheet is a table format being written.
type sheet interface {
	write(*Prediction) error
	finish() error // writes what is still held; does not close the file
}

// NewWriter creates the file for a table: .csv, .fits or .parquet by its name.
// The file appears under its name when Close has succeeded, and not before; a
// crash leaves what was there. Rows go to disk as they come, some thousand at a
// time; those of FITS wait in a nameless file beside it, and are copied by Close.
func NewWriter(name string, layout Layout) (*Writer, error) {
	format, compressed := formatOf(name)
	if format == "" || compressed {
		return nil, fmt.Errorf("%s: %s are written to a name that ends in .csv, .fits or .parquet", name, layout.title)
	}
	out, err := whole.Create(name)
	if err != nil {
		return nil, err
	}
	w := &Writer{layout: layout, file: out}
	switch format {
	case "csv":
		w.sheet, err = newCSVSheet(out, layout)
	case "fits":
		var wait *os.File
		if wait, err = out.Scratch(); err == nil {
			w.sheet, err = newFITSSheet(out, wait, layout)
		}
	case "parquet":
		w.sheet, err = newParquetSheet(out, layout)
	}
	if err != nil {
		w.Abort()
		return nil, w.fail(err)
	}
	return w, nil
}

// NewStreamWriter writes CSV to a stream, such as standard output. Rows may be
// held back until Close.
func NewStreamWriter(out io.Writer, layout Layout) (*Writer, error) {
	sheet, err := newCSVSheet(out, layout)
	if err != nil {
		return nil, err
	}
	return &Writer{layout: layout, sheet: sheet}, nil
}

// Write adds a row. It does not keep p or its slices.
func (w *Writer) Write(p *Prediction) error {
	if w.err != nil {
		return w.err
	}
	if err := w.layout.check(p); err != nil {
		return w.fail(err)
	}
	if err := w.sheet.write(p); err != nil {
		return w.fail(err)
	}
	return nil
}

// Close finishes the table, brings it safely to disk and gives it its name. On
// an error, also an earlier one of Write, no file appears.
func (w *Writer) Close() error {
	if w.err != nil {
		w.Abort()
		return w.err
	}
	if err := w.sheet.finish(); err != nil {
		w.Abort()
		return w.fail(err)
	}
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			w.Abort()
			return w.fail(err)
		}
	}
	w.release()
	w.err = errClosed
	return nil
}

var errClosed = errors.New("catalog: write to a closed Writer")

// Changed is the number of texts that the format cannot hold as they are: in
// FITS, "?" stands for what is not printable ASCII.
func (w *Writer) Changed() int {
	if s, ok := w.sheet.(*fitsSheet); ok {
		return s.changed
	}
	return 0
}

// Note adds a text about the table to a Parquet file, where [Table.Note] finds it;
// the other formats have no place for it. It panics unless the writer is of Parquet.
func (w *Writer) Note(key, text string) { w.sheet.(*parquetSheet).out.SetKeyValueMetadata(key, text) }

// Abort drops what was written; a file of that name stays as it was. After
// Close it does nothing.
func (w *Writer) Abort() {
	w.release()
	if w.file != nil {
		w.file.Abort()
	}
	if w.err == nil {
		w.err = errClosed
	}
}

// release lets go of what a format holds beside the file.
func (w *Writer) release() {
	if s, ok := w.sheet.(*fitsSheet); ok && s != nil {
		s.release()
	}
}

// fail remembers the first error, in the words that the user sees.
func (w *Writer) fail(err error) error {
	switch {
	case w.err != nil && w.err != errClosed:
	case w.file == nil:
		w.err = fmt.Errorf("cannot write the %s: %w", w.layout.title, err)
	default:
		w.err = w.file.Failed(err)
	}
	return w.err
}
