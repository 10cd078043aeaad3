package train

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/progress"
)

// pretrainOptions are those of a tiny pretraining.
func pretrainOptions(t *testing.T, catalogue, out string, settings ...string) PretrainOptions {
	t.Helper()
	o := PretrainOptions{Options: Options{Catalog: catalogue, ValFraction: 0.25, Out: out, Seed: 1, Workers: 2, CacheMiB: 16, Keep: 2, Log: slog.New(slog.DiscardHandler)}}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	RegisterPretraining(flags, &o.Settings, &o.Masking)
	small := []string{"--image-size=16", "--patch-size=4", "--dim=16", "--depth=1", "--heads=2", "--decoder-depth=1", "--epochs=2", "--batch=5", "--warmup=1", "--lr=0.003"}
	if err := flags.Parse(append(small, settings...)); err != nil {
		t.Fatal(err)
	}
	return o
}

// tile writes a noisy FITS image of 90 x 70 pixels with undefined ones at its edge.
func tile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tile.fits")
	r, pixels := rand.New(rand.NewPCG(8, 8)), make([]float32, 90*70)
	for i := range pixels {
		if pixels[i] = float32(r.NormFloat64()); i%90 < 20 {
			pixels[i] = float32(math.NaN())
		}
	}
	write(t, name, func(w io.Writer) error {
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{70, 90}, Pixels: pixels}})
	})
	return name
}

// encoders is what a pretraining left, to the last bit.
func encoders(t *testing.T, out string) string {
	t.Helper()
	var all []string
	for _, name := range []string{"last/model.safetensors", "best/model.safetensors", "best/preprocessor_config.json", "best/config.json", settingsFile, reconstructionsFile} {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name, string(data))
	}
	return strings.Join(all, "\n")
}

// A pretraining that is stopped wherever, or has other workers, ends with the same bits.
func TestPretrain(t *testing.T) {
	for name, o := range map[string]func(t *testing.T) PretrainOptions{
		"catalogue": func(t *testing.T) PretrainOptions {
			return pretrainOptions(t, cutouts(t, 30, 2, ".fits"), "", "--rotate=any", "--epochs=3")
		},
		"conv stem": func(t *testing.T) PretrainOptions {
			return pretrainOptions(t, cutouts(t, 20, 1, ".fits"), "", "--stem=conv", "--positions=sincos2d", "--accumulate=2")
		},
		"folder": func(t *testing.T) PretrainOptions { return pretrainOptions(t, folderCatalogue(t), "") },
		"tile": func(t *testing.T) PretrainOptions {
			o := pretrainOptions(t, "", "", "--epochs=3", "--windows=21")
			o.Tiles = []string{tile(t)}
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := o(t)
			o.Out = t.TempDir()
			if err := Pretrain(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			want := encoders(t, o.Out)
			f, err := os.Open(filepath.Join(o.Out, reconstructionsFile))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if picture, err := png.DecodeConfig(f); err != nil || picture.Width != 1200 {
				t.Errorf("reconstructions: %v, %+v", err, picture)
			}
			history, err := os.ReadFile(filepath.Join(o.Out, historyFile))
			if lines := strings.Split(string(history), "\n"); err != nil || lines[0] != "epoch,lr,train_loss,val_loss,grad_norm,seconds" || strings.Count(lines[1], ",") != 5 {
				t.Errorf("history %q, %v", history, err)
			}

			o.Out, o.Resume, o.Workers = t.TempDir(), true, 1
			for stops := 0; ; stops++ {
				var left atomic.Int64
				left.Store(int64(30 + 3 + stops%4))
				err := Pretrain(countdown{context.Background(), &left}, o)
				if err == nil {
					break
				}
				if !errors.Is(err, cli.ErrInterrupted) || stops > 100 {
					t.Fatal(err)
				}
			}
			if encoders(t, o.Out) != want {
				t.Error("stopped and gone on with one worker, the encoder is another")
			}
			leftovers(t, o.Out)

			m, err := modeldir.Read(os.DirFS(filepath.Join(o.Out, "best")), "best")
			if err != nil || m.Task != "" || m.Net.Config.Classes != 0 {
				t.Errorf("best is %+v, %v", m, err)
			}
		})
	}
}

// What was pretrained is where a fine-tuning starts.
func TestInitFromPretrained(t *testing.T) {
	long(t)
	pre := pretrainOptions(t, cutouts(t, 24, 1, ".fits"), t.TempDir())
	if err := Pretrain(context.Background(), pre); err != nil {
		t.Fatal(err)
	}
	best := filepath.Join(pre.Out, "best")
	o := startingFrom(best, options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir(), "--lr=1e-9", "--min-lr=0"))
	mustRun(t, o)
	a, err := modeldir.Read(os.DirFS(best), best)
	if err != nil {
		t.Fatal(err)
	}
	b, err := modeldir.Read(os.DirFS(filepath.Join(o.Out, "last")), "last")
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range a.Net.Params.Flat {
		if d := x - b.Net.Params.Flat[i]; d > 1e-6 || d < -1e-6 {
			t.Fatal("the fine-tuned model starts from other weights")
		}
	}
}

// Windows lie in their cells, which cover the tile, and are others in each epoch.
func TestWindowsOfCells(t *testing.T) {
	const side = 16
	name := tile(t)
	open, examples, cells, err := openTiles([]string{name}, side)
	if err != nil {
		t.Fatal(err)
	}
	defer open.close()
	area, r, places := 0, rand.New(rand.NewPCG(1, 1)), map[[2]float64]bool{}
	for i, c := range cells {
		area += c.width * c.height
		for range 20 {
			x, y := c.window(side, r)
			places[[2]float64{x, y}] = true
			if x-7.5 < float64(c.x) || y-7.5 < float64(c.y) || x+7.5 > float64(c.x+c.width-1) || y+7.5 > float64(c.y+c.height-1) {
				t.Errorf("the window at (%g, %g) is not in the cell %+v of %s", x, y, c, examples[i].object.ID)
			}
		}
	}
	if area != 90*70 {
		t.Errorf("the cells have %d pixels, the tile %d", area, 90*70)
	}
	if len(places) < 10*len(cells) {
		t.Errorf("only %d places in %d cells", len(places), len(cells))
	}
}

// Of names like CFIS.245.267.r.fits all that is before the suffix counts.
func TestTilesWithDotsInTheirNames(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, name := range []string{"CFIS.245.267.r.fits", "CFIS.246.267.r.fits"} {
		names = append(names, filepath.Join(dir, name))
		if err := os.Link(tile(t), names[len(names)-1]); err != nil {
			t.Fatal(err)
		}
	}
	open, examples, _, err := openTiles(names, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer open.close()
	if id := examples[len(examples)-1].object.ID; !strings.HasPrefix(id, "CFIS.246.267.r_") {
		t.Errorf("a cell of the second tile is called %q", id)
	}
}

// Fewer windows than cells take turns: none is left out for good.
func TestEveryCellIsTrainedOn(t *testing.T) {
	o := pretrainOptions(t, "", t.TempDir(), "--windows=1")
	o.Settings = o.Settings.ofPreset()
	o.Tiles = []string{tile(t)}
	data, cells, err := o.readUnlabelled()
	if err != nil {
		t.Fatal(err)
	}
	defer cells.open.close()
	p, err := o.begin(context.Background(), data, cells)
	if err != nil {
		t.Fatal(err)
	}
	defer p.trainer.Close()
	seen := map[string]bool{}
	for epoch := range data.train {
		p.draw(epoch)
		seen[p.trainSet.examples[0].object.ID] = true
	}
	if len(seen) != len(data.train) || len(seen) < 2 {
		t.Errorf("%d of %d cells in as many epochs of one window", len(seen), len(data.train))
	}
}

func TestPretrainRefusals(t *testing.T) {
	catalogue := cutouts(t, 12, 1, ".fits")
	plain := func(settings ...string) PretrainOptions {
		return pretrainOptions(t, catalogue, filepath.Join(t.TempDir(), "run"), settings...)
	}
	with := func(o PretrainOptions, change func(*PretrainOptions)) PretrainOptions { change(&o); return o }
	for name, c := range map[string]struct {
		o    PretrainOptions
		code int
		want string
	}{
		"ratio":         {plain("--mask-ratio=1"), cli.WrongUsage, "--mask-ratio"},
		"nothing seen":  {plain("--mask-ratio=0.99"), cli.WrongUsage, "0 of 16 patches"},
		"shifted":       {plain("--stem=shifted"), cli.WrongUsage, `the stem "shifted" cannot be pretrained`},
		"decoder":       {plain("--decoder-heads=3"), cli.WrongUsage, "decoder: dim 8 is not a multiple of heads 3"},
		"stretch":       {plain("--stretch=sqrt"), cli.WrongUsage, "--stretch"},
		"epochs":        {plain("--epochs=0"), cli.WrongUsage, "--epochs"},
		"both":          {with(plain(), func(o *PretrainOptions) { o.Tiles = []string{"a.fits"} }), cli.WrongUsage, "not from both"},
		"no rows":       {with(plain(), func(o *PretrainOptions) { o.Catalog, o.Tiles, o.Where = "", []string{"a.fits"}, []string{"class=ring"} }), cli.WrongUsage, "--where"},
		"no windows":    {plain("--windows=100"), cli.WrongUsage, "--windows is for tiles"},
		"no tile":       {with(plain(), func(o *PretrainOptions) { o.Catalog, o.Tiles = "", []string{"nowhere.fits"} }), cli.Failed, "nowhere.fits"},
		"a small tile":  {with(plain("--window=64"), func(o *PretrainOptions) { o.Catalog, o.Tiles = "", []string{tile(t)} }), cli.Failed, "too few for a tile"},
		"a tile twice":  {with(plain(), func(o *PretrainOptions) { o.Catalog, o.Tiles = "", []string{tile(t), tile(t)} }), cli.Failed, "has the name of"},
		"empty folder":  {with(plain(), func(o *PretrainOptions) { o.Catalog = t.TempDir() }), cli.Failed, "no images in it"},
		"nothing left":  {with(plain(), func(o *PretrainOptions) { o.Where = []string{"class=disc"} }), cli.Failed, "class=disc"},
		"too few":       {with(plain(), func(o *PretrainOptions) { o.Where = []string{"id_str=o01"} }), cli.Failed, "both must be there"},
		"not a catalog": {with(plain(), func(o *PretrainOptions) { o.Catalog = "nowhere.csv" }), cli.Failed, "nowhere.csv"},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, Pretrain(context.Background(), c.o), c.code, c.want) })
	}

	o := plain()
	if err := Pretrain(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, o.Out)
	wantError(t, Pretrain(context.Background(), o), cli.Failed, "holds a run already")
	for name, c := range map[string]struct {
		change func(*PretrainOptions)
		want   string
	}{
		"masking": {func(o *PretrainOptions) { o.Masking.Ratio = 0.5 }, "it has mask-ratio 0.75, not 0.5"},
		"epochs":  {func(o *PretrainOptions) { o.Settings.Epochs = 7 }, "it has epochs 2, not 7"},
		"rows":    {func(o *PretrainOptions) { o.Where = []string{"class=ring"} }, "other rows"},
	} {
		t.Run(name, func(t *testing.T) {
			o := with(o, c.change)
			o.Resume = true
			wantError(t, Pretrain(context.Background(), o), cli.Failed, c.want)
			if snapshot(t, o.Out) != before {
				t.Error("the run folder was changed")
			}
		})
	}
	labels := options(t, catalogue, "class", o.Out)
	labels.Resume = true
	wantError(t, Run(context.Background(), labels), cli.Failed, "it has task pretrain, not classify")
	var log bytes.Buffer
	o.Resume, o.Log = true, progress.NewLog(&log)
	if err := Pretrain(context.Background(), o); err != nil || strings.Contains(log.String(), "training loss") {
		t.Errorf("a finished pretraining went on: %v\n%s", err, &log)
	}
}
