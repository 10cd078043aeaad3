// Make copies a model directory to where it is embedded, its weights rounded
// to bfloat16.
//
//	go run ./internal/builtin/make runs/sky/best internal/builtin/default
package main

import (
	"fmt"
	"os"

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
		return fmt.Errorf("want two arguments: the model directory, and where it is to go")
	}
	m, err := modeldir.Read(os.DirFS(args[0]), args[0])
	if err != nil {
		return err
	}
	return m.Write(args[1], safetensors.BF16)
}
