package catalog

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// fromFITS reads what is written as survey.fits.
func fromFITS(t *testing.T, columns []fits.Column) *Table {
	t.Helper()
	var out bytes.Buffer
	if err := fits.WriteTable(&out, "SURVEY", columns); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "survey.fits")
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

func TestFITSWithoutTable(t *testing.T) {
	var image bytes.Buffer
	if err := fits.WriteImages(&image, fits.ImageHDU{Image: &fits.Image{Shape: []int{2, 2}, Pixels: make([]float32, 4)}}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "image.fits")
	if err := os.WriteFile(name, image.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Read(name)
	wantError(t, err, "image.fits", "table")
	if err := os.WriteFile(name, image.Bytes()[:100], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Read(name)
	wantError(t, err, "image.fits")
	if _, err := IsCatalog(name); err == nil {
		t.Error("a truncated FITS file passes for one thing or the other")
	}
}

func TestIsCatalog(t *testing.T) {
	dir := t.TempDir()
	var image bytes.Buffer
	if err := fits.WriteImages(&image, fits.ImageHDU{}, fits.ImageHDU{Image: &fits.Image{Shape: []int{2, 2}, Pixels: make([]float32, 4)}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "image.fits"), image.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	writeAll(t, filepath.Join(dir, "table.fits"), Classify, []string{"FRI", "FRII"}, predictions)
	for name, want := range map[string]bool{
		"a.csv": true, "a.CSV.gz": true, "a.parquet": true, "a.jpg": false, "a.tiff": false,
		"image.fits": false, "table.fits": true,
	} {
		if got, err := IsCatalog(filepath.Join(dir, name)); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// The cells of a FITS table are texts, numbers and conditions as those of a CSV file are.
func TestFITSCells(t *testing.T) {
	table := fromFITS(t, []fits.Column{
		{Name: "objid", Ints: []int64{1237648720142401611, 1237648720142401612, 0}, Null: []bool{false, false, true}},
		{Name: "mag", Floats: []float64{float64(float32(17.1)), nan, 1e30}, Single: true},
		{Name: "number", Floats: []float64{1234567, 1 << 53, 1e-5}},
		{Name: "clean", Bools: []bool{true, false, false}, Null: []bool{false, false, true}},
		{Name: "flux", Floats: make([]float64, 6), Shape: []int{2}},
	})
	for column, want := range map[string]string{
		"objid":  "1237648720142401611|1237648720142401612|",
		"mag":    "17.1||1e+30",
		"number": "1234567|9007199254740992|1e-05",
		"clean":  "true|false|",
	} {
		c := mustColumn(t, table, column)
		if got := c.String(0) + "|" + c.String(1) + "|" + c.String(2); got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
	for text, want := range map[string]string{
		"objid=1237648720142401612": "row 2", "objid=": "row 3", "mag=17.1": "row 1", "mag=1e30": "row 3",
		"clean=True": "row 1", "clean=0": "row 2", "clean=": "row 3",
	} {
		condition, err := ParseWhere(text)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := table.Where(condition); err != nil || kept.Len() != 1 || kept.Place(0) != want {
			t.Errorf("%s does not select %s alone (%v)", text, want, err)
		}
	}
	_, err := table.Column("flux")
	wantError(t, err, "survey.fits", `"flux"`, "several values")
}
