package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/patch"
)

// load reads every picture once: those that cannot be read are left out with a
// line in the log (an error with --strict), the recipe's mean and standard
// deviation are taken from the training pictures, and as many as fit the cache
// are kept ready.
func (p *pictures) load(ctx context.Context, data *labelled, o Options) error {
	tested := len(data.test) > 0
	n := len(data.train) + len(data.val) + len(data.test)
	bar := progress.New(o.Log, n, "reading")
	defer bar.Finish()
	room, uncached := o.CacheMiB<<20, 0
	var sums []moments
	for _, part := range []*[]example{&data.train, &data.val, &data.test} {
		examples := *part
		images, stats, errs := make([]patch.Image, len(examples)), make([][]moments, len(examples)), make([]error, len(examples))
		size := 4 * p.bands * p.recipe.Size[0] * p.recipe.Size[1]
		cached := min(len(examples), room/size)
		if room -= cached * size; part != &data.test { // which is not read in every epoch
			uncached += len(examples) - cached
		}
		var rows []catalog.Prediction
		if part == &data.test {
			rows = make([]catalog.Prediction, len(examples))
			data.rows = rows
		}
		each(len(examples), o.Workers, func(_, i int) {
			if ctx.Err() != nil {
				return
			}
			defer bar.Add(1)
			im, row, err := p.stretched(examples[i].object)
			var stat []moments
			if err == nil {
				if stat = momentsOf(im); slices.ContainsFunc(stat, moments.tooLarge) {
					err = fmt.Errorf("%s: the stretch %s makes pixels of more than %g, too large to be learned from", examples[i].object.File, p.recipe.Stretch.Kind, float64(largest))
				}
			}
			if err != nil && !slices.Contains(row.Flags, prepare.FlagEmpty) {
				row.Flag(catalog.FlagFailed)
			}
			if rows != nil {
				rows[i] = row
			}
			if err != nil {
				errs[i] = err
				return
			}
			if stats[i] = stat; i < cached {
				images[i] = im
			}
		})
		if ctx.Err() != nil {
			return errInterrupted
		}
		if part == &data.train {
			for _, s := range stats {
				for c, m := range s {
					if sums == nil {
						sums = make([]moments, p.bands)
					}
					sums[c].add(m)
				}
			}
			if sums == nil {
				return fmt.Errorf("no training picture can be read; the first: %w", errs[0])
			}
			normalise(&p.recipe, sums)
			if err := p.recipe.Validate(p.bands); err != nil {
				return err
			}
		}
		for i, im := range images {
			if im.Pixels != nil {
				p.recipe.Normalise(im)
				examples[i].image = im.Pixels
			}
		}
		var err error
		if *part, err = readable(examples, errs, o); err != nil {
			return err
		}
	}
	if uncached > 0 && o.CacheMiB > 0 {
		o.Log.Info(fmt.Sprintf("%d of %d pictures do not fit the --cache of %d MiB and are read again every epoch", uncached, n, o.CacheMiB), "uncached", uncached)
	}
	if tested && len(data.test) == 0 {
		return fmt.Errorf("%s: no test picture can be read", o.Catalog)
	}
	if len(data.train) == 0 || len(data.val) == 0 {
		return fmt.Errorf("%s: %d pictures to train on and %d to validate on could be read; both must be there", o.Catalog, len(data.train), len(data.val))
	}
	if left := n - len(data.train) - len(data.val) - len(data.test); left > 0 {
		o.Log.Warn(fmt.Sprintf("%d of %d pictures are left out: there are %d to train on, %d to validate on and %d to test on", left, n, len(data.train), len(data.val), len(data.test)),
			"left_out", left, "train", len(data.train), "val", len(data.val), "test", len(data.test))
	}
	return nil
}

// readable leaves out the examples with an error, saying so.
func readable(examples []example, errs []error, o Options) ([]example, error) {
	for i, err := range errs {
		if err == nil {
			continue
		}
		err = fmt.Errorf("%s: %w", examples[i].object.ID, err)
		if o.Strict {
			return nil, err
		}
		o.Log.Warn(fmt.Sprintf("left out: %v", err), "id", examples[i].object.ID)
	}
	i := -1
	return slices.DeleteFunc(examples, func(example) bool { i++; return errs[i] != nil }), nil
}
