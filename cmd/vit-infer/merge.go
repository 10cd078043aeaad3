package main

import (
	"context"
	"runtime"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/merge"
)

const mergeUsage = `Join the results of vit-infer --out FOLDER/ into one catalogue of the sky.

  vit-infer merge [--out catalogue.fits] FOLDER...

All that the plans in the folders say there should be must be there, of the same
model and settings. Rows come in the order of the inputs, whatever the number of
shards. Of rows of different images that are within the radius of each other on
the sky the best stays: with a prediction, with the fewest flags, farthest from
its tile's edge, the first; its column merged says how many rows it stands for.
Rows of one image, or of one catalogue of cutouts, are never merged. An image that
could not be read is a row with the flag unreadable.

Flags:`

func runMerge(ctx context.Context, args []string, command *cli.Command) error {
	opt := merge.Options{Stdout: command.Stdout, Log: command.Log}
	flags := command.Flags("vit-infer merge", mergeUsage)
	flags.StringVar(&opt.Out, "out", "", "file for the catalogue: .csv, .fits or .parquet (default: CSV to standard output)")
	flags.Float64Var(&opt.Radius, "radius", -1, "arcsec within which rows of different images are one, 0 for none (below 0: half the diagonal of a scan's cell, else 2 pixels)")
	flags.StringVar(&opt.Embeddings, "embeddings", "", "file for the features, if the results were made with --embeddings: .csv, .fits or .parquet")
	flags.StringVar(&opt.Regions, "regions", "", "file of DS9 regions, a colour a class")
	flags.StringVar(&opt.Report, "report", "", "folder for a page to look at, index.html; it opens the images of its candidates and tiles again, by the names that the runs were told")
	flags.StringVar(&opt.Model, "model", "", "model that the results are of, for --report (default: where the runs have found it)")
	flags.IntVar(&opt.Workers, "workers", runtime.GOMAXPROCS(0), "goroutines that draw the pictures of --report")
	flags.BoolVar(&opt.Partial, "partial", false, "merge what is there, although results are missing")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	opt.Folders = flags.Args()
	if err := command.Begin(flags); err != nil {
		return err
	}
	return merge.Run(ctx, opt)
}
