// Make makes the project's own data with its simulator: the tile that vit-infer shows itself on, labelled cutouts for
// vit-train, pictures of the classes and of the tile, and hosts with and without lensed arcs (package arcs).
//
//	go run ./testdata/make tile
//	go run ./testdata/make set --out runs/sky -n 1200
//	go run ./testdata/make sheet --out sheet.png
//	go run ./cmd/vit-infer --out p.csv testdata/sky/tile.fits && go run ./testdata/make picture --predictions p.csv
//	go run ./testdata/make arcs --hosts ../shared/data/des-hosts --out runs/arcs --lenses 10000 --others 10000
//	go run ./testdata/make arcs --hosts ../shared/data/des-hosts --out runs/arcs-test --others 100000 --splits test
//	go run ./testdata/make arcs --hosts ../shared/data/des-hosts --sheet arcs.png
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/pflag"
)

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	what := ""
	if len(args) > 0 {
		what, args = args[0], args[1:]
	}
	flags := pflag.NewFlagSet("make "+what, pflag.ContinueOnError)
	seed := flags.Uint64("seed", 1, "seed of the simulation; the same seed makes the same files")
	switch what {
	case "tile":
		out := flags.String("out", "testdata/sky", "folder for tile.fits and truth.csv")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return writeTile(*out, *seed)
	case "set":
		out := flags.String("out", "", "folder for catalog.csv and cutouts/ (required)")
		n := flags.IntP("number", "n", 1200, "number of cutouts, classes in turn")
		workers := flags.Int("workers", runtime.GOMAXPROCS(0), "cutouts made at the same time")
		if err := flags.Parse(args); err != nil {
			return err
		}
		if *out == "" || *n < 1 || *workers < 1 {
			return errors.New("set needs --out DIR, and -n and --workers of at least 1")
		}
		return writeSet(*out, *n, *seed, *workers)
	case "sheet":
		out := flags.String("out", "sheet.png", "PNG file: a row a class")
		columns := flags.Int("columns", 10, "cutouts of each class")
		if err := flags.Parse(args); err != nil {
			return err
		}
		if *columns < 1 {
			return errors.New("sheet needs --columns of at least 1")
		}
		return writeSheet(*out, *columns, *seed)
	case "picture":
		out := flags.String("out", "testdata/sky/catalogue.png", "PNG file: the tile with the predictions drawn in")
		tile := flags.String("tile", "testdata/sky/tile.fits", "simulated tile")
		predictions := flags.String("predictions", "", "what vit-infer says of the tile, CSV (required)")
		if err := flags.Parse(args); err != nil {
			return err
		}
		if *predictions == "" {
			return errors.New("picture needs --predictions FILE")
		}
		return writePicture(*out, *tile, *predictions)
	case "arcs":
		return runArcs(flags, args, seed)
	}
	return fmt.Errorf("say what to make: tile, set, sheet, picture or arcs; have %q", what)
}
