package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/progress"
)

// countdown is a context that ends when it has been asked n times.
type countdown struct {
	context.Context
	n *atomic.Int64
}

func (c countdown) Err() error {
	if c.n.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// stopAfter starts a run that ends when its context has been asked n times.
func stopAfter(o Options, n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	return Run(countdown{context.Background(), &left}, o)
}

// A run that is stopped, wherever, and goes on ends with the same bits.
func TestStopAndResume(t *testing.T) {
	catalogue := cutouts(t, 30, 1, ".fits")
	for _, c := range []struct {
		name, label, task string
		settings          []string
	}{
		{"classify", "class", "classify", nil},
		{"varied and mixed", "ring,bright", "multilabel", varied},
		{"balanced", "class", "classify", []string{"--balanced-sampling", "--batch=4", "--accumulate=3"}},
		{"regress, one batch an epoch", "size", "regress", []string{"--batch=64", "--epochs=3"}},
		{"early stopping", "class", "classify", []string{"--epochs=30", "--patience=1", "--lr=0.03", "--batch=15"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := options(t, catalogue, c.label, t.TempDir(), c.settings...)
			o.Task, o.TestFraction, o.Workers = c.task, 0.1, 1 // one worker asks the context in one order
			mustRun(t, o)
			want := bits(t, o.Out)
			if epochs := figures(t, o.Out)["epochs"].(float64); c.name == "early stopping" && epochs == 30 {
				t.Error("the run did not stop early")
			}

			o.Out, o.Resume = t.TempDir(), true
			stops := 0
			for n := 0; ; n++ {
				// Each of the 30 files, once to tell copies and once to read it, is a question,
				// and the end of that and of the three sets, then each batch and epoch.
				err := stopAfter(o, 2*30+4+n%6)
				if err == nil {
					break
				}
				if !errors.Is(err, cli.ErrInterrupted) {
					t.Fatal(err)
				}
				if stops++; stops > 100 {
					t.Fatal("the run does not get on")
				}
			}
			if stops < 2 {
				t.Errorf("the run was stopped %d times only", stops)
			}
			if bits(t, o.Out) != want {
				t.Errorf("after %d stops the result is another", stops)
			}
			leftovers(t, o.Out)

			// What is finished stays as it is.
			if log := mustRun(t, o); strings.Contains(log, "training loss") {
				t.Errorf("a finished run was trained again:\n%s", log)
			}
			if bits(t, o.Out) != want {
				t.Error("resuming a finished run changed it")
			}
		})
	}
}

// A signal while pictures are read ends the run before there is a checkpoint.
func TestStopWhileReading(t *testing.T) {
	o := options(t, cutouts(t, 12, 1, ".fits"), "class", t.TempDir())
	if err := stopAfter(o, 5); !errors.Is(err, cli.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
	o.Resume = true
	write(t, filepath.Join(o.Out, "best", ".model.safetensors123"), func(io.Writer) error { return nil })
	mustRun(t, o) // starts where no checkpoint exists
	leftovers(t, o.Out)
}

// A signal during validation ends the run at once, and no step is lost.
func TestStopWhileValidating(t *testing.T) {
	o := options(t, cutouts(t, 40, 1, ".fits"), "class", t.TempDir(), "--batch=3", "--epochs=1")
	o.Workers = 1
	data, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	steps := (len(data.train) + 2) / 3
	var log bytes.Buffer
	o.Log = progress.NewLog(&log)
	if err := stopAfter(o, 2*40+4+steps+2); !errors.Is(err, cli.ErrInterrupted) || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(log.String(), "validation loss") {
		t.Errorf("the validation ran to its end; log:\n%s", &log)
	}
	o.Resume = true
	if want, log := fmt.Sprintf("going on after epoch 0, batch %d\n", steps), mustRun(t, o); !strings.Contains(log, want) {
		t.Errorf("want %q; log:\n%s", want, log)
	}
}

// Nothing but what a run has begun to write is swept away.
func TestSweep(t *testing.T) {
	o := options(t, cutouts(t, 12, 1, ".fits"), "size", t.TempDir())
	o.Task, o.Resume = "regress", true
	begun := []string{"checkpoints/.0001-000003.checkpoint12", ".run.toml1", ".history.csv2", ".metrics.json3", ".curves.png4", ".regression_size.png5",
		"best/.config.json6", "last/.model.safetensors7"}
	kept := []string{"checkpoints/.0001-00003.checkpoint12", ".notes2024", ".metrics.json", ".metrics.json.1", ".metrics.json5x", "best/.config2", ".curves.png6/a"}
	for _, name := range append(begun, kept...) {
		writeText(t, filepath.Join(o.Out, name), "")
	}
	mustRun(t, o)
	for i, name := range append(begun, kept...) {
		if _, err := os.Stat(filepath.Join(o.Out, name)); (err == nil) != (i >= len(begun)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// snapshot is the names and contents of all files below a folder.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %q\n", path, data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A run folder is not given to another run: the error says why, and nothing in
// the folder changes.
func TestRefusesAnotherRun(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	out := t.TempDir()
	mustRun(t, options(t, catalogue, "class", out))
	before := snapshot(t, out)
	for _, c := range []struct {
		name   string
		change func(o *Options)
		want   string
	}{
		{"no --resume", func(o *Options) { o.Resume = false }, "holds a run already; use --resume"},
		{"epochs", func(o *Options) { *o = options(t, catalogue, "class", out, "--epochs=3") }, "it has epochs 2, not 3"},
		{"rate", func(o *Options) { *o = options(t, catalogue, "class", out, "--lr=0.1", "--pool=cls") }, "pool mean, not cls; lr 0.003, not 0.1"},
		{"seed", func(o *Options) { o.Seed = 7 }, "it has seed 1, not 7"},
		{"rows", func(o *Options) { o.Where = []string{"bright=1"} }, "other rows or other labels"},
		{"labels", func(o *Options) { o.Labels = []string{"ring"} }, `it has the labels ["core" "ring"], not ["0" "1"]`},
		{"task", func(o *Options) { o.Labels, o.Task = []string{"ring", "bright"}, "multilabel" }, "it has task classify, not multilabel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, catalogue, "class", out)
			o.Resume = true
			c.change(&o)
			o.Resume = c.name != "no --resume"
			wantError(t, Run(context.Background(), o), cli.Failed, c.want)
			if snapshot(t, out) != before {
				t.Error("the run folder was changed")
			}
		})
	}
	t.Run("pixels", func(t *testing.T) {
		o := options(t, catalogue, "class", out)
		o.Resume = true
		name := filepath.Join(filepath.Dir(catalogue), "images", "o03.fits")
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		defer os.WriteFile(name, file, 0o666)
		writePicture(t, name, sky(rand.New(rand.NewPCG(9, 9)), 1, 1))
		wantError(t, Run(context.Background(), o), cli.Failed, "other pixels")
	})
	// Where the pictures lie is no part of a run.
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(moved, os.DirFS(filepath.Dir(catalogue))); err != nil {
		t.Fatal(err)
	}
	o := options(t, filepath.Join(moved, "train.csv"), "class", out)
	o.Resume = true
	mustRun(t, o)
}

// Two runs do not write into one folder at once.
func TestRefusesSecondProcess(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	o := options(t, catalogue, "class", t.TempDir())
	o.Resume = true
	release, err := hold(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, o.Out)
	wantError(t, Run(context.Background(), o), cli.Failed, o.Out+": another vit-train is at work in it")
	if snapshot(t, o.Out) != before {
		t.Error("the run folder was changed")
	}
	release()
	mustRun(t, o)
	mustRun(t, o) // the first has let go of it
}

// wantError checks that an error is one line which says want, with its exit code.
func wantError(t *testing.T, err error, code int, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want %q", want)
	}
	if cli.Code(err) != code || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("exit code %d, want %d: %v", cli.Code(err), code, err)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v\ndoes not say %q", err, w)
		}
	}
}

// A consumer that leaves a loader early leaves no goroutine behind.
func TestLoaderStops(t *testing.T) {
	l := loaderOf(t, options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir()))
	before := runtime.NumGoroutine()
	for range 20 {
		for range l.epoch(0, 0) {
			break
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
