package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// A Writer writes predictions in the order in which it is given them. One
// goroutine at a time uses it. After an error it does nothing more, and
// returns that error again.
type Writer struct {
	names []string
	sheet sheet
	name  string // the file, "" for a stream
	file  *renameio.PendingFile
	plain *os.File // instead of file, for a device or a pipe
	err   error
}

// sheet is a table format being written.
type sheet interface {
	write(*Prediction) error
	finish() error // writes what is still held; does not close the file
}

// NewWriter creates the file for the predictions of a model whose outputs have
// these names: .csv, .fits or .parquet by its name. The file appears under its
// name when Close has succeeded, and not before; a crash leaves what was there.
// CSV and Parquet rows go to disk as they come, FITS rows when Close is called.
func NewWriter(name string, task Task, names []string) (*Writer, error) {
	format := Format(name)
	if format == "" || filepath.Ext(name) == ".gz" || filepath.Ext(name) == ".bz2" || filepath.Ext(name) == ".fz" {
		return nil, fmt.Errorf("%s: predictions are written to a name that ends in .csv, .fits or .parquet", name)
	}
	columns, err := fields(task, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	w := &Writer{names: names, name: name}
	out, err := w.create()
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, err)
	}
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
// held back until Flush or Close.
func NewStreamWriter(out io.Writer, task Task, names []string) (*Writer, error) {
	columns, err := fields(task, names)
	if err != nil {
		return nil, err
	}
	sheet, err := newCSVSheet(out, columns)
	if err != nil {
		return nil, err
	}
	return &Writer{names: names, sheet: sheet}, nil
}

// create opens a hidden file beside the one that is to appear. Something that
// is there and not a regular file (/dev/stdout, a named pipe) is written to as
// it stands: replacing it would destroy it.
func (w *Writer) create() (io.Writer, error) {
	if info, err := os.Stat(w.name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, errors.New("is a folder")
		}
		w.plain, err = os.OpenFile(w.name, os.O_WRONLY, 0)
		return w.plain, err
	}
	var err error
	folder := filepath.Dir(w.name)
	w.file, err = renameio.NewPendingFile(w.name, renameio.WithTempDir(folder),
		renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", folder, cause(err))
	}
	return w.file, nil
}

// cause drops the hidden file's name, which means nothing to the user.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
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

// Flush passes the rows written so far to the file or stream, as far as the
// format allows: CSV rows wholly, those of the others not at all.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	if s, ok := w.sheet.(*csvSheet); ok {
		if err := s.flush(); err != nil {
			return w.fail(err)
		}
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
	switch {
	case w.plain != nil:
		if err := w.plain.Close(); err != nil {
			return w.fail(err)
		}
	case w.file != nil:
		if err := w.file.CloseAtomicallyReplace(); err != nil {
			w.Abort()
			return w.fail(err)
		}
	}
	w.err = errClosed
	return nil
}

var errClosed = errors.New("catalog: write to a closed Writer")

// Abort drops what was written; a file of that name stays as it was. After
// Close it does nothing.
func (w *Writer) Abort() {
	if w.file != nil {
		w.file.Cleanup() // nothing to do about a temporary file that will not go
	}
	if w.plain != nil {
		w.plain.Close()
	}
	if w.err == nil {
		w.err = errClosed
	}
}

// fail remembers the first error, in the words that the user sees.
func (w *Writer) fail(err error) error {
	switch {
	case w.err != nil && w.err != errClosed:
	case w.name == "":
		w.err = fmt.Errorf("cannot write the predictions: %w", cause(err))
	default:
		w.err = fmt.Errorf("cannot write %s: %w", w.name, cause(err))
	}
	return w.err
}
