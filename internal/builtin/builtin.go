// Package builtin holds the model inside the binaries.
package builtin

import (
	"embed"
	"io/fs"
)

//go:embed default
var files embed.FS

// Default is the directory of the model that vit-infer uses without --model:
// morphologies of simulated galaxies in one band, 0.396 arcsec a pixel. The
// Makefile's target "model" makes it.
var Default = sub("default")

func sub(name string) fs.FS {
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return dir
}
