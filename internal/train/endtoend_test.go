package train

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
)

// bandCatalogue is a catalogue with one file a band, the second compressed, and
// one object without its second.
func bandCatalogue(t *testing.T) string {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(4, 4))
	text := "id_str,file_g,file_r,class\n"
	for i := range 20 {
		pixels := sky(r, i%2, 2)
		g, red := fmt.Sprintf("%d_g.fits", i), fmt.Sprintf("%d_r.fits.gz", i)
		writePicture(t, filepath.Join(dir, g), pixels[:side*side])
		write(t, filepath.Join(dir, red), func(w io.Writer) error {
			z := gzip.NewWriter(w)
			err := fits.WriteImages(z, fits.ImageHDU{Image: &fits.Image{Shape: []int{side, side}, Pixels: pixels[side*side:]}})
			if err != nil {
				return err
			}
			return z.Close()
		})
		if i == 3 {
			red = ""
		}
		text += fmt.Sprintf("%d,%s,%s,%s\n", i, g, red, [2]string{"core", "ring"}[i%2])
	}
	writeText(t, filepath.Join(dir, "bands.csv"), text)
	return filepath.Join(dir, "bands.csv")
}

// stackCatalogue is a catalogue of one file that holds all cutouts, one
// undefined pixel in each.
func stackCatalogue(t *testing.T) string {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 5))
	text := "id,file,plane,class\n"
	var pixels []float32
	for i := range 20 {
		cube := sky(r, i%2, 3)
		cube[i] = float32(math.NaN())
		pixels = append(pixels, cube...)
		text += fmt.Sprintf("%d,stack.fits,%d,%d\n", i, i, i%2)
	}
	write(t, filepath.Join(dir, "stack.fits"), func(w io.Writer) error {
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{20, 3, side, side}, Pixels: pixels}})
	})
	writeText(t, filepath.Join(dir, "stack.csv"), text)
	return filepath.Join(dir, "stack.csv")
}

// folderCatalogue is a folder a class, PNG and JPEG mixed.
func folderCatalogue(t *testing.T) string {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 20 {
		name := fmt.Sprintf("%s/%d%s", [2]string{"core", "ring"}[i%2], i, [2]string{".png", ".jpg"}[i/2%2])
		writePicture(t, filepath.Join(dir, name), sky(r, i%2, 1))
	}
	return dir
}

// Every task and every kind of input gives a run folder that holds all it
// should, and a model directory that can be read.
func TestEndToEnd(t *testing.T) {
	classify := []string{"confusion.png", "roc.png", "roc_log.png", "pr.png", "reliability.png", "class_reliability.png"}
	for _, c := range []struct {
		name      string
		catalogue string
		label     string
		task      string
		settings  []string
		bands     int
		outputs   int
		labels    []string
		plots     []string
	}{
		{"classify", cutouts(t, 24, 1, ".fits"), "class", "classify", nil, 1, 2, []string{"core", "ring"}, classify},
		{"cubes, weighted", cutouts(t, 24, 3, ".fits"), "class", "classify", []string{"--class-weights", "--stretch=lupton"}, 3, 2, []string{"core", "ring"}, classify},
		{"multilabel", cutouts(t, 24, 2, ".fits"), "ring,bright", "multilabel", []string{"--pool=mean", "--positions=sincos2d"}, 2, 2, []string{"ring", "bright"}, classify[1:]},
		{"regress", cutouts(t, 24, 1, ".fits"), "size,bright", "regress", []string{"--post-norm", "--positions=sinusoidal"}, 1, 4, []string{"size", "bright"}, []string{"regression_size.png", "regression_bright.png"}},
		{"jpeg", cutouts(t, 24, 1, ".jpg"), "class", "classify", nil, 3, 2, []string{"core", "ring"}, classify},
		{"a file a band, gzip", bandCatalogue(t), "class", "classify", nil, 2, 2, []string{"core", "ring"}, classify},
		{"a stack", stackCatalogue(t), "class", "classify", []string{"--stretch=percentile", "--window=8"}, 3, 2, []string{"0", "1"}, classify},
		{"a folder a class", folderCatalogue(t), "", "classify", nil, 3, 2, []string{"core", "ring"}, classify},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "runs", "a")
			o := options(t, c.catalogue, c.label, out, c.settings...)
			o.Task, o.TestFraction = c.task, 0.2
			log := mustRun(t, o)

			for _, name := range append(c.plots, "curves.png") {
				data, err := os.ReadFile(filepath.Join(out, name))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := png.Decode(bytes.NewReader(data)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, name := range []string{"best", "last"} {
				m, err := modeldir.Read(os.DirFS(filepath.Join(out, name)), name)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(m.Labels, c.labels) || string(m.Task) != c.task || m.Net.Config.Grid.Channels != c.bands || m.Net.Config.Classes != c.outputs {
					t.Errorf("%s: labels %q, task %s, %d bands, %d outputs; want %q, %s, %d, %d", name, m.Labels, m.Task,
						m.Net.Config.Grid.Channels, m.Net.Config.Classes, c.labels, c.task, c.bands, c.outputs)
				}
			}
			m := figures(t, out)
			if m["validation"] == nil || m["test"] == nil {
				t.Errorf("metrics.json lacks scores: %v", m)
			}
			history, err := os.ReadFile(filepath.Join(out, historyFile))
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Split(strings.TrimSpace(string(history)), "\n"); len(lines) != 3 || strings.Count(lines[0], ",") != strings.Count(lines[2], ",") {
				t.Errorf("history.csv:\n%s", history)
			}
			if _, err := os.Stat(filepath.Join(out, settingsFile)); err != nil {
				t.Error(err)
			}
			leftovers(t, out)
			if strings.Contains(log, "left out") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// The best model is calibrated on the validation set, which can only gain, and
// its directory says how. Reporting again finds the same.
func TestCalibrates(t *testing.T) {
	for name, c := range map[string]struct {
		label, task string
		settings    []string
		loss        func(figures any) float64
	}{
		"classify":   {"class", "classify", nil, logLoss},
		"weighted":   {"class", "classify", []string{"--class-weights"}, logLoss},
		"balanced":   {"class", "classify", []string{"--balanced-sampling"}, logLoss},
		"multilabel": {"ring,bright", "multilabel", nil, logLoss},
		"regress": {"size", "regress", nil, func(columns any) float64 {
			return columns.([]any)[0].(map[string]any)["nll"].(float64)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalogue := cutouts(t, 40, 1, ".fits")
			rare := name == "weighted" || name == "balanced"
			if rare { // three times as many cores as rings
				catalogue = rewrite(t, catalogue, func(row int, line string) string {
					if row%4 == 2 {
						return strings.Replace(line, ",ring,", ",core,", 1)
					}
					return line
				})
			}
			o := options(t, catalogue, c.label, t.TempDir(), append(c.settings, "--epochs=4")...)
			o.Task, o.TestFraction = c.task, 0.2
			mustRun(t, o)
			m := figures(t, o.Out)
			if before, after := c.loss(m["validation_uncalibrated"]), c.loss(m["validation"]); !(after <= before+1e-9) {
				t.Errorf("the validation loss has risen from %v to %v", before, after)
			}
			best, err := modeldir.Read(os.DirFS(filepath.Join(o.Out, "best")), "best")
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(best.Calibration)
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := json.Marshal(m["calibration"]); string(text) == "{}" || !sameJSON(t, text, want) {
				t.Errorf("best/ has the calibration %s, metrics.json %s", text, want)
			}
			// Three cores to a ring, for training that saw as many of both.
			shift := best.Calibration.PriorShift
			if (shift != nil) != rare || shift != nil && math.Abs(shift[0]-shift[1]-math.Log(3)) > 0.2 {
				t.Errorf("calibration %+v", best.Calibration)
			}
			before := bits(t, o.Out)
			o.Resume = true
			mustRun(t, o)
			if bits(t, o.Out) != before {
				t.Error("reporting again has changed the result")
			}
		})
	}
}

func logLoss(figures any) float64 { return figures.(map[string]any)["log_loss"].(float64) }

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// What a column is called is the user's affair, and a figure that cannot be
// drawn costs no number.
func TestNamesOfColumns(t *testing.T) {
	catalogue := rewrite(t, cutouts(t, 20, 1, ".fits"), func(row int, line string) string {
		if row == 0 {
			return strings.NewReplacer("bright", "log M/Msun", "size", "log M:Msun").Replace(line)
		}
		return line
	})
	o := options(t, catalogue, "log M/Msun,log M:Msun", t.TempDir())
	o.Task = "regress"
	mustRun(t, o)
	for _, name := range []string{"regression_log M_Msun.png", "regression_log M_Msun_2.png"} {
		if _, err := os.Stat(filepath.Join(o.Out, name)); err != nil {
			t.Error(err)
		}
	}
	o = options(t, catalogue, "class", t.TempDir())
	if err := os.Mkdir(filepath.Join(o.Out, "roc.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	wantError(t, Run(context.Background(), o), cli.Failed, "roc.png", "is a folder")
	figures(t, o.Out)
}

// leftovers fails the test if there are files that were not finished.
func leftovers(t *testing.T, dir string) {
	t.Helper()
	for _, pattern := range []string{".*", "*/.*"} {
		if names, _ := filepath.Glob(filepath.Join(dir, pattern)); len(names) > 0 {
			t.Errorf("files left behind: %q", names)
		}
	}
}

// A model learns what can be told apart.
func TestLearns(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 60, 1, ".fits")
	for _, settings := range [][]string{{"--epochs=12"}, append(varied, "--epochs=24")} {
		out := t.TempDir()
		o := options(t, catalogue, "class", out, append(settings, "--shift=1")...)
		o.TestFraction = 0.25
		mustRun(t, o)
		if accuracy := figures(t, out)["test"].(map[string]any)["accuracy"].(float64); accuracy < 0.9 {
			t.Errorf("%q: test accuracy %g, want at least 0.9", settings, accuracy)
		}
	}
}

// Neither workers nor memory change the result.
func TestSameBits(t *testing.T) {
	catalogue := cutouts(t, 24, 2, ".fits")
	settings := append([]string{"--batch=7"}, varied...)
	var want string
	for _, c := range []struct{ workers, cache int }{{1, 16}, {2, 16}, {3, 16}, {1, 0}, {2, 0}} {
		o := options(t, catalogue, "class", t.TempDir(), settings...)
		o.Workers, o.CacheMiB, o.TestFraction = c.workers, c.cache, 0.2
		mustRun(t, o)
		got := bits(t, o.Out)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers and a cache of %d MiB give another result", c.workers, c.cache)
		}
	}
	o := options(t, catalogue, "class", t.TempDir(), settings...)
	o.Seed, o.TestFraction = 2, 0.2
	mustRun(t, o)
	if bits(t, o.Out) == want {
		t.Error("another seed gives the same result")
	}
}
