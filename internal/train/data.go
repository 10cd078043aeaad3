package train

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// example is a labelled picture.
type example struct {
	object catalog.Object
	group  string    // of rows that belong together; "" if it is by itself
	target []float32 // [R]
	number []float64 // [R] of a regression, in the columns' own units; NaN without a label
	image  []float32 // [C, Size] prepared; nil where it did not fit the cache
}

// pictures reads examples' files, the same way throughout a run.
type pictures struct {
	bands  int // that each picture must have
	recipe prepare.Recipe
	photo  bool // most of them
	tiles  tiles
	blank  bool // one without a defined pixel is a picture too
}

// tiles are files that stay open through a run, by their names.
type tiles map[string]*pixels.File

// open gives an object's file, and what is to be called when it is not needed any more.
func (t tiles) open(o catalog.Object) (*pixels.File, func() error, error) {
	if f, ok := t[o.File]; ok {
		return f, func() error { return nil }, nil
	}
	f, err := pixels.Open(pixels.Source{Files: o.Files, HDU: o.HDU})
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// stretched is the picture cut, resized and stretched, but not normalised, and the row that a prediction of it will be.
func (p *pictures) stretched(o catalog.Object) (im patch.Image, row catalog.Prediction, err error) {
	row = catalog.Prediction{ID: o.ID, File: o.File, HDU: o.HDU, X: o.X, Y: o.Y, RA: o.RA, Dec: o.Dec}
	c, err := p.tiles.read(o, p.bands, p.recipe)
	if err != nil {
		return im, row, err
	}
	c.Describe(&row, p.recipe)
	im, flags, err := p.recipe.Frame(c.Picture)
	if err == nil {
		row.Flag(flags...)
		if !p.blank && slices.Contains(flags, prepare.FlagEmpty) {
			err = errors.New("no pixel is defined where the model looks")
		}
	}
	if err != nil {
		return im, row, fmt.Errorf("%s: %w", o.File, err)
	}
	p.recipe.Stretch.Apply(im)
	return im, row, nil
}

// read reads of an object's picture what a recipe needs.
func (t tiles) read(o catalog.Object, bands int, r prepare.Recipe) (cutout.Cutout, error) {
	var c cutout.Cutout
	var err error
	if f, ok := t[o.File]; ok {
		c, err = cutout.Of(f, o, r)
	} else {
		c, err = cutout.Read(o, pixels.Source{Files: o.Files, HDU: o.HDU, Bands: bands}, r)
	}
	if err == nil && c.Unmeasured {
		err = fmt.Errorf("%s: no Petrosian radius in the column %s, by which the window is scaled", o.File, catalog.PetrosianColumn)
	}
	if err == nil && c.Pixels == nil {
		err = fmt.Errorf("%s: the position (%g, %g) is not on the image", o.File, c.X, c.Y)
	}
	return c, err
}

// read is the model's input.
func (p *pictures) read(e *example) ([]float32, error) {
	if e.image != nil {
		return e.image, nil
	}
	im, _, err := p.stretched(e.object)
	if err != nil {
		return nil, err
	}
	p.recipe.Normalise(im)
	return im.Pixels, nil
}

// each calls do for 0 to n-1 on several goroutines, with the number of the
// goroutine.
func each(n, workers int, do func(worker, i int)) {
	next := make(chan int)
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i := range next {
				do(worker, i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// loader makes batches of examples.
type loader struct {
	pictures *pictures
	examples []example
	batch    int
	config   vit.Config
	augment  patch.Augment
	mix      patch.Mix
	repeat   int  // times that an image is in a training batch
	balanced bool // all classes are drawn equally often in training
	seed     uint64
	workers  int
	share    func(images int) (lo, hi int) // those of a batch of so many that are made here; nil: all
}

// batches is the number of batches in a pass.
func (l *loader) batches() int { return (len(l.examples) + l.batch - 1) / l.batch }

// epoch makes the batches of an epoch, or its share of them, from batch number from on. The next one
// is made while the caller works on the last, whose memory is then used again.
// Order, augmentation and mixing follow from seed and epoch alone.
func (l *loader) epoch(epoch, from int) iter.Seq2[vit.Batch, error] {
	type result struct {
		batch vit.Batch
		err   error
	}
	return func(yield func(vit.Batch, error) bool) {
		order := l.order(epoch)
		ready, stop := make(chan result), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ready)
			// One batch is with the caller, one is being made.
			var ring [2]vit.Batch
			benches := l.benches()
			for b := from; b < l.batches(); b++ {
				batch := &ring[b%len(ring)]
				err := l.make(batch, order[b*l.batch:min((b+1)*l.batch, len(order))], epoch, benches)
				select {
				case ready <- result{*batch, err}:
				case <-stop:
					return
				}
			}
		}()
		for r := range ready {
			if !yield(r.batch, r.err) || r.err != nil {
				return
			}
		}
	}
}

// make fills a batch with what is drawn.
func (l *loader) make(b *vit.Batch, draws []draw, epoch int, benches []bench) error {
	lo, hi := 0, len(draws)
	if l.share != nil {
		lo, hi = l.share(len(draws))
	}
	b.First, b.Total = lo, len(draws)
	b.Patches = resized(b.Patches, (hi-lo)*l.config.Input())
	b.Targets = resized(b.Targets, (hi-lo)*len(l.examples[0].target))
	pair := lo / 2
	errs := make([]error, (hi+1)/2-pair)
	each(len(errs), l.workers, func(worker, i int) {
		errs[i] = l.pair(b, draws, pair+i, epoch, &benches[worker])
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func resized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}
