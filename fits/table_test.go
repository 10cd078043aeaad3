package fits

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
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
	rows := "  12 1.5D+03  1234abc  " + " -99         -12.5 d e " + "   x 2        0     "
	b := append(rawImage(8, nil, nil), rawHDU([]byte(rows), "XTENSION= 'TABLE'", "BITPIX  = 8", "NAXIS   = 2",
		"NAXIS1  = 23", "NAXIS2  = 2", "PCOUNT  = 0", "GCOUNT  = 1", "TFIELDS = 4",
		"TTYPE1  = 'i'", "TBCOL1  = 1", "TFORM1  = 'I4'", "TNULL1  = '-99'",
		"TTYPE2  = 'd'", "TBCOL2  = 6", "TFORM2  = 'D7.1'",
		"TTYPE3  = 'f'", "TBCOL3  = 14", "TFORM3  = 'F5.2'", "TTYPE4  = 's'", "TBCOL4  = 19", "TFORM4  = 'A5'")...)
	table, err := openBytes(t, b).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"i": {"12", ""}, "d": {"1500", "0"}, "f": {"12.34", "-12.5"}, "s": {"abc", " d e"}} {
		c, err := table.Column(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := []string{c.Text(0), c.Text(1)}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func writeFile(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "written.fits")
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// allColumns is a table of everything that WriteTable writes, with awkward values.
func allColumns() []Column {
	return []Column{
		{Name: "id_str", Strings: []string{"", "a", "it's /x", "  lead", "0123456789"}},
		{Name: "one", Strings: []string{"a", "", "b", "c", "d"}},
		{Name: "ra", Unit: "deg", Floats: []float64{0.1, -1e-300, math.MaxFloat64, math.NaN(), math.Inf(-1)}},
		{Name: "x", Floats: []float64{1, 2, 3, 4, 5}},
		{Name: "hdu", Ints: []int64{0, -1, math.MaxInt64, 1<<53 + 1, 5}},
		{Name: "maybe", Ints: []int64{1, 2, 3, 4, 5}, Null: []bool{false, true, false, false, true}},
		{Name: "unsigned", Uints: []uint64{0, 1, math.MaxUint64, 1 << 63, 5}},
		{Name: "good", Bools: []bool{true, false, true, true, false}},
		{Name: "cube", Unit: "Jy", Shape: []int{2, 3}, Floats: []float64{
			0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}},
		{Name: "pair", Shape: []int{2}, Ints: []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{Name: "names", Shape: []int{2}, Strings: []string{"r", "gg", "i", "z", "", "y", "u", "b", "v", "long"}},
		{Name: "flags", Shape: []int{3}, Bools: []bool{true, false, true, true, false, false, true, true, false, false,
			true, false, false, true, true}},
	}
}

func TestWriteTableReadsBack(t *testing.T) {
	var b bytes.Buffer
	want := allColumns()
	if err := WriteTable(&b, "CATALOG", want); err != nil {
		t.Fatal(err)
	}
	h := openBytes(t, b.Bytes()).HDU(1)
	table, err := h.Table()
	if err != nil || h.Name() != "CATALOG" {
		t.Fatal(h.Name(), err)
	}
	for i, w := range want {
		c, err := table.Column(w.Name)
		if err != nil {
			t.Fatal(err)
		}
		for k := range w.Null {
			if w.Null[k] {
				want[i].Ints[k] = 0
			}
		}
		if w.Name == "ra" { // NaN is not equal to itself
			if !math.IsNaN(c.Floats[3]) || c.Unit != "deg" {
				t.Errorf("ra: %+v", c)
			}
			continue
		}
		if !reflect.DeepEqual(*c, want[i]) {
			t.Errorf("%s:\nhave %+v\nwant %+v", w.Name, *c, want[i])
		}
	}
}

func TestWriteTableForAstropy(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTable(&b, "it's", allColumns()); err != nil {
		t.Fatal(err)
	}
	astropy(t, `
import sys, warnings
warnings.simplefilter('error')
import numpy as np
from astropy.io import fits
with fits.open(sys.argv[1]) as f:
    f.verify('exception')
    h, d = f[1].header, f[1].data
    assert f[1].name == "it's", f[1].name
    assert not [k for k in h if k.startswith(('TSCAL', 'TBCOL')) and k != 'TSCAL7'], repr(h)
    same = lambda a, b: np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    same(d['id_str'], ['', 'a', "it's /x", '  lead', '0123456789'])
    same(d['one'], ['a', '', 'b', 'c', 'd'])
    same(d['ra'], [0.1, -1e-300, np.finfo('f8').max, np.nan, -np.inf])
    assert f[1].columns['ra'].unit == 'deg'
    same(d['x'], [1, 2, 3, 4, 5])
    same(d['hdu'], [0, -1, 2**63 - 1, 2**53 + 1, 5])
    assert d['hdu'].dtype.kind == 'i'
    same(d['maybe'], [1, -2**63, 3, 4, -2**63])
    assert f[1].columns['maybe'].null == -2**63
    assert d['unsigned'].dtype == np.uint64
    same(d['unsigned'], np.array([0, 1, 2**64 - 1, 2**63, 5], dtype='u8'))
    same(d['good'], [True, False, True, True, False])
    same(d['cube'], np.arange(30).reshape(5, 2, 3))
    same(d['pair'], np.arange(10).reshape(5, 2))
    same(d['names'], [['r', 'gg'], ['i', 'z'], ['', 'y'], ['u', 'b'], ['v', 'long']])
    same(d['flags'][1], [True, False, False])
from astropy.table import Table
t = Table.read(sys.argv[1])
assert t['maybe'].mask.tolist() == [False, True, False, False, True]
assert str(t['ra'].unit) == 'deg'`, writeFile(t, b.Bytes()))
}

func TestWriteTableRefuses(t *testing.T) {
	for name, c := range map[string]Column{
		"not ASCII":     {Name: "a", Strings: []string{"é"}},
		"control":       {Name: "a", Strings: []string{"a\nb"}},
		"name":          {Name: "é", Ints: []int64{1}},
		"no name":       {Ints: []int64{1}},
		"ragged column": {Name: "a", Ints: []int64{1}, Offsets: []int{0, 1}},
	} {
		if err := WriteTable(&bytes.Buffer{}, "t", []Column{c}); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	var b bytes.Buffer
	if err := WriteTable(&b, "empty", []Column{{Name: "a", Floats: []float64{}}, {Name: "s", Strings: []string{}}}); err != nil {
		t.Fatal(err)
	}
	if table, err := openBytes(t, b.Bytes()).HDU(1).Table(); err != nil || table.Rows != 0 || len(table.Names()) != 2 {
		t.Errorf("a table without rows: %+v, %v", table, err)
	}
}
