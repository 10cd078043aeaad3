package catalog

import (
	"errors"
	"fmt"
	"io"

	"github.com/astrovit/astrovit/internal/whole"
)

// A Writer writes predictions in the order in which it is given them. One
// goroutine at a time uses it. After an error it does nothing more, and
// returns that error again.
type Writer struct {
	names []string
	sheet sheet
	file  *whole.File // nil for a stream
	err   error
}

// sheet is a table format being written.
type sheet interface {
	write(*Prediction) error
	finish() error // writes what is still held; does not close the file
}

// NewWriter creates the file for the predictions of a model whose outputs have
// these names, for Votes the answers of these questions: .csv, .fits or .parquet
// by its name. The file appears under its name when Close has succeeded, and not
// before; a crash leaves what was there.
// CSV and Parquet rows go to disk as they come, FITS rows when Close is called.
func NewWriter(name string, task Task, names []string, questions ...Question) (*Writer, error) {
	format, compressed := formatOf(name)
	if format == "" || compressed {
		return nil, fmt.Errorf("%s: predictions are written to a name that ends in .csv, .fits or .parquet", name)
	}
	columns, err := fields(task, names, questions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out, err := whole.Create(name)
	if err != nil {
		return nil, err
	}
	w := &Writer{names: names, file: out}
	switch format {
	case "csv":
		w.sheet, err = newCSVSheet(out, columns)
	case "fits":
		w.sheet, err = newFITSSheet(out, columns)
	case "parquet":
		w.sheet = newParquetSheet(out, columns)
	}
	if err != nil {
		w.Abort()
		return nil, w.fail(err)
	}
	return w, nil
}

// NewStreamWriter writes CSV to a stream, such as standard output. Rows may be
// held back until Close.
func NewStreamWriter(out io.Writer, task Task, names []string, questions ...Question) (*Writer, error) {
	columns, err := fields(task, names, questions)
	if err != nil {
		return nil, err
	}
	sheet, err := newCSVSheet(out, columns)
	if err != nil {
		return nil, err
	}
	return &Writer{names: names, sheet: sheet}, nil
}

// Write adds a row. It does not keep p or its slices.
func (w *Writer) Write(p *Prediction) error {
	if w.err != nil {
		return w.err
	}
	if err := p.check(w.names); err != nil {
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

// Abort drops what was written; a file of that name stays as it was. After
// Close it does nothing.
func (w *Writer) Abort() {
	if w.file != nil {
		w.file.Abort()
	}
	if w.err == nil {
		w.err = errClosed
	}
}

// fail remembers the first error, in the words that the user sees.
func (w *Writer) fail(err error) error {
	switch {
	case w.err != nil && w.err != errClosed:
	case w.file == nil:
		w.err = fmt.Errorf("cannot write the predictions: %w", err)
	default:
		w.err = w.file.Failed(err)
	}
	return w.err
}
