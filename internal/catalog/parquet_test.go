package catalog

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// surveyRow has a column of each type that catalogues come with.
type surveyRow struct {
	ID     int64    `parquet:"object_id"`
	SpecID uint64   `parquet:"specobjid"`
	File   string   `parquet:"file_loc,dict,snappy"`
	HDU    *int32   `parquet:"hdu,optional"`
	RA     float64  `parquet:"ra"`
	Mag    float32  `parquet:"mag,zstd"`
	Bar    *bool    `parquet:"bar,optional"`
	Class  *string  `parquet:"class,optional,dict"`
	Flux   []string `parquet:"flux,list"`
	Count  uint32   `parquet:"count"`
}

func surveyParquet(t testing.TB) []byte {
	hdu, yes, class := int32(3), true, "FRI"
	rows := []surveyRow{
		{ID: 1237648720142401611, SpecID: 1<<64 - 1, File: "a.fits", HDU: &hdu, RA: 146.7142087866093, Mag: 17.1, Bar: &yes, Class: &class, Count: 1<<32 - 1},
		{ID: -5, SpecID: 3, File: "/b.fits", RA: nan, Mag: 18, Flux: []string{"x", "y"}},
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[surveyRow](&out)
	for range 2 { // two row groups
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestParquetCells(t *testing.T) {
	name := filepath.Join(t.TempDir(), "survey.parquet")
	if err := os.WriteFile(name, surveyParquet(t), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if table.Len() != 4 {
		t.Fatalf("%d rows", table.Len())
	}
	for column, want := range map[string]string{
		"object_id": "1237648720142401611|-5|1237648720142401611|-5",
		"specobjid": "18446744073709551615|3|18446744073709551615|3",
		"file_loc":  "a.fits|/b.fits|a.fits|/b.fits",
		"hdu":       "3||3|",
		"ra":        "146.7142087866093||146.7142087866093|",
		"mag":       "17.1|18|17.1|18",
		"bar":       "true||true|",
		"class":     "FRI||FRI|",
		"count":     "4294967295|0|4294967295|0",
	} {
		c := mustColumn(t, table, column)
		var got []string
		for row := range table.Len() {
			got = append(got, c.String(row))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s is %q, want %s", column, got, want)
		}
	}
	barred, err := table.Where(Where{"bar", "1"})
	if err != nil || barred.Len() != 2 || barred.Place(1) != "row 3" {
		t.Errorf("%v, %v", barred, err)
	}
	_, err = table.Column("flux")
	wantError(t, err, "survey.parquet", `"flux"`)
	objects, _, err := table.Objects(Columns{})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, table.Distinct(objects), "row 3", "row 1", `"1237648720142401611"`)
}

// Columns of types that no text or number stands for say so, and one that holds nothing is empty.
func TestParquetTypes(t *testing.T) {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, parquet.NewSchema("types", parquet.Group{
		"decimal": parquet.Decimal(2, 9, parquet.Int32Type),
		"half":    parquet.Leaf(parquet.FixedLenByteArrayType(2)),
		"id":      parquet.Leaf(parquet.DoubleType),
		"nothing": parquet.Optional(parquet.Leaf(parquet.NullType)),
		"uuid":    parquet.UUID(),
	}))
	uuid := []byte("0123456789abcdef")
	row := parquet.Row{parquet.Int32Value(1234).Level(0, 0, 0), parquet.FixedLenByteArrayValue([]byte{0, '<'}).Level(0, 0, 1),
		parquet.DoubleValue(1234567).Level(0, 0, 2), parquet.NullValue().Level(0, 0, 3), parquet.FixedLenByteArrayValue(uuid).Level(0, 0, 4)}
	if _, err := w.WriteRows([]parquet.Row{row, row}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := parseParquet(bytes.NewReader(out.Bytes()), int64(out.Len()), "types.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for column, kind := range map[string]string{"decimal": "DECIMAL", "half": "FIXED_LEN_BYTE_ARRAY", "uuid": "UUID"} {
		_, err := table.Column(column)
		wantError(t, err, "types.parquet", column, "values of type "+kind)
	}
	if c := mustColumn(t, table, "nothing"); !c.Missing(0) || !c.Missing(1) {
		t.Errorf("%q in a column without values", c.String(0))
	}
	if id := mustColumn(t, table, "id").String(1); id != "1234567" {
		t.Errorf("an id among doubles is %s", id)
	}
}

// TestDamagedParquet cuts and flips bytes all over a file: errors or wrong
// cells may come of it, but no panic.
func TestDamagedParquet(t *testing.T) {
	whole := surveyParquet(t)
	for i := 0; i < len(whole); i += 3 {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x55
		for _, data := range [][]byte{flipped, whole[:i]} {
			table, err := parseParquet(bytes.NewReader(data), int64(len(data)), "bad.parquet")
			if err == nil {
				useTable(table)
			}
		}
	}
}

// TestParquetBounds changes the sizes that a file claims for its parts.
func TestParquetBounds(t *testing.T) {
	whole := surveyParquet(t)
	long := bytes.Clone(whole)
	copy(long[len(long)-8:], "\xff\xff\xff\x7f")
	_, err := parseParquet(bytes.NewReader(long), int64(len(long)), "long.parquet")
	wantError(t, err, "long.parquet", "2147483647 bytes")
	_, err = parseParquet(bytes.NewReader(whole[:len(whole)-1]), int64(len(whole)-1), "cut.parquet")
	wantError(t, err, "cut.parquet", "cut off")

	file, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*format.ColumnMetaData){
		"bytes at":                func(c *format.ColumnMetaData) { c.TotalCompressedSize-- },
		"are not inside the file": func(c *format.ColumnMetaData) { c.TotalCompressedSize = 1 << 40 },
		"in a table of 2 rows":    func(c *format.ColumnMetaData) { c.NumValues = 1 << 40 },
		"where its column has 1":  func(c *format.ColumnMetaData) { c.NumValues = 1 },
	} {
		chunk := file.Metadata().RowGroups[0].Columns[0].MetaData
		if err := checkPages(bytes.NewReader(whole), int64(len(whole)), &chunk, 2); err != nil {
			t.Fatal(err)
		}
		change(&chunk)
		err := checkPages(bytes.NewReader(whole), int64(len(whole)), &chunk, 2)
		wantError(t, err, name)
	}
}

func FuzzParquet(f *testing.F) {
	f.Add(surveyParquet(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := parseParquet(bytes.NewReader(data), int64(len(data)), "fuzz.parquet")
		if err == nil {
			useTable(table)
		}
	})
}
