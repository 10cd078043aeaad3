package main

import (
	"context"
	"runtime"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/pack"
)

const packUsage = `Pack the many small files of a catalogue into a few large stacks.

  vit-train pack --catalog train.csv --out pack
  vit-train --catalog pack/catalog.csv --label A --out runs/a

pack/catalog.csv has all columns of the catalogue and is read wherever that is, with the
same results to the last bit; file_loc (or file_<band>), hdu and plane say where the
pixels are now: in FITS stacks of cutouts of one shape and pixel type. Pixels are stored
as they were, those of JPEG, PNG and TIFF files as bytes. After each stack comes the table
CUTOUTS, with the id and the sky coordinates of each. Exact copies are stored once.

Without --window images are packed whole. With it, what a model with such a window sees:
the middle of an image or, of one more than twice as large, the window at the row's x, y or
ra, dec. A model with a smaller window sees the same of it if both are even, or both odd.

Flags:`

func runPack(ctx context.Context, args []string, command *cli.Command) error {
	opt := pack.Options{Log: command.Log}
	flags := command.Flags("vit-train pack", packUsage)
	flags.StringVar(&opt.Catalog, "catalog", "", "catalogue of cutouts, or a folder of them")
	flags.StringArrayVar(&opt.Where, "where", nil, "take only the rows with COLUMN=VALUE; repeatable")
	flags.StringVar(&opt.Out, "out", "", "folder of the pack")
	flags.IntVar(&opt.Window, "window", 0, "side in pixels of what is taken of each image (0: all of it)")
	flags.BoolVar(&opt.Compress, "compress", false, "compress each cutout without loss (Rice; floating pixels: gzip)")
	flags.IntVar(&opt.MaxMiB, "max-size", 1024, "MiB of a stack, about")
	columnFlags(flags, &opt.IDColumn, &opt.FileColumn)
	flags.BoolVar(&opt.Strict, "strict", false, "a cutout that cannot be read is an error, not a line in the log")
	flags.IntVar(&opt.Workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on it")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if err := cli.NoArguments(flags); err != nil {
		return err
	}
	if opt.Catalog == "" || opt.Out == "" {
		return cli.Usagef("--catalog and --out are needed (--help lists the flags)")
	}
	if err := command.Begin(flags); err != nil {
		return err
	}
	return pack.Run(ctx, opt)
}
