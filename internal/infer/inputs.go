package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/report"
)

// item is one row to be: what is known of it, and how to get its pixels.
type item struct {
	row   catalog.Prediction
	note  string   // for the log; usually empty
	file  *shared  // that read reads from; nil if it opens its own
	files []string // those
	read  func() (cutout.Cutout, error)

	scan *scan // that the row is of; nil for others
	cell int   // which of its cells, counted row by row
	part *part // of a job; nil without one
	ends bool  // no row, but the end of the part

	view report.View // to read again, for a report
}

// emit takes an item. What it returns ends the walk through the inputs.
type emit func(item) error

// errStopped is returned by an emit that wants no more.
var errStopped = errors.New("stopped")

// inputs emits the rows of all arguments of the command line.
func (r *run) inputs(ctx context.Context, emit emit) error {
	for _, name := range r.Inputs {
		if err := ctx.Err(); err != nil {
			return err
		}
		isCatalog, err := isCatalog(name)
		if err != nil {
			return err
		}
		if isCatalog {
			err = r.catalog(ctx, name, emit)
		} else {
			var files []string
			var id string
			if files, id, err = r.images(name); err == nil {
				err = r.image(ctx, source{Source: r.sourceOf(files, -1), name: name, id: id, named: true}, emit)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) bands() int { return r.model.Net.Config.Grid.Channels }

// expect tells the progress bar how many rows there will be, if that is known.
func (r *run) expect(rows int) {
	if len(r.Inputs) == 1 {
		r.total = rows
	}
}

// catalog emits each row of a catalogue: a cutout or, with --as tile, a tile.
func (r *run) catalog(ctx context.Context, name string, emit emit) error {
	objects, err := r.objects(name)
	if err != nil {
		return err
	}
	if r.As != AsTile {
		r.expect(len(objects))
	}
	for _, o := range objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.As == AsTile {
			err = r.image(ctx, source{Source: r.sourceOf(o.Files, o.HDU), name: o.File, id: o.ID}, emit)
		} else {
			err = emit(r.row(o))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// objects are the rows of a catalogue that are asked for.
func (r *run) objects(name string) ([]catalog.Object, error) {
	if (r.Positions != "" || r.Detect) && r.As != AsTile {
		return nil, cli.Usagef("--positions and --detect look at image files; %s is a catalogue (of tiles? then add --as tile)", name)
	}
	table, err := catalog.Read(name)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	selected, err := table.Where(r.where...)
	if err != nil {
		return nil, err
	}
	objects, _, err := selected.Objects(catalog.Columns{ID: r.IDColumn, File: r.FileColumn, Bands: r.model.Recipe.Bands})
	return objects, err
}

// row is a catalogue's row.
func (r *run) row(o catalog.Object) item {
	it := item{row: catalog.Prediction{ID: o.ID, File: o.File, HDU: o.HDU, X: o.X, Y: o.Y, RA: o.RA, Dec: o.Dec}}
	if r.As == AsCutout {
		o.X, o.RA = math.NaN(), math.NaN() // and no position in a tile
	}
	for _, name := range o.Files {
		path, _ := pixels.Split(name)
		it.files = append(it.files, path)
	}
	it.read = func() (cutout.Cutout, error) {
		if err := cmp.Or(o.Err, o.PlaceErr); err != nil {
			return cutout.Cutout{}, err
		}
		return cutout.Read(o, r.sourceOf(o.Files, o.HDU), r.model.Recipe)
	}
	it.view = r.viewOfRow(o)
	return it
}

// source is an image that becomes one row or many.
type source struct {
	pixels.Source
	name, id string
	named    bool // on the command line: that it cannot be read ends the run
}

// failed is what becomes of a source that cannot be read: an error if the
// command line named it, else one row.
func (s source) failed(err error, emit emit) error {
	if s.named {
		return err
	}
	row := unknown(s.id, s.name)
	row.HDU = s.HDU
	return emit(item{row: row, read: func() (cutout.Cutout, error) { return cutout.Cutout{}, err }})
}

// check marks an error of a named source as one that ends the run.
func (s source) check(err error) error {
	if err != nil && s.named {
		return &namedError{err}
	}
	return err
}

// namedError is that of a file which the command line names.
type namedError struct{ error }

func (e *namedError) Unwrap() error { return e.error }

// shared is an image file with several users; the last one to release it
// closes it.
type shared struct {
	*pixels.File
	users atomic.Int64
}

func (f *shared) retain() *shared {
	f.users.Add(1)
	return f
}

func (f *shared) release() {
	if f != nil && f.users.Add(-1) == 0 {
		f.Close() // it was only read from
	}
}

// image emits an image file's rows: a cutout, a stack of cutouts or a tile.
func (r *run) image(ctx context.Context, s source, emit emit) error {
	opened, err := pixels.Open(s.Source)
	if err != nil {
		return s.failed(err, emit)
	}
	f := &shared{File: opened}
	defer f.retain().release()
	if r.isTile(f) {
		return r.tile(ctx, f, s, emit)
	}
	r.expect(f.Len())
	for i := range f.Len() {
		it := item{row: unknown(s.id, s.name), file: f.retain()}
		it.row.HDU = f.HDU()
		if f.Len() > 1 {
			it.row.ID = fmt.Sprintf("%s_%d", s.id, i)
		}
		if i == 0 {
			it.note = noSky(f.WCSError())
		}
		it.view = r.viewOfImage(s.Source, f.Len(), i)
		it.read = func() (cutout.Cutout, error) {
			c, err := cutout.Middle(f.File, i, r.model.Recipe)
			return c, s.check(err)
		}
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

// isTile tells what to take an image file for: what the user says, else what the
// model's recipe does.
func (r *run) isTile(f *shared) bool {
	if r.As != "" || r.Positions != "" || r.Detect {
		return r.As != AsCutout
	}
	_, height, width := f.Shape()
	return r.model.Recipe.IsTile(height, width, f.Photo())
}

// noSky says why a file with sky coordinates gives no right ascensions.
func noSky(err error) string {
	if err != nil {
		return fmt.Sprintf("no ra and dec: %v", err)
	}
	return ""
}

// unknown is a row of which only the names are known.
func unknown(id, file string) catalog.Prediction {
	nan := math.NaN()
	return catalog.Prediction{ID: id, File: file, HDU: -1, X: nan, Y: nan, RA: nan, Dec: nan}
}
