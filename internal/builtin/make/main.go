// Make puts a model directory where it is embedded under a name, its weights
// rounded to bfloat16 and compressed. A MODEL_CARD.md beside it, whose title is "# NAME: what it
// tells", is written by hand.
//
//	go run ./internal/builtin/make runs/cells/best sky
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/vit/safetensors"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want two arguments: the model directory, and the name that it gets")
	}
	m, err := modeldir.Read(os.DirFS(args[0]), args[0])
	if err != nil {
		return err
	}
	dir := filepath.Join("internal", "builtin", args[1])
	if err := m.Write(dir, safetensors.BF16); err != nil {
		return err
	}
	return pack(filepath.Join(dir, "model.safetensors"))
}

// pack puts FILE.gz in the place of a file.
func pack(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	err = whole.Write(file+".gz", func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(data); err != nil {
			return err
		}
		return z.Close()
	})
	if err != nil {
		return err
	}
	return os.Remove(file)
}
