// Make puts a model directory where it is embedded under a name, its weights
// rounded to bfloat16. A MODEL_CARD.md beside it, whose title is "# NAME: what it
// tells", is written by hand.
//
//	go run ./internal/builtin/make runs/cells/best sky
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/modeldir"
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
	return m.Write(filepath.Join("internal", "builtin", args[1]), safetensors.BF16)
}
