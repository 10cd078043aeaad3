package fits

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rawASCII returns a file with one ASCII table of lines of the same length.
func rawASCII(lines []string, cards ...string) []byte {
	head := []string{"XTENSION= 'TABLE'", "BITPIX  = 8", "NAXIS   = 2", fmt.Sprintf("NAXIS1  = %d", len(lines[0])),
		fmt.Sprintf("NAXIS2  = %d", len(lines)), "PCOUNT  = 0", "GCOUNT  = 1"}
	return append(rawImage(8, nil, nil), rawHDU([]byte(strings.Join(lines, "")), append(head, cards...)...)...)
}

// A rawColumn is a column of a table to be made: cards without their number, blanks in values as _, and cells, which are
// text, numbers, or arrays for the heap.
type rawColumn struct {
	cards string
	cells []any
}

func rawCells(cards string, cells ...any) rawColumn { return rawColumn{cards, cells} }

// An inHeap is a cell of variable length.
type inHeap struct {
	count int
	data  any
}

// columnCards returns TFIELDS and the cards of the columns; without TTYPE one is named c and its number.
func columnCards(columns ...rawColumn) []string {
	cards := []string{fmt.Sprintf("%-8s= %20d", "TFIELDS", len(columns))}
	for i, c := range columns {
		if !strings.Contains(c.cards, "TTYPE") {
			c.cards += fmt.Sprintf(" TTYPE='c%d'", i+1)
		}
		for _, card := range strings.Fields(c.cards) {
			key, value, _ := strings.Cut(card, "=")
			cards = append(cards, fmt.Sprintf("%-8s= %s", fmt.Sprintf("%s%d", key, i+1), strings.ReplaceAll(value, "_", " ")))
		}
	}
	return cards
}

// rawBinary returns a file with one binary table, its heap that many bytes after its rows.
func rawBinary(t *testing.T, gap int, columns ...rawColumn) []byte {
	var rows, heap []byte
	put := func(b []byte, v any) []byte {
		if s, ok := v.(string); ok {
			return append(b, s...)
		}
		b, err := binary.Append(b, binary.BigEndian, v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	n := len(columns[0].cells)
	for row := range n {
		for _, c := range columns {
			cell := c.cells[row]
			array, ok := cell.(inHeap)
			switch {
			case !ok:
				rows = put(rows, cell)
				continue
			case strings.Contains(c.cards, "Q"):
				rows = put(rows, []int64{int64(array.count), int64(len(heap))})
			default:
				rows = put(rows, []int32{int32(array.count), int32(len(heap))})
			}
			heap = put(heap, array.data)
		}
	}
	cards := columnCards(columns...)
	if gap > 0 {
		cards = append(cards, fmt.Sprintf("THEAP   = %20d", len(rows)+gap))
	}
	return rawTable(len(rows)/n, n, slices.Concat(rows, bytes.Repeat([]byte{0xee}, gap), heap), gap+len(heap), cards...)
}

// tableCases are files, each with a table, of what the standard allows and writers seldom do.
func tableCases(t *testing.T) map[string][]byte {
	six := []int32{1, 2, 3, 4, 5, -6}
	b, i, j, k := []any{uint8(200), uint8(7)}, []any{int16(-5), int16(7)}, []any{int32(-5), int32(7)}, []any{int64(-5), int64(7)}
	raggedBytes := func(v ...uint8) inHeap { return inHeap{len(v), v} }
	return map[string][]byte{
		"ascii": rawASCII([]string{
			"   -12  1.5      1.5E+02    1.5D-100N/A  100",
			"   ---  1234     15E2          -1D+5abc    7",
			"                               .0625        ",
			"+7      -.5      -1.25E-3         0 x y   -1",
			"000042  1.       +0.5E0     1234D3  N/A 9999",
		}, columnCards(rawCells("TFORM='I6' TBCOL=1 TNULL='___---'"), rawCells("TFORM='F9.3' TBCOL=8"), rawCells("TFORM='E11.2' TBCOL=17"),
			rawCells("TFORM='D10.3' TBCOL=27"), rawCells("TFORM='A4' TBCOL=37 TNULL='N/A'"), rawCells("TFORM='I4' TBCOL=41 TSCAL=0.5 TZERO=1.0 TNULL='__-1'"),
			rawCells("TFORM='A6' TBCOL=1"), rawCells("TFORM='I4' TBCOL=41 TNULL='____'"), rawCells("TFORM='E11' TBCOL=17"), rawCells("TFORM='A1' TBCOL=40"))...),
		"dimensions": rawBinary(t, 0,
			rawCells("TFORM='8A' TDIM='(4,2)'", "ab  cdef", "\x00\x00\x00\x00cd  "),
			rawCells("TFORM='12A' TDIM='(4,2)'", "abcdefghijkl", "            "),
			rawCells("TFORM='8A4'", "ab\x00dcd  ", "x       "),
			rawCells("TFORM='6J' TDIM='(3,2)'", six, six), rawCells("TFORM='6J' TDIM='(2,2)'", six, six),
			rawCells("TFORM='6J' TDIM='(4,2)'", six, six), rawCells("TFORM='6J' TDIM='(6)'", six, six),
			rawCells("TFORM='13X'", uint16(0xa5f8), uint16(7)), rawCells("TFORM='1X'", uint8(0x80), uint8(0x7f)),
			rawCells("TFORM='9X'", uint16(0xff80), uint16(0x7f)), rawCells("TFORM='2C' TDIM='(2)'", []float32{1, 2, 3, 4}, []float32{5, 6, 7, 8})),
		"empty": rawBinary(t, 0, rawCells("TFORM='0A'", "", ""), rawCells("TFORM='I'", i...), rawCells("TFORM='0J'", "", ""), rawCells("TFORM='0D'", "", ""),
			rawCells("TFORM='0X'", "", ""), rawCells("TFORM='2A'", "ab", "c "), rawCells("TFORM='0M'", "", ""), rawCells("TFORM='0L'", "", ""),
			rawCells("TFORM='1I'", i...)),
		"no descriptors": rawBinary(t, 0, rawCells("TFORM='I'", i...), rawCells("TFORM='0PJ(0)'", "", "")),
		"scaled": rawBinary(t, 0, rawCells("TFORM='B' TSCAL=0.5", b...), rawCells("TFORM='B' TZERO=-128", b...), rawCells("TFORM='B' TZERO=10 TNULL=7", b...),
			rawCells("TFORM='B' TNULL=7", b...), rawCells("TFORM='I' TZERO=32768 TNULL=7", i...), rawCells("TFORM='I' TSCAL=2 TZERO=32768 TNULL=7", i...),
			rawCells("TFORM='J' TZERO=2147483648", j...), rawCells("TFORM='K' TZERO=9223372036854775808 TNULL=7", k...),
			rawCells("TFORM='K' TSCAL=0.1 TZERO=3 TNULL=7", k...), rawCells("TFORM='E' TSCAL=3 TZERO=0.1 TNULL=7", float32(0.1), float32(7)),
			rawCells("TFORM='D' TSCAL=1.0 TZERO=0.0", 1e-300, 0.1), rawCells("TFORM='M' TSCAL=2.0 TZERO=1.0", []float64{1, 2}, []float64{math.NaN(), 2})),
		"logicals":    rawBinary(t, 0, rawCells("TFORM='3L'", "TF\x00", "FTT")),
		"names":       rawBinary(t, 0, rawCells("TFORM='B' TTYPE='a'", b...), rawCells("TFORM='I' TTYPE='a'", i...), rawCells("TFORM='J' TTYPE='A'", j...)),
		"ragged bits": rawBinary(t, 0, rawCells("TFORM='PX'", inHeap{11, uint16(0xa5a0)}, inHeap{3, uint8(0xa0)})),
		"ragged": rawBinary(t, 24,
			rawCells("TFORM='PB' TSCAL=0.5 TNULL=7", raggedBytes(), raggedBytes(1, 7, 255)), rawCells("TFORM='1PB(3)' TZERO=-128", raggedBytes(3), raggedBytes(1, 200, 255)),
			rawCells("TFORM='QJ(6)' TNULL=3", inHeap{6, six}, inHeap{5, six}), rawCells("TFORM='PI' TZERO=32768", inHeap{12, six}, inHeap{0, ""}),
			rawCells("TFORM='1QK' TZERO=9223372036854775808", inHeap{3, six}, inHeap{1, six}), rawCells("TFORM='PA' TDIM='(2,2)'", inHeap{4, "ab c"}, inHeap{6, "d\x00efgh"}),
			rawCells("TFORM='PL'", inHeap{3, "TF\x00"}, inHeap{2, "TT"}), rawCells("TFORM='QC'", inHeap{2, []float32{1, 2, 3, 4}}, inHeap{1, []float32{5, 6}}),
			rawCells("TFORM='QM' TSCAL=2.0", inHeap{0, ""}, inHeap{1, []float64{5, 6}}),
			rawCells("TFORM='PE' TDIM='(1,2)'", inHeap{2, []float32{0.5, float32(math.NaN())}}, inHeap{4, []float32{1, 2, 3, 4}}),
			rawCells("TFORM='1PJ(0)'", []int32{0, 1 << 30}, []int32{0, -1}), rawCells("TFORM='PD(2)'", inHeap{0, ""}, inHeap{0, ""})),
	}
}

func TestTableCases(t *testing.T) {
	dir := t.TempDir()
	var files []string
	have := map[columnKey]string{}
	for name, b := range tableCases(t) {
		files = append(files, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		h := openBytes(t, b).HDU(1)
		h.at.file = name
		readColumns(t, h, have)
	}
	t.Run("astropy", func(t *testing.T) {
		const point, names = "astropy does not know the implicit point", "astropy wants columns to have different names"
		const heap, descriptors = "astropy 5.2 does not scale what is in the heap", "astropy takes 0P for a descriptor"
		compareColumns(t, have, astropyColumns(t, files...), map[columnKey]string{
			{"ascii", 1, 2}: point, {"ascii", 1, 3}: point, {"ascii", 1, 4}: point,
			{"ascii", 1, 8}:          "astropy takes a blank TNULL for none",
			{"ascii", 1, 10}:         "astropy counts the blanks before a column that overlaps another",
			{"dimensions", 1, 3}:     "astropy takes 8A4 for 8A",
			{"names", 1, 0}:          names,
			{"no descriptors", 1, 0}: descriptors,
			{"ragged", 1, 1}:         heap, {"ragged", 1, 2}: heap, {"ragged", 1, 4}: heap, {"ragged", 1, 5}: heap, {"ragged", 1, 9}: heap,
			{"ragged bits", 1, 0}: "astropy has no bits in the heap",
			{"scaled", 1, 9}:      "astropy 5.2 cannot scale K",
			{"scaled", 1, 12}:     "astropy drops the imaginary part of what it scales",
		})
	})
	t.Run("cfitsio", func(t *testing.T) {
		const dimensions = "cfitsio leaves TDIM to its callers"
		compareColumns(t, have, cfitsioColumns(t, files...), map[columnKey]string{
			{"dimensions", 1, 2}: dimensions, {"dimensions", 1, 5}: dimensions,
			{"no descriptors", 1, 2}: "cfitsio takes 0P for a descriptor",
		})
	})
}
