package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

// PretrainOptions are what a pretraining is told: of Options, what has nothing to do with labels.
type PretrainOptions struct {
	Options
	Tiles   []string // image files to cut windows out of, instead of a catalogue
	Masking Masking
}

// pretraining is a masked autoencoder being trained on images without labels.
type pretraining struct {
	*run
	auto   *vit.Autoencoder
	masked *vit.MaskedTrainer
	order  []int32
}

// Pretrain trains an autoencoder and writes its encoder. Errors are as those of [Run].
func Pretrain(ctx context.Context, o PretrainOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	if err := o.Settings.validate(); err != nil {
		return cli.Usagef("%v", err)
	}
	if err := o.Settings.checkPixels(); err != nil {
		return err
	}
	o.Settings = o.Settings.inTime(o.Explicit).ofPreset()
	return o.paced(ctx, func(ctx context.Context) error { return o.learn(ctx) })
}

func (o PretrainOptions) learn(ctx context.Context) error {
	data, cells, err := o.readUnlabelled()
	if err != nil {
		return err
	}
	defer cells.open.close()
	resuming, release, err := o.openRunFolder(data)
	if err != nil {
		return err
	}
	defer release()
	o.Log.Info(fmt.Sprintf("%d %s to train on, %d to validate on", len(data.train), map[bool]string{true: "cells of tiles", false: "images"}[len(o.Tiles) > 0], len(data.val)),
		"train", len(data.train), "val", len(data.val))
	p, err := o.begin(ctx, data, cells)
	if err != nil {
		return err
	}
	defer p.trainer.Close()
	if err := p.run.start(resuming); err != nil {
		return err
	}
	settings := toml(p.settings, isShared) + toml(o.Masking, all)
	if err := o.byFirst(func() error { return o.writeSettings(settings) }); err != nil {
		return err
	}
	if err := p.train(ctx); err != nil {
		return err
	}
	return p.byFirst(p.report)
}

// unlabelledCells are the tiles and, by an example's id, its cell.
type unlabelledCells struct {
	open tiles
	of   map[string]cell
}

// readUnlabelled reads the catalogue, the folder or the tiles, and keeps a part for validation by a hash of the ids.
func (o *PretrainOptions) readUnlabelled() (*labelled, unlabelledCells, error) {
	data, cells := &labelled{}, unlabelledCells{of: map[string]cell{}}
	var examples []example
	switch {
	case len(o.Tiles) > 0 && o.Catalog != "":
		return nil, cells, cli.Usagef("images come from --catalog or from tiles on the command line, not from both")
	case len(o.Tiles) > 0 && len(o.Where) > 0:
		return nil, cells, cli.Usagef("--where is for the rows of a --catalog; tiles have none")
	case len(o.Tiles) == 0 && o.Masking.Windows > 0:
		return nil, cells, cli.Usagef("--windows is for tiles; an epoch is all images of a --catalog")
	case len(o.Tiles) > 0:
		cfg, err := o.Settings.config(1, 0)
		if err != nil {
			return nil, cells, err
		}
		if o.Settings.Window == 0 {
			o.Settings.Window = cfg.Grid.Shape[0]
		}
		var list []cell
		if cells.open, examples, list, err = openTiles(o.Tiles, o.Settings.Window); err != nil {
			return nil, cells, err
		}
		for i, e := range examples {
			cells.of[e.object.ID] = list[i]
		}
	default:
		objects, bands, err := o.objects()
		if err != nil {
			return nil, cells, err
		}
		data.bands = bands
		for _, object := range objects {
			examples = append(examples, example{object: object})
		}
	}
	ids := make([]string, len(examples))
	for i, e := range examples {
		ids[i] = e.object.ID
	}
	train, val := catalog.Split(ids, nil, o.ValFraction, o.Seed)
	if len(train) == 0 || len(val) == 0 {
		return nil, cells, fmt.Errorf("%d of %d images to train on and %d to validate on, by --val-fraction %g; both must be there", len(train), len(ids), len(val), o.ValFraction)
	}
	for _, i := range train {
		data.train = append(data.train, examples[i])
	}
	for _, i := range val {
		data.val = append(data.val, examples[i])
	}
	data.content = fingerprint(data.train, data.val)
	return data, cells, nil
}

// objects are the rows of the catalogue or the images of the folder.
func (o *PretrainOptions) objects() ([]catalog.Object, []string, error) {
	table, err := catalog.Open(o.Catalog, catalog.Images)
	if err != nil {
		return nil, nil, err
	}
	defer table.Close()
	conditions, err := catalog.ParseWheres(o.Where)
	if err != nil {
		return nil, nil, cli.Usagef("%v", err)
	}
	if table, err = table.Where(conditions...); err != nil {
		return nil, nil, err
	}
	objects, bands, err := table.Objects(catalog.Columns{ID: o.IDColumn, File: o.FileColumn})
	if err != nil {
		return nil, nil, err
	}
	return objects, bands, table.Distinct(objects)
}

// begin makes the autoencoder, fits the preprocessing and loads the pictures.
func (o *PretrainOptions) begin(ctx context.Context, data *labelled, cells unlabelledCells) (*pretraining, error) {
	if err := o.checkPlaces(o.Settings, data.train, data.val); err != nil {
		return nil, err
	}
	seen, err := peek(data.train, cells.open, o.Workers)
	if err != nil {
		return nil, err
	}
	encoder, err := o.Settings.forPictures(seen).config(seen.bands, 0)
	if err != nil {
		return nil, err
	}
	cfg, err := o.Masking.config(encoder)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	auto, err := vit.NewAutoencoder(cfg, o.Seed)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	pictures := &pictures{bands: seen.bands, photo: seen.photo, tiles: cells.open}
	if pictures.recipe, err = fitRecipe(seen, o.Settings, data.bands, [2]int(encoder.Grid.Shape), o.Workers); err != nil {
		return nil, err
	}
	o.sayWindow(pictures.recipe, o.Settings, seen)
	if cells.open != nil {
		o.CacheMiB = 0 // windows are others in each epoch
	}
	if err := o.agreed(pictures.load(ctx, data, o.Options)); err != nil {
		return nil, err
	}
	o.Log.Info(fmt.Sprintf("encoder of %d parameters, decoder of %d, %d of %d patches seen, input %v of %d bands, kernels %s, %d workers%s",
		encoder.Count(), len(auto.Params.Flat)-encoder.Count(), cfg.Seen, encoder.Grid.Patches(), encoder.Grid.Shape, encoder.Grid.Channels, simd.Level(), o.Workers, o.ranksText()),
		"parameters", encoder.Count(), "size", encoder.Grid.Shape, "bands", encoder.Grid.Channels, "kernels", simd.Level(), "workers", o.Workers, "ranks", o.world().Size())
	return o.start(data, pictures, auto, cells), nil
}

// start makes the run.
func (o *PretrainOptions) start(data *labelled, pictures *pictures, auto *vit.Autoencoder, cells unlabelledCells) *pretraining {
	loader := func(examples []example) *loader {
		return o.loader(o.Settings, pictures, auto.Encoder.Config, examples)
	}
	p := &pretraining{run: &run{Options: o.Options, settings: o.Settings, data: data, masking: &o.Masking}, auto: auto}
	p.model = &modeldir.Model{Net: auto.Encoder, Recipe: pictures.recipe}
	p.val = loader(data.val)
	if cells.open == nil {
		p.trainSet = loader(data.train)
	} else {
		pictures.blank = true
		p.trainSet = loader(make([]example, o.Masking.windows(data.train, cells.of, pictures.recipe.Window)))
		p.draw = func(epoch int) { p.drawWindows(epoch, cells.of) }
	}
	adamw := vit.DefaultAdamW
	adamw.Beta2, adamw.Decay, adamw.Clip = 0.95, p.settings.Decay, p.settings.Clip
	p.masked = vit.NewMaskedTrainer(auto, adamw, o.Workers)
	p.takeUp(maskedTrainer{p.masked, p}, auto.Params)
	p.judge = p.validate
	return p
}

// windows is how many there are in an epoch.
func (m Masking) windows(examples []example, cells map[string]cell, side int) int {
	if m.Windows > 0 {
		return m.Windows
	}
	area := 0
	for _, e := range examples {
		area += cells[e.object.ID].width * cells[e.object.ID].height
	}
	return max(1, area/(side*side))
}

// drawWindows gives the windows of an epoch the cells whose turn it is, and a place in them, as their numbers and the epoch say.
func (p *pretraining) drawWindows(epoch int, cells map[string]cell) {
	var source rand.PCG
	r := rand.New(&source)
	windows := p.trainSet.examples
	for i := range windows {
		source.Seed(p.Seed+windowSeed, uint64(epoch)<<32|uint64(i))
		o := &windows[i].object
		*o = p.data.train[(epoch*len(windows)+i)%len(p.data.train)].object
		o.X, o.Y = cells[o.ID].window(p.model.Recipe.Window, r)
	}
}

// What is random beside the loader's order and augmentation has seeds of its own.
const (
	windowSeed = 0x77696e646f77
	maskSeed   = 0x6d61736b
)

// mask orders the patches of a batch's images at random, those first that are seen; epoch -1 is the validation set's.
func (p *pretraining) mask(b *vit.Batch, epoch, batch int) {
	n := p.auto.Encoder.Config.Grid.Patches()
	r := rand.New(rand.NewPCG(p.Seed+maskSeed, uint64(epoch)<<32|uint64(batch)))
	p.order = p.order[:0]
	for range b.Total {
		for i := range n {
			p.order = append(p.order, int32(i))
		}
		one := p.order[len(p.order)-n:]
		r.Shuffle(n, func(i, j int) { one[i], one[j] = one[j], one[i] })
	}
	b.Order = p.order[b.First*n:][:len(b.Patches)/p.auto.Encoder.Config.Input()*n]
}

// maskedTrainer is a pretraining's trainer, which masks each batch.
type maskedTrainer struct {
	*vit.MaskedTrainer
	p *pretraining
}

// Accumulate implements [trainer].
func (m maskedTrainer) Accumulate(b vit.Batch) {
	m.p.mask(&b, m.p.state.Epoch, m.p.state.Batch)
	m.MaskedTrainer.Accumulate(b)
}

// Step implements [trainer].
func (m maskedTrainer) Step(b vit.Batch, lr float64) vit.Stats {
	m.p.mask(&b, m.p.state.Epoch, m.p.state.Batch)
	return m.MaskedTrainer.Step(b, lr)
}

// validate is the loss over the validation set, whose masks are the same each time. Ranks take its batches in turn.
func (p *pretraining) validate(ctx context.Context) (loss, _ float64, err error) {
	losses := make([]float64, p.val.batches())
	if err := p.agreed(p.validateShare(ctx, losses)); err != nil {
		return 0, 0, err
	}
	p.world().Total(losses)
	for _, l := range losses {
		loss += l
	}
	return loss / float64(len(p.val.examples)), 0, nil
}

// validateShare writes the losses of this rank's batches, each times its images.
func (p *pretraining) validateShare(ctx context.Context, losses []float64) error {
	number := 0
	for batch, err := range p.val.epoch(-1, 0) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		if number%p.world().Size() == p.world().Rank() {
			p.mask(&batch, -1, number)
			losses[number] = float64(batch.Total) * p.masked.Loss(batch)
		}
		number++
	}
	return nil
}
