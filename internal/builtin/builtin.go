// Package builtin holds the models inside the binaries: a directory a model,
// with its weights as bfloat16, compressed, and a MODEL_CARD.md that tells what it was
// trained on, how good it is and what it cannot do. The program in make puts one
// here; being a directory here is all that it takes.
package builtin

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/cli"
)

//go:embed */config.json */preprocessor_config.json */model.safetensors.gz */MODEL_CARD.md
var files embed.FS

// Default is the model that vit-infer uses without --model: morphologies of
// simulated galaxies in one band, 0.396 arcsec a pixel. The Makefile's target
// "model" makes it.
const Default = "sky"

const card = "MODEL_CARD.md"

// Names are the models' names, in alphabetical order.
func Names() []string {
	dirs, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	names := make([]string, len(dirs))
	for i, d := range dirs {
		names[i] = d.Name()
	}
	return names
}

// Open is the directory of a model; ok is false where there is none of the name.
func Open(name string) (dir fs.FS, ok bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return unpacked{dir}, true
}

// Find is the directory of what a flag says: a built-in model's name or a path.
// A name that is a model directory on disk as well is an error, since either may
// be meant: ./NAME is the one on disk.
func Find(flag, model string) (fs.FS, error) {
	dir, ok := Open(model)
	if !ok {
		if _, err := os.Stat(model); err != nil {
			return nil, fmt.Errorf("--%s: %w; the built-in models are %s", flag, err, strings.Join(Names(), ", "))
		}
		return os.DirFS(model), nil
	}
	if _, err := os.Stat(filepath.Join(model, "config.json")); err == nil {
		return nil, cli.Usagef("--%s %s is a built-in model and a directory here: write .%c%s for the directory, or run where there is none", flag, model, filepath.Separator, model)
	}
	return dir, nil
}

// Card is what is to be known of a model, in Markdown; empty where there is none
// of the name.
func Card(name string) string {
	text, err := files.ReadFile(name + "/" + card)
	if err != nil {
		return ""
	}
	return string(text)
}

// About is a model in a line: its card's title, "name: what it tells".
func About(name string) string {
	title, _, _ := strings.Cut(Card(name), "\n")
	return strings.TrimPrefix(title, "# ")
}
