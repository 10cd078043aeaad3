// Package pack is the program vit-train pack: the many small files of a catalogue
// become a few stacks, which are read at random without opening a file for each cutout.
//
//	catalog.csv      all columns of the catalogue; file_loc (or file_<band>), hdu and plane
//	                 say where the pixels are now
//	stack-001.fits   cutouts of one shape and pixel type, [N,H,W] or [N,C,H,W]; with --compress
//	                 stack-001.fits.fz, each cutout one tile, lossless
//	stack-001-g.fits the same of one band, where a catalogue has one file a band
//
// Each stack is followed by the table CUTOUTS, a row a cutout: its id and the
// keywords of its sky coordinates, as in the Green Bank convention. Pixels are stored
// as they were, whatever their type; those of photos as bytes. What is predicted from
// a pack is, to the last bit, what is predicted from the files. With --window what lies beyond
// an image's edge is undefined in the pack: of such rows the flag is nan, not edge.
package pack

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/whole"
)

// Index is the catalogue of a pack, in its folder. It is written last: without it there is no pack.
const Index = "catalog.csv"

// Options are what a run is told.
type Options struct {
	Catalog              string   // or a folder of images
	Where                []string // rows to take
	IDColumn, FileColumn string
	Out                  string // folder
	Window               int    // side of what is taken of each image; 0: all of it
	Compress             bool
	MaxMiB               int  // of a stack
	Strict               bool // a cutout that cannot be read is an error
	Workers              int
	Log                  *slog.Logger
}

// Run packs a catalogue.
func Run(ctx context.Context, o Options) error {
	switch {
	case o.Window < 0:
		return cli.Usagef("--window must not be below 0, have %d", o.Window)
	case o.MaxMiB < 1:
		return cli.Usagef("--max-size must be 1 MiB at least, have %d", o.MaxMiB)
	case o.Workers < 1:
		return cli.Usagef("--workers must be 1 at least, have %d", o.Workers)
	}
	table, err := o.table()
	if err != nil {
		return err
	}
	defer table.Close()
	columns := catalog.Columns{ID: o.IDColumn, File: o.FileColumn}
	objects, bands, err := table.Objects(columns)
	if err != nil {
		return err
	}
	if o.Window == 0 {
		if err := catalog.OnePlace(objects); err != nil {
			return cli.Usagef("%s: %v", o.Catalog, err)
		}
	}
	index := filepath.Join(o.Out, Index)
	if _, err := os.Stat(index); err == nil {
		return fmt.Errorf("%s is there; remove that pack or name another --out", index)
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return err
	}
	p := newPacking(o, len(objects), bands)
	places := make([]*catalog.Place, len(objects))
	bar := progress.New(o.Log, len(objects), "packing")
	err = p.pack(ctx, objects, places, bar)
	bar.Finish()
	if err == nil {
		err = p.finish()
	}
	var lost []string
	if err == nil {
		whole.Sweep(index)
		err = whole.Write(index, func(w io.Writer) error {
			lost, err = table.WriteMoved(w, columns, func(row int) (catalog.Place, bool) {
				if places[row] == nil {
					return catalog.Place{}, false
				}
				return *places[row], true
			})
			return err
		})
	}
	if err != nil {
		p.abort()
		return err
	}
	if len(lost) > 0 {
		o.Log.Warn("columns of several values a row are left out: " + strings.Join(lost, ", "))
	}
	o.Log.Info(fmt.Sprintf("packed %d of %d rows, %d of them exact copies of others, into %d files of %.1f MiB: %s",
		p.packed, len(objects), p.copies, len(p.done), float64(p.size)/(1<<20), index), "packed", p.packed, "rows", len(objects), "copies", p.copies, "files", len(p.done), "bytes", p.size)
	return nil
}

// table is the rows to pack.
func (o Options) table() (*catalog.Table, error) {
	conditions, err := catalog.ParseWheres(o.Where)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	table, err := catalog.Open(o.Catalog, classesOrImages)
	if err != nil {
		return nil, err
	}
	selected, err := table.Where(conditions...)
	if err != nil {
		table.Close()
	}
	return selected, err
}

// classesOrImages is a folder with a folder a class or, if it is not one, of images.
func classesOrImages(name string) (*catalog.Table, error) {
	table, err := catalog.Folder(name)
	if err != nil {
		if images, flat := catalog.Images(name); flat == nil {
			return images, nil
		}
	}
	return table, err
}
