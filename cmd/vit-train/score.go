package main

import (
	"context"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/train"
)

const scoreUsage = `Judge predictions by labels.

  vit-infer --model MODEL --out predictions.csv test.csv
  vit-train score --predictions predictions.csv --catalog test.csv --label A --out scores/

The rows of the two tables go together by their ids. The folder gets metrics.json,
with 95 % bootstrap intervals, and the plots that training makes of a test part.
Labelled rows without a prediction are left out and counted.

Flags:`

func runScore(ctx context.Context, args []string, command *cli.Command) error {
	opt := train.ScoreOptions{Options: train.Options{Log: command.Log}}
	flags := command.Flags("vit-train score", scoreUsage)
	flags.StringVar(&opt.Predictions, "predictions", "", "table that vit-infer wrote: .csv, .fits or .parquet")
	flags.StringVar(&opt.Catalog, "catalog", "", "catalogue with the labels, or a folder with a folder a class")
	flags.StringSliceVar(&opt.Labels, "label", nil, "label column; several for multilabel and regress (default: label, if there is such a column)")
	flags.StringVar(&opt.Task, "task", "classify", "classify, multilabel or regress")
	flags.StringArrayVar(&opt.Where, "where", nil, "take only the catalogue's rows with COLUMN=VALUE; repeatable")
	flags.StringVar(&opt.GroupColumn, "group-column", "", "column of what rows have in common, such as a lens's host: intervals resample groups")
	columnFlags(flags, &opt.IDColumn, &opt.FileColumn)
	flags.Uint64Var(&opt.Seed, "seed", 1, "seed of the intervals")
	flags.StringVar(&opt.Out, "out", "", "folder for metrics.json and the plots")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if err := cli.NoArguments(flags); err != nil {
		return err
	}
	if opt.Predictions == "" || opt.Catalog == "" || opt.Out == "" {
		return cli.Usagef("--predictions, --catalog and --out are needed (--help lists the flags)")
	}
	if err := command.Begin(flags); err != nil {
		return err
	}
	return train.Score(ctx, opt)
}
