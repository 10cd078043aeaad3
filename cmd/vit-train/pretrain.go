package main

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/train"
)

const pretrainUsage = `Pretrain a Vision Transformer on images without labels.

  vit-train pretrain --catalog images.csv --out runs/pre
  vit-train pretrain --catalog FOLDER --out runs/pre
  vit-train pretrain --out runs/pre [--window 64] TILE...
  vit-train --init runs/pre/best --catalog labelled.csv --label A --out runs/a

A masked autoencoder (He et al. 2021, arXiv:2111.06377): the model sees a quarter
of an image's patches and learns from what a small decoder makes of the others. A
catalogue needs no label column; a folder is searched for images; tiles are large
images that other windows are cut out of in each epoch, as many pixels wide as the
--window or else the model's input. The run folder gets best/ and last/ (model
directories without a classifier, for --init and for vit-infer --embeddings),
steps.jsonl, history.csv, curves.png and reconstructions.png.

Flags:`

func runPretrain(ctx context.Context, args []string, command *cli.Command) error {
	opt := train.PretrainOptions{Options: train.Options{Explicit: map[string]bool{}, Log: command.Log}}
	flags := command.Flags("vit-train pretrain", pretrainUsage)
	flags.StringVar(&opt.Catalog, "catalog", "", "catalogue of cutouts, or a folder of them")
	flags.StringArrayVar(&opt.Where, "where", nil, "take only the rows with COLUMN=VALUE; repeatable")
	flags.Float64Var(&opt.ValFraction, "val-fraction", 0.1, "part kept for validation, by a hash of the id; of tiles, by that of the place")
	flags.StringVar(&opt.Out, "out", "", "run folder")
	config := runFlags(flags, &opt.Options, command)
	train.RegisterPretraining(flags, &opt.Settings, &opt.Masking)
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	opt.Tiles = flags.Args()
	if err := readConfig(flags, *config); err != nil {
		return err
	}
	flags.Visit(func(f *pflag.Flag) { opt.Explicit[f.Name] = true })
	if opt.Catalog == "" && len(opt.Tiles) == 0 || opt.Out == "" {
		return cli.Usagef("--catalog or tiles, and --out are needed (--help lists the flags)")
	}
	return together(command, flags, &opt.Options, func() error { return train.Pretrain(ctx, opt) })
}
