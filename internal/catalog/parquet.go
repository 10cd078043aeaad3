package catalog

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxRowsPerByte bounds what a hostile Parquet file can make us allocate: with
// run-length encoding a few bytes can claim any number of rows. A catalogue
// needs an id in each row, so real ones stay far below this.
const maxRowsPerByte = 64

func readParquet(name string) (t *Table, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if t, err = parseParquet(f, info.Size(), name); err != nil {
		return nil, err
	}
	t.release = f
	return t, nil
}

// NoteOf is [Table.Note] of a Parquet file, which may be without rows.
func NoteOf(name, key string) (string, error) {
	t, err := readParquet(name)
	if err != nil {
		return "", err
	}
	defer t.Close()
	return t.Note(key), nil
}

// parseParquet reads the footer; columns are read on demand. Panics of the
// library, which its own fuzzing still finds, end here as errors.
func parseParquet(r io.ReaderAt, size int64, name string) (t *Table, err error) {
	defer recoverParquet(name, "", &err)
	if err := checkFooter(r, size); err != nil {
		return nil, &FormatError{File: name, Reason: "not a readable Parquet file", Err: err}
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, &FormatError{File: name, Reason: "not a readable Parquet file", Err: err}
	}
	rows := file.NumRows()
	if rows < 0 || rows > math.MaxInt32 || rows/maxRowsPerByte > size {
		return nil, &UnsupportedError{File: name,
			Reason: fmt.Sprintf("claims %d rows in %d bytes; at most %d rows a byte and %d in all are read", rows, size, maxRowsPerByte, math.MaxInt32)}
	}
	t = &Table{file: name, rows: int(rows), loaded: map[int]cells{}, what: "row"}
	t.note = func(key string) string { text, _ := file.Lookup(key); return text }
	columns := file.Root().Columns()
	for _, c := range columns {
		t.names = append(t.names, c.Name())
	}
	t.load = func(i int) (cells, error) {
		return loadParquet(r, file, columns[i], name)
	}
	return t, nil
}

func recoverParquet(file, where string, err *error) {
	if r := recover(); r != nil {
		*err = &FormatError{File: file, Where: where, Reason: fmt.Sprintf("the Parquet reader gave up: %v", r)}
	}
}

// loadParquet reads one column of all row groups.
func loadParquet(r io.ReaderAt, in *parquet.File, column *parquet.Column, file string) (c cells, err error) {
	where := fmt.Sprintf("column %q", column.Name())
	defer recoverParquet(file, where, &err)
	rows := int(in.NumRows())
	if valueless(in, column) {
		return codedText{values: []string{""}, codes: make([]uint32, rows)}, nil
	}
	sink, err := newSink(column, rows)
	if err != nil {
		return nil, &UnsupportedError{File: file, Where: where, Err: err}
	}
	for _, group := range in.Metadata().RowGroups {
		chunk := &group.Columns[column.Index()].MetaData
		if chunk.Codec == format.Brotli {
			// Nothing but unfolding it tells what a Brotli stream unfolds to.
			return nil, &UnsupportedError{File: file, Where: where, Reason: "is compressed with Brotli; write it with Zstandard, Snappy or gzip"}
		}
		if err := checkPages(r, in.Size(), chunk, int64(rows)); err != nil {
			return nil, &FormatError{File: file, Where: where, Err: err}
		}
	}
	pages := column.Pages()
	defer pages.Close()
	read := 0
	buffer := make([]parquet.Value, 1024)
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, &FormatError{File: file, Where: where, Err: err}
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			if read += n; read > rows {
				return nil, &FormatError{File: file, Where: where, Reason: fmt.Sprintf("more values than the table's %d rows", rows)}
			}
			for _, v := range buffer[:n] {
				sink.add(v)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, &FormatError{File: file, Where: where, Err: err}
			}
			if n == 0 {
				return nil, &FormatError{File: file, Where: where, Err: io.ErrNoProgress}
			}
		}
		parquet.Release(page)
	}
	if read != rows {
		return nil, &FormatError{File: file, Where: where, Reason: fmt.Sprintf("%d values in a table of %d rows", read, rows)}
	}
	return sink.done(), nil
}

// valueless reports a column that the file declares to be of no type, as pandas
// writes one that holds nothing; the library's type is that of unknown ones too.
func valueless(in *parquet.File, column *parquet.Column) bool {
	leaf := 0
	for _, element := range in.Metadata().Schema {
		if !element.Type.Valid { // a group
			continue
		}
		if leaf == column.Index() && column.Leaf() {
			_, null := element.LogicalType.Value.(*format.NullType)
			return null
		}
		leaf++
	}
	return false
}

// A sink collects the values of one Parquet column in their own type.
type sink struct {
	add  func(parquet.Value)
	done func() cells
}

func newSink(column *parquet.Column, rows int) (sink, error) {
	if !column.Leaf() {
		return sink{}, fmt.Errorf("holds a group of columns, not one value a row")
	}
	if column.Repeated() {
		return sink{}, fmt.Errorf("holds lists, not one value a row")
	}
	positive := false
	if logical := column.Type().LogicalType(); logical != nil {
		switch kind := logical.Value.(type) {
		case *format.DecimalType:
			return sink{}, fmt.Errorf("holds values of type %s", column.Type())
		case *format.IntType:
			positive = !kind.IsSigned
		}
	}
	switch kind := column.Type().Kind(); kind {
	case parquet.Boolean:
		values := make(logicals, 0, rows)
		return sink{
			add: func(v parquet.Value) {
				switch {
				case v.IsNull():
					values = append(values, -1)
				case v.Boolean():
					values = append(values, 1)
				default:
					values = append(values, 0)
				}
			},
			done: func() cells { return values },
		}, nil
	case parquet.Int32, parquet.Int64:
		return integerSink(rows, kind == parquet.Int32, positive), nil
	case parquet.Float, parquet.Double:
		if kind == parquet.Float {
			return singleSink(rows), nil
		}
		return realSink(rows), nil
	case parquet.ByteArray: // FixedLenByteArray is UUIDs and Float16, of which the library does not tell, but no text
		coder := newTextCoder()
		return sink{
			add: func(v parquet.Value) {
				if v.IsNull() {
					coder.add(nil)
				} else {
					coder.add(v.ByteArray())
				}
			},
			done: func() cells { return coder.codedText },
		}, nil
	default:
		return sink{}, fmt.Errorf("holds values of type %s", column.Type())
	}
}

func integerSink(rows int, narrow, positive bool) sink {
	c := integers{values: make([]int64, 0, rows)}
	return sink{
		add: func(v parquet.Value) {
			var value int64
			switch {
			case v.IsNull():
				if c.null == nil {
					c.null = make([]bool, len(c.values), rows)
				}
			case narrow && positive:
				value = int64(v.Uint32())
			case narrow:
				value = int64(v.Int32())
			default:
				value = v.Int64()
			}
			if c.null != nil {
				c.null = append(c.null, v.IsNull())
			}
			c.values = append(c.values, value)
		},
		done: func() cells {
			if positive && !narrow {
				return unsigned{c}
			}
			return c
		},
	}
}

func singleSink(rows int) sink {
	c := make(singles, 0, rows)
	return sink{
		add: func(v parquet.Value) {
			if v.IsNull() {
				c = append(c, float32(math.NaN()))
			} else {
				c = append(c, v.Float())
			}
		},
		done: func() cells { return c },
	}
}

func realSink(rows int) sink {
	c := make(reals, 0, rows)
	return sink{
		add: func(v parquet.Value) {
			if v.IsNull() {
				c = append(c, math.NaN())
			} else {
				c = append(c, v.Double())
			}
		},
		done: func() cells { return c },
	}
}
