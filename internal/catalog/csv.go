package catalog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

func readCSV(name string) (*Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return parseCSV(f, info.Size(), name)
}

// What a gzip file may unfold to. Gzip makes up to 1032 bytes of one, and an
// object takes a hundred times the bytes of the shortest row; catalogues, whose
// rows differ in an id at least, stay far below.
const (
	maxTextFloor = 1 << 26 // bytes of text in any file
	maxTextRatio = 64      // a longer one must stay below this multiple of the file
	maxRowsFloor = 1 << 16 // rows in any file; more must not be more than the bytes of the file
)

// parseCSV reads a table of size bytes whose first line names the columns. It
// tolerates a byte-order mark, comments before that line, CRLF line ends and gzip
// whatever the file is called.
func parseCSV(r io.Reader, size int64, name string) (*Table, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	most := math.MaxInt
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, &FormatError{File: name, Reason: "gzip", Err: err}
		}
		limit := max(maxTextFloor, maxTextRatio*size)
		in = bufio.NewReaderSize(&bounded{unzipped, limit, &UnsupportedError{File: name,
			Reason: fmt.Sprintf("unfolds to more than %d bytes of text; write the catalogue as Parquet", limit)}}, 1<<16)
		most = int(max(maxRowsFloor, size))
	}
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	} else if len(mark) >= 2 && (mark[0] == 0xff && mark[1] == 0xfe || mark[0] == 0xfe && mark[1] == 0xff) {
		return nil, &UnsupportedError{File: name, Reason: "is UTF-16 text; save it as UTF-8"}
	}

	records := csv.NewReader(in)
	records.ReuseRecord = true
	records.FieldsPerRecord = -1 // our own message is clearer
	header, first, err := beginning(records)
	if err == io.EOF {
		return nil, &FormatError{File: name, Reason: "is empty"}
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	if err := checkUTF8(records, header, name); err != nil {
		return nil, err
	}
	names, kept, err := csvHeader(name, header)
	if err != nil {
		return nil, err
	}
	width := len(header)

	data := make([]strings.Builder, len(kept))
	ends := make([][]uint32, len(kept))
	rows := 0
	for ; ; rows++ {
		record := first
		if first = nil; record == nil {
			record, err = records.Read()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		if len(record) != width {
			line, _ := records.FieldPos(0)
			return nil, &FormatError{File: name, Where: fmt.Sprintf("row %d (line %d)", rows+1, line),
				Reason: fmt.Sprintf("%d fields where the header has %d", len(record), width)}
		}
		if err := checkUTF8(records, record, name); err != nil {
			return nil, err
		}
		if rows == most {
			return nil, &UnsupportedError{File: name, Reason: fmt.Sprintf("unfolds to more than %d rows, from %d bytes", most, size)}
		}
		for i, field := range kept {
			data[i].WriteString(strings.TrimSpace(record[field]))
			if uint64(data[i].Len()) > math.MaxUint32 {
				return nil, &UnsupportedError{File: name, Where: fmt.Sprintf("column %q", names[i]),
					Reason: "holds more than 4 GiB of text; write the catalogue as Parquet"}
			}
			ends[i] = append(ends[i], uint32(data[i].Len()))
		}
	}

	columns := make(map[int]cells, len(kept))
	for i := range kept {
		columns[i] = packedText{data: data[i].String(), ends: ends[i]}
	}
	return &Table{file: name, names: names, rows: rows, loaded: columns, what: "row"}, nil
}

// beginning reads the header and, where that takes reading it, the first row.
// Lines before them that begin with # are comments, such as the #Table1 of SDSS's
// SkyServer; but the last one is the header, as numpy writes it, if it has as
// many fields as the line below.
func beginning(records *csv.Reader) (header, first []string, err error) {
	for {
		record, err := records.Read()
		switch {
		case err == io.EOF && header != nil:
			return header, nil, nil
		case err != nil:
			return nil, nil, err
		case strings.HasPrefix(record[0], "#"):
			header = slices.Clone(record)
			header[0] = strings.TrimPrefix(header[0], "#")
		case len(header) == len(record):
			return header, record, nil
		default:
			return slices.Clone(record), nil, nil
		}
	}
}

// checkUTF8 refuses a record in another encoding, whose texts would come out as
// something that nobody has written.
func checkUTF8(records *csv.Reader, record []string, file string) error {
	for i, field := range record {
		if !utf8.ValidString(field) {
			line, _ := records.FieldPos(i)
			return &UnsupportedError{File: file, Where: fmt.Sprintf("line %d", line), Reason: "is not UTF-8 text; save the catalogue as UTF-8"}
		}
	}
	return nil
}

// csvHeader checks the names of the columns and says which fields to keep:
// columns without a name, as pandas writes its index, cannot be asked for.
func csvHeader(file string, header []string) (names []string, kept []int, err error) {
	first := map[string]int{}
	for i, field := range header {
		// The record's memory is used again for the next one.
		column := strings.Clone(strings.TrimSpace(field))
		if column == "" {
			continue
		}
		if before, twice := first[column]; twice {
			return nil, nil, &FormatError{File: file, Where: "header",
				Reason: fmt.Sprintf("fields %d and %d are both called %q", before+1, i+1, column)}
		}
		first[column] = i
		names = append(names, column)
		kept = append(kept, i)
	}
	if len(names) == 0 {
		return nil, nil, &FormatError{File: file, Where: "header", Reason: "no column has a name"}
	}
	return names, kept, nil
}

// bounded is a stream that ends with an error after so many bytes.
type bounded struct {
	from io.Reader
	left int64
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.err
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func csvError(file string, err error) error {
	var syntax *csv.ParseError
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &syntax):
		return &FormatError{File: file, Where: fmt.Sprintf("line %d", syntax.Line), Err: syntax.Err}
	case errors.As(err, &unsupported):
		return err
	}
	return &FormatError{File: file, Err: err}
}
