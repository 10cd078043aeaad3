// Vit-infer predicts with a Vision Transformer: catalogues, cutouts and survey
// tiles in, a catalogue out.
package main

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/internal/infer"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/vit"
)

const usage = `Predict with a Vision Transformer.

  vit-infer [--model MODEL] [--out predictions.csv] INPUT...
  vit-infer merge [--out catalogue.fits] FOLDER...   one catalogue of results in folders (merge --help)
  vit-infer models [NAME...]                     the built-in models, or all about some of them
  vit-infer similar --embeddings FILE ID...      the objects that look most alike (similar --help)

INPUT is a catalogue (CSV, FITS table or Parquet; each row one cutout: the middle
of its image or, of a tile, the window at the row's x, y or ra, dec) or image
files (FITS, JPEG, PNG, TIFF): a bare file is a cutout if its sides are at most
twice what the model sees, otherwise a tile, which is scanned, or visited at the
--positions or at the sources that --detect finds (to a model that was trained on
whole photos, a photo of any size is a cutout). 'tile.fits[NAME]' is one extension
of a file. Where each band has a file or an extension, {band} stands for its name,
as in tile-{band}.fits; in a catalogue the columns are file_<band>. Bands are
registered by their sky coordinates onto the pixels of the model's first band, and
x and y are in those. MODEL is a model
directory or one of the models in the binary, which models lists; a directory of
such a name is ./NAME. Without --model it is sky: morphologies of simulated
galaxies, for trying things out. Rows go to --out (.csv, .fits or .parquet) or as
CSV to standard output; to an --out that is a folder, as results/, each image's go
to a file of its own, the same command again does what is missing, and merge makes
one catalogue of them. Messages go to standard error.

Flags:`

func main() { os.Exit(cli.Main("vit-infer", run)) }

func run(ctx context.Context, args []string, command *cli.Command) error {
	if len(args) > 0 {
		switch args[0] {
		case "similar":
			return runSimilar(ctx, args[1:], command)
		case "merge":
			return runMerge(ctx, args[1:], command)
		case "models":
			return runModels(args[1:], command)
		}
	}
	opt := infer.Options{Detection: infer.Detection{Sources: detect.Default}, Stdout: command.Stdout, Log: command.Log}
	flags := command.Flags("vit-infer", usage)
	flags.StringVar(&opt.Model, "model", "", "model directory, or a built-in model: "+strings.Join(builtin.Names(), ", ")+" (default: "+builtin.Default+")")
	flags.StringVar(&opt.Out, "out", "", "file for the predictions: .csv, .fits or .parquet; or a folder, as results/, for a file a tile (default: CSV to standard output)")
	flags.StringVar(&opt.Shard, "shard", "", "i/n, with i from 0: of the parts of an --out that is a folder, do every n-th (default: this task's of a Slurm array, else 0/1)")
	flags.StringVar(&opt.As, "as", "", "take image files, or the rows of a catalogue, for a cutout or a tile (default: by their size)")
	flags.StringVar(&opt.Positions, "positions", "", "catalogue of positions (ra and dec, or x and y) to visit in each tile, with petrosian_radius (arcsec) for a model that scales its windows by it")
	flags.BoolVar(&opt.Detect, "detect", false, "visit the sources that are found in each tile; adds columns of what is measured of them")
	flags.StringVar(&opt.DetectBand, "detect-band", "", "band that sources are found in, by its name or its number from 0 (default: the middle one of the model's)")
	flags.Float64Var(&opt.Sources.Threshold, "detect-threshold", detect.Default.Threshold, "brightness of a source's pixels in standard deviations of the sky's noise")
	flags.IntVar(&opt.Sources.MinArea, "detect-min-area", detect.Default.MinArea, "pixels above the threshold that make a source")
	flags.BoolVar(&opt.Coverage, "coverage", false, "columns edge_fraction and mask_fraction: the parts of a window that lie beyond the tile, and that --mask and --weight exclude; --detect has them anyhow")
	flags.IntVar(&opt.Stride, "stride", 0, "pixels between the windows of a scan (0: half a window)")
	flags.IntVar(&opt.Samples, "samples", 0, "turns and flips of each image, up to 8, to predict from, with the spread over them (0: as many as the model was trained for, without; 1: the image alone)")
	flags.StringArrayVar(&opt.Prior, "prior", nil, "CLASS=FRACTION of the sky that is predicted, as lens=0.001, where that is not as in the catalogue that the model learned from; repeatable: classes that are not named share the rest")
	flags.StringVar(&opt.Embeddings, "embeddings", "", "file for the features that the model predicts from: .csv, .fits or .parquet; with an --out that is a folder, that folder")
	flags.StringVar(&opt.Attention, "attention", "", "folder for attention maps, a PNG and a FITS file a row; with an --out that is a folder, in a folder a tile")
	flags.StringVar(&opt.Heatmap, "heatmap", "", "folder for heat maps of scanned tiles, a FITS file a tile, a plane a class, a pixel a cell")
	flags.StringVar(&opt.Regions, "regions", "", "file of DS9 regions of the rows, a colour a class")
	flags.StringVar(&opt.Report, "report", "", "folder for a page to look at, index.html: the best candidates of each class, where they are on the tiles, distributions, and grading; of results in a folder, merge makes it")
	flags.StringVar(&opt.Mask, "mask", "", "where the mask of each image is, whose pixels are bad unless 0: '[EXTENSION]' of its file, or another file, as OLD=NEW to replace in the name")
	flags.StringVar(&opt.MaskBits, "mask-bits", "", "bits of the mask that count, as 0,3,7 (default: all)")
	flags.StringVar(&opt.Weight, "weight", "", "where the weight or variance of each image is, which has no data where that is not above 0; as --mask")
	flags.StringVar(&opt.Resample, "resample", string(pixels.Kernels[0]), "kernel that lays bands on the first one's pixels: lanczos3 or bilinear")
	flags.StringArrayVar(&opt.Where, "where", nil, "take only a catalogue's rows with COLUMN=VALUE; repeatable")
	flags.StringVar(&opt.IDColumn, "id-column", "", "column of the object's id (default: id_str, id or object_id)")
	flags.StringVar(&opt.FileColumn, "file-column", "", "column of the file (default: file_loc, file, filename, path or file_<band>)")
	flags.IntVar(&opt.Batch, "batch", 32, "images computed at once")
	flags.IntVar(&opt.Workers, "workers", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on it")
	flags.StringVar(&opt.Precision, "precision", string(vit.F32), "of the weights: f32, bf16 (half the memory) or int8 (faster)")
	flags.BoolVar(&opt.Strict, "strict", false, "a row that cannot be read is an error, not a flag")
	var limit time.Duration
	cli.DurationVar(flags, &limit, "time-limit", 0, "stop after so long, as 3h55m, 3:55:00 or 1-00:00:00; to an --out that is a folder, the same command again does what is missing (0: none)")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	opt.Inputs = flags.Args()
	if err := command.Begin(flags); err != nil {
		return err
	}
	return infer.Run(ctx, opt)
}
