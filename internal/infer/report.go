package infer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/report"
	"github.com/astrovit/astrovit/patch"
)

// beginReport makes the folder of --report.
func (r *run) beginReport() error {
	if r.Report == "" {
		return nil
	}
	if r.model.Task == "" {
		return cli.Usagef("--report shows predictions, and %s has no classifier", r.modelName())
	}
	name, err := filepath.Abs(r.Report)
	if err != nil {
		return err
	}
	recipe := r.model.Recipe
	side := recipe.Scanned()
	if recipe.Petrosian > 0 {
		side = 0 // each has its own
	}
	r.report, err = report.New(r.Report, report.Options{
		Run: name, Model: r.modelName(), Task: r.model.Task, Names: r.model.Labels, Bands: recipe.Bands, Side: side, Colour: recipe.Colour,
		Workers: r.Workers, Eye: r.eye,
	})
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}

// eye makes what looks at candidates as the model does.
func (r *run) eye() func([]cutout.Cutout) []report.Sight {
	rollout := newRollout(r.model.Net, report.Glance)
	return func(cutouts []cutout.Cutout) []report.Sight {
		sights := make([]report.Sight, len(cutouts))
		var images []patch.Image
		for i, c := range cutouts {
			s := &sights[i]
			s.Photo = c.TopFirst
			if c.Unmeasured || c.Pixels == nil {
				s.Err = errors.New("not seen: it is not on the image, or its Petrosian radius, by which the model scales its window, is not known")
				continue
			}
			if s.Image, _, s.Err = r.model.Recipe.Prepare(c.Picture); s.Err == nil {
				images = append(images, s.Image)
			}
		}
		heats := rollout.of(images...)
		for i := range sights {
			if sights[i].Err == nil {
				sights[i].Heat, heats = heats[0], heats[1:]
			}
		}
		r.bar.Add(len(cutouts))
		return sights
	}
}

// reported is a row as the page takes it.
func (r *run) reported(p *prepared) report.Row {
	row := report.Row{Prediction: p.row, Label: r.columns.Label(&p.row), Flux: math.NaN(), Image: r.view(p), View: p.view}
	if r.Detect && len(p.row.Measures) > 0 {
		single := func(v float64) float64 { return float64(float32(v)) }            // as the catalogue has it
		row.Flux, row.Radius = single(p.row.Measures[0]), single(p.row.Measures[2]) // see measures
	}
	return row
}

// writeReport writes the page, when all rows are known.
func (r *run) writeReport(ctx context.Context) error {
	if r.report == nil {
		return nil
	}
	page := filepath.Join(r.Report, report.File)
	r.bar = progress.New(r.Log, 0, "drawing candidates")
	err := r.report.Write(ctx)
	r.bar.Finish()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w; %s is not written, the predictions are: run the same command again for it", cli.ErrInterrupted, page)
	case err == nil:
		r.Log.Info("a page to look at: "+page, "page", page)
	}
	return err
}

// viewOfRow is where the pixels of a catalogue's row are.
func (r *run) viewOfRow(o catalog.Object) report.View {
	known := !math.IsNaN(o.X) && !math.IsNaN(o.Y) || !math.IsNaN(o.RA) && !math.IsNaN(o.Dec)
	return report.View{
		Source: r.sourceOf(o.Files, o.HDU), Plane: o.Plane, Radius: o.Radius,
		Read: func(f *pixels.File) (cutout.Cutout, error) { return cutout.Of(f, o, r.model.Recipe) },
		Tile: func(f *pixels.File) bool {
			_, height, width := f.Shape()
			return known && f.Len() == 1 && r.model.Recipe.IsTile(height, width, f.Photo())
		},
	}
}

// viewOfImage is where cutout i of the n in an image file is.
func (r *run) viewOfImage(s pixels.Source, n, i int) report.View {
	v := report.View{
		Source: s, Plane: -1, Radius: math.NaN(),
		Read: func(f *pixels.File) (cutout.Cutout, error) {
			if _, err := f.Index(i); err != nil { // it is another file by now
				return cutout.Cutout{}, err
			}
			return cutout.Middle(f, i, r.model.Recipe)
		},
		Tile: func(*pixels.File) bool { return false },
	}
	if n > 1 {
		v.Plane = i
	}
	return v
}

// viewOfWindow is where a window of a tile is that read reads.
func viewOfWindow(s pixels.Source, read func(*pixels.File) (cutout.Cutout, error)) report.View {
	return report.View{Source: s, Plane: -1, Radius: math.NaN(), Read: read, Tile: func(*pixels.File) bool { return true }}
}
