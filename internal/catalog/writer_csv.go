package catalog

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
)

type csvSheet struct {
	out     *csv.Writer
	columns []field
	record  []string
}

func newCSVSheet(out io.Writer, layout Layout) (*csvSheet, error) {
	columns := layout.scalars()
	s := &csvSheet{out: csv.NewWriter(out), columns: columns, record: make([]string, len(columns))}
	for i, c := range columns {
		s.record[i] = c.name
	}
	return s, s.out.Write(s.record)
}

func (s *csvSheet) write(p *Prediction) error {
	for i, c := range s.columns {
		if c.kind == textField {
			s.record[i] = c.text(p)
		} else {
			s.record[i] = formatNumber(c.kind, c.number(p))
		}
	}
	return s.out.Write(s.record)
}

func (s *csvSheet) finish() error {
	s.out.Flush()
	return s.out.Error()
}

// formatNumber prints a number with the digits that its column promises.
func formatNumber(kind fieldKind, v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	if kind == wholeField && v < 0 {
		return ""
	}
	switch kind {
	case wholeField:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case angleField:
		return strconv.FormatFloat(v, 'f', 9, 64)
	case pixelField:
		s := strconv.FormatFloat(v, 'f', 6, 64)
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		if s == "-0" {
			return "0"
		}
		return s
	case probabilityField:
		// Ten decimals give back every float32 above 0.001 exactly, and
		// nine significant digits do so below.
		if v != 0 && math.Abs(v) < 0.001 {
			return strconv.FormatFloat(v, 'e', 8, 64)
		}
		return strconv.FormatFloat(v, 'f', 10, 64)
	case singleField:
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
