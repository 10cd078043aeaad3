package train

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// rewrite changes a catalogue's text into another catalogue beside it.
func rewrite(t *testing.T, catalogue string, change func(row int, line string) string) string {
	t.Helper()
	data, err := os.ReadFile(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if line = change(i, line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	name := filepath.Join(filepath.Dir(catalogue), strings.ReplaceAll(t.Name(), "/", "_")+".csv")
	writeText(t, name, b.String())
	return name
}

// What cannot be is one line that says what is wrong, and its exit code.
func TestRefusals(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	held := filepath.Join(t.TempDir(), "file")
	writeText(t, held, "")
	set := func(settings ...string) func(*testing.T, *Options) {
		return func(t *testing.T, o *Options) { *o = options(t, catalogue, "class", o.Out, settings...) }
	}
	for _, c := range []struct {
		name   string
		change func(t *testing.T, o *Options)
		code   int
		want   []string
	}{
		{"no catalogue", func(t *testing.T, o *Options) { o.Catalog = "nowhere.csv" }, 1, []string{"nowhere.csv", "no such file"}},
		{"no label", func(t *testing.T, o *Options) { o.Labels = nil }, 2, []string{"--label", "class", "bright"}},
		{"no such label", func(t *testing.T, o *Options) { o.Labels = []string{"klass"} }, 1, []string{"klass", "id_str", "class"}},
		{"no such where", func(t *testing.T, o *Options) { o.Where = []string{"klass=1"} }, 1, []string{"klass"}},
		{"not a where", func(t *testing.T, o *Options) { o.Where = []string{"class"} }, 2, []string{"class"}},
		{"nothing left", func(t *testing.T, o *Options) { o.Where = []string{"class=disc"} }, 1, []string{"class=disc"}},
		{"one class", func(t *testing.T, o *Options) { o.Where = []string{"class=ring"} }, 1, []string{"ring", "two classes"}},
		{"one example", func(t *testing.T, o *Options) {
			o.Catalog = rewrite(t, catalogue, func(row int, line string) string {
				if row == 5 {
					return strings.Replace(line, "core", "odd", 1)
				}
				return line
			})
		}, 1, []string{`"odd"`, "one example"}},
		{"two labels", func(t *testing.T, o *Options) { o.Labels = []string{"class", "ring"} }, 2, []string{"multilabel"}},
		{"no such task", func(t *testing.T, o *Options) { o.Task = "guess" }, 2, []string{"guess", "classify", "votes"}},
		{"text to regress", func(t *testing.T, o *Options) { o.Task = "regress" }, 1, []string{"class", "core"}},
		{"no such recipe", func(t *testing.T, o *Options) { o.Recipe = "1M" }, 2, []string{"1M", "100k"}},
		{"no such preset", set("--preset=huge"), 2, []string{"huge", "cutout"}},
		{"no such stretch", set("--stretch=sqrt"), 2, []string{"sqrt", "asinh"}},
		{"no such NaN policy", set("--nan=ignore"), 2, []string{"ignore", "background"}},
		{"no such pool", set("--pool=max"), 2, []string{"max", "mean"}},
		{"no such positions", set("--positions=rope"), 2, []string{"rope", "learned"}},
		{"patch", set("--patch-size=7"), 2, []string{"--patch-size 7", "16"}},
		{"heads", set("--heads=3"), 2, []string{"--heads 3", "16"}},
		{"epochs", set("--epochs=0"), 2, []string{"--epochs must be at least 1"}},
		{"rate", set("--lr=-1"), 2, []string{"--lr"}},
		{"no such rotation", set("--rotate=half"), 2, []string{"--rotate must be none, quarter or any"}},
		{"zoom", set("--zoom=1.5"), 2, []string{"--zoom must be from 0 to 1"}},
		{"shift", set("--shift=100000"), 2, []string{"--shift must be from 0 to 1000"}},
		{"noise", set("--noise=NaN"), 2, []string{"--noise must be"}},
		{"too much mixing", set("--mixup=0.6", "--cutmix=0.6"), 2, []string{"--cutmix", "with mixup at most 1"}},
		{"mixing numbers", func(t *testing.T, o *Options) {
			*o = options(t, catalogue, "size", o.Out, "--mixup=0.5")
			o.Task = "regress"
		}, 2, []string{"--mixup", "regress"}},
		{"drop path", set("--drop-path=1"), 2, []string{"--drop-path must be from 0 to below 1"}},
		{"accumulate", set("--accumulate=0"), 2, []string{"--accumulate must be at least 1"}},
		{"more copies than a batch", set("--repeat=6"), 2, []string{"--repeat must be from 1 to batch"}},
		{"focal", set("--focal=-1"), 2, []string{"--focal must be"}},
		{"focal numbers", func(t *testing.T, o *Options) {
			*o = options(t, catalogue, "size", o.Out, "--focal=2")
			o.Task = "regress"
		}, 2, []string{"--focal", "regress"}},
		{"balanced twice", set("--balanced-sampling", "--class-weights"), 2, []string{"--balanced-sampling must be without --class-weights"}},
		{"balanced labels", func(t *testing.T, o *Options) {
			*o = options(t, catalogue, "ring,bright", o.Out, "--balanced-sampling")
			o.Task = "multilabel"
		}, 2, []string{"--balanced-sampling", "multilabel"}},
		{"weighted labels", func(t *testing.T, o *Options) {
			*o = options(t, catalogue, "ring,bright", o.Out, "--class-weights")
			o.Task = "multilabel"
		}, 2, []string{"--class-weights", "multilabel"}},
		{"smoothed numbers", func(t *testing.T, o *Options) {
			*o = options(t, catalogue, "size", o.Out, "--label-smoothing=0.1")
			o.Task = "regress"
		}, 2, []string{"--label-smoothing", "regress"}},
		{"three bands for lupton", set("--stretch=lupton"), 1, []string{"lupton"}},
		{"rate too high", set("--lr=1e30", "--clip=0", "--epochs=5"), 1, []string{"loss is", "--lr"}},
		{"workers", func(t *testing.T, o *Options) { o.Workers = 0 }, 2, []string{"--workers"}},
		{"fraction", func(t *testing.T, o *Options) { o.ValFraction = 1 }, 2, []string{"--val-fraction"}},
		{"out is a file", func(t *testing.T, o *Options) { o.Out = filepath.Join(held, "run") }, 1, []string{held}},
		{"a label twice", func(t *testing.T, o *Options) { o.Labels, o.Task = []string{"size", " size"}, "regress" }, 2, []string{"--label", "size"}},
		{"a column of predictions", func(t *testing.T, o *Options) {
			o.Catalog = rewrite(t, catalogue, func(_ int, line string) string { return strings.Replace(line, "size", "hdu", 1) })
			o.Labels, o.Task = []string{"hdu"}, "regress"
		}, 2, []string{"--label", "hdu"}},
		{"same catalogue to validate", func(t *testing.T, o *Options) { o.ValCatalog = catalogue }, 1, []string{"o00", "validation set"}},
		{"a validated row to test", func(t *testing.T, o *Options) {
			o.TestCatalog = rewrite(t, catalogue, func(row int, line string) string {
				if strings.HasPrefix(line, "id_str") || strings.HasPrefix(line, validated(t, *o)) {
					return line
				}
				return ""
			})
		}, 1, []string{"validation set and in the test set"}},
		{"no label to test", func(t *testing.T, o *Options) {
			o.TestCatalog = rewrite(t, catalogue, func(row int, line string) string {
				return strings.NewReplacer("core", "", "ring,1", ",1", "o", "p").Replace(line)
			})
		}, 1, []string{"no row to test on has a label"}},
		{"another class to test", func(t *testing.T, o *Options) {
			o.TestCatalog = rewrite(t, catalogue, func(row int, line string) string { return strings.Replace(line, "core", "disc", 1) })
		}, 1, []string{"disc", "core"}},
		{"several places of an image", func(t *testing.T, o *Options) {
			o.Catalog = rewrite(t, catalogue, func(row int, line string) string {
				if row == 0 {
					return line + ",x,y"
				}
				return fmt.Sprintf("%s,%d,8", strings.Replace(line, "images/o01.", "images/o00.", 1), row)
			})
		}, 2, []string{"o00 and o01 are at different positions of images/o00.fits", "--window"}},
		{"init nowhere", func(t *testing.T, o *Options) { *o = startingFrom("nowhere", *o) }, 1, []string{"nowhere"}},
		{"init and preset", func(t *testing.T, o *Options) { o.Settings.Init, o.Explicit["init"] = "nowhere", true }, 2, []string{"--patch-size cannot be changed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, catalogue, "class", filepath.Join(t.TempDir(), "a"))
			c.change(t, &o)
			wantError(t, Run(context.Background(), o), c.code, c.want...)
		})
	}
}

// startingFrom is o with --init, without the settings that it decides.
func startingFrom(init string, o Options) Options {
	for _, name := range fromInit {
		delete(o.Explicit, name)
	}
	o.Settings.Init, o.Explicit["init"] = init, true
	return o
}

// validated is the id of an object that a run validates with.
func validated(t *testing.T, o Options) string {
	t.Helper()
	o.TestCatalog = ""
	data, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return data.val[0].object.ID
}

// One bad file is a line in the log, and an error with --strict.
func TestBadFiles(t *testing.T) {
	long(t)
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, file string)
		want   string
	}{
		{"missing", func(t *testing.T, file string) { os.Remove(file) }, "no such file"},
		{"truncated", func(t *testing.T, file string) { os.Truncate(file, 3000) }, ""},
		{"not an image", func(t *testing.T, file string) { os.WriteFile(file, []byte("hello"), 0o666) }, ""},
		{"one huge pixel", func(t *testing.T, file string) {
			pixels := make([]float32, side*side)
			pixels[5] = -3e38
			writePicture(t, file, pixels)
		}, "the stretch linear makes pixels of more than 1e+30"},
		{"two bands", func(t *testing.T, file string) { writePicture(t, file, make([]float32, 2*side*side)) }, "2 bands, and 1 band expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			catalogue := cutouts(t, 24, 1, ".fits")
			bad := filepath.Join(filepath.Dir(catalogue), "images", "o00.fits")
			c.damage(t, bad)
			o := options(t, catalogue, "class", t.TempDir(), "--stretch=linear")
			log := mustRun(t, o)
			if !strings.Contains(log, "left out: o00: ") || !strings.Contains(log, c.want) || !strings.Contains(log, "o00.fits") {
				t.Errorf("the log does not say that %s was left out (%s):\n%s", bad, c.want, log)
			}
			o.Out, o.Strict = t.TempDir(), true
			wantError(t, Run(context.Background(), o), cli.Failed, "o00.fits", c.want)
		})
	}
	t.Run("all", func(t *testing.T) {
		catalogue := cutouts(t, 12, 1, ".fits")
		os.RemoveAll(filepath.Join(filepath.Dir(catalogue), "images"))
		wantError(t, Run(context.Background(), options(t, catalogue, "class", t.TempDir())), cli.Failed, "no picture can be read", "o00.fits")
	})
	t.Run("all to test on", func(t *testing.T) {
		catalogue := cutouts(t, 12, 1, ".fits")
		o := options(t, catalogue, "class", t.TempDir())
		o.TestCatalog = rewrite(t, catalogue, func(_ int, line string) string {
			return strings.NewReplacer("o0", "p0", "o1", "p1").Replace(line)
		})
		wantError(t, Run(context.Background(), o), cli.Failed, "no test picture can be read")
	})
}

// Rows without a label are skipped and counted; a label that is known of some
// rows only, and a class that validation lacks, do no harm.
func TestUnknownLabels(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 40, 1, ".fits")
	without := func(t *testing.T, column int) string {
		return rewrite(t, catalogue, func(row int, line string) string {
			cells := strings.Split(line, ",")
			if row > 0 && row%4 == 1 {
				cells[column] = ""
			}
			return strings.Join(cells, ",")
		})
	}
	t.Run("classify", func(t *testing.T) {
		log := mustRun(t, options(t, without(t, 2), "class", t.TempDir()))
		if !strings.Contains(log, "10 without a label") {
			t.Errorf("the log:\n%s", log)
		}
	})
	for task, label := range map[string]string{"multilabel": "ring,bright", "regress": "bright,size"} {
		t.Run(task, func(t *testing.T) {
			o := options(t, without(t, 4), label, t.TempDir())
			o.Task = task
			if log := mustRun(t, o); !strings.Contains(log, "; 0 without a label") {
				t.Errorf("the log:\n%s", log)
			}
			figures(t, o.Out)
		})
	}
	for _, label := range []string{"class", "ring,bright", "bright,size"} {
		t.Run("validation of one kind: "+label, func(t *testing.T) {
			o := options(t, catalogue, label, t.TempDir())
			if label == "ring,bright" {
				o.Task = "multilabel"
			} else if label == "bright,size" {
				o.Task = "regress"
			}
			o.Where = []string{"bright=0", "bright=1"}
			other := cutouts(t, 10, 1, ".fits")
			o.ValCatalog = rewrite(t, other, func(row int, line string) string {
				if row > 0 && row%2 == 0 {
					return ""
				}
				return strings.Replace(line, "o", "v", 1)
			})
			mustRun(t, o)
			figures(t, o.Out)
		})
	}
}

// A model directory with a tensor too few is refused by its name.
func TestInitLacksTensor(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	o := options(t, catalogue, "class", t.TempDir())
	mustRun(t, o)
	best := filepath.Join(o.Out, "best")
	m, err := modeldir.Read(os.DirFS(best), best)
	if err != nil {
		t.Fatal(err)
	}
	tensors := modeldir.Tensors(m.Net.Params, "", safetensors.F32)
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors[1:], nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(best, "model.safetensors"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	next := startingFrom(best, options(t, catalogue, "class", t.TempDir()))
	wantError(t, Run(context.Background(), next), cli.Failed, best, tensors[0].Name, "missing")
}
