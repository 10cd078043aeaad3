package builtin

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/arcs"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// most is what all models together may take in the repository and in the binaries.
const most = 12 << 20

func TestModels(t *testing.T) {
	if !slices.Contains(Names(), Default) {
		t.Errorf("there is no model %q among %q", Default, Names())
	}
	total := 0
	for _, name := range Names() {
		dir, _ := Open(name)
		m, err := modeldir.Read(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if about := About(name); !strings.HasPrefix(about, name+": ") {
			t.Errorf("the card of %s has the title %q", name, about)
		}
		for _, part := range []string{"## Data", "## Model", "## Figures", "## Limits"} {
			if !strings.Contains(Card(name), "\n"+part+"\n") {
				t.Errorf("the card of %s has no part %q", name, part)
			}
		}
		// What was rounded to bfloat16 already is written as the same bytes.
		out := t.TempDir()
		if err := m.Write(out, safetensors.BF16); err != nil {
			t.Fatal(err)
		}
		rounded, err := os.ReadFile(filepath.Join(out, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		embedded, err := fs.ReadFile(dir, "model.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(rounded, embedded) {
			t.Errorf("the weights of %s are not bfloat16", name)
		}
	}
	err := fs.WalkDir(files, ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += int(info.Size())
		}
		return err
	})
	if err != nil || total > most {
		t.Errorf("the models take %d bytes, at most %d: %v", total, most, err)
	}
}

// A model that has seen pixels of one scale knows it: those of another survey get a flag.
func TestPixelScales(t *testing.T) {
	for name, want := range map[string]float64{"arcs": arcs.PixelScale, "radio": 1.8, "sky": 0.396, "morphology": 0} { // whose windows are scaled
		dir, _ := Open(name)
		m, err := modeldir.Read(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if m.Recipe.PixelScale != want {
			t.Errorf("%s: %g arcsec a pixel, want %g", name, m.Recipe.PixelScale, want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := func(name, file string) {
		t.Helper()
		if err := os.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, file), []byte("here"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	found := func(model string) string {
		t.Helper()
		dir, err := Find("model", model)
		if err != nil {
			t.Fatal(err)
		}
		text, err := fs.ReadFile(dir, "config.json")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := found(Default); got == "here" {
		t.Error("a name is not the built-in model")
	}
	if _, err := Find("model", "nowhere"); cli.Code(err) != cli.Failed || !strings.Contains(err.Error(), Default) {
		t.Errorf("what is nowhere: %v", err)
	}
	folder(Default, "notes.txt") // no model: nobody can mean it
	if got := found(Default); got == "here" {
		t.Error("a folder without a model hides the built-in one")
	}
	folder("mine", "config.json")
	if err := os.WriteFile(filepath.Join(Default, "config.json"), []byte("here"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Find("model", Default); cli.Code(err) != cli.WrongUsage {
		t.Errorf("a name with two meanings: %v", err)
	}
	for _, path := range []string{"./" + Default, "mine", "./mine"} {
		if got := found(path); got != "here" {
			t.Errorf("%s is not the directory", path)
		}
	}
}
