package infer

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// truncated is a FITS file without its end.
func truncated(t *testing.T, name string, height, width int) string {
	t.Helper()
	data := encodeFITS(t, noise(1, height, width))
	return put(t, name, data[:2880+4*height*width/2])
}

// fails predicts to a file, wants an error of one line with these words, and no file.
func fails(t *testing.T, o Options, code int, words ...string) {
	t.Helper()
	o.Out = filepath.Join(t.TempDir(), "out.csv")
	out, err := predict(t, o)
	if err == nil {
		t.Fatalf("no error; the log:\n%s", out.log)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	if got := cli.Code(err); got != code {
		t.Errorf("exit status %d, want %d: %v", got, code, err)
	}
	left, _ := os.ReadDir(filepath.Dir(o.Out))
	if len(left) != 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}
}

func TestBadInputs(t *testing.T) {
	model := save(t, tinyModel(t, 1))
	dir := t.TempDir()
	good := putFITS(t, filepath.Join(dir, "good.fits"), noise(1, side, side))
	cube := putFITS(t, filepath.Join(dir, "cube.fits"), noise(1, 3, side, side))
	stack := putFITS(t, filepath.Join(dir, "stack.fits"), noise(1, 3, 1, 3*side, 3*side))
	tile := truncated(t, filepath.Join(dir, "tile.fits"), 200, 200)
	zipped := encodeFITS(t, noise(1, 60, 60))
	for name, test := range map[string]struct {
		inputs []string
		words  []string
	}{
		"missing":          {[]string{good, filepath.Join(dir, "none.fits")}, []string{"none.fits", "no such file"}},
		"missing table":    {[]string{filepath.Join(dir, "none.csv")}, []string{"none.csv", "no such file"}},
		"truncated":        {[]string{good, truncated(t, filepath.Join(dir, "cut.fits"), side, 2*side)}, []string{"cut.fits", "cut off"}},
		"truncated tile":   {[]string{tile}, []string{"tile.fits", "cut off"}},
		"truncated gzip":   {[]string{put(t, filepath.Join(dir, "t.fits.gz"), gzipped(t, zipped)[:2000])}, []string{"t.fits.gz", "cut off"}},
		"truncated photo":  {[]string{put(t, filepath.Join(dir, "t.jpg"), []byte("\xff\xd8\xff\xe0\x00"))}, []string{"t.jpg"}},
		"bands":            {[]string{cube}, []string{"cube.fits", "3 bands", "1 band expected"}},
		"stack for a tile": {[]string{stack}, []string{"stack.fits", "stack of 3", "a tile is one"}},
		"a text":           {[]string{put(t, filepath.Join(dir, "notes.txt"), []byte("hello"))}, []string{"notes.txt", "not a FITS"}},
		"empty table":      {[]string{put(t, filepath.Join(dir, "empty.csv"), []byte("id,file\n"))}, []string{"empty.csv", "no rows"}},
		"no file column":   {[]string{put(t, filepath.Join(dir, "nofile.csv"), []byte("id,ra\n1,2\n"))}, []string{"nofile.csv", "file_loc"}},
		"a folder":         {[]string{dir}, []string{dir}},
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, Options{Model: model, Inputs: test.inputs, Batch: 2}, cli.Failed, test.words...)
		})
	}
}

func TestBrokenRows(t *testing.T) {
	m := tinyModel(t, 1)
	model := save(t, m)
	dir := t.TempDir()
	a, b := noise(1, side, side), noise(2, side, side)
	putFITS(t, filepath.Join(dir, "a.fits"), a)
	putFITS(t, filepath.Join(dir, "b.fits"), b)
	putFITS(t, filepath.Join(dir, "cube.fits"), noise(1, 3, side, side))
	truncated(t, filepath.Join(dir, "cut.fits"), side, side)
	input := put(t, filepath.Join(dir, "in.csv"), []byte("id,file,ra\n1,a.fits,1\n2,cut.fits,2\n3,none.fits,3\n4,cube.fits,4\n5,,5\n6,b.fits,6\n"))
	out := mustPredict(t, Options{Model: model, Inputs: []string{input}, Batch: 4, Workers: 2})
	if len(out.rows) != 6 {
		t.Fatalf("%d rows:\n%s", len(out.rows), out.text)
	}
	sameProbabilities(t, out.rows[0], look(t, m, banded(a), false))
	sameProbabilities(t, out.rows[5], look(t, m, banded(b), false))
	for i, words := range []string{"", "cut off", "none.fits", "3 bands, and 1 band expected", "file"} {
		if words == "" {
			continue
		}
		row := out.rows[i]
		sameProbabilities(t, row, nil)
		if row["flags"] != catalog.FlagFailed || row["ra"] != fmt.Sprintf("%d.000000000", i+1) {
			t.Errorf("row %v", row)
		}
		line := ""
		for l := range strings.Lines(out.log) {
			if strings.HasPrefix(l, row["id_str"]+": ") {
				line = l
			}
		}
		if !strings.Contains(line, words) {
			t.Errorf("the log says %q of row %s, want %q", line, row["id_str"], words)
		}
	}
	fails(t, Options{Model: model, Inputs: []string{input}, Strict: true}, cli.Failed, "cut.fits")

	// Flagged rows are a result, also where there are no others; the log says so.
	input = put(t, filepath.Join(dir, "all.csv"), []byte("id,file\n1,cut.fits\n2,none.fits\n"))
	if out := mustPredict(t, Options{Model: model, Inputs: []string{input}}); !strings.Contains(out.log, "none of the 2 rows could be read") {
		t.Errorf("all rows broken; the log:\n%s", out.log)
	}
	// A cell that is no number is its row's affair.
	input = put(t, filepath.Join(dir, "cells.csv"), []byte("id,file,hdu,ra\n1,a.fits,,10h12m\n2,a.fits,SCI,3\n3,a.fits,,4\n"))
	out = mustPredict(t, Options{Model: model, Inputs: []string{input}})
	if got := column(out, "flags"); !slices.Equal(got, []string{catalog.FlagFailed, catalog.FlagFailed, ""}) || !strings.Contains(out.log, "10h12m") || !strings.Contains(out.log, "SCI") {
		t.Errorf("flags %q; the log:\n%s", got, out.log)
	}
	// So are tiles: one row for one that cannot be read.
	truncated(t, filepath.Join(dir, "tile.fits"), 100, 100)
	input = put(t, filepath.Join(dir, "tiles.csv"), []byte("id,file\n1,tile.fits\n2,a.fits\n"))
	out = mustPredict(t, Options{Model: model, Inputs: []string{input}, As: AsTile})
	if got := column(out, "flags"); !slices.Equal(got, []string{catalog.FlagFailed, catalog.FlagEdge, catalog.FlagEdge, catalog.FlagEdge, catalog.FlagEdge}) {
		t.Errorf("flags %q of a catalogue of tiles", got)
	}
}

func TestUndefinedPixels(t *testing.T) {
	m := tinyModel(t, 1)
	dir := t.TempDir()
	nan := float32(math.NaN())
	empty, holed, bright := noise(1, side, side), noise(2, side, side), noise(3, side, side)
	for i := range empty.Pixels {
		empty.Pixels[i] = nan
	}
	holed.Pixels[5], holed.Pixels[6] = nan, float32(math.Inf(1))
	for i := range bright.Pixels {
		bright.Pixels[i] = math.MaxFloat32
	}
	o := Options{Model: save(t, m), Inputs: []string{
		putFITS(t, filepath.Join(dir, "empty.fits"), empty),
		putFITS(t, filepath.Join(dir, "holed.fits"), holed),
		putFITS(t, filepath.Join(dir, "pixel.fits"), noise(4, 1, 1)),
		putFITS(t, filepath.Join(dir, "bright.fits"), bright),
	}}
	out := mustPredict(t, o)
	if got := column(out, "flags"); !slices.Equal(got, []string{"empty", "nan", "padded", catalog.FlagUndefined}) {
		t.Errorf("flags %q", got)
	}
	filled := patch.Image{Shape: holed.Shape, Pixels: slices.Clone(holed.Pixels)}
	filled.Pixels[5], filled.Pixels[6] = 0, 0
	sameProbabilities(t, out.rows[0], nil)
	sameProbabilities(t, out.rows[1], look(t, m, banded(filled), false))
	sameProbabilities(t, out.rows[2], look(t, m, banded(noise(4, 1, 1)), false))
	sameProbabilities(t, out.rows[3], nil)

	m.Recipe.Stretch = patch.Stretch{Kind: patch.None, NaN: patch.Reject}
	o.Model = save(t, m)
	o.Inputs = []string{put(t, filepath.Join(dir, "in.csv"), []byte("id,file\n1,bright.fits\n2,holed.fits\n"))}
	out = mustPredict(t, o)
	if got := out.rows[1]["flags"]; got != catalog.FlagFailed || !strings.Contains(out.log, "2 of 64 pixels") {
		t.Errorf("flags %q where undefined pixels are refused; the log:\n%s", got, out.log)
	}
}

func TestBadModel(t *testing.T) {
	m := tinyModel(t, 1)
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))

	fails(t, Options{Model: filepath.Join(t.TempDir(), "none"), Inputs: []string{name}}, cli.Failed, "--model", "none")

	dir := save(t, m)
	f, err := os.Create(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []safetensors.Tensor
	for _, p := range m.Net.Params.Tensors() {
		if p.Name != "vit.layernorm.bias" {
			tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Shape, DType: safetensors.F32, Data: p.Data})
		}
	}
	if err := errors.Join(safetensors.Write(f, tensors, nil), f.Close()); err != nil {
		t.Fatal(err)
	}
	fails(t, Options{Model: dir, Inputs: []string{name}}, cli.Failed, "vit.layernorm.bias", "missing")

	run := t.TempDir()
	if err := m.Write(filepath.Join(run, "best"), safetensors.F32); err != nil {
		t.Fatal(err)
	}
	fails(t, Options{Model: run, Inputs: []string{name}}, cli.Failed, "run folder", filepath.Join(run, "best"))
}

func TestUnwritable(t *testing.T) {
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))}}
	o.Out = filepath.Join(t.TempDir(), "no", "out.csv")
	if _, err := predict(t, o); err == nil || !strings.Contains(err.Error(), "out.csv") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full to write to")
	}
	for _, format := range []string{"csv", "fits", "parquet"} {
		o.Out = filepath.Join(t.TempDir(), "out."+format)
		if err := os.Symlink("/dev/full", o.Out); err != nil {
			t.Fatal(err)
		}
		if _, err := predict(t, o); err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "out."+format) {
			t.Errorf("a full disk, %s: %v", format, err)
		}
	}
}

// A disk that fills up in the midst leaves neither the file nor a part of it.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be made here: %s", out)
	}
	defer exec.Command("umount", disk).Run()
	model := save(t, tinyModel(t, 1))
	tile := putFITS(t, filepath.Join(t.TempDir(), "tile.fits"), noise(1, 300, 300))
	for _, format := range []string{"csv", "fits", "parquet"} {
		o := Options{Model: model, Inputs: []string{tile}, Out: filepath.Join(disk, "out."+format), Batch: 32, Workers: 2}
		_, err := predict(t, o)
		if err == nil || !strings.Contains(err.Error(), "no space left") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", format, err)
		}
		if left, _ := os.ReadDir(disk); len(left) != 0 {
			t.Errorf("%s: %s is left behind", format, left[0].Name())
		}
	}
}

func TestUsage(t *testing.T) {
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))
	good := Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{name}, Batch: 1, Workers: 1}
	for _, change := range []func(o *Options){
		func(o *Options) { o.Inputs = nil },
		func(o *Options) { o.As = "galaxy" },
		func(o *Options) { o.Batch = 0 },
		func(o *Options) { o.Workers = -1 },
		func(o *Options) { o.Stride = -1 },
		func(o *Options) { o.Stride, o.As = side+1, AsTile },
		func(o *Options) { o.Out = "out.txt" },
		func(o *Options) { o.Where = []string{"label"} },
		func(o *Options) { o.Positions, o.As = name, AsCutout },
		func(o *Options) { o.Out = name },
	} {
		o := good
		change(&o)
		o.Stdout, o.Log = new(strings.Builder), slog.New(slog.DiscardHandler)
		if err := Run(t.Context(), o); cli.Code(err) != cli.WrongUsage {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := os.Stat("out.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("out.txt was made")
	}
}
