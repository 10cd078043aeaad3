package train

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit"
)

// Whatever the size of the pictures, what --init gives keeps its own unless --image-size says otherwise.
func TestInitKeepsItsSize(t *testing.T) {
	long(t)
	first := options(t, cutouts(t, 12, 1, ".fits"), "class", t.TempDir(), "--epochs=1")
	mustRun(t, first)
	next := startingFrom(filepath.Join(first.Out, "best"), options(t, first.Catalog, "class", t.TempDir(), "--epochs=1"))
	delete(next.Explicit, "image-size")
	mustRun(t, next)
	for _, run := range []Options{first, next} {
		m, err := modeldir.Read(os.DirFS(filepath.Join(run.Out, "best")), "best")
		if err != nil {
			t.Fatal(err)
		}
		if shape := m.Net.Config.Grid.Shape; !slices.Equal(shape, []int{16, 16}) {
			t.Errorf("the input is %v", shape)
		}
	}
}

// A model is fine-tuned to other classes, other bands and another size, and
// starts from the weights that it was given.
func TestInit(t *testing.T) {
	long(t)
	first := options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir())
	mustRun(t, first)
	best := filepath.Join(first.Out, "best")

	next := startingFrom(best, options(t, cutouts(t, 24, 3, ".fits"), "size,bright", t.TempDir(), "--image-size=24", "--lr=1e-9", "--min-lr=0"))
	next.Task = "regress"
	mustRun(t, next)
	a, err := modeldir.Read(os.DirFS(best), best)
	if err != nil {
		t.Fatal(err)
	}
	b, err := modeldir.Read(os.DirFS(filepath.Join(next.Out, "last")), "last")
	if err != nil {
		t.Fatal(err)
	}
	if c := b.Net.Config; c.Grid.Channels != 3 || !slices.Equal(c.Grid.Shape, []int{24, 24}) || c.Classes != 4 || c.Dim != a.Net.Config.Dim {
		t.Errorf("the fine-tuned model is %+v", c)
	}
	for i, x := range a.Net.Params.Tensors() {
		y := b.Net.Params.Tensors()[i]
		if x.Name != "vit.encoder.layer.0.intermediate.dense.weight" {
			continue
		}
		for j := range x.Data {
			if d := x.Data[j] - y.Data[j]; d > 1e-6 || d < -1e-6 {
				t.Fatalf("%s starts from other weights", x.Name)
			}
		}
		break
	}

	// It stops and goes on like any other run.
	want := bits(t, next.Out)
	next.Out, next.Resume, next.Workers = t.TempDir(), true, 1
	if err := stopAfter(next, 24+3+2); cli.Code(err) != cli.Interrupted {
		t.Fatal(err)
	}
	if err := Run(context.Background(), next); err != nil {
		t.Fatal(err)
	}
	if bits(t, next.Out) != want {
		t.Error("stopped and resumed, a fine-tuned model is another")
	}
}

// Without a word about weights or the model's shape, classes start from a built-in model, whatever folder there is of its name.
func TestStarter(t *testing.T) {
	long(t)
	t.Chdir(t.TempDir())
	writeText(t, filepath.Join(starter, "config.json"), "another model")
	o := options(t, cutouts(t, 12, 1, ".fits"), "class", t.TempDir(), "--epochs=1", "--lr=1e-9", "--min-lr=0")
	for _, name := range append(fromInit, "image-size") {
		delete(o.Explicit, name)
	}
	log := mustRun(t, o)
	if !strings.Contains(log, "weights of "+starter) {
		t.Errorf("the log does not say where the weights come from:\n%s", log)
	}
	dir, _ := builtin.Open(starter)
	var nets [2]*modeldir.Model
	for i, files := range []fs.FS{dir, os.DirFS(filepath.Join(o.Out, "last"))} {
		var err error
		if nets[i], err = modeldir.Read(files, starter); err != nil {
			t.Fatal(err)
		}
	}
	const probed = "vit.encoder.layer.0.intermediate.dense.weight"
	at := slices.IndexFunc(nets[0].Net.Params.Tensors(), func(x vit.Tensor) bool { return x.Name == probed })
	a, b := nets[0].Net.Params.Tensors()[at], nets[1].Net.Params.Tensors()[at]
	for j := range a.Data {
		if d := a.Data[j] - b.Data[j]; d > 1e-6 || d < -1e-6 {
			t.Fatalf("%s starts from other weights than those of %s", probed, starter)
		}
	}
	if settings, err := os.ReadFile(filepath.Join(o.Out, settingsFile)); err != nil || !strings.Contains(string(settings), "init = \""+starter+"\"") {
		t.Errorf("%s does not say where the weights come from (%v):\n%s", settingsFile, err, settings)
	}
}
