package main

import (
	"context"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/similar"
)

const similarUsage = `Find the objects whose features are most like those of given ones.

  vit-infer similar --embeddings FILE [--k 10] ID...

FILE is what --embeddings of vit-infer wrote, or any catalogue with an id column
and features: columns feat_0, feat_1, ..., or feat, a FITS column of vectors. For
each ID, CSV rows go to standard output: the nearest other objects of FILE by
cosine similarity, the nearest first.

Flags:`

func runSimilar(ctx context.Context, args []string, command *cli.Command) error {
	opt := similar.Options{Stdout: command.Stdout}
	flags := command.Flags("vit-infer similar", similarUsage)
	flags.StringVar(&opt.Embeddings, "embeddings", "", "file of features")
	flags.IntVar(&opt.Neighbours, "k", 10, "neighbours of each object")
	flags.StringVar(&opt.IDColumn, "id-column", "", "column of the object's id (default: id_str, id or object_id)")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	opt.IDs = flags.Args()
	if err := command.Begin(flags); err != nil {
		return err
	}
	return similar.Run(ctx, opt)
}
