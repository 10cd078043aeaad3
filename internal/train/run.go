// Package train is the program vit-train: a catalogue of labelled cutouts in, a
// run folder with a trained model out.
package train

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/mpi"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// Options are what a run is told.
type Options struct {
	Catalog      string
	Labels       []string // columns, or patterns such as bar_*
	Task         string
	AskedAfter   []string // QUESTION=ANSWER, of votes
	Where        []string
	ValCatalog   string
	ValWhere     []string
	ValFraction  float64
	TestCatalog  string
	TestWhere    []string
	TestFraction float64
	SplitColumn  string // "": none
	GroupColumn  string // of rows that belong together; "": none
	Folds        int    // 0: one run
	Fold         int    // from 1, the only one to run; 0: all
	Out          string
	Recipe       string
	Seed         uint64
	Workers      int
	IDColumn     string
	FileColumn   string
	CacheMiB     int
	Strict       bool
	Resume       bool

	CheckpointEvery time.Duration // between two; 0: a minute, or longer where it takes long to write one
	Keep            int           // so many of the newest checkpoints
	TimeLimit       time.Duration // after which the process should have ended; 0: none

	Settings Settings
	Explicit map[string]bool // the settings that the user gave, by flag

	Origin string       // what the run folder says that it comes from
	Log    *slog.Logger // progress and messages
	World  mpi.World    // the processes that train together; nil: this one by itself

	now  func() time.Time // nil: time.Now
	pace *pace
}

func (o Options) validate() error {
	switch {
	case o.Workers < 1:
		return cli.Usagef("--workers must be at least 1")
	case !(o.ValFraction > 0 && o.ValFraction < 1):
		return cli.Usagef("--val-fraction must be between 0 and 1")
	case !(o.TestFraction >= 0 && o.TestFraction < 1):
		return cli.Usagef("--test-fraction must be from 0 to below 1")
	case o.TestFraction > 0 && (o.TestCatalog != "" || len(o.TestWhere) > 0):
		return cli.Usagef("--test-fraction and --test-catalog or --test-where cannot both say what to test on")
	case o.CacheMiB < 0:
		return cli.Usagef("--cache must not be negative")
	case o.Keep < 1:
		return cli.Usagef("--keep must be at least 1")
	}
	return o.validateFolds()
}

// errInterrupted ends a run that can be resumed from its checkpoint, or from the
// beginning if it had not got as far as one.
var errInterrupted = fmt.Errorf("%w; everything is saved: run the same command with --resume to go on", cli.ErrInterrupted)

// Run trains a model. The error wraps cli.ErrInterrupted when ctx or the time
// limit ended it with everything saved.
func Run(ctx context.Context, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	return o.paced(ctx, func(ctx context.Context) error { return o.learn(ctx) })
}

func (o Options) learn(ctx context.Context) error {
	if o.Folds > 0 {
		return runFolds(ctx, o)
	}
	data, err := readLabels(ctx, o)
	if err != nil {
		return err
	}
	settings, recipe, err := o.settings(len(data.train) + len(data.val))
	if err != nil {
		return err
	}
	return o.run(ctx, data, settings, recipe)
}

// run trains on these data, or goes on with it, and reports.
func (o Options) run(ctx context.Context, data *labelled, settings Settings, recipe string) error {
	resuming, release, err := o.openRunFolder(data)
	if err != nil {
		return err
	}
	defer release()
	o.Log.Info(fmt.Sprintf("%s: %s; %d without a label", o.Task, strings.Join(data.labels, ", "), data.empty), "task", o.Task, "labels", data.labels)
	data.describe(o.Log)
	model, pictures, err := o.prepare(ctx, data, settings)
	if err != nil {
		return err
	}
	c := model.Net.Config
	o.Log.Info(fmt.Sprintf("recipe %s, %s, %d parameters, input %v of %d bands, kernels %s, %d workers%s", recipe, settings.origin(), c.Count(), c.Grid.Shape, c.Grid.Channels, simd.Level(), o.Workers, o.ranksText()),
		"recipe", recipe, "init", settings.Init, "parameters", c.Count(), "size", c.Grid.Shape, "bands", c.Grid.Channels, "kernels", simd.Level(), "workers", o.Workers, "ranks", o.world().Size())
	r := newRun(o, settings, data, model, pictures)
	defer r.trainer.Close()
	if err := r.start(resuming); err != nil {
		return err
	}
	decides := func(name string) bool { return settings.Init == scratch || !slices.Contains(fromInit, name) }
	if err := o.byFirst(func() error {
		if err := o.writeSettings(toml(settings, decides)); err != nil {
			return err
		}
		return data.writeSplit(filepath.Join(o.Out, splitFile))
	}); err != nil {
		return err
	}
	if err := r.train(ctx); err != nil {
		return err
	}
	// What is reported are predictions of the validation set and of the test part.
	images := max(1, model.Recipe.Samples) * (len(data.val) + len(data.test))
	if r.ends(ctx, r.pace.judging*time.Duration(images)/time.Duration(len(data.val))) {
		return errInterrupted
	}
	return o.agreed(o.byFirst(func() error {
		r.alone()
		return r.report(ctx)
	}))
}

// settings are the recipe's and the user's, for so many labels.
func (o Options) settings(labels int) (s Settings, recipe string, err error) {
	recipe = o.Recipe
	if recipe == "auto" {
		recipe = autoRecipe(labels)
	}
	s, err = o.Settings.withRecipe(recipe, labels, o.Explicit)
	if err == nil {
		s, err = s.forTask(catalog.Task(o.Task), o.Explicit)
	}
	s = s.ofPreset()
	if err != nil {
		return s, recipe, cli.Usagef("%v", err)
	}
	return s, recipe, s.checkPixels()
}

// checkPixels refuses ways to treat pixels that there are not.
func (s Settings) checkPixels() error {
	switch {
	case s.Stretch != "auto" && !slices.Contains(patch.Stretches, s.Stretch):
		return cli.Usagef("--stretch: no stretch %q; there are auto, %s", s.Stretch, strings.Join(patch.Stretches, ", "))
	case !slices.Contains([]string{patch.Background, patch.Zero, patch.Reject}, s.NaN):
		return cli.Usagef("--nan: no policy %q; there are %s, %s and %s", s.NaN, patch.Background, patch.Zero, patch.Reject)
	}
	return nil
}

// run is a training under way.
type run struct {
	Options
	settings Settings
	data     *labelled
	model    *modeldir.Model // what is judged and saved
	net      *vit.Model      // what is trained: the model's, or that of which it is the average
	loss     vit.Loss
	valLoss  vit.Loss // of the validation set, where classes are as frequent as in the catalogue
	trainer  trainer
	parts    map[string]*vit.Params // all parameters that a checkpoint holds, by the prefix of their names
	trainSet *loader
	val      *loader
	schedule vit.Schedule
	meter    *meter
	state    state
	judge    func(ctx context.Context) (loss, score float64, err error) // on the validation set
	draw     func(epoch int)                                            // what an epoch's pictures are of, where that changes
	masking  *Masking                                                   // of pretraining
}

// trainer is what changes the weights: a [vit.Trainer], or that of a pretraining.
type trainer interface {
	Accumulate(b vit.Batch)
	Step(b vit.Batch, lr float64) vit.Stats
	State() (first, second *vit.Params, steps int)
	SetSteps(n int)
	Join(r vit.Ranks, inOrder bool)
	Share(images int) (lo, hi int)
	Close()
}

// loader gives batches of examples to a model of the shape c.
func (o Options) loader(s Settings, p *pictures, c vit.Config, examples []example) *loader {
	return &loader{pictures: p, examples: examples, batch: s.Batch, config: c, seed: o.Seed, workers: o.Workers,
		augment: s.augment(), mix: s.mix(), repeat: s.Repeat, balanced: s.Balanced}
}

func newRun(o Options, s Settings, data *labelled, model *modeldir.Model, p *pictures) *run {
	l := func(examples []example) *loader { return o.loader(s, p, model.Net.Config, examples) }
	judged := s
	judged.Weighted = s.Weighted || s.Balanced
	r := &run{Options: o, settings: s, data: data, model: model, loss: data.loss(s), valLoss: data.loss(judged), trainSet: l(data.train), val: l(data.val)}
	r.judge = r.validate
	settings := vit.DefaultAdamW
	settings.Decay, settings.Clip, settings.LayerDecay, settings.Average = s.Decay, s.Clip, s.LayerDecay, s.EMA
	r.net = model.Net
	trainer := vit.NewTrainer(r.net, r.loss, settings, o.Workers)
	trainer.SetDropPath(vit.DropPath{Rate: s.DropPath, Seed: ^o.Seed}) // other numbers than the augmentation's
	r.takeUp(trainer, r.net.Params)
	r.val.share = trainer.Share
	if average := trainer.Average(); average != nil {
		r.parts["average."], model.Net = average, r.net.With(average)
	}
	return r
}

// takeUp makes t the trainer, of these weights.
func (r *run) takeUp(t trainer, weights *vit.Params) {
	first, second, _ := t.State()
	t.Join(r.world(), r.settings.InOrder)
	r.trainSet.share = t.Share
	r.trainer, r.parts = t, map[string]*vit.Params{"": weights, "adamw.first.": first, "adamw.second.": second}
	s, steps := r.settings, r.steps()
	r.schedule = vit.Schedule{Peak: s.LR, Min: s.MinLR, Warmup: int(s.Warmup * float64(steps)), Steps: s.Epochs * steps}
}

// steps is the number of steps in an epoch; the last may have fewer batches.
func (r *run) steps() int {
	return (r.trainSet.batches() + r.settings.Accumulate - 1) / r.settings.Accumulate
}

// save writes the weights as a model directory in the run folder.
func (r *run) save(name string) error {
	return r.byFirst(func() error { return r.model.Write(filepath.Join(r.Out, name), safetensors.F32) })
}
