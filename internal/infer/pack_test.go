package infer

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/pack"
)

// What is predicted from a pack is what is predicted from the files: probabilities, places and flags.
func TestPackedPredictions(t *testing.T) {
	m := tinyModel(t, 1)
	m.Recipe.PixelScale = 0.4
	model := save(t, m)
	dir := t.TempDir()
	text := "id_str,file_loc\n"
	for i := range 6 {
		scale := 0.4 / 3600
		if i == 2 {
			scale *= 1.5 // flagged
		}
		im := noise(uint64(i), 1, 12, 11+i%2)
		wcs := fits.NewTAN(3, 4, float64(20*i), -7, [2][2]float64{{-scale, 0}, {0, scale}})
		putFITS(t, filepath.Join(dir, fmt.Sprintf("%d.fits", i)), im, wcs.Cards()...)
		text += fmt.Sprintf("J%d,%d.fits\n", i, i)
	}
	grey := image.NewGray(image.Rect(0, 0, 10, 9))
	for i := range 90 {
		grey.Set(i%10, i/10, color.Gray{uint8(31 * i)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, grey); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "photo.png"), b.Bytes())
	files := put(t, filepath.Join(dir, "catalog.csv"), []byte(text+"photo,photo.png\n"))
	for _, compress := range []bool{false, true} {
		out := filepath.Join(t.TempDir(), "pack")
		if err := pack.Run(context.Background(), pack.Options{Catalog: files, Out: out, Compress: compress, Workers: 2, MaxMiB: 1, Log: slog.New(slog.DiscardHandler)}); err != nil {
			t.Fatal(err)
		}
		want := mustPredict(t, Options{Model: model, Inputs: []string{files}, Workers: 2, Batch: 3})
		got := mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(out, pack.Index)}, Workers: 2, Batch: 3})
		if len(got.rows) != 7 || want.rows[2]["flags"] != "scale" {
			t.Fatalf("%d rows, flags %q", len(got.rows), want.rows[2]["flags"])
		}
		for i, row := range want.rows {
			for name, value := range row {
				if name != "file_loc" && name != "hdu" && got.rows[i][name] != value {
					t.Errorf("%s: %s is %s, want %s", row["id_str"], name, got.rows[i][name], value)
				}
			}
		}
	}
}
