package infer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
)

// contents are the files of a folder, by name.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func sameContents(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s has %d bytes, want %d", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s should not be there", name)
		}
	}
}

// ids are those of all rows in the results of a folder.
func ids(t *testing.T, dir string) (all []string) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*.parquet"))
	for _, name := range names {
		table, err := catalog.Read(name)
		if errors.Is(err, catalog.ErrEmpty) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		column, err := table.Column("id_str")
		if err != nil {
			t.Fatal(err)
		}
		for i := range column.Len() {
			all = append(all, column.String(i))
		}
		table.Close()
	}
	slices.Sort(all)
	return all
}

// tiles writes tiles of one name in folders of their own.
func tiles(t *testing.T, n int) (names []string) {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		names = append(names, putFITS(t, filepath.Join(dir, fmt.Sprint(i), "tile.fits"), noise(uint64(i), 20, 20+i), sky(float64(10*i), 20).Cards()...))
	}
	return names
}

// A folder has a result an image; those that are missing are made, and no others.
func TestJob(t *testing.T) {
	dir := t.TempDir() + "/results/"
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 5), Out: dir, Workers: 2, Batch: 7}
	o.Inputs = append(o.Inputs, o.Inputs[0]) // once is enough
	out := mustPredict(t, o)
	if !strings.Contains(out.log, "shard 0/1 of 5 parts: 0 of 5 are done") || !strings.Contains(out.log, "\n5 of 5 are done in "+dir) || out.text != "" {
		t.Errorf("the log:\n%s", out.log)
	}
	want := contents(t, dir)
	if len(want) != 6 {
		t.Fatalf("%d files, want 5 results and the plan", len(want))
	}
	single := o
	single.Out = ""
	single.Inputs = o.Inputs[:5]
	rows := column(mustPredict(t, single), "id_str")
	slices.Sort(rows)
	if got := ids(t, dir); !slices.Equal(got, rows) {
		t.Errorf("ids %q, want %q", got, rows)
	}

	// Again: nothing to do. With a result gone and one half written: as at first.
	results, _ := filepath.Glob(dir + "*.parquet")
	before, _ := os.Stat(results[0])
	if out := mustPredict(t, o); !strings.Contains(out.log, "5 of 5 are done") {
		t.Errorf("the log:\n%s", out.log)
	}
	if err := os.Remove(results[3]); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "."+filepath.Base(results[3])+"123"), []byte("half"))
	o.Batch, o.Workers = 3, 1
	if out := mustPredict(t, o); !strings.Contains(out.log, "4 of 5 are done") {
		t.Errorf("the log:\n%s", out.log)
	}
	sameContents(t, contents(t, dir), want)
	if after, _ := os.Stat(results[0]); !os.SameFile(before, after) {
		t.Error("a result was written again")
	}

	// Two shards, one after the other, into one folder.
	shards := o
	shards.Out = t.TempDir()
	for _, s := range []string{"1/2", "0/2"} {
		shards.Shard = s
		mustPredict(t, shards)
	}
	sameContents(t, contents(t, shards.Out), want)

	// More inputs may come later, other settings not.
	o.Stride = 3
	if _, err := predict(t, o); err == nil || !strings.Contains(err.Error(), "stride unset, not 3") {
		t.Errorf("another stride: %v", err)
	}
	o.Stride, o.Model = 0, save(t, tinyModel(t, 1))
	mustPredict(t, o) // the same model elsewhere
	other := tinyModel(t, 1)
	other.Net.Params.Tensors()[0].Data[0]++
	o.Model = save(t, other)
	if _, err := predict(t, o); err == nil || !strings.Contains(err.Error(), "other settings") || !strings.Contains(err.Error(), ": model ") {
		t.Errorf("another model: %v", err)
	}
	sameContents(t, contents(t, dir), want)
}

// A tile that cannot be read leaves a record, and is tried again.
func TestJobOfBrokenTiles(t *testing.T) {
	dir := t.TempDir()
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 3), Out: dir + "/"}
	whole, err := os.ReadFile(o.Inputs[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range [][]byte{whole[:3000], []byte("no FITS file")} {
		put(t, o.Inputs[1], broken)
		for range 2 {
			out := mustPredict(t, o)
			if !strings.Contains(out.log, "2 of 3 are done") || !strings.Contains(out.log, "1 could not be read") {
				t.Errorf("the log:\n%s", out.log)
			}
			if records, _ := filepath.Glob(dir + "/*.failed"); len(records) != 1 {
				t.Errorf("records %q", records)
			}
		}
	}
	o.Strict = true
	if _, err := predict(t, o); err == nil || !strings.Contains(err.Error(), o.Inputs[1]) {
		t.Errorf("strictly: %v", err)
	}
	put(t, o.Inputs[1], whole)
	mustPredict(t, o)
	for name := range contents(t, dir) {
		if strings.HasSuffix(name, ".failed") {
			t.Errorf("%s is left", name)
		}
	}
	if got := len(ids(t, dir)); got != 5*5+5*6+5*6 {
		t.Errorf("%d rows", got)
	}
}

// A catalogue is done row by row as tiles, and some rows at a time as cutouts.
func TestJobOfCatalogues(t *testing.T) {
	dir := t.TempDir()
	putFITS(t, filepath.Join(dir, "a.fits"), noise(1, 20, 20))
	catalogue := put(t, filepath.Join(dir, "tiles.csv"), []byte("id,file\na,a.fits\nb,a.fits\nc,none.fits\n"))
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{catalogue}, As: AsTile, Out: filepath.Join(dir, "tiles") + "/"}
	mustPredict(t, o)
	if got := len(ids(t, o.Out)); got != 2*25 {
		t.Errorf("%d rows of tiles", got)
	}
	if files := contents(t, o.Out); len(files) != 4 {
		t.Errorf("%d files of three tiles", len(files))
	}
	o.As, o.Out = "", filepath.Join(dir, "cutouts")+"/"
	mustPredict(t, o)
	if got := ids(t, o.Out); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("cutouts %q", got)
	}
	// Positions of which a tile has none: an empty result, and done.
	positions := put(t, filepath.Join(dir, "at.csv"), []byte("x,y\n100,100\n"))
	o.As, o.Out, o.Positions = AsTile, filepath.Join(dir, "places")+"/", positions
	mustPredict(t, o)
	if out := mustPredict(t, o); len(ids(t, o.Out)) != 0 || !strings.Contains(out.log, "2 of 3 are done") {
		t.Errorf("the log:\n%s", out.log)
	}
}

func TestJobUsage(t *testing.T) {
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 1)}
	dir := t.TempDir() + "/"
	t.Setenv("SLURM_ARRAY_TASK_ID", "5")
	t.Setenv("SLURM_ARRAY_TASK_COUNT", "2")
	for name, change := range map[string]func(*Options){
		"--out must name one": func(o *Options) { o.Shard, o.Out = "0/2", "" },
		"i/n":                 func(o *Options) { o.Shard, o.Out = "2/2", dir },
		"task 5":              func(o *Options) { o.Out = dir },
		"folder of results":   func(o *Options) { o.Shard, o.Out, o.Embeddings = "0/2", dir, "e.csv" },
		"or in /":             func(o *Options) { o.Out = dir + "new" },
	} {
		wrong := o
		change(&wrong)
		if _, err := predict(t, wrong); cli.Code(err) != cli.WrongUsage || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
