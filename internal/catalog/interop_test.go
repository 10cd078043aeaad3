package catalog

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// python runs a script with arguments and returns its standard output, or
// skips the test if no Python here has the module.
func python(t *testing.T, module, script string, args ...string) []byte {
	t.Helper()
	for _, interpreter := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(interpreter, "-c", "import "+module).Run() != nil {
			continue
		}
		cmd := exec.Command(interpreter, append([]string{"-c", script}, args...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("python: %v", err)
		}
		return out
	}
	t.Skipf("no Python with the module %s here", module)
	return nil
}

// dumpAstropy prints the columns of a FITS table: names, units, and the cells
// as texts, null where astropy sees them masked or NaN.
const dumpAstropy = `
import json, sys
import numpy as np
from astropy.table import Table
t = Table.read(sys.argv[1])
def cell(v):
    if v is np.ma.masked or isinstance(v, (float, np.floating)) and np.isnan(v): return None
    if isinstance(v, bytes): return v.decode()
    return repr(float(v)) if isinstance(v, np.floating) else str(v)
print(json.dumps({"names": t.colnames, "units": [str(t[c].unit or "") for c in t.colnames],
    "cells": [[cell(v) for v in t[c]] for c in t.colnames], "kinds": [t[c].dtype.kind for c in t.colnames]}))
`

type dumped struct {
	Names, Units, Kinds []string
	Cells               [][]*string
}

func TestFITSReadByAstropy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p.fits")
	rows := append([]Prediction{}, predictions...)
	rows = append(rows, Prediction{ID: "Müller 1", HDU: -1, X: nan, Y: nan, RA: nan, Dec: nan})
	writeAll(t, name, Classify, []string{"FRI", "FR II"}, rows)
	var got dumped
	if err := json.Unmarshal(python(t, "astropy", dumpAstropy, name), &got); err != nil {
		t.Fatal(err)
	}
	if want := []string{"id_str", "file_loc", "hdu", "x", "y", "ra", "dec", "label", "p_FRI", "p_FR II", "flags"}; !reflect.DeepEqual(got.Names, want) {
		t.Errorf("columns %q", got.Names)
	}
	if want := []string{"", "", "", "pix", "pix", "deg", "deg", "", "", "", ""}; !reflect.DeepEqual(got.Units, want) {
		t.Errorf("units %q", got.Units)
	}
	if kinds := strings.Join(got.Kinds, ""); kinds != strings.ReplaceAll("UUiffffUffU", "U", got.Kinds[0]) {
		t.Errorf("kinds %s", kinds)
	}
	cells := make([]string, 0, 44)
	for row := range rows {
		for _, column := range got.Cells {
			if column[row] == nil {
				cells = append(cells, "-")
			} else {
				cells = append(cells, *column[row])
			}
		}
	}
	want := []string{
		"1237648720142401611", "a.fits", "2", "10.25", "1488.0", "146.71420878660933", "-1.234567890123e-05", "FR II", "0.25", "0.75", "",
		`J1,"x"`, "a|b.fits", "-", "-", "-", "-", "-", "FRI", "0.999998765433", "1.234567e-06", "nan|edge",
		"late", "c.fits", "0", "-", "-", "-", "-", "", "-", "-", "unreadable",
		"M?ller 1", "", "-", "-", "-", "-", "-", "", "-", "-", "",
	}
	for i := range want {
		// astropy shows an empty string as masked or not, by version.
		if cells[i] != want[i] && !(want[i] == "" && cells[i] == "-") {
			t.Errorf("cell %d of row %d is %s, want %s", i%11, i/11, cells[i], want[i])
		}
	}
}

func TestFITSWrittenByAstropy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "survey.fits.gz")
	python(t, "astropy", `
import sys
import numpy as np
from astropy.table import Table, MaskedColumn
t = Table()
t["OBJID"] = np.array([1237648720142401611, 1237648720142401612, -5], dtype=np.int64)
t["SPECOBJID"] = np.array([18446744073709551615, 9223372036854775808, 3], dtype=np.uint64)
t["file_loc"] = ["a.fits", "cut/b.fits ", "c.fits"]
t["hdu"] = MaskedColumn([1, 2, 3], mask=[False, True, False], dtype=np.int16)
t["RA"] = [146.7142087866093, np.nan, 1e-300]
t["mag"] = np.array([17.25, 18.5, np.nan], dtype=np.float32)
t["bar"] = [True, False, True]
t["FLUX"] = np.arange(15.0).reshape(3, 5)
t["morphology"] = ["FRI", "", "FRII"]
t.write(sys.argv[1])
`, name)
	table, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for column, want := range map[string]string{
		"OBJID":      "1237648720142401611|1237648720142401612|-5",
		"SPECOBJID":  "18446744073709551615|9223372036854775808|3",
		"file_loc":   "a.fits|cut/b.fits|c.fits",
		"hdu":        "1||3",
		"ra":         "146.7142087866093||1e-300",
		"mag":        "17.25|18.5|",
		"bar":        "true|false|true",
		"morphology": "FRI||FRII",
	} {
		c := mustColumn(t, table, column)
		got := []string{c.String(0), c.String(1), c.String(2)}
		if strings.Join(got, "|") != want {
			t.Errorf("%s is %q, want %s", column, got, want)
		}
	}
	if v, err := mustColumn(t, table, "hdu").Float(1); err != nil || !math.IsNaN(v) {
		t.Errorf("a masked integer is %v, %v", v, err)
	}
	_, err = table.Column("FLUX")
	wantError(t, err, "survey.fits.gz", `"FLUX"`, "several values a row")
	objects, _, err := table.Objects(Columns{ID: "OBJID"})
	if err != nil {
		t.Fatal(err)
	}
	if objects[0].ID != "1237648720142401611" || objects[0].HDU != 1 || objects[1].HDU != -1 || objects[0].RA != 146.7142087866093 {
		t.Errorf("%+v", objects)
	}
	flags, err := table.Flags([]string{"bar"})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, flags.Values, 1, 0, 1)
}

func TestCSVReadByPython(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p.csv")
	writeAll(t, name, Classify, []string{"FRI", "FRII"}, predictions)
	var got [][]string
	out := python(t, "csv", `
import csv, json, sys
print(json.dumps(list(csv.reader(open(sys.argv[1], newline="")))))
`, name)
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[2][0] != `J1,"x"` || got[2][10] != "nan|edge" || got[3][8] != "NaN" || len(got[3]) != 11 {
		t.Errorf("python reads %q", got)
	}
}

func TestParquetReadByPandas(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p.parquet")
	writeAll(t, name, Classify, []string{"FRI", "FRII"}, predictions)
	out := python(t, "pyarrow", `
import json, sys
import pyarrow.parquet as pq
t = pq.read_table(sys.argv[1])
print(json.dumps([t.column_names, [str(v) for v in t.column("id_str").to_pylist()], t.column("hdu").to_pylist()]))
`, name)
	want := `[["id_str", "file_loc", "hdu", "x", "y", "ra", "dec", "label", "p_FRI", "p_FRII", "flags"], ` +
		`["1237648720142401611", "J1,\"x\"", "late"], [2, null, 0]]`
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("pyarrow reads %s, want %s", got, want)
	}
}
