package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/patch"
)

// prepared is an item made ready for the model.
type prepared struct {
	item
	image patch.Image // as the model sees it; empty where there is nothing to see
	wcs   *fits.WCS   // of image, where attention is asked for; nil where there is none
	scale float64     // arcsec a pixel of the file; 0 where it is unknown
	photo bool        // its first row is at the top
	err   error
}

// process predicts all inputs and writes their rows in order. It is three stages
// that work at the same time, each on a batch of its own: reading and preparing,
// computing, writing.
func (r *run) process(ctx context.Context) error {
	began := time.Now()
	ready, computed, stop := make(chan []prepared), make(chan []prepared), make(chan struct{})
	var stages sync.WaitGroup
	defer stages.Wait()
	defer close(stop)
	var inputErr error // set before ready is closed
	stages.Go(func() {
		defer close(ready)
		inputErr = r.batches(ctx, func(batch []item) error {
			select {
			case ready <- r.prepare(ctx, batch):
				return ctx.Err()
			case <-stop:
				return errStopped
			}
		})
	})
	stages.Go(func() {
		defer close(computed)
		var saw looks
		for {
			batch, more := receive(ready, &r.clock.starved)
			if !more || ctx.Err() != nil {
				return
			}
			r.clock.computing.time(func() { r.compute(&saw, batch) })
			select {
			case computed <- batch:
			case <-stop:
				return
			}
		}
	})
	defer func() {
		if r.bar != nil {
			r.bar.Finish()
		}
	}()
	for batch := range computed {
		if ctx.Err() != nil {
			return r.interrupted()
		}
		if r.bar == nil {
			r.bar = progress.New(r.Log, r.total, "predicting").Since(began)
		}
		var err error
		if r.clock.writing.time(func() { err = r.write(batch) }); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return r.interrupted()
	}
	return inputErr
}

// interrupted says what there is to do after a signal.
func (r *run) interrupted() error {
	if r.job != nil {
		return fmt.Errorf("%w; %s: run the same command again", cli.ErrInterrupted, r.job.state())
	}
	left := r.Out + " is not written"
	if r.Out == "" {
		left = "the rows are not complete"
	}
	if r.Embeddings != "" {
		left += " and " + r.Embeddings + " is not written"
	}
	return fmt.Errorf("%w; %s: run the same command again", cli.ErrInterrupted, left)
}

// batches delivers the items of all inputs, Batch at a time, and in the end
// what is left. Every item that was emitted is delivered.
func (r *run) batches(ctx context.Context, deliver func([]item) error) error {
	var batch []item
	walk := r.inputs
	if r.job != nil {
		walk = r.walkParts
	}
	err := walk(ctx, func(it item) error {
		batch = append(batch, it)
		if len(batch) < r.Batch {
			return nil
		}
		err := deliver(batch)
		batch = batch[:0]
		return err
	})
	if len(batch) == 0 {
		return err
	}
	return cmp.Or(err, deliver(batch))
}

// prepare reads and prepares a batch on the workers.
func (r *run) prepare(ctx context.Context, items []item) []prepared {
	batch := make([]prepared, len(items))
	var wait sync.WaitGroup
	for w := range min(r.Workers, len(items)) {
		wait.Go(func() {
			for i := w; i < len(items); i += r.Workers {
				if ctx.Err() == nil {
					batch[i] = r.prepareOne(items[i])
				}
				items[i].file.release()
			}
		})
	}
	wait.Wait()
	return batch
}

func (r *run) prepareOne(it item) prepared {
	p := prepared{item: it}
	if it.ends {
		return p
	}
	var c cutout.Cutout
	var err error
	r.clock.reading.time(func() { c, err = it.read() })
	if p.err = err; err == nil {
		r.clock.preparing.time(func() { r.prepareCutout(&p, c) })
	}
	return p
}

// prepareCutout makes of a cutout what the model sees of it.
func (r *run) prepareCutout(p *prepared, c cutout.Cutout) {
	p.photo = c.TopFirst
	if p.file == nil { // what is said of a file with many rows comes with its first
		p.note = noSky(c.WCSError)
	}
	if c.WCS != nil {
		p.scale = 3600 * c.WCS.PixelScale()
	}
	c.Describe(&p.row, r.model.Recipe)
	if c.Pixels == nil {
		return
	}
	if r.Detect || r.Coverage {
		n := float64(len(c.Pixels))
		p.row.Measures = append(p.row.Measures, float64(c.Outside)/n, float64(c.Excluded)/n)
	}
	image, flags, err := r.model.Recipe.Prepare(c.Picture)
	if err != nil {
		p.err = fmt.Errorf("%s: %w", p.row.File, err)
		return
	}
	p.row.Flag(flags...)
	if !slices.Contains(flags, prepare.FlagEmpty) {
		if r.attention != nil && c.WCS != nil && !c.Scaled() {
			x, y, nx, ny := r.model.Recipe.Placement(c.Shape[1], c.Shape[2])
			p.wcs = c.WCS.Binned(float64(c.X0)+x, float64(c.Y0)+y, nx, ny)
		}
		p.image = image // without a single pixel, there is nothing to predict from
	}
}

// compute has the model predict a batch.
func (r *run) compute(saw *looks, batch []prepared) {
	r.look(saw, batch)
	seen := 0
	for i := range batch {
		p := &batch[i]
		if p.image.Pixels == nil {
			continue
		}
		p.row.Values, p.row.Sigmas = r.predict(saw, seen)
		p.row.Features = slices.Clone(saw.featuresOf(seen))
		if slices.ContainsFunc(p.row.Values, undefined) {
			p.row.Flag(catalog.FlagUndefined)
		}
		seen++
	}
}

// write writes the rows of a batch.
func (r *run) write(batch []prepared) error {
	for i := range batch {
		if err := r.writeOne(&batch[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) writeOne(p *prepared) error {
	if err := r.turnTo(p); err != nil || p.ends {
		return err
	}
	r.rows++
	if p.note != "" {
		r.Log.Warn(p.note)
	}
	if p.err != nil {
		if err := r.failure(p); err != nil {
			return err
		}
	}
	r.flagged.count(p.row.Flags)
	part := "" // of a job
	if p.part != nil {
		part = p.part.Name
	}
	if p.image.Pixels != nil && r.attention != nil {
		if err := r.attention.write(part, p.row.ID, append(p.files, r.given...), p.image, p.wcs, p.photo); err != nil {
			return err
		}
	}
	if p.scan != nil && r.heatmaps != nil {
		if err := r.heatmaps.add(p, part); err != nil {
			return err
		}
	}
	if r.regions != nil {
		if err := r.regions.Add(r.region(p)); err != nil {
			return err
		}
	}
	for _, table := range r.tables {
		if err := table.Write(&p.row); err != nil {
			return err
		}
	}
	if r.report != nil {
		r.report.Add(r.reported(p))
	}
	if !r.job.countsParts() {
		r.bar.Add(1)
	}
	return nil
}

func undefined(v float64) bool { return v-v != 0 }

// failure is what becomes of a row that could not be read: a flag and a line
// in the log, or an error if --strict is set or the command line named the file.
func (r *run) failure(p *prepared) error {
	r.failed++
	if r.firstErr == nil {
		r.firstErr = p.err
	}
	var named *namedError
	if r.Strict || errors.As(p.err, &named) {
		return p.err
	}
	p.row.Flag(catalog.FlagFailed)
	r.Log.Warn(fmt.Sprintf("%s: %v", p.row.ID, p.err), "id", p.row.ID)
	return nil
}
