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
	"time"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/patch"
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
	// The ids of positions are of the column that the first run took them from.
	named := o
	named.As, named.Inputs, named.Out, named.Positions = "", tiles(t, 1), filepath.Join(dir, "named")+"/", put(t, filepath.Join(dir, "named.csv"), []byte("id,name,x,y\n1,A,10,10\n"))
	mustPredict(t, named)
	named.IDColumn = "name"
	if _, err := predict(t, named); err == nil || !strings.Contains(err.Error(), "positions") {
		t.Errorf("ids of another column: %v", err)
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

// Features are beside the results, of which they are an addition.
func TestJobFeatures(t *testing.T) {
	dir := t.TempDir() + "/results/"
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 3), Out: dir}
	mustPredict(t, o)
	before := contents(t, dir)
	o.Embeddings = filepath.Clean(dir)
	if out := mustPredict(t, o); !strings.Contains(out.log, "0 of 3 are done") {
		t.Errorf("the log:\n%s", out.log)
	}
	after := contents(t, dir)
	for name := range before {
		if !bytes.Equal(after[name], before[name]) {
			t.Errorf("%s has changed", name)
		}
		if result, is := strings.CutSuffix(name, ".parquet"); is && after[result+".features.parquet"] == nil {
			t.Errorf("%s has no features", name)
		}
	}
	if len(after) != len(before)+3 {
		t.Errorf("%d files, before them %d", len(after), len(before))
	}
	single := o
	single.Out, single.Embeddings, single.Inputs = "", filepath.Join(t.TempDir(), "e.parquet"), o.Inputs[:1]
	mustPredict(t, single)
	want, err := catalog.Read(single.Embeddings)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	wanted, _, err := want.Features()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	names, _ := filepath.Glob(dir + "*.features.parquet")
	for _, name := range names {
		table, err := catalog.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		features, _, err := table.Features()
		table.Close()
		if err != nil {
			t.Fatal(err)
		}
		found = found || slices.Equal(features, wanted)
	}
	if !found {
		t.Error("the features of the first tile are others than those of a run of its own")
	}
	if out := mustPredict(t, o); !strings.Contains(out.log, "3 of 3 are done") {
		t.Errorf("the log:\n%s", out.log)
	}
	o.Embeddings = filepath.Join(t.TempDir(), "e.parquet")
	if _, err := predict(t, o); cli.Code(err) != cli.WrongUsage || !strings.Contains(err.Error(), "say --embeddings "+dir) {
		t.Errorf("elsewhere: %v", err)
	}
}

// A tile that is replaced is done again; one that is copied is not.
func TestJobOfReplacedTiles(t *testing.T) {
	dir := t.TempDir() + "/"
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 3), Out: dir, Mask: "tile=mask"}
	for i, name := range o.Inputs {
		putFITS(t, strings.Replace(name, "tile.fits", "mask.fits", 1), patch.NewImage(1, 20, 20+i))
	}
	mustPredict(t, o)
	want := contents(t, dir)
	again := func(what, changed string) {
		t.Helper()
		out := mustPredict(t, o)
		n := strings.Count(out.log, "is done again")
		switch {
		case changed == "" && n+strings.Count(out.log, "2 of 3 are done") > 0:
			t.Errorf("%s, and the log:\n%s", what, out.log)
		case changed != "" && (n != 1 || !strings.Contains(out.log, changed+" is not what it was") || !strings.Contains(out.log, "2 of 3 are done")):
			t.Errorf("%s, and the log:\n%s", what, out.log)
		}
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(o.Inputs[1], later, later); err != nil {
		t.Fatal(err)
	}
	again("a tile was copied", "")
	sameContents(t, contents(t, dir), want)
	putFITS(t, o.Inputs[1], noise(77, 20, 21), sky(10, 20).Cards()...) // as many bytes
	again("a tile was replaced", o.Inputs[1])
	differ := 0
	for name, data := range contents(t, dir) {
		if !bytes.Equal(data, want[name]) {
			differ++
		}
	}
	if differ != 1 {
		t.Errorf("%d results are other ones", differ)
	}
	again("nothing happened", "")
	mask := strings.Replace(o.Inputs[2], "tile.fits", "mask.fits", 1)
	putFITS(t, mask, patch.Image{Shape: []int{1, 20, 22}, Pixels: slices.Repeat([]float32{1}, 20*22)})
	again("a mask was replaced", mask)

	// Features of the tile that was are not those of the tile that is.
	o.Embeddings = dir
	mustPredict(t, o)
	putFITS(t, o.Inputs[0], noise(78, 20, 20), sky(10, 20).Cards()...)
	o.Embeddings = ""
	again("a tile with features was replaced", o.Inputs[0])
	features := 0
	for name := range contents(t, dir) {
		if strings.Contains(name, ".features.") {
			features++
		}
	}
	if features != 2 {
		t.Errorf("%d parts have features, of which one was made again without", features)
	}
}

// The attention maps of each part have a folder.
func TestJobAttention(t *testing.T) {
	maps := filepath.Join(t.TempDir(), "maps")
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: tiles(t, 2), Out: t.TempDir() + "/", Attention: maps}
	mustPredict(t, o)
	results, _ := filepath.Glob(o.Out + "*.parquet")
	for _, result := range results {
		table, err := catalog.Read(result)
		if err != nil {
			t.Fatal(err)
		}
		n := table.Len()
		table.Close()
		part := strings.TrimSuffix(filepath.Base(result), ".parquet")
		if files := contents(t, filepath.Join(maps, part)); len(files) != 2*n {
			t.Errorf("%s: %d maps of %d rows", part, len(files), n)
		}
	}
	if parts, _ := os.ReadDir(maps); len(parts) != 2 || len(results) != 2 {
		t.Errorf("%d folders of maps, %d results", len(parts), len(results))
	}
}
