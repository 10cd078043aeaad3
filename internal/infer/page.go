package infer

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/report"
)

// Page is the page of results that are merged: what --report is of the rows of a run. The images of the candidates are
// opened again where the runs have found them. Of the catalogues of cutouts among the inputs, the objects of one at a
// time are in memory.
type Page struct {
	run *run

	part         job.Part // whose rows are added
	view         job.View
	rows         *catalog.Predicted
	n            int             // of them
	flux, radius *catalog.Column // nil where it has none

	catalogue string                      // whose objects these are
	objects   map[string][]catalog.Object // by id, which rows may share
}

// NewPage begins a page in a folder. The model is that of the plan, from where its runs have taken it or, if model is not
// empty, from there.
func NewPage(folder, model string, plan job.Plan, workers int, log *slog.Logger) (*Page, error) {
	if model == "" {
		model = plan.Model
	}
	s := plan.Settings
	r := &run{Options: Options{
		Model: model, Report: folder, As: s["as"], Mask: s["mask"], MaskBits: s["mask-bits"], Weight: s["weight"], Resample: s["resample"],
		IDColumn: plan.Columns.ID, FileColumn: plan.Columns.File, Workers: workers, Log: log,
	}}
	var err error
	if r.reading, err = r.howToRead(); err != nil {
		return nil, err
	}
	if r.model, err = r.openModel(); err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	if digest, err := r.modelDigest(); err != nil || digest != s["model"] {
		return nil, cli.Usagef("--report shows what the model attends to, and %s is not the model of the results: name that with --model", r.modelName())
	}
	return &Page{run: r}, r.beginReport()
}

// TurnTo makes t, the result of a part, the table that rows come from.
func (p *Page) TurnTo(part job.Part, view job.View, t *catalog.Table) (err error) {
	p.part, p.view, p.n = part, view, t.Len()
	if p.rows, err = t.Predicted(p.run.model.Task, p.run.model.Labels); err != nil {
		return err
	}
	for name, column := range map[string]**catalog.Column{fluxColumn: &p.flux, catalog.PetrosianColumn: &p.radius} {
		if *column = nil; t.Has(name) {
			if *column, err = t.Column(name); err != nil {
				return err
			}
		}
	}
	if part.Group == "" || part.Group == p.catalogue {
		return nil
	}
	objects, err := p.run.objects(part.Group)
	if err != nil {
		return fmt.Errorf("--report looks up the files of its candidates: %w", err)
	}
	p.catalogue, p.objects = part.Group, make(map[string][]catalog.Object, len(objects))
	for _, o := range objects {
		p.objects[o.ID] = append(p.objects[o.ID], o)
	}
	return nil
}

// Add adds a row of the table, which is there for so many.
func (p *Page) Add(row, merged int) {
	r, label := p.rows.Row(row)
	number := func(c *catalog.Column) float64 {
		if c == nil {
			return math.NaN()
		}
		v, _ := c.Float(row)
		return v
	}
	p.run.report.Add(report.Row{
		Prediction: r, Label: label, Flux: number(p.flux), Merged: merged, Image: p.view, View: p.where(row, r, number(p.radius)),
	})
}

// where is where the pixels of a row are, of an object with a Petrosian radius of so many arcsec.
func (p *Page) where(row int, r catalog.Prediction, radius float64) report.View {
	run := p.run
	if p.part.Group != "" {
		return run.row(p.object(r)).view
	}
	source := run.sourceOf(p.part.Files, p.part.HDU)
	if p.view.Height == 0 {
		return run.viewOfImage(source, p.n, row)
	}
	view := viewOfWindow(source, func(f *pixels.File) (cutout.Cutout, error) {
		if p.view.Cell == 0 {
			return cutout.At(f, r.X, r.Y, cutout.Radius(f, r.X, r.Y, radius), run.model.Recipe)
		}
		reach := float64(run.model.Recipe.Scanned()-1) / 2
		return cutout.Window(f, int(math.Round(r.X-reach)), int(math.Round(r.Y-reach)), r.X, r.Y, run.model.Recipe)
	})
	view.Radius = radius
	return view
}

// object is the object of the catalogue that a row is of.
func (p *Page) object(r catalog.Prediction) catalog.Object {
	said := func(given, written float64) bool { return math.IsNaN(given) || math.Abs(given-written) <= 1e-6 }
	all := p.objects[r.ID]
	i := slices.IndexFunc(all, func(o catalog.Object) bool {
		return o.File == r.File && (o.HDU < 0 || o.HDU == r.HDU) && said(o.X, r.X) && said(o.Y, r.Y) && said(o.RA, r.RA) && said(o.Dec, r.Dec)
	})
	if i < 0 {
		return catalog.Object{}
	}
	return all[i]
}

// Write writes the page, when all rows are known.
func (p *Page) Write(ctx context.Context) error { return p.run.writeReport(ctx) }
