package infer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/patch"
)

// prepared is an item made ready for the model.
type prepared struct {
	item
	image patch.Image // as the model sees it; empty where there is nothing to see
	err   error
}

// process predicts n items and writes their rows in order. Preparing a batch
// overlaps with computing the one before it.
func (r *run) process(ctx context.Context, n int, items iter.Seq[item]) error {
	r.bar = progress.New(r.Log, n, "predicting")
	defer r.bar.Finish()
	ready, stop := make(chan []prepared), make(chan struct{})
	var preparing sync.WaitGroup
	defer preparing.Wait() // what items read from is closed after this
	defer close(stop)
	preparing.Go(func() {
		defer close(ready)
		var batch []item
		send := func() bool {
			select {
			case ready <- r.prepare(batch):
				batch = batch[:0]
				return true
			case <-stop:
				return false
			}
		}
		for it := range items {
			if batch = append(batch, it); len(batch) == r.Batch && !send() {
				return
			}
		}
		if len(batch) > 0 {
			send()
		}
	})
	net := r.model.Net.Config
	patches, logits := make([]float32, r.Batch*net.Grid.Pixels()), make([]float32, r.Batch*net.Classes)
	for batch := range ready {
		if ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		seen := 0
		for _, p := range batch {
			if p.image.Pixels != nil {
				net.Grid.Extract(patches[seen*net.Grid.Pixels():][:net.Grid.Pixels()], p.image.Pixels)
				seen++
			}
		}
		if seen > 0 {
			r.predictor.Logits(logits[:seen*net.Classes], patches[:seen*net.Grid.Pixels()])
		}
		if err := r.write(batch, logits, patches); err != nil {
			return err
		}
	}
	return nil
}

// prepare reads and prepares a batch on the workers.
func (r *run) prepare(items []item) []prepared {
	batch := make([]prepared, len(items))
	var wait sync.WaitGroup
	for w := range r.Workers {
		wait.Go(func() {
			for i := w; i < len(items); i += r.Workers {
				batch[i] = r.prepareOne(items[i])
			}
		})
	}
	wait.Wait()
	return batch
}

func (r *run) prepareOne(it item) prepared {
	v, err := it.read()
	p := prepared{item: it, err: err}
	p.row.Flags = slices.Clone(v.flags)
	if err != nil || v.image.Pixels == nil {
		return p
	}
	var flags []string
	if p.image, flags, p.err = r.model.Recipe.Prepare(v.image, v.photo); p.err != nil {
		p.err = fmt.Errorf("%s: %w", p.row.File, p.err)
		return p
	}
	for _, flag := range flags {
		// What lies beyond a tile's edge is undefined, and the row says so once.
		if flag != prepare.FlagNaN || !slices.Contains(p.row.Flags, flagEdge) {
			p.row.Flags = append(p.row.Flags, flag)
		}
	}
	r.locate(&p, v)
	return p
}

// locate fills in the pixel and sky position of the image's centre where the
// catalogue has not given them.
func (r *run) locate(p *prepared, v view) {
	x, y := float64(v.image.Shape[2]-1)/2, float64(v.image.Shape[1]-1)/2
	if math.IsNaN(p.row.X) {
		p.row.X, p.row.Y = x, y
	}
	if v.wcs == nil {
		return
	}
	if math.IsNaN(p.row.RA) {
		// Where the projection is not defined, the position stays undefined.
		p.row.RA, p.row.Dec, _ = v.wcs.PixelToICRS(x, y)
	}
	const tolerance = 0.1
	if scale := r.model.Recipe.PixelScale; scale > 0 && math.Abs(3600*v.wcs.PixelScale()/scale-1) > tolerance {
		p.row.Flags = append(p.row.Flags, prepare.FlagScale)
	}
}

// write writes the rows of a batch.
func (r *run) write(batch []prepared, logits, patches []float32) error {
	net, seen := r.model.Net.Config, 0
	for i := range batch {
		p := &batch[i]
		r.rows++
		if p.err != nil {
			if err := r.failure(p); err != nil {
				return err
			}
		}
		if p.image.Pixels != nil {
			p.row.Values, p.row.Sigmas = r.model.Predict(logits[seen*net.Classes:][:net.Classes])
			if r.attention != nil {
				if err := r.attention.write(p.row.ID, p.image, patches[seen*net.Grid.Pixels():][:net.Grid.Pixels()]); err != nil {
					return err
				}
			}
			seen++
		}
		if err := r.out.Write(&p.row); err != nil {
			return err
		}
		r.bar.Add(1)
	}
	return nil
}

// failure is what becomes of a row that could not be read: a flag and a line
// in the log, or an error if --strict is set or the command line named the file.
func (r *run) failure(p *prepared) error {
	r.failed++
	err := p.err
	if r.firstErr == nil {
		r.firstErr = err
	}
	var named *namedError
	if r.Strict || errors.As(err, &named) {
		return err
	}
	p.image = patch.Image{}
	p.row.Flags = append(p.row.Flags, flagFailed)
	fmt.Fprintf(r.Log, "%s: %v\n", p.row.ID, err)
	return nil
}
