package infer

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/patch"
)

// item is one row to be: what is known of it, and how to get its pixels.
type item struct {
	row  catalog.Prediction
	read func() (view, error)
}

// view is what the model looks at.
type view struct {
	image patch.Image // [C, H, W]
	photo bool        // from a JPEG, PNG or TIFF file
	wcs   *fits.WCS   // of the image; nil where there is none
	flags []string
}

// input predicts all rows of one argument of the command line.
func (r *run) input(ctx context.Context, name string) error {
	isCatalog, err := catalog.IsCatalog(name)
	if err != nil {
		return err
	}
	if isCatalog {
		return r.catalog(ctx, name)
	}
	return r.image(ctx, pixels.Source{Files: []string{name}, HDU: -1, Bands: r.bands()}, name, stem(name))
}

func (r *run) bands() int { return r.model.Net.Config.Grid.Channels }

// catalog predicts each row of a catalogue: a cutout or, with --as tile, a tile.
func (r *run) catalog(ctx context.Context, name string) error {
	table, err := catalog.Read(name)
	if err != nil {
		return err
	}
	defer table.Close()
	var where []catalog.Where
	for _, w := range r.Where {
		condition, err := catalog.ParseWhere(w)
		if err != nil {
			return err
		}
		where = append(where, condition)
	}
	if table, err = table.Where(where...); err != nil {
		return err
	}
	objects, _, err := table.Objects(catalog.Columns{ID: r.IDColumn, File: r.FileColumn, Lenient: true})
	if err != nil {
		return err
	}
	if r.As != AsTile {
		return r.process(ctx, len(objects), func(yield func(item) bool) {
			for _, o := range objects {
				if !yield(r.cutout(o)) {
					return
				}
			}
		})
	}
	for _, o := range objects {
		err := r.image(ctx, pixels.Source{Files: o.Files, HDU: o.HDU, Bands: r.bands()}, o.File, o.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// cutout is a catalogue's row.
func (r *run) cutout(o catalog.Object) item {
	it := item{row: catalog.Prediction{ID: o.ID, File: o.File, HDU: o.HDU, X: o.X, Y: o.Y, RA: o.RA, Dec: o.Dec}}
	it.read = func() (view, error) {
		p, err := pixels.Read(pixels.Source{Files: o.Files, HDU: o.HDU, Bands: r.bands()}, o.Plane)
		if err != nil {
			return view{}, err
		}
		return view{image: p.Image, photo: p.HDU < 0, wcs: p.WCS}, nil
	}
	return it
}

// image predicts a file (or a file a band) that holds a cutout, a stack of
// cutouts or a tile. That it cannot be read is an error: it was named.
func (r *run) image(ctx context.Context, s pixels.Source, name, id string) error {
	f, err := pixels.Open(s)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.WCSError() != nil {
		fmt.Fprintf(r.Log, "no sky coordinates: %v\n", f.WCSError())
	}
	_, height, width := f.Shape()
	window := r.model.Recipe.Scanned()
	tile := r.As == AsTile || r.As == "" && (r.Positions != "" || max(height, width) > 2*window)
	switch {
	case tile && f.Len() > 1:
		return fmt.Errorf("%s holds a stack of %d images; a tile is one", name, f.Len())
	case tile && r.Positions != "":
		return r.visit(ctx, f, name)
	case tile:
		return r.scan(ctx, f, name, id, window)
	}
	// A cutout is read before anything is predicted, so that a damaged file
	// that was named on the command line ends the run.
	return r.process(ctx, f.Len(), func(yield func(item) bool) {
		for i := range f.Len() {
			it := item{row: prediction(id, name, f)}
			if f.Len() > 1 {
				it.row.ID = fmt.Sprintf("%s_%d", id, i)
			}
			it.read = func() (view, error) {
				image, err := f.Read(i)
				if err != nil {
					return view{}, &namedError{err}
				}
				return view{image: image, photo: f.HDU() < 0, wcs: f.WCS()}, nil
			}
			if !yield(it) {
				return
			}
		}
	})
}

// namedError is that of a file which the command line names: it ends the run.
type namedError struct{ error }

func (e *namedError) Unwrap() error { return e.error }

func prediction(id, file string, f *pixels.File) catalog.Prediction {
	nan := math.NaN()
	return catalog.Prediction{ID: id, File: file, HDU: f.HDU(), X: nan, Y: nan, RA: nan, Dec: nan}
}

// stem is a file's name without its folder and suffixes.
func stem(name string) string {
	name = filepath.Base(name)
	for _, suffix := range []string{".gz", ".bz2", ".fz", ".zst"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// Words about a window of a tile.
const (
	flagEdge    = "edge"    // the window reaches out of the tile
	flagOutside = "outside" // the position is not on the tile
	flagFailed  = "unreadable"
)

// scan looks at a tile through windows whose central cells, of stride x stride
// pixels, tile it: each place is in the central cell of exactly one window.
func (r *run) scan(ctx context.Context, f *pixels.File, name, id string, window int) error {
	_, height, width := f.Shape()
	stride := r.Stride
	if stride == 0 {
		stride = max(1, window/2)
	}
	if stride > window {
		return fmt.Errorf("--stride %d is more than the window of %d pixels: the scan would skip sky", stride, window)
	}
	rows, cols := (height+stride-1)/stride, (width+stride-1)/stride
	return r.process(ctx, rows*cols, func(yield func(item) bool) {
		for i := range rows * cols {
			x0, y0 := i%cols*stride-(window-stride)/2, i/cols*stride-(window-stride)/2
			it := r.window(f, name, x0, y0, window)
			it.row.ID = fmt.Sprintf("%s_%g_%g", id, it.row.X, it.row.Y)
			if !yield(it) {
				return
			}
		}
	})
}

// window is the square of a tile whose first pixel is (x0, y0).
func (r *run) window(f *pixels.File, name string, x0, y0, side int) item {
	_, height, width := f.Shape()
	it := item{row: prediction("", name, f)}
	it.row.X, it.row.Y = float64(x0)+float64(side-1)/2, float64(y0)+float64(side-1)/2
	it.read = func() (view, error) {
		image, err := f.Window(0, x0, y0, side, side, float32(math.NaN()))
		if err != nil {
			return view{}, err
		}
		v := view{image: image, photo: f.HDU() < 0}
		if f.WCS() != nil {
			v.wcs = f.WCS().Shift(float64(x0), float64(y0))
		}
		if x0 < 0 || y0 < 0 || x0+side > width || y0+side > height {
			v.flags = append(v.flags, flagEdge)
		}
		return v, nil
	}
	return it
}

// visit looks at a tile at the positions of --positions, in their order. One
// that is not on the tile keeps its row if there is one tile only; with
// several tiles, it is some other's.
func (r *run) visit(ctx context.Context, f *pixels.File, name string) error {
	_, height, width := f.Shape()
	side := r.model.Recipe.Scanned()
	var items []item
	for i, o := range r.positions {
		x, y := o.X, o.Y
		if !math.IsNaN(o.RA) {
			if f.WCS() == nil {
				return fmt.Errorf("%s has no sky coordinates, and the positions are right ascension and declination", name)
			}
			var err error
			if x, y, err = f.WCS().ICRSToPixel(o.RA, o.Dec); err != nil {
				x, y = math.NaN(), math.NaN()
			}
		}
		var it item
		if x >= -0.5 && y >= -0.5 && x < float64(width)-0.5 && y < float64(height)-0.5 {
			it = r.window(f, name, patch.Start(x, side), patch.Start(y, side), side)
		} else if len(r.Inputs) > 1 {
			continue
		} else {
			it = item{row: prediction("", name, f), read: func() (view, error) { return view{flags: []string{flagOutside}}, nil }}
		}
		it.row.X, it.row.Y, it.row.RA, it.row.Dec = x, y, o.RA, o.Dec
		if it.row.ID = o.ID; o.ID == "" {
			it.row.ID = fmt.Sprint(i + 1)
		}
		items = append(items, it)
	}
	return r.process(ctx, len(items), func(yield func(item) bool) {
		for _, it := range items {
			if !yield(it) {
				return
			}
		}
	})
}
