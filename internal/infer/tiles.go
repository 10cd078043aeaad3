package infer

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
)

// tile emits the windows of a tile: those of a scan, at --positions, or around the sources of --detect.
func (r *run) tile(ctx context.Context, f *shared, s source, emit emit) error {
	if f.Len() > 1 {
		return s.failed(&fits.UnsupportedError{File: s.name, HDU: f.HDU(), Reason: fmt.Sprintf("holds a stack of %d images; a tile is one", f.Len())}, emit)
	}
	// It would be a pity to find out after an hour that a file is cut off.
	if err := f.Check(); err != nil {
		return s.failed(err, emit)
	}
	switch {
	case r.Detect:
		return r.detect(ctx, f, s, emit)
	case r.Positions != "":
		return r.visit(f, s, emit)
	}
	return r.scan(f, s, emit)
}

// scan looks at a tile through windows whose central cells, of stride x stride
// pixels, tile it: each place is in the central cell of exactly one window.
func (r *run) scan(f *shared, s source, emit emit) error {
	if cutout.Scales(f.File, r.model.Recipe) {
		return cli.Usagef("%s sees each object at a scale of its own: a tile needs --detect, or --positions with a column %s (arcsec)", r.modelName(), catalog.PetrosianColumn)
	}
	_, height, width := f.Shape()
	window, stride := r.model.Recipe.Scanned(), r.Stride
	if stride == 0 {
		stride = max(1, window/2)
	}
	if stride > window {
		return cli.Usagef("--stride %d is more than the window of %d pixels: the scan would skip sky", stride, window)
	}
	rows, cols := (height+stride-1)/stride, (width+stride-1)/stride
	if s.named {
		r.expect(rows * cols)
	}
	margin := (window - stride) / 2
	middle := float64(window-1)/2 - float64(margin)
	walk := &scan{id: s.id, rows: rows, columns: cols, stride: stride, x: middle, y: middle, wcs: f.WCS()}
	for i := range rows * cols {
		x0, y0 := i%cols*stride-margin, i/cols*stride-margin
		x, y := float64(x0)+float64(window-1)/2, float64(y0)+float64(window-1)/2
		it := r.window(f, s, x, y, func(f *pixels.File) (cutout.Cutout, error) { return cutout.Window(f, x0, y0, x, y, r.model.Recipe) })
		it.row.ID = s.id + "_" + decimal(it.row.X) + "_" + decimal(it.row.Y)
		it.scan, it.cell = walk, i
		if i == 0 {
			it.note = noSky(f.WCSError())
		}
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

// decimal is a number in as few digits as read back the same, never with an exponent.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// window is what read gives of a tile, for the position (x, y).
func (r *run) window(f *shared, s source, x, y float64, read func(*pixels.File) (cutout.Cutout, error)) item {
	it := item{row: unknown("", s.name), file: f.retain()}
	it.row.HDU, it.row.X, it.row.Y = f.HDU(), x, y
	it.view = viewOfWindow(s.Source, read)
	it.read = func() (cutout.Cutout, error) {
		c, err := read(f.File)
		return c, s.check(err)
	}
	return it
}

// around is what the model sees around a position of a tile, of an object with a Petrosian radius of so many pixels.
func (r *run) around(f *shared, s source, x, y, radius float64) item {
	return r.window(f, s, x, y, func(f *pixels.File) (cutout.Cutout, error) { return cutout.At(f, x, y, radius, r.model.Recipe) })
}

// visit looks at a tile at the positions of --positions, in their order. One
// that is not on the tile keeps its row if there is one tile only; with
// several tiles, it is some other's.
func (r *run) visit(f *shared, s source, emit emit) error {
	if cutout.Scales(f.File, r.model.Recipe) && !slices.ContainsFunc(r.positions, func(o catalog.Object) bool { return o.Radius > 0 }) {
		return cli.Usagef("%s sees each object at a scale of its own, and --positions %s has no Petrosian radii (a column %s, arcsec)",
			r.modelName(), r.Positions, catalog.PetrosianColumn)
	}
	alone := s.named && len(r.Inputs) == 1
	if alone {
		r.expect(len(r.positions))
	}
	note := noSky(f.WCSError())
	for i, o := range r.positions {
		x, y := o.X, o.Y
		if !math.IsNaN(o.RA) {
			var err error
			if x, y, err = f.Pixel(o.RA, o.Dec); err != nil {
				return s.failed(fmt.Errorf("the positions are right ascension and declination, and %w", err), emit)
			}
		}
		var it item
		if o.PlaceErr != nil {
			x, y = math.NaN(), math.NaN()
		}
		if f.Holds(x, y) {
			it = r.around(f, s, x, y, cutout.Radius(f.File, x, y, o.Radius))
			r.visited[i] = true
		} else if alone {
			it = item{row: unknown("", s.name), read: func() (cutout.Cutout, error) { return cutout.Cutout{HDU: f.HDU(), X: x, Y: y}, o.PlaceErr }}
			it.row.X, it.row.Y = x, y
		} else {
			continue
		}
		it.note, note = note, ""
		it.row.RA, it.row.Dec, it.view.Radius = o.RA, o.Dec, o.Radius
		if r.givesRadii() {
			it.row.Measures = []float64{o.Radius}
		}
		if it.row.ID = o.ID; o.ID == "" {
			it.row.ID = strconv.Itoa(i + 1)
		}
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}
