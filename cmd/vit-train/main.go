// Vit-train trains a Vision Transformer on labelled cutouts.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/train"
)

const usage = `Train a Vision Transformer on labelled cutouts.

  vit-train --catalog train.csv --label A[,B...] --out runs/a
  vit-train --catalog FOLDER --out runs/a          (a folder a class)
  vit-train pretrain --catalog images.csv --out runs/pre      on images without labels (pretrain --help)
  vit-train pack --catalog train.csv --out pack     many small files into a few stacks (pack --help)
  vit-train score --predictions p.csv --catalog test.csv --label A --out scores     (score --help)

The catalogue is CSV, FITS or Parquet with the columns id_str and file_loc (or
file_<band>, one a band) and the label columns. The model sees the middle of each
image or, of one more than twice as large as the --window, the window at the row's
x, y or ra, dec where it has them. The run folder gets best/ and
last/ (model directories for vit-infer), steps.jsonl (a line a step, as the run goes),
history.csv, metrics.json, split.csv, plots and, of a test part, predictions.csv. With
--folds it gets fold-1/, fold-2/, ... like this, folds.csv, folds.json (means and
deviations) and predictions.csv of all rows.
With --resume the same command starts a run and, after whatever stopped it, goes on
to the same weights; checkpoints/ in the run folder is what it goes on from.
Under mpirun or srun, processes of a vit-train that is built with -tags mpi train one model together, each on its
share of every batch.
`

func main() { os.Exit(cli.Main("vit-train", run)) }

func run(ctx context.Context, args []string, command *cli.Command) error {
	if len(args) > 0 {
		switch args[0] {
		case "pretrain":
			return runPretrain(ctx, args[1:], command)
		case "pack":
			return runPack(ctx, args[1:], command)
		case "score":
			return runScore(ctx, args[1:], command)
		}
	}
	opt := train.Options{Explicit: map[string]bool{}, Log: command.Log}
	flags := command.Flags("vit-train", usage+"\n"+train.RecipeHelp()+"\n\nFlags:")
	flags.StringVar(&opt.Catalog, "catalog", "", "catalogue of labelled cutouts, or a folder with a folder a class")
	flags.StringSliceVar(&opt.Labels, "label", nil, "label column, or a pattern such as 'bar_*'; several for multilabel, regress and votes (default: label, if there is such a column)")
	flags.StringVar(&opt.Task, "task", "classify", "classify, multilabel, regress, or votes (numbers of votes in columns called question_answer)")
	flags.StringArrayVar(&opt.AskedAfter, "asked-after", nil, "QUESTION=ANSWER: votes are asked for QUESTION only after the column ANSWER; repeatable")
	flags.StringArrayVar(&opt.Where, "where", nil, "take only the rows with COLUMN=VALUE; repeatable")
	flags.StringVar(&opt.ValCatalog, "val-catalog", "", "validation catalogue (default: a part of --catalog)")
	flags.StringArrayVar(&opt.ValWhere, "val-where", nil, "rows of --val-catalog (default: --catalog) to validate on, and not to train on; repeatable")
	flags.Float64Var(&opt.ValFraction, "val-fraction", 0.1, "part of --catalog kept for validation, by a hash of the id, unless something else says what to validate on")
	flags.StringVar(&opt.TestCatalog, "test-catalog", "", "catalogue that is scored once, at the end")
	flags.StringArrayVar(&opt.TestWhere, "test-where", nil, "rows of --test-catalog (default: --catalog) to score at the end, and not to train on; repeatable")
	flags.Float64Var(&opt.TestFraction, "test-fraction", 0, "part of --catalog kept aside and scored once, at the end")
	flags.StringVar(&opt.SplitColumn, "split-column", "split", "column of --catalog that says train, val or test, where there is one and no flag says the same; '' for none")
	flags.StringVar(&opt.GroupColumn, "group-column", "", "column of what rows have in common, such as a lens's host: they stay in one part or fold, and intervals resample groups")
	flags.IntVar(&opt.Folds, "folds", 0, "cross-validate: a model for each of so many parts of --catalog, by a hash of the id, which it is tested on (0: one model)")
	flags.IntVar(&opt.Fold, "fold", 0, "run only this one of the --folds, from 1 (0: all)")
	flags.StringVar(&opt.Out, "out", "", "run folder")
	flags.StringVar(&opt.Recipe, "recipe", "auto", "training settings for about so many labels: "+strings.Join(train.RecipeNames, ", "))
	config := runFlags(flags, &opt, command)
	opt.Settings.Register(flags)
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if err := cli.NoArguments(flags); err != nil {
		return err
	}
	if err := readConfig(flags, *config); err != nil {
		return err
	}
	flags.Visit(func(f *pflag.Flag) { opt.Explicit[f.Name] = true })
	if opt.Catalog == "" || opt.Out == "" {
		return cli.Usagef("--catalog and --out are needed (--help lists the flags)")
	}
	return together(command, flags, &opt, func() error { return train.Run(ctx, opt) })
}

// cacheMiB is the --cache where there is memory enough.
const cacheMiB = 2048

// runFlags adds the flags that say how a run goes, whatever it learns, and gives the value of --config.
func runFlags(flags *pflag.FlagSet, opt *train.Options, command *cli.Command) (config *string) {
	cache := cacheMiB
	if half := command.Share.Memory >> 21; half > 0 {
		cache = int(min(cacheMiB, half))
	}
	flags.Uint64Var(&opt.Seed, "seed", 1, "seed of weights, order and augmentation")
	flags.IntVar(&opt.Workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on it")
	columnFlags(flags, &opt.IDColumn, &opt.FileColumn)
	flags.IntVar(&opt.CacheMiB, "cache", cache, "MiB of memory for prepared cutouts, not more than half of what there is unless you say so; what does not fit is read again every epoch")
	flags.BoolVar(&opt.Strict, "strict", false, "a cutout that cannot be read is an error, not a line in the log")
	flags.BoolVar(&opt.Resume, "resume", false, "go on from the run folder's newest checkpoint that is not damaged, or start where there is none")
	cli.DurationVar(flags, &opt.CheckpointEvery, "checkpoint-every", 0, "time between checkpoints; the result does not depend on it (0: a minute, or 100 times as long as it takes to write one)")
	flags.IntVar(&opt.Keep, "keep", 2, "newest checkpoints to keep")
	cli.DurationVar(flags, &opt.TimeLimit, "time-limit", 0, "stop with everything saved before the process has run for so long, as 3h55m, 3:55:00 or 1-00:00:00 (0: none)")
	return flags.String("config", "", "TOML file with flags as keys; the command line wins")
}

// columnFlags adds the flags that name a catalogue's columns.
func columnFlags(flags *pflag.FlagSet, id, file *string) {
	flags.StringVar(id, "id-column", "", "column of the object's id (default: id_str, id or object_id)")
	flags.StringVar(file, "file-column", "", "column of the file (default: file_loc, file, filename, path or file_<band>)")
}

// begin is what comes before a run, of which all flags are known.
func begin(command *cli.Command, flags *pflag.FlagSet, opt train.Options) error {
	if err := command.Begin(flags); err != nil {
		return err
	}
	if opt.CacheMiB < cacheMiB && !flags.Changed("cache") {
		command.Log.Info(fmt.Sprintf("--cache is %d MiB, half of the memory there is, not %d", opt.CacheMiB, cacheMiB), "cache", opt.CacheMiB)
	}
	return nil
}

// readConfig sets the flags that a TOML file names and the command line does not.
func readConfig(flags *pflag.FlagSet, name string) error {
	if name == "" {
		return nil
	}
	var values map[string]any
	if _, err := toml.DecodeFile(name, &values); err != nil {
		return cli.Usagef("--config %s: %v", name, err)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		flag := flags.Lookup(key)
		if flag == nil || key == "config" {
			return cli.Usagef("--config %s: there is no flag --%s", name, key)
		}
		if flag.Changed {
			continue
		}
		var list []any
		_, many := flag.Value.(pflag.SliceValue)
		switch value := values[key].(type) {
		case []any:
			list = value
		case map[string]any, []map[string]any:
			return cli.Usagef("--config %s: %s is no table", name, key)
		default:
			list, many = []any{value}, true
		}
		if !many {
			return cli.Usagef("--config %s: %s takes one value, not a list", name, key)
		}
		for _, v := range list {
			if err := flags.Set(key, fmt.Sprint(v)); err != nil {
				return cli.Usagef("--config %s: %v", name, err)
			}
		}
	}
	return nil
}
