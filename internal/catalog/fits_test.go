package catalog

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

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
