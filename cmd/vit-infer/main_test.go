package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
)

// The README's way from a tile to the windows that look like one of it.
func TestEmbeddingsThenSimilar(t *testing.T) {
	dir := t.TempDir()
	features := filepath.Join(dir, "features.parquet")
	var out, log bytes.Buffer
	if err := run(t.Context(), []string{"--out", filepath.Join(dir, "p.csv"), "--embeddings", features, "../../testdata/sky/tile.fits"}, cli.New(&out, &log)); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"similar", "--embeddings", features, "--k", "3", "tile_303.5_111.5"}, cli.New(&out, &log)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "tile_303.5_111.5,1,tile_") {
		t.Errorf("it says\n%s", out.String())
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"", "--samples 9 main.go", "--k 1 main.go", "similar", "similar x", "similar --samples 2 x", "models nothing"} {
		var out, log bytes.Buffer
		if err := run(t.Context(), strings.Fields(args), cli.New(&out, &log)); cli.Code(err) != cli.WrongUsage {
			t.Errorf("%q: %v", args, err)
		}
	}
	for args, words := range map[string][]string{
		"--help":         {"vit-infer similar", "--samples int", "turns and flips", "--embeddings string", "--detect-threshold float", "(default 1.5)", "(default 5)", "petrosian_radius"},
		"models":         {"sky: "},
		"models sky":     {"# sky: ", "## Limits"},
		"similar --help": {"vit-infer similar --embeddings FILE", "--k int", "(default 10)"},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(args), cli.New(&out, &out)); cli.Code(err) != cli.Done {
			t.Errorf("%s: %v", args, err)
		}
		for _, w := range words {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s does not say %q:\n%s", args, w, out.String())
			}
		}
	}
}
