// Package report writes the page of a run that a person looks at: the best
// candidates of each class with what the model attends to, the tiles that they
// were found on, distributions of all rows, and the means to grade candidates for
// the next training. It is one HTML file that needs nothing else, and no network.
//
// An object that several images show is one candidate, by the rule of package
// unite, and so is one in the windows of several cells of a scan that touch: of
// these, each class has the one with the highest value.
//
// Rows stream by, of which a bounded number is kept. The pixels of those in the
// gallery are read again when all rows are known: so that nothing else is computed
// or kept for the others, and that rows of an earlier run can be reported as well.
//
// # Bounds
//
// A page has at most [Candidates] pictures of candidates, [PerClass] a class,
// and [Tiles] tiles, whose pictures have [tileArea] pixels together; [Marks] rows are
// drawn on the tiles. That is below 10 MB whatever the number of rows, and about 2 MB
// for 8 classes and one tile. In memory there are besides the page the kept rows, and of
// a tile that is being drawn a strip.
package report

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/patch"
)

// The bounds of a page.
const (
	PerClass   = 24   // candidates in the gallery
	Candidates = 240  // of all classes together
	Tiles      = 8    // those with most candidates
	Marks      = 8192 // rows that are drawn on tiles, those with the highest values of each class
)

// unitBins is the bins between 0 and 1; fewer than [bins].
const unitBins = 32

// File is the name of the page in its folder.
const File = "index.html"

// Options are what a page says of the run, and how pixels are looked at.
type Options struct {
	Run   string       // grades are kept in the browser under this name
	Model string       // in words
	Task  catalog.Task // not empty
	Names []string     // of the outputs
	Bands []string     // of the images; nil where they have no names
	Side  int          // of a window, in pixels of the tile; 0 where each has its own

	Workers int                                  // goroutines that look at candidates; the page does not depend on it
	Eye     func() func([]cutout.Cutout) []Sight // makes one of them what looks at cutouts, [Glance] of them at most
	Colour  func(*prepare.Picture)               // makes of a tile's pixels what the model has learned from; nil: nothing
}

// Sight is what the model sees of a cutout.
type Sight struct {
	Image patch.Image // [C, H, W]
	Heat  patch.Image // [1, rows, cols] how much it attends to each patch
	Photo bool        // its first row is at the top
	Err   error       // why there is no such thing
}

// View is where the pixels of a row are.
type View struct {
	pixels.Source
	Plane  int                                       // of a stack of cutouts, -1 where there is none
	Radius float64                                   // Petrosian, of the object, in arcsec; not above 0 where it is unknown
	Read   func(*pixels.File) (cutout.Cutout, error) // from the opened source
	Tile   func(*pixels.File) bool                   // whether this is a window of that, at the row's x and y
}

// place tells sources apart.
func (v View) place() string {
	return fmt.Sprintf("%s\n%d", strings.Join(v.Files, "\n"), v.HDU)
}

// Row is a row of the run.
type Row struct {
	catalog.Prediction
	Label  string   // as in the catalogue of the predictions
	Flux   float64  // NaN where it is unknown
	Merged int      // rows of other images that it is there for already, with itself; 0: nobody has looked
	Image  job.View // that it is a window of; the zero View of a cutout, which has no duplicates
	View

	number int     // in the order of the run
	at     string  // place of its source
	shown  *Row    // which is there for it: itself, or the best of those that show the same object
	lists  []int   // outputs of which it is one of the best candidates
	sight  picture // of a candidate
	onTile bool    // the same
}

// Report is a page in the making. One goroutine at a time uses it.
type Report struct {
	Options
	dir   string
	best  []best // an output each
	rows  int
	blank int // rows without a prediction

	counts []int // of the rows with this label
	values []histogram
	flux   histogram
}

// New begins a page in the folder dir, which it makes.
func New(dir string, o Options) (*Report, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	whole.Sweep(filepath.Join(dir, File)) // of a run that was killed
	r := &Report{Options: o, dir: dir}
	n := len(o.Names)
	r.best, r.counts, r.values = make([]best, n), make([]int, n), make([]histogram, n)
	for i := range n {
		r.best[i].most = max(r.perClass(), Marks/n)
		r.values[i].width = math.Ldexp(1, -40)
		if r.probabilities() {
			r.values[i].width = 1.0 / unitBins
		}
	}
	r.flux.width = math.Ldexp(1, -10) // of a decade
	return r, nil
}

// probabilities tells whether the outputs are from 0 to 1.
func (r *Report) probabilities() bool { return r.Task != catalog.Regress }

// Add takes a row. It keeps nothing of row's slices.
func (r *Report) Add(row Row) {
	row.number = r.rows
	r.rows++
	if row.Flux > 0 {
		r.flux.add(math.Log10(row.Flux))
	}
	if row.Values == nil || slices.ContainsFunc(row.Values, func(v float64) bool { return v-v != 0 }) {
		r.blank++
		return
	}
	var kept *Row
	for i, v := range row.Values {
		if r.Task == catalog.Classify && row.Label == r.Names[i] || r.Task == catalog.MultiLabel && v >= 0.5 {
			r.counts[i]++
		}
		if r.probabilities() {
			v = min(v, math.Nextafter(1, 0)) // the last bin has its upper edge
		}
		r.values[i].add(v)
		if !r.best[i].takes(row.Values[i]) {
			continue
		}
		if kept == nil {
			kept = row.clone()
		}
		r.best[i].add(kept, row.Values[i])
	}
}

func (r Row) clone() *Row {
	r.Values, r.Sigmas, r.Flags, r.Features, r.Measures = slices.Clone(r.Values), slices.Clone(r.Sigmas), slices.Clone(r.Flags), nil, nil
	r.at, r.Merged = r.place(), max(1, r.Merged)
	return &r
}

// perClass is how many candidates an output has in the gallery.
func (r *Report) perClass() int { return min(PerClass, max(1, Candidates/len(r.Names))) }

// choose makes the gallery: the best of each output, in the order of the run.
func (r *Report) choose() []*Row {
	unify(r.kept())
	var chosen []*Row
	for i := range min(len(r.best), Candidates) {
		var list []*Row
		for _, row := range r.best[i].sorted() {
			if row = row.shown; slices.ContainsFunc(list, row.covers) {
				continue
			}
			if list = append(list, row); len(list) == r.perClass() {
				break
			}
		}
		for _, row := range list {
			if row.lists == nil {
				chosen = append(chosen, row)
			}
			row.lists = append(row.lists, i)
		}
	}
	slices.SortFunc(chosen, byNumber)
	return chosen
}

// kept are all rows that may be drawn on tiles, in the order of the run.
func (r *Report) kept() []*Row {
	var all []*Row
	for i := range r.best {
		all = append(all, r.best[i].sorted()...)
	}
	slices.SortFunc(all, byNumber)
	return slices.Compact(all)
}

func byNumber(a, b *Row) int { return a.number - b.number }

// Write reads the pixels of the candidates and of their tiles, and writes the
// page. A file that can no longer be read leaves a gap that says so.
func (r *Report) Write(ctx context.Context) error {
	chosen := r.choose()
	if err := r.look(ctx, chosen); err != nil {
		return err
	}
	tiles, err := r.draw(ctx, chosen)
	if err != nil {
		return err
	}
	return whole.Write(filepath.Join(r.dir, File), r.page(chosen, tiles).write)
}

// group is the rows whose pixels are in one source.
type group struct {
	at   string
	rows []*Row
}

// grouped are rows by their sources, in the order in which these are met.
func grouped(rows []*Row) []group {
	var groups []group
	index := map[string]int{}
	for _, row := range rows {
		at, met := index[row.at]
		if !met {
			at, index[row.at] = len(groups), len(groups)
			groups = append(groups, group{at: row.at})
		}
		groups[at].rows = append(groups[at].rows, row)
	}
	return groups
}
