package fits

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

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
		{Name: "ra", Unit: "deg", UCD: "pos.eq.ra;meta.main", Floats: []float64{0.1, -1e-300, math.MaxFloat64, math.NaN(), math.Inf(-1)}},
		{Name: "x", Floats: []float64{1, 2, 3, 4, 5}},
		{Name: "hdu", Ints: []int64{0, -1, math.MaxInt64, 1<<53 + 1, 5}},
		{Name: "maybe", Ints: []int64{1, 2, 3, 4, 5}, Null: []bool{false, true, false, false, true}},
		{Name: "unsigned", Uints: []uint64{0, 1, math.MaxUint64, 1 << 63, 5}},
		{Name: "good", Bools: []bool{true, false, true, true, false}},
		{Name: "cube", Unit: "Jy", Shape: []int{2, 3}, Floats: []float64{
			0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}},
		{Name: "feat", Shape: []int{2}, Single: true, Floats: []float64{
			0.5, math.MaxFloat32, -1.25, math.SmallestNonzeroFloat32, math.Inf(1), 5, 6, 7, 8, 9}},
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
			if !math.IsNaN(c.Floats[3]) || c.Unit != "deg" || c.UCD != w.UCD {
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
    assert h['TUCD3'] == 'pos.eq.ra;meta.main'
    same(d['x'], [1, 2, 3, 4, 5])
    same(d['hdu'], [0, -1, 2**63 - 1, 2**53 + 1, 5])
    assert d['hdu'].dtype.kind == 'i'
    same(d['maybe'], [1, -2**63, 3, 4, -2**63])
    assert f[1].columns['maybe'].null == -2**63
    assert d['unsigned'].dtype == np.uint64
    same(d['unsigned'], np.array([0, 1, 2**64 - 1, 2**63, 5], dtype='u8'))
    same(d['good'], [True, False, True, True, False])
    same(d['cube'], np.arange(30).reshape(5, 2, 3))
    f32 = np.finfo('f4')
    same(d['feat'], np.array([0.5, f32.max, -1.25, f32.smallest_subnormal, np.inf, 5, 6, 7, 8, 9], 'f4').reshape(5, 2))
    assert d['feat'].dtype.str == '>f4' and h['TFORM10'] == '2E' and 'TDIM10' not in h, repr(h)
    same(d['pair'], np.arange(10).reshape(5, 2))
    same(d['names'], [['r', 'gg'], ['i', 'z'], ['', 'y'], ['u', 'b'], ['v', 'long']])
    same(d['flags'][1], [True, False, False])
from astropy.table import Table
t = Table.read(sys.argv[1])
assert t['maybe'].mask.tolist() == [False, True, False, False, True]
assert str(t['ra'].unit) == 'deg'`, writeFile(t, b.Bytes()))
}

// TestWriteTableForCfitsio: its verifier has nothing to say, and python-fitsio, which cannot read unsigned integers of 64
// bits, reads the rest.
func TestWriteTableForCfitsio(t *testing.T) {
	columns := slices.DeleteFunc(allColumns(), func(c Column) bool { return c.Uints != nil })
	var all, readable bytes.Buffer
	if err := errors.Join(WriteTable(&all, "ALL", allColumns()), WriteTable(&readable, "SOME", columns)); err != nil {
		t.Fatal(err)
	}
	t.Run("fitsverify", func(t *testing.T) {
		if _, err := exec.LookPath("fitsverify"); err != nil {
			t.Skip(err)
		}
		if out, err := exec.Command("fitsverify", "-q", writeFile(t, all.Bytes())).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("verification OK")) {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("python-fitsio", func(t *testing.T) {
		if err := exec.Command("/usr/bin/python3", "-c", "import fitsio").Run(); err != nil {
			t.Skipf("no fitsio under /usr/bin/python3: %v", err)
		}
		out, err := exec.Command("/usr/bin/python3", "-c", `
import sys, fitsio, numpy as np
d = fitsio.read(sys.argv[1], ext='SOME')
same = lambda a, b: np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
same(np.char.rstrip(d['id_str']), ['', 'a', "it's /x", '  lead', '0123456789'])
same(np.char.rstrip(d['one']), ['a', '', 'b', 'c', 'd'])
same(d['ra'], [0.1, -1e-300, np.finfo('f8').max, np.nan, -np.inf])
same(d['x'], [1, 2, 3, 4, 5])
same(d['hdu'], [0, -1, 2**63 - 1, 2**53 + 1, 5])
same(d['good'], [True, False, True, True, False])
same(d['cube'], np.arange(30).reshape(5, 2, 3))
same(d['pair'], np.arange(10).reshape(5, 2))
same(d['flags'][1], [True, False, False])`, writeFile(t, readable.Bytes())).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// TestWriteTableForTopcat: STIL, which reads tables for TOPCAT, finds the same values, units and UCDs. It takes unsigned
// integers of 64 bits for floats and spoils them.
func TestWriteTableForTopcat(t *testing.T) {
	if _, err := exec.LookPath("stilts"); err != nil {
		t.Skipf("Debian: stilts: %v", err)
	}
	columns := slices.DeleteFunc(allColumns(), func(c Column) bool { return c.Uints != nil })
	var b bytes.Buffer
	if err := WriteTable(&b, "SOME", columns); err != nil {
		t.Fatal(err)
	}
	name := writeFile(t, b.Bytes())
	stilts := func(command string, lines int) [][]string {
		out, err := exec.Command("stilts", "tpipe", "in="+name, "ifmt=fits", "cmd="+command, "ofmt=csv").Output()
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
		if err != nil || len(records) != 1+lines {
			t.Fatalf("%v\n%s", err, out)
		}
		return records[1:] // without the names of the columns
	}
	for i, meta := range stilts("meta name units ucd", len(columns)) {
		if c := columns[i]; !slices.Equal(meta, []string{c.Name, c.Unit, c.UCD}) {
			t.Errorf("%s: name, unit, UCD %q", c.Name, meta)
		}
	}
	for row, cells := range stilts("explodeall", columns[0].Len()) {
		var want []string
		for _, c := range columns {
			bits := 64
			if c.Single {
				bits = 32
			}
			for i := row * c.cellSize(); i < (row+1)*c.cellSize(); i++ {
				at := len(want)
				want = append(want, c.Text(i))
				if f, err := strconv.ParseFloat(cells[at], bits); err == nil && c.Floats != nil {
					cells[at] = strconv.FormatFloat(f, 'g', -1, 64)
				}
				if c.Bools != nil {
					cells[at] = map[string]string{"true": "T", "false": "F"}[cells[at]]
				}
			}
		}
		if !slices.Equal(cells, want) {
			t.Errorf("row %d:\nhave %q\nwant %q", row, cells, want)
		}
	}
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
