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
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/regions"
	"github.com/astrovit/astrovit/internal/report"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

// What a bare file is taken for.
const (
	AsCutout = "cutout"
	AsTile   = "tile"
)

// Options are what a run is told. The results of a job depend on those that have
// the name of their flag beside them, which are the settings of its plan, and on
// Inputs.
type Options struct {
	Model     string   `json:"-"` // a built-in model's name, or a directory; empty: builtin.Default
	Inputs    []string `json:"-"`
	Out       string   `json:"-"`  // file, or a folder: see IsFolder; empty: CSV to Stdout
	Shard     string   `json:"-"`  // i/n, as job.ParseShard; empty: what Slurm says; without a folder for Out: none
	As        string   `json:"as"` // AsCutout or AsTile; empty: by the size
	Positions string   `json:"-"`  // catalogue of places to visit in tiles; empty: scan them
	Detection
	Coverage   bool     `json:"coverage"`        // columns of the parts of a window without data, which Detect has anyhow
	Stride     int      `json:"stride"`          // of the scan, in the tile's pixels; 0: half the window
	Samples    int      `json:"samples"`         // turns and flips of each image to predict from, with the spread over them if more than 1; 0: the model's, without
	Prior      []string `json:"prior,omitempty"` // CLASS=FRACTION, of the sky; empty: those of the model's catalogue
	Embeddings string   `json:"-"`               // file for the features, or Out if that is a folder; empty: none
	Attention  string   `json:"-"`               // folder for attention maps, of a job a folder a part in it; empty: none
	Heatmap    string   `json:"-"`               // folder for heat maps of scanned tiles; empty: none
	Regions    string   `json:"-"`               // file for DS9 regions of the rows; empty: none
	Report     string   `json:"-"`               // folder for a page to look at; empty: none
	Mask       string   `json:"mask"`            // where each image's mask is, as pixels.Plane; empty: none
	MaskBits   string   `json:"mask-bits"`       // of the mask that count, as 0,3,7; empty: all
	Weight     string   `json:"weight"`          // where each image's weight is, as pixels.Plane; empty: none
	Resample   string   `json:"resample"`        // one of pixels.Kernels; empty: the first
	Where      []string `json:"-"`
	IDColumn   string   `json:"-"`
	FileColumn string   `json:"-"`
	Precision  string   `json:"precision"` // of the weights, one of vit.Precisions; empty: the first
	Batch      int      `json:"-"`
	Workers    int      `json:"-"`
	Strict     bool     `json:"-"`

	Stdout io.Writer    `json:"-"`
	Log    *slog.Logger `json:"-"`
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
		return cli.Usagef("--samples must not be negative")
	case IsFolder(o.Out) && o.Embeddings != "" && filepath.Clean(o.Out) != filepath.Clean(o.Embeddings):
		return cli.Usagef("--out %s is a folder of results, a file a tile, beside which the features go: say --embeddings %[1]s, and vit-infer merge --embeddings %s makes one file of them",
			o.Out, o.Embeddings)
	case IsFolder(o.Out) && o.Regions != "":
		return cli.Usagef("--out %s is a folder of results, each of some tiles; vit-infer merge --regions %s %[1]s makes one file of all, when they are done", o.Out, o.Regions)
	case IsFolder(o.Out) && o.Report != "":
		return cli.Usagef("--out %s is a folder of results, each of some tiles; vit-infer merge --report %s %[1]s makes one page of all, when they are done", o.Out, o.Report)
	case !IsFolder(o.Out) && o.Shard != "":
		return cli.Usagef("--shard is of results in a folder: --out must name one, as results/")
	}
	for _, out := range o.tablesToWrite() {
		if catalog.Format(out.Name) == "" {
			orElse := ""
			if out.Flag == "--out" {
				orElse = ", or in / to be a folder"
			}
			return cli.Usagef("%s %s: the name must end in .csv, .fits or .parquet%s", out.Flag, out.Name, orElse)
		}
	}
	return cli.Distinct(o.targets()...)
}

// tablesToWrite are the tables that a run writes at its end.
func (o Options) tablesToWrite() []cli.Output {
	if IsFolder(o.Out) {
		return nil
	}
	all := []cli.Output{{Flag: "--out", Name: o.Out}, {Flag: "--embeddings", Name: o.Embeddings}}
	return slices.DeleteFunc(all, func(t cli.Output) bool { return t.Name == "" })
}

// targets are all files that a run writes at its end.
func (o Options) targets() []cli.Output {
	if o.Regions == "" {
		return o.tablesToWrite()
	}
	return append(o.tablesToWrite(), cli.Output{Flag: "--regions", Name: o.Regions})
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
	tables    []*catalog.Writer // of all rows, or those of a job's part: the features, if they are asked for, and the predictions
	job       *theJob           // nil unless Out is a folder
	reading   pixels.Reading
	given     []string // files that the command line names to be read
	where     []catalog.Where
	positions []catalog.Object
	visited   []bool // positions that were on some tile
	attention *attention
	heatmaps  *heatmaps
	regions   *regions.Writer
	report    *report.Report // nil if nobody asks
	columns   catalog.Layout // of the predictions
	band      int            // that sources are detected in
	samples   int            // turns and flips of each image
	total     int            // rows to come, 0 if that is not known
	bar       *progress.Bar
	rows      int
	failed    int
	firstErr  error
	flagged   flagged
	clock     clock
}

// Run predicts. Rows come in the order of the inputs, whatever the number of
// workers. The output appears when all is done, or not at all; in a
// folder, each part of it.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	r := &run{Options: o, flagged: flagged{}}
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
		if r.attention, err = newAttention(o.Attention, r.model); err != nil {
			return err
		}
	}
	if o.Heatmap != "" {
		if r.heatmaps, err = newHeatmaps(o.Heatmap, r.model.Labels); err != nil {
			return err
		}
	}
	if err := r.checkSamples(); err != nil {
		return err
	}
	if err := r.setPrior(); err != nil {
		return err
	}
	if err := r.beginReport(); err != nil {
		return err
	}
	defer func() { r.abort() }() // what is not closed
	if IsFolder(o.Out) {
		if err := r.joinJob(); err != nil || len(r.job.todo) == 0 {
			return err
		}
	} else if err := r.create(o.Out, o.Embeddings); err != nil {
		return err
	}
	predictor := vit.NewPredictorInPlace
	if r.attention != nil || r.report != nil { // which needs the weights, too
		predictor = vit.NewPredictor
	}
	r.predictor = predictor(r.model.Net, o.precision(), min(o.Workers, o.Batch)) // more have nothing to do
	defer r.predictor.Close()
	c := r.model.Net.Config
	o.Log.Info(fmt.Sprintf("%s: %d parameters, input %v of %d bands, kernels %s, precision %s, %d workers",
		o.modelName(), c.Count(), c.Grid.Shape, c.Grid.Channels, simd.Level(), o.precision(), o.Workers),
		"model", o.modelName(), "parameters", c.Count(), "size", c.Grid.Shape, "bands", c.Grid.Channels, "kernels", simd.Level(), "precision", o.precision(), "workers", o.Workers)
	if err := r.process(ctx); err != nil {
		return err
	}
	if r.regions != nil {
		if err := r.regions.Close(); err != nil {
			return err
		}
		if lost := r.regions.Lost(); lost != "" {
			o.Log.Warn(lost)
		}
	}
	changed := 0
	for _, table := range r.tables {
		if err := table.Close(); err != nil {
			return err
		}
		changed += table.Changed()
	}
	if err := r.writeReport(ctx); err != nil {
		return err
	}
	if r.job == nil {
		r.warnOfPlaces()
	}
	if changed > 0 {
		o.Log.Warn(Changed(changed))
	}
	if len(r.flagged) > 0 {
		o.Log.Info(fmt.Sprintf("flags of the %d rows: %v", r.rows, r.flagged), "rows", r.rows, "flags", r.flagged)
	}
	o.Log.Info(r.clock.String(), r.clock.attrs()...)
	if r.job != nil {
		r.logState("")
		return nil
	}
	if r.failed > 0 && r.failed == r.rows {
		o.Log.Warn(fmt.Sprintf("none of the %d rows could be read; the first: %v", r.rows, r.firstErr))
	}
	return nil
}

// Changed says that so many texts of a catalogue are not what they were, as [catalog.Writer.Changed] counts them.
func Changed(n int) string {
	return fmt.Sprintf("%d texts have \"?\" for characters that FITS cannot hold; .csv and .parquet can", n)
}

// create begins the files: that of the features, if they are asked for, and out, that of the predictions, which is the
// last to appear.
func (r *run) create(out, features string) error {
	for _, out := range r.tablesToWrite() {
		whole.Sweep(out.Name) // of a run that was killed
	}
	if r.Embeddings != "" {
		if err := r.add(catalog.NewWriter(features, catalog.Embeddings(r.model.Net.Config.Dim))); err != nil {
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
	r.columns = layout
	if r.Regions != "" {
		if r.regions, err = regions.Create(r.Regions); err != nil {
			return err
		}
	}
	if out == "" {
		return r.add(catalog.NewStreamWriter(r.Stdout, layout))
	}
	return r.add(catalog.NewWriter(out, layout))
}

// checkOutputs refuses to predict with a model that has no outputs, as one that was pretrained only.
func (r *run) checkOutputs() error {
	if r.model.Task != "" || r.Out == "" && r.Regions == "" && r.Heatmap == "" && (r.Embeddings != "" || r.Attention != "") {
		return nil
	}
	return fmt.Errorf("%s has features but no classifier, and predicts nothing: fine-tune it first (vit-train --init), or ask for --embeddings without --out, --regions and --heatmap",
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
	r.tables = nil
	if r.regions != nil {
		r.regions.Abort()
	}
}

// warnOfPlaces counts the positions that can be read and were not on any tile.
func (r *run) warnOfPlaces() {
	elsewhere := 0
	for i, o := range r.positions {
		if o.PlaceErr == nil && !r.visited[i] {
			elsewhere++
		}
	}
	if elsewhere > 0 {
		r.Log.Warn(fmt.Sprintf("%d of %d positions are not on the sky of any input", elsewhere, len(r.positions)))
	}
}

func (o Options) modelName() string {
	name := cmp.Or(o.Model, builtin.Default)
	if _, ok := builtin.Open(name); ok {
		return "built-in model " + name
	}
	return name
}

func (o Options) openModel() (*modeldir.Model, error) {
	dir, err := o.modelFiles()
	if err != nil {
		return nil, err
	}
	m, err := modeldir.Read(dir, o.modelName())
	if err != nil && errors.Is(err, fs.ErrNotExist) {
		if _, inside := os.Stat(o.Model + "/best/config.json"); inside == nil {
			return nil, fmt.Errorf("%w; it is a run folder: take %s/best", err, o.Model)
		}
	}
	return m, err
}

func (o Options) modelFiles() (fs.FS, error) {
	if o.Model == "" {
		dir, _ := builtin.Open(builtin.Default)
		return dir, nil
	}
	return builtin.Find("model", o.Model)
}

// readPositions reads --positions. Those that are none are counted; with --strict they are an error.
func readPositions(o Options) ([]catalog.Object, error) {
	table, err := catalog.Read(o.Positions)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	all, err := table.Positions(catalog.Columns{ID: o.IDColumn})
	if err != nil {
		return nil, err
	}
	bad, first := 0, error(nil)
	for _, p := range all {
		if p.PlaceErr != nil {
			bad++
			first = cmp.Or(first, p.PlaceErr)
		}
	}
	if bad > 0 && o.Strict {
		return nil, first
	}
	if bad > 0 {
		o.Log.Warn(fmt.Sprintf("%d of %d positions cannot be read; the first: %v", bad, len(all), first))
	}
	return all, nil
}
