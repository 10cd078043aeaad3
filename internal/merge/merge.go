// Package merge is the program "vit-infer merge": folders of results in, one
// catalogue of the sky out.
//
// # Memory
//
// A row takes 200 bytes at most, whatever the format of the catalogue; besides,
// there are the columns of one result at a time, and of its features 4 bytes a
// number: 0.3 GiB for a million rows in results of some thousand. FITS takes room on
// disk for its rows twice while it is written.
package merge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/infer"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/regions"
	"github.com/astrovit/astrovit/internal/unite"
	"github.com/astrovit/astrovit/internal/whole"
)

// Options are what a merge is told.
type Options struct {
	Folders    []string
	Out        string  // .csv, .fits or .parquet; empty: CSV to Stdout
	Embeddings string  // the same, for the features; empty: none
	Regions    string  // DS9 region file; empty: none
	Report     string  // folder for a page to look at; empty: none
	Model      string  // that the results are of, for the page; empty: where the runs have found it
	Radius     float64 // arcsec within which rows of different images are one; 0: no rows are; negative: what the images say
	Partial    bool    // go on without what is missing
	Workers    int     // for the page

	Stdout io.Writer
	Log    *slog.Logger
}

// merger is a merge under way.
type merger struct {
	Options
	parts   []part
	missing []job.Part
	places  []unite.Place // rows with a place on the sky
	groups  map[string]int32
	radius  float64  // arcsec
	plan    job.Plan // the longest
	copy    *catalog.Copy
	table   *catalog.Writer
	regions *regions.Writer
	page    *infer.Page

	featured int           // parts that have features
	features *catalog.Copy // what is joined of them
	vectors  *catalog.Writer
}

// part is one of a plan's that has a result or the record of a failure.
type part struct {
	job.Part
	folder string
	failed bool
	view   job.View
	first  int   // of its places
	last   int   // the one after them
	group  int32 // of them

	vectors bool // it has features
}

// Run joins results: rows in the order of the plan, which is that of the inputs,
// with the shorter plans' after the longest one's; of rows that are duplicates
// the best one, as package unite says.
func Run(ctx context.Context, o Options) error {
	switch {
	case len(o.Folders) == 0:
		return cli.Usagef("name the folders of results (--help shows how)")
	case o.Out != "" && catalog.Format(o.Out) == "":
		return cli.Usagef("--out %s: the name must end in .csv, .fits or .parquet", o.Out)
	case o.Embeddings != "" && catalog.Format(o.Embeddings) == "":
		return cli.Usagef("--embeddings %s: the name must end in .csv, .fits or .parquet", o.Embeddings)
	case o.Model != "" && o.Report == "":
		return cli.Usagef("--model is that of the pictures of --report, which is not asked for")
	}
	if err := cli.Distinct(cli.Output{Flag: "--out", Name: o.Out}, cli.Output{Flag: "--embeddings", Name: o.Embeddings}, cli.Output{Flag: "--regions", Name: o.Regions}); err != nil {
		return err
	}
	m := &merger{Options: o, groups: map[string]int32{}}
	if err := m.gather(); err != nil {
		return err
	}
	err := m.each(ctx, m.place)
	if err != nil {
		return err
	}
	merged := make([]int, len(m.places)) // rows that each is there for, with itself; 0 of a duplicate
	for _, best := range unite.Of(m.places, m.radius) {
		merged[best]++
	}
	defer m.abort()
	if err := m.create(); err != nil {
		return err
	}
	rows := 0
	if err := m.each(ctx, func(p *part, t *catalog.Table) error { return m.write(p, t, merged, &rows) }); err != nil {
		return err
	}
	if m.regions != nil {
		if err := m.regions.Close(); err != nil {
			return err
		}
		if lost := m.regions.Lost(); lost != "" {
			o.Log.Warn(lost)
		}
	}
	changed := 0
	for _, table := range m.tables() {
		if err := table.Close(); err != nil {
			return err
		}
		changed += table.Changed()
	}
	duplicates := 0
	for _, n := range merged {
		if n == 0 {
			duplicates++
		}
	}
	what := "images"
	if slices.ContainsFunc(m.parts, func(p part) bool { return p.Group != "" }) {
		what = "images and parts of catalogues"
	}
	o.Log.Info(fmt.Sprintf("%d rows of %d %s; %d duplicates within %.3g arcsec are left out", rows, len(m.parts), what, duplicates, m.radius),
		"rows", rows, "parts", len(m.parts), "duplicates", duplicates, "radius", m.radius)
	if changed > 0 {
		o.Log.Warn(infer.Changed(changed))
	}
	if m.page != nil {
		return m.page.Write(ctx)
	}
	return nil
}

// tables are those that are written, that of the predictions, which is the last to appear, at the end.
func (m *merger) tables() []*catalog.Writer {
	all := []*catalog.Writer{m.vectors, m.table}
	return slices.DeleteFunc(all, func(t *catalog.Writer) bool { return t == nil })
}

// gather finds what the plans of the folders say there should be.
func (m *merger) gather() error {
	type place struct {
		folder   string
		contents job.Contents
	}
	var places []place
	plans := map[string]job.Plan{}
	for _, folder := range m.Folders {
		here, err := job.Plans(folder)
		if err != nil {
			return err
		}
		contents, err := job.Look(folder)
		if err != nil {
			return err
		}
		if len(here) == 0 {
			return fmt.Errorf("%s holds no plan of vit-infer (plan-*.json): it is not a folder of results", folder)
		}
		places = append(places, place{folder, contents})
		maps.Copy(plans, here)
	}
	names := slices.SortedFunc(maps.Keys(plans), func(a, b string) int {
		return cmp.Or(len(plans[b].Parts)-len(plans[a].Parts), cmp.Compare(a, b))
	})
	m.plan = plans[names[0]]
	seen := map[string]bool{}
	failed := 0
	for _, name := range names {
		if first := plans[names[0]]; !maps.Equal(first.Settings, plans[name].Settings) {
			return fmt.Errorf("%s and %s are of different settings: %s", names[0], name, first.Settings.Differences(plans[name].Settings))
		}
		for _, p := range plans[name].Parts {
			if seen[p.Name] {
				continue
			}
			seen[p.Name] = true
			if i := slices.IndexFunc(places, func(at place) bool { return at.contents.Done(p) }); i >= 0 {
				has := places[i].contents.HasFeatures(p)
				if m.parts = append(m.parts, part{Part: p, folder: places[i].folder, vectors: has}); has {
					m.featured++
				}
			} else if slices.ContainsFunc(places, func(at place) bool { return at.contents.Failed(p) }) {
				m.parts = append(m.parts, part{Part: p, failed: true})
				failed++
				m.Log.Warn(fmt.Sprintf("%s could not be read, and is a row with the flag %s", p.File, catalog.FlagFailed), "file", p.File)
			} else {
				m.missing = append(m.missing, p)
			}
		}
	}
	switch n := len(m.missing); {
	case failed == len(m.parts):
		return fmt.Errorf("there are no results in %q", m.Folders)
	case n > 0 && !m.Partial:
		return fmt.Errorf("%d of %d results are missing, the first that of %s (%s): finish them with the command that began them, or merge without them by --partial",
			n, n+len(m.parts), m.missing[0].File, m.missing[0].Result(m.Folders[0]))
	case n > 0:
		m.Log.Warn(fmt.Sprintf("%d of %d results are missing, the first that of %s", n, n+len(m.parts), m.missing[0].File), "missing", n)
	}
	if n := len(m.parts) - failed; m.Embeddings != "" && m.featured < n {
		return fmt.Errorf("%d of %d results have no features: run the command that made them again with --embeddings %s, its --out, which adds them", n-m.featured, n, m.Folders[0])
	}
	return nil
}

// each reads the results one after the other; the table of one without rows is nil.
func (m *merger) each(ctx context.Context, do func(*part, *catalog.Table) error) error {
	for i := range m.parts {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: run the same command again", cli.ErrInterrupted)
		}
		if err := m.read(&m.parts[i], do); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) read(p *part, do func(*part, *catalog.Table) error) error {
	if p.failed {
		return do(p, nil)
	}
	table, err := catalog.Read(p.Result(p.folder))
	if errors.Is(err, catalog.ErrEmpty) {
		return do(p, nil)
	}
	if err != nil {
		return err
	}
	defer table.Close()
	return do(p, table)
}

// create begins the files.
func (m *merger) create() (err error) {
	if m.copy == nil {
		return fmt.Errorf("none of the results in %q has rows", m.Folders)
	}
	for _, name := range []string{m.Out, m.Embeddings} {
		if name != "" {
			whole.Sweep(name) // of a merge that was killed
		}
	}
	if m.Out == "" {
		m.table, err = catalog.NewStreamWriter(m.Stdout, m.copy.Layout)
	} else {
		m.table, err = catalog.NewWriter(m.Out, m.copy.Layout)
	}
	if err == nil && m.Embeddings != "" {
		m.vectors, err = catalog.NewWriter(m.Embeddings, m.features.Layout)
	}
	if err == nil && m.Regions != "" {
		m.regions, err = regions.Create(m.Regions)
	}
	if err == nil && m.Report != "" {
		m.page, err = infer.NewPage(m.Report, m.Model, m.plan, m.Workers, m.Log)
	}
	return err
}

func (m *merger) abort() {
	for _, table := range m.tables() {
		table.Abort()
	}
	if m.regions != nil {
		m.regions.Abort()
	}
}

// write writes the rows of a part that are kept.
func (m *merger) write(p *part, t *catalog.Table, merged []int, rows *int) error {
	if p.failed {
		*rows++
		if m.regions != nil {
			if err := m.regions.Add(regions.Region{ID: p.ID, RA: math.NaN(), Dec: math.NaN()}); err != nil {
				return err
			}
		}
		if m.vectors != nil {
			if err := m.vectors.Write(m.features.Absent(p.ID, p.File, catalog.FlagFailed)); err != nil {
				return err
			}
		}
		return m.table.Write(m.copy.Absent(p.ID, p.File, catalog.FlagFailed))
	}
	if t == nil {
		return nil
	}
	if err := m.turnTo(p, t); err != nil {
		return err
	}
	marks, err := m.marks(t)
	if err != nil {
		return err
	}
	next := p.first // place, of those of this part
	for row := range t.Len() {
		n := 1
		if next < p.last && int(m.places[next].Row) == row {
			n = merged[next]
			next++
		}
		if n == 0 {
			continue
		}
		*rows++
		if m.regions != nil {
			if err := m.regions.Add(marks.region(row, p.view.Radius())); err != nil {
				return err
			}
		}
		if m.page != nil {
			m.page.Add(row, n)
		}
		if m.vectors != nil {
			if err := m.vectors.Write(m.features.Row(row, n)); err != nil {
				return err
			}
		}
		if err := m.table.Write(m.copy.Row(row, n)); err != nil {
			return err
		}
	}
	return nil
}

// turnTo makes a part's tables those that rows come from.
func (m *merger) turnTo(p *part, t *catalog.Table) error {
	if err := m.copy.From(t); err != nil {
		return err
	}
	if m.page != nil {
		if err := m.page.TurnTo(p.Part, p.view, t); err != nil {
			return err
		}
	}
	if m.vectors == nil {
		return nil
	}
	features, err := catalog.Read(p.Features(p.folder))
	if err != nil {
		return err
	}
	defer features.Close()
	if features.Len() != t.Len() {
		return fmt.Errorf("%s has %d rows, and %s has %d", p.Features(p.folder), features.Len(), p.Result(p.folder), t.Len())
	}
	return m.features.From(features)
}
