// Make makes the project's own data with the simulator: the tile that vit-infer
// shows itself on, and labelled cutouts for vit-train.
//
//	go run ./testdata/make tile
//	go run ./testdata/make set --out runs/sky -n 1400
package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/renameio/v2"
	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/sim"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to make: tile or set")
	}
	flags := pflag.NewFlagSet("make "+args[0], pflag.ContinueOnError)
	switch args[0] {
	case "tile":
		out := flags.String("out", filepath.Join("testdata", "sky"), "folder for tile.fits and truth.csv")
		seed := flags.Uint64("seed", 12, "seed of the sky")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return makeTile(*out, *seed)
	case "set":
		out := flags.String("out", "", "folder for catalog.csv and cutouts/")
		n := flags.IntP("number", "n", 1400, "cutouts, the same number of each class")
		seed := flags.Uint64("seed", 1, "seed of the sky")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if *out == "" {
			return fmt.Errorf("--out is needed")
		}
		return makeSet(*out, *n, *seed)
	}
	return fmt.Errorf("%q is not something to make; there are tile and set", args[0])
}

// The tile's shape and where it is said to be on the sky.
const (
	side     = 512
	ra, dec  = 150.1, 2.2
	provider = "astrovit testdata/make"
)

func makeTile(out string, seed uint64) error {
	image, truth, err := tile(seed)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(out, "tile.fits"), image, 0o644); err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(out, "truth.csv"), truth, 0o644)
}

// tile is the tile as FITS and its objects as CSV.
func tile(seed uint64) (image, truth []byte, err error) {
	seen, objects := sim.Tile(sim.Ground, side, side, rand.New(rand.NewPCG(seed, 0)))
	scale := sim.Ground.PixelScale / 3600
	wcs := fits.NewTAN(side/2, side/2, ra, dec, [2][2]float64{{-scale, 0}, {0, scale}})
	var b, table bytes.Buffer
	if err := fits.WriteImages(&b, picture(seen, wcs.Cards(), seed)); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(&table, "id_str,x,y,ra,dec,label,flux_nmgy")
	for i, o := range objects {
		lon, lat, err := wcs.PixelToICRS(o.X, o.Y)
		if err != nil {
			return nil, nil, err
		}
		fmt.Fprintf(&table, "sim%03d,%.2f,%.2f,%.7f,%.7f,%s,%.2f\n", i, o.X, o.Y, lon, lat, o.Class, o.Flux)
	}
	return b.Bytes(), table.Bytes(), nil
}

func picture(c *sim.Canvas, wcs []fits.Card, seed uint64) fits.ImageHDU {
	cards := append([]fits.Card{
		{Key: "OBJECT", Value: "SIMULATED", Comment: "not a real sky"},
		{Key: "ORIGIN", Value: provider, Comment: "program that made this file"},
		{Key: "SIMSEED", Value: int(seed), Comment: "seed of the simulation"},
		{Key: "BUNIT", Value: "nanomaggy", Comment: "22.5 mag is 1"},
	}, wcs...)
	return fits.ImageHDU{Image: &fits.Image{Shape: []int{c.Height, c.Width}, Pixels: c.Float32()}, Header: cards}
}

// makeSet writes n cutouts. Each has a generator of its own, so that the set
// does not depend on the number of CPUs.
func makeSet(out string, n int, seed uint64) error {
	if err := os.MkdirAll(filepath.Join(out, "cutouts"), 0o777); err != nil {
		return err
	}
	var catalog bytes.Buffer
	fmt.Fprintln(&catalog, "id_str,file_loc,label")
	errs := make([]error, n)
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range n {
		class := sim.Classes[i%len(sim.Classes)]
		name := filepath.Join("cutouts", fmt.Sprintf("sky%06d.fits", i))
		fmt.Fprintf(&catalog, "sky%06d,%s,%s\n", i, name, class)
		free <- struct{}{}
		wait.Go(func() {
			errs[i] = makeCutout(filepath.Join(out, name), class, seed, uint64(i))
			<-free
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d cutouts and catalog.csv in %s\n", n, out)
	return renameio.WriteFile(filepath.Join(out, "catalog.csv"), catalog.Bytes(), 0o644)
}

func makeCutout(name string, class sim.Class, seed, i uint64) error {
	scale := sim.Ground.PixelScale / 3600
	seen := sim.Cutout(sim.Ground, 64, class, rand.New(rand.NewPCG(seed, 1+i)))
	wcs := fits.NewTAN(31.5, 31.5, ra, dec, [2][2]float64{{-scale, 0}, {0, scale}})
	var b bytes.Buffer
	if err := fits.WriteImages(&b, picture(seen, wcs.Cards(), seed)); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
