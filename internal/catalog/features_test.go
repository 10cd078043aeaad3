package catalog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// embedded has an object without features, and numbers that need all digits of a float32.
var embedded = []Prediction{
	{ID: "1237648720142401611", File: "a.fits", HDU: 2, X: 10.25, Y: 1488, RA: 146.5, Dec: -0.25, Features: []float32{0.1, -1e-30, 3}},
	{ID: "late", File: "b.png", HDU: -1, X: nan, Y: nan, RA: nan, Dec: nan, Flags: []string{"unreadable"}},
	{ID: "c", File: "c.fits", HDU: 0, X: 1, Y: 2, RA: 0.5, Dec: 89, Features: []float32{math.MaxFloat32, 1.0 / 3, 16777217}},
}

func sameFloats(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return x == y || x != x && y != y })
}

func TestEmbeddingsReadBack(t *testing.T) {
	absent := float32(math.NaN())
	want := [][]float32{embedded[0].Features, {absent, absent, absent}, embedded[2].Features}
	for _, suffix := range []string{".csv", ".fits", ".parquet"} {
		t.Run(suffix, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "e"+suffix)
			writeTable(t, name, Embeddings(3), embedded)
			table, err := Read(name)
			if err != nil {
				t.Fatal(err)
			}
			defer table.Close()
			names := "id_str file_loc hdu x y ra dec feat_0 feat_1 feat_2"
			if suffix == ".fits" {
				names = "id_str file_loc hdu x y ra dec feat"
			}
			if got := strings.Join(table.Names(), " "); got != names {
				t.Errorf("columns %s", got)
			}
			one, err := table.Where(Where{Column: "id_str", Value: "c"})
			if err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct {
				table *Table
				want  [][]float32
			}{{table, want}, {one, want[2:]}, {table, want}} {
				got, width, err := test.table.Features()
				if err != nil || width != 3 || !sameFloats(got, slices.Concat(test.want...)) {
					t.Errorf("%v, width %d, %v; want %v", got, width, err, test.want)
				}
			}
			ids, err := one.IDs(Columns{})
			if err != nil || ids.String(0) != "c" {
				t.Errorf("id %v, %v", ids, err)
			}
		})
	}
}

func TestEmbeddingsText(t *testing.T) {
	name := filepath.Join(t.TempDir(), "e.csv")
	writeTable(t, name, Embeddings(3), embedded)
	const want = `id_str,file_loc,hdu,x,y,ra,dec,feat_0,feat_1,feat_2
1237648720142401611,a.fits,2,10.25,1488,146.500000000,-0.250000000,0.1,-1e-30,3
late,b.png,,NaN,NaN,NaN,NaN,NaN,NaN,NaN
c,c.fits,0,1,2,0.500000000,89.000000000,3.4028235e+38,0.33333334,1.6777216e+07
`
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestEmbeddingsForAstropy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "e.fits")
	writeTable(t, name, Embeddings(3), embedded)
	python(t, "astropy", `
import sys
import numpy as np
from astropy.io import fits
from astropy.table import Table
t = Table.read(sys.argv[1])
assert t.colnames == ["id_str", "file_loc", "hdu", "x", "y", "ra", "dec", "feat"], t.colnames
assert t["feat"].shape == (3, 3) and t["feat"].dtype == ">f4", t["feat"]
nan, most = np.nan, np.finfo("f4").max
np.testing.assert_array_equal(np.ma.filled(t["feat"], nan), np.array([[0.1, -1e-30, 3], [nan] * 3, [most, 1/3, 16777217]], "f4"))
assert str(t["ra"].unit) == "deg" and t["ra"][0] == 146.5
with fits.open(sys.argv[1]) as f:
    f.verify("exception")
    assert f["EMBEDDINGS"].header["TFORM8"] == "3E"`, name)
}

func TestEmbeddingsForPandas(t *testing.T) {
	name := filepath.Join(t.TempDir(), "e.parquet")
	writeTable(t, name, Embeddings(3), embedded)
	python(t, "pandas, pyarrow", `
import sys
import numpy as np
import pandas as pd
d = pd.read_parquet(sys.argv[1])
feat = d[[c for c in d if c.startswith("feat_")]]
assert list(feat) == ["feat_0", "feat_1", "feat_2"] and set(feat.dtypes) == {np.dtype("f4")}, feat.dtypes
nan, most = np.nan, np.finfo("f4").max
np.testing.assert_array_equal(feat, np.array([[0.1, -1e-30, 3], [nan] * 3, [most, 1/3, 16777217]], "f4"))
assert list(d.id_str) == ["1237648720142401611", "late", "c"]`, name)
}

// Rows of Parquet go to disk as they come: what is held does not grow with the table.
func TestParquetGoesToDisk(t *testing.T) {
	const width = 4096
	dir := t.TempDir()
	w, err := NewWriter(filepath.Join(dir, "e.parquet"), Embeddings(width))
	if err != nil {
		t.Fatal(err)
	}
	row, rows := embedded[0], 2*groupCells/width
	row.Features = make([]float32, width)
	for range rows {
		if err := w.Write(&row); err != nil {
			t.Fatal(err)
		}
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".e.parquet*"))
	if err != nil || len(hidden) != 1 {
		t.Fatal(hidden, err)
	}
	if info, err := os.Stat(hidden[0]); err != nil || info.Size() < 4*groupCells*9/10 {
		t.Errorf("after %d rows of %d features the file has %d bytes, %v", rows, width, info.Size(), err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// heap is the bytes in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Rows of FITS wait on disk: what is held does not grow with the table.
func TestFITSGoesToDisk(t *testing.T) {
	const width, few, many = 512, 2000, 8000
	dir := t.TempDir()
	row := embedded[0]
	row.Features = make([]float32, width)
	held := func(rows int) uint64 {
		before := heap()
		w, err := NewWriter(filepath.Join(dir, "e.fits"), Embeddings(width))
		if err != nil {
			t.Fatal(err)
		}
		for range rows {
			if err := w.Write(&row); err != nil {
				t.Fatal(err)
			}
		}
		after := heap()
		if hidden, err := filepath.Glob(filepath.Join(dir, ".e.fits*")); err != nil || len(hidden) != 1 {
			t.Errorf("hidden files %q, %v", hidden, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return after - min(before, after)
	}
	if a, b := held(few), held(many); b > a+1<<20 { // the features of the others are 12 MB
		t.Errorf("%d bytes are held with %d rows, %d with %d", a, few, b, many)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}

func TestFeaturesRefuses(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	// Columns of zeros, which a few bytes claim to be long.
	claims := filepath.Join(dir, "claims.parquet")
	group := parquet.Group{"id": parquet.Encoded(parquet.String(), &parquet.RLEDictionary)}
	const width, rows = 100, 20000
	for k := range width {
		group[fmt.Sprintf("feat_%d", k)] = parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.RLEDictionary)
	}
	f, err := os.Create(claims)
	if err != nil {
		t.Fatal(err)
	}
	schema := parquet.NewSchema("claims", group)
	w := parquet.NewGenericWriter[any](f, schema)
	row := make(parquet.Row, 0, width+1)
	for i := range width {
		row = append(row, parquet.FloatValue(0).Level(0, 0, i))
	}
	row = append(row, parquet.ByteArrayValue(nil).Level(0, 0, width))
	for range rows {
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()

	predictions := filepath.Join(dir, "p.fits")
	writeAll(t, predictions, Classify, []string{"a"}, embedded[:1])
	for name, words := range map[string][]string{
		put("none.csv", "id,feat_1\n1,2\n"):          {"none.csv", "no features", "feat_0", "id, feat_1"},
		put("text.csv", "id,feat_0\n1,2\n2,dwarf\n"): {"text.csv", "row 2", `"feat_0"`, `"dwarf" is not a number`},
		predictions: {"p.fits", "no features", "p_a"},
		claims:      {"claims.parquet", "20000 rows of 100 features"},
	} {
		table, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = table.Features()
		wantError(t, err, words...)
		table.Close()
	}
}
