package fits

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestTablesAgainstAstropy has astropy write a table of every type and compares each element as text.
func TestTablesAgainstAstropy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "table.fits")
	var want map[string][]string
	if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
rng = np.random.default_rng(1)
n = 7
C = fits.Column
cols = [
  C('L', 'L', array=rng.integers(0, 2, n).astype(bool)),
  C('X', '11X', array=rng.integers(0, 2, (n, 11)).astype(bool)),
  C('B', 'B', array=rng.integers(0, 256, n).astype('u1')),
  C('I', 'I', array=rng.integers(-2**15, 2**15, n).astype('i2')),
  C('UI', 'I', bzero=2**15, array=rng.integers(0, 2**16, n).astype('u2')),
  C('J', 'J', array=rng.integers(-2**31, 2**31, n).astype('i4')),
  C('UJ', 'J', bzero=2**31, array=rng.integers(0, 2**32, n).astype('u4')),
  C('K', 'K', array=rng.integers(-2**63, 2**63, n).astype('i8')),
  C('UK', 'K', bzero=2**63, array=rng.integers(0, 2**64, n, dtype='u8')),
  C('A', '9A', array=np.array(['', 'a', "it's", ' lead', 'x'*9, 'tail  ', 'q'])),
  C('AV', '8A', dim='(4,2)', array=np.array([['ab', 'cdef']] * n)),
  C('E', 'E', unit='mag', array=rng.normal(size=n).astype('f4')),
  C('D', 'D', array=np.array([np.nan, np.inf, -np.inf, 1e300, -1e-300, 0.1, 3])),
  C('C', 'C', array=(rng.normal(size=n) + 1j * rng.normal(size=n)).astype('c8')),
  C('M', 'M', array=rng.normal(size=n) + 1j * rng.normal(size=n)),
  C('VE', '6E', dim='(3,2)', array=rng.normal(size=(n, 2, 3)).astype('f4')),
  C('VJ', '5J', array=rng.integers(0, 99, (n, 5)).astype('i4')),
  C('PD', 'PD()', array=np.array([rng.normal(size=k) for k in (0, 3, 1, 0, 5, 2, 1)], dtype=object)),
  C('QI', 'QI()', array=np.array([rng.integers(-9, 9, k).astype('i2') for k in (1, 0, 2, 3, 0, 0, 4)], dtype=object)),
  C('PA', 'PA()', array=np.array(['abc', '', 'hello_world', 'x', 'yz', 'q', 'r'], dtype=object)),
]
hdu = fits.BinTableHDU.from_columns(cols, name='ALL')
hdu.writeto(sys.argv[1])
def text(v):
    if isinstance(v, (bool, np.bool_)): return 'T' if v else 'F'
    if isinstance(v, (str, np.str_)): return str(v)
    if isinstance(v, (complex, np.complexfloating)): return text(v.real) + ' ' + text(v.imag)
    if isinstance(v, (float, np.floating)): return float(v).hex() if np.isfinite(v) else str(float(v))
    return str(int(v))
out = {}
with fits.open(sys.argv[1]) as f:
    for c in f[1].columns.names:
        out[c] = []
        for cell in f[1].data[c]:
            if c == 'PA': cell = ''.join(cell)
            out[c] += [text(v) for v in (np.asarray(cell).ravel() if not isinstance(cell, str) else [cell])]
print(json.dumps(out))`, name), &want); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil || table.Rows != 7 || f.HDU(1).Name() != "ALL" {
		t.Fatal(table, err)
	}
	for _, name := range table.Names() {
		c, err := table.Column(name)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for i := range c.Len() {
			got = append(got, elementText(c, i))
		}
		w := strings.Join(want[name], "|")
		if name == "C" || name == "M" {
			w = strings.ReplaceAll(w, " ", "|")
		}
		if g := strings.Join(got, "|"); g != w {
			t.Errorf("%s: have %s\nwant %s", name, g, w)
		}
	}
	for name, shape := range map[string][]int{"X": {11}, "AV": {2}, "VE": {2, 3}, "VJ": {5}, "C": {2}, "E": nil, "PD": nil} {
		if c, _ := table.Column(name); !reflect.DeepEqual(c.Shape, shape) {
			t.Errorf("%s has shape %v, want %v", name, c.Shape, shape)
		}
	}
	if c, _ := table.Column("pd"); !reflect.DeepEqual(c.Offsets, []int{0, 0, 3, 4, 4, 9, 11, 12}) {
		t.Errorf("PD, asked for in lower case, has offsets %v", c.Offsets)
	}
	if c, _ := table.Column("E"); c.Unit != "mag" {
		t.Errorf("unit %q", c.Unit)
	}
}

// elementText spells an element as the script above does: floats in hexadecimal, so that every bit counts.
func elementText(c *Column, i int) string {
	if c.Floats == nil {
		return c.Text(i)
	}
	v := c.Floats[i]
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	s := fmt.Sprintf("%.13x", v)
	mantissa, exponent, _ := strings.Cut(s, "p")
	e, _ := strconv.Atoi(exponent)
	if v == 0 {
		return strings.TrimSuffix(mantissa, ".0000000000000") + ".0p+0"
	}
	return fmt.Sprintf("%sp%+d", mantissa, e)
}

// rawTable returns a file with one binary table of the given rows.
func rawTable(rowBytes, rows int, data []byte, heap int, cards ...string) []byte {
	head := []string{"XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", fmt.Sprintf("NAXIS1  = %d", rowBytes),
		fmt.Sprintf("NAXIS2  = %d", rows), fmt.Sprintf("PCOUNT  = %d", heap), "GCOUNT  = 1"}
	return append(rawImage(8, nil, nil), rawHDU(data, append(head, cards...)...)...)
}

func TestTableScalingAndNulls(t *testing.T) {
	data := []byte{'T', 0xff, 0x9d, 0, 5, 0, 0, 0, 100, 0, 7, 255}
	b := rawTable(6, 2, data, 0, "TFIELDS = 4", "TTYPE1  = 'log'", "TFORM1  = '1L'",
		"TTYPE2  = 'scaled'", "TFORM2  = 'I'", "TSCAL2  = 0.5", "TZERO2  = 1", "TNULL2  = -99",
		"TFORM3  = '1I'", "TNULL3  = 7", "TTYPE4  = 'byte'", "TFORM4  = '1B'", "TZERO4  = -128.0")
	table, err := openBytes(t, b).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) *Column {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := column("log"); !c.Bools[0] || c.Text(1) != "" || !math.IsNaN(c.Float(1)) || c.Float(0) != 1 {
		t.Errorf("logical: %+v", c)
	}
	if c := column("scaled"); !math.IsNaN(c.Floats[0]) || c.Floats[1] != 51 {
		t.Errorf("scaled: %+v", c)
	}
	if c := column("col3"); c.Ints[0] != 5 || c.Text(1) != "" {
		t.Errorf("TNULL: %+v", c)
	}
	if c := column("byte"); c.Ints[0] != -128 || c.Ints[1] != 127 {
		t.Errorf("signed bytes: %+v", c)
	}
}

func TestLogicals(t *testing.T) {
	table, err := openBytes(t, rawTable(5, 1, []byte("TF\x001t"), 0, "TFIELDS = 1", "TTYPE1  = 'a'", "TFORM1  = '5L'")).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	c, err := table.Column("a")
	if err != nil {
		t.Fatal(err)
	}
	if have := spelled(c, 1); have != "T,F,-,-,-" {
		t.Errorf("have %s", have)
	}
}

func TestMalformedTables(t *testing.T) {
	one := []string{"TFIELDS = 1", "TTYPE1  = 'a'", "TFORM1  = '1J'"}
	with := func(form string) []string { return []string{"TFIELDS = 1", "TTYPE1  = 'a'", "TFORM1  = " + form} }
	data := make([]byte, 64)
	huge := make([]byte, 64)
	binary.BigEndian.PutUint32(huge, 1<<31-1)
	binary.BigEndian.PutUint32(huge[8:], 4)
	binary.BigEndian.PutUint32(huge[12:], 0xfffffff0)
	for _, test := range []struct {
		name  string
		file  []byte
		where string
	}{
		{"rows beyond the file", rawTable(4, 1e9, data, 0, one...), "NAXIS2"},
		{"rows beyond int64", rawTable(1<<40, 1<<40, data, 0, one...), "NAXIS2"},
		{"TFIELDS -1", rawTable(4, 1, data, 0, "TFIELDS = -1"), "TFIELDS"},
		{"no TFIELDS", rawTable(4, 1, data, 0), "TFIELDS"},
		{"TFORM absent", rawTable(4, 1, data, 0, "TFIELDS = 1"), "TFORM1"},
		{"TFORM a number", rawTable(4, 1, data, 0, with("4")...), "TFORM1"},
		{"TFORM empty", rawTable(4, 1, data, 0, with("''")...), "TFORM1"},
		{"TFORM 1P", rawTable(8, 1, data, 0, with("'1P'")...), "TFORM1"},
		{"TFORM 2PE", rawTable(16, 1, data, 0, with("'2PE'")...), "TFORM1"},
		{"TFORM of a huge count", rawTable(4, 1, data, 0, with("'2147483647E'")...), "TFORM1"},
		{"TFORM of an endless count", rawTable(4, 1, data, 0, with("'99999999999999999999E'")...), "TFORM1"},
		{"TFORM wider than the row", rawTable(4, 1, data, 0, with("'2J'")...), "TFORM1"},
		{"descriptor beyond the heap", rawTable(8, 2, huge, 16, with("'1PE'")...), `column "a" row 0`},
		{"THEAP beyond the data", rawTable(8, 2, data, 16, append(with("'1PE'"), "THEAP   = 1000")...), "THEAP"},
		{"PCOUNT -100", rawTable(4, 1, data, -100, one...), "PCOUNT"},
	} {
		f := openBytes(t, test.file)
		err := f.Err()
		if err == nil {
			var table *Table
			if table, err = f.HDU(1).Table(); err == nil {
				_, err = table.Column("a")
			}
		}
		var format *FormatError
		if !errors.As(err, &format) || format.Where != test.where || format.HDU != 1 {
			t.Errorf("%s: %v, want a FormatError at %s", test.name, err, test.where)
		}
	}
	f := openBytes(t, rawTable(0, 1<<40, nil, 0, "TFIELDS = 1", "TFORM1  = '0A'"))
	var unsupported *UnsupportedError
	if _, err := f.HDU(1).Table(); !errors.As(err, &unsupported) {
		t.Errorf("rows of no bytes: %v", err)
	}
	if _, err := openBytes(t, rawImage(8, nil, nil)).HDU(0).Table(); !errors.As(err, &unsupported) {
		t.Errorf("an image as a table: %v", err)
	}
	table, err := openBytes(t, rawTable(4, 3, data, 0, one...)).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Column("b"); err == nil || !strings.Contains(err.Error(), `HDU 1: no column "b"`) {
		t.Errorf("a column that is not there: %v", err)
	}
}

// TestOverlappingHeap has many descriptors of one large cell: the file cannot claim more memory than the bound.
func TestOverlappingHeap(t *testing.T) {
	const rows, heap = 4096, 1 << 20
	data := make([]byte, rows*8+heap)
	for i := range rows {
		binary.BigEndian.PutUint32(data[8*i:], heap)
	}
	table, err := openBytes(t, rawTable(8, rows, data, heap, "TFIELDS = 1", "TTYPE1  = 'a'", "TFORM1  = '1PB'")).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	var unsupported *UnsupportedError
	if _, err := table.Column("a"); !errors.As(err, &unsupported) {
		t.Errorf("%v", err)
	}
}

func TestASCIITable(t *testing.T) {
	rows := "  12 1.5D+03  1234abc  " + " -99         -12.5 d e " + "   3 1.5-300  15+2  N/A"
	b := append(rawImage(8, nil, nil), rawHDU([]byte(rows), "XTENSION= 'TABLE'", "BITPIX  = 8", "NAXIS   = 2",
		"NAXIS1  = 23", "NAXIS2  = 3", "PCOUNT  = 0", "GCOUNT  = 1", "TFIELDS = 4",
		"TTYPE1  = 'i'", "TBCOL1  = 1", "TFORM1  = 'I4'", "TNULL1  = '-99'",
		"TTYPE2  = 'd'", "TBCOL2  = 6", "TFORM2  = 'D7.1'",
		"TTYPE3  = 'f'", "TBCOL3  = 14", "TFORM3  = 'F5.2'", "TTYPE4  = 's'", "TBCOL4  = 19", "TFORM4  = 'A5'", "TNULL4  = '  N/A'")...)
	table, err := openBytes(t, b).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"i": {"12", "", "3"}, "d": {"1500", "0", "1.5e-300"},
		"f": {"12.34", "-12.5", "15"}, "s": {"abc", " d e", ""}} {
		c, err := table.Column(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := []string{c.Text(0), c.Text(1), c.Text(2)}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
