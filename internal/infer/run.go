// Package infer is the program vit-infer: a model, and catalogues, cutouts or
// survey tiles in; a catalogue of predictions out.
package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

// What a bare file is taken for.
const (
	AsCutout = "cutout"
	AsTile   = "tile"
)

// Options are what a run is told.
type Options struct {
	Model     string // a built-in model's name, or a directory; empty: builtin.Default
	Inputs    []string
	Out       string // file; empty: CSV to Stdout
	As        string // AsCutout or AsTile; empty: by the size
	Positions string // catalogue of places to visit in tiles; empty: scan them
	Detection
	Coverage   bool   // columns of the parts of a window without data, which Detect has anyhow
	Stride     int    // of the scan, in the tile's pixels; 0: half the window
	Samples    int    // turns and flips of each image to predict from; 0: the image alone, as with 1
	Embeddings string // file for the features; empty: none
	Attention  string // folder for attention maps; empty: none
	Mask       string // where each image's mask is, as pixels.Plane; empty: none
	MaskBits   string // of the mask that count, as 0,3,7; empty: all
	Weight     string // where each image's weight is, as pixels.Plane; empty: none
	Resample   string // one of pixels.Kernels; empty: the first
	Where      []string
	IDColumn   string
	FileColumn string
	Precision  string // of the weights, one of vit.Precisions; empty: the first
	Batch      int
	Workers    int
	Strict     bool

	Stdout, Log io.Writer
}

func (o Options) validate() error {
	switch {
	case len(o.Inputs) == 0:
		return cli.Usagef("name a catalogue or image files (--help shows how)")
	case o.As != "" && o.As != AsCutout && o.As != AsTile:
		return cli.Usagef("--as is %q; it must be %s or %s", o.As, AsCutout, AsTile)
	case o.Positions != "" && o.As == AsCutout:
		return cli.Usagef("--positions are visited in tiles; with --as cutout there is none")
	case o.Batch < 1 || o.Workers < 1:
		return cli.Usagef("--batch and --workers must be at least 1")
	case !slices.Contains(vit.Precisions, o.precision()):
		return cli.Usagef("--precision: no precision %q; there are %q", o.Precision, vit.Precisions)
	case o.Stride < 0:
		return cli.Usagef("--stride must not be negative")
	case o.Samples < 0:
		return cli.Usagef("--samples must be at least 1")
	case o.Out != "" && filepath.Clean(o.Out) == filepath.Clean(o.Embeddings):
		return cli.Usagef("--out and --embeddings are both %s", o.Out)
	}
	for _, out := range o.targets() {
		if catalog.Format(out.name) == "" {
			return cli.Usagef("%s %s: the name must end in .csv, .fits or .parquet", out.flag, out.name)
		}
	}
	return nil
}

// target is a file to be written, and the flag that names it.
type target struct{ flag, name string }

func (o Options) targets() []target {
	all := []target{{"--out", o.Out}, {"--embeddings", o.Embeddings}}
	return slices.DeleteFunc(all, func(t target) bool { return t.name == "" })
}

func (o Options) precision() vit.Precision {
	if o.Precision == "" {
		return vit.Precisions[0]
	}
	return vit.Precision(o.Precision)
}

// run is an inference under way.
type run struct {
	Options
	model     *modeldir.Model
	predictor *vit.Predictor
	tables    []*catalog.Writer // of all rows: the features, if they are asked for, and the predictions
	reading   pixels.Reading
	given     []string // files that the command line names to be read
	where     []catalog.Where
	positions []catalog.Object
	visited   []bool // positions that were on some tile
	attention *attention
	band      int // that sources are detected in
	total     int // rows to come, 0 if that is not known
	bar       *progress.Bar
	rows      int
	failed    int
	firstErr  error
}

// Run predicts. Rows come in the order of the inputs, whatever the number of
// workers. The output appears when all is done, or not at all.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	r := &run{Options: o}
	if r.where, err = catalog.ParseWheres(o.Where); err != nil {
		return cli.Usagef("%v", err)
	}
	if r.reading, err = o.howToRead(); err != nil {
		return err
	}
	if r.model, err = o.openModel(); err != nil {
		return err
	}
	if err := r.checkDetection(); err != nil {
		return err
	}
	if err := r.checkFiles(); err != nil {
		return err
	}
	if err := r.checkOutputs(); err != nil {
		return err
	}
	if o.Positions != "" {
		if r.positions, err = readPositions(o); err != nil {
			return err
		}
		r.visited = make([]bool, len(r.positions))
	}
	if o.Attention != "" {
		if r.attention, err = newAttention(o.Attention, r.model.Net); err != nil {
			return err
		}
	}
	if err := r.checkSamples(); err != nil {
		return err
	}
	defer r.abort() // what is not closed
	if err := r.create(); err != nil {
		return err
	}
	predictor := vit.NewPredictorInPlace
	if r.attention != nil { // which needs the weights, too
		predictor = vit.NewPredictor
	}
	r.predictor = predictor(r.model.Net, o.precision(), min(o.Workers, o.Batch)) // more have nothing to do
	defer r.predictor.Close()
	fmt.Fprintf(o.Log, "%s: %d parameters, input %v of %d bands, kernels %s, precision %s, %d workers\n",
		o.modelName(), r.model.Net.Config.Count(), r.model.Net.Config.Grid.Shape, r.model.Net.Config.Grid.Channels, simd.Level(), o.precision(), o.Workers)
	if err := r.process(ctx); err != nil {
		return err
	}
	changed := 0
	for _, table := range r.tables {
		if err := table.Close(); err != nil {
			return err
		}
		changed += table.Changed()
	}
	if n := r.elsewhere(); n > 0 {
		fmt.Fprintf(o.Log, "%d of %d positions are not on the sky of any input\n", n, len(r.positions))
	}
	if changed > 0 {
		fmt.Fprintf(o.Log, "%d texts have \"?\" for characters that FITS cannot hold; .csv and .parquet can\n", changed)
	}
	if r.failed > 0 && r.failed == r.rows {
		fmt.Fprintf(o.Log, "none of the %d rows could be read; the first: %v\n", r.rows, r.firstErr)
	}
	return nil
}

// create begins the files. That of the predictions is the last to appear.
func (r *run) create() error {
	for _, out := range r.targets() {
		whole.Sweep(out.name) // of a run that was killed
	}
	if r.Embeddings != "" {
		if err := r.add(catalog.NewWriter(r.Embeddings, catalog.Embeddings(r.model.Net.Config.Dim))); err != nil {
			return err
		}
	}
	if r.model.Task == "" {
		return nil
	}
	layout, err := r.layout()
	if err != nil {
		return err
	}
	if r.Out == "" {
		return r.add(catalog.NewStreamWriter(r.Stdout, layout))
	}
	return r.add(catalog.NewWriter(r.Out, layout))
}

// checkOutputs refuses to predict with a model that has no outputs, as one that was pretrained only.
func (r *run) checkOutputs() error {
	if r.model.Task != "" || r.Out == "" && (r.Embeddings != "" || r.Attention != "") {
		return nil
	}
	return fmt.Errorf("%s has features but no classifier, and predicts nothing: fine-tune it first (vit-train --init), or ask for --embeddings without --out",
		r.modelName())
}

func (r *run) add(table *catalog.Writer, err error) error {
	if err == nil {
		r.tables = append(r.tables, table)
	}
	return err
}

func (r *run) abort() {
	for _, table := range r.tables {
		table.Abort()
	}
}

// elsewhere counts the positions that were not on any tile.
func (r *run) elsewhere() (n int) {
	for _, v := range r.visited {
		if !v {
			n++
		}
	}
	return n
}

func (o Options) modelName() string {
	name := cmp.Or(o.Model, builtin.Default)
	if _, ok := builtin.Open(name); ok {
		return "built-in model " + name
	}
	return name
}

func (o Options) openModel() (*modeldir.Model, error) {
	dir, _ := builtin.Open(builtin.Default)
	if o.Model != "" {
		var err error
		if dir, err = builtin.Find(o.Model); err != nil {
			return nil, err
		}
	}
	m, err := modeldir.Read(dir, o.modelName())
	if err != nil && errors.Is(err, fs.ErrNotExist) {
		if _, inside := os.Stat(o.Model + "/best/config.json"); inside == nil {
			return nil, fmt.Errorf("%w; it is a run folder: take %s/best", err, o.Model)
		}
	}
	return m, err
}

func readPositions(o Options) ([]catalog.Object, error) {
	table, err := catalog.Read(o.Positions)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	return table.Positions(catalog.Columns{ID: o.IDColumn})
}
