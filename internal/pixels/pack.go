package pixels

import (
	"math"

	"github.com/astrovit/astrovit/fits"
)

// A pack is a stack of cutouts, [N,C,H,W] or [N,H,W], that package pack has made: PackedCard is true in its header, PhotoCard where its pixels are those of
// photos, and StackedCard where its cutouts come from other stacks. The table SkiesTable of its file has a row a cutout: the keywords of its
// sky coordinates.
const (
	PackedCard  = "VITPACK"
	PhotoCard   = "PHOTO"
	StackedCard = "STACKED"
	SkiesTable  = "CUTOUTS"
)

// readPack reads what a pack has beside its pixels.
func (l *layer) readPack(file *fits.File) error {
	l.photo, _ = l.hdu.Header().Bool(PhotoCard)
	l.stacked, _ = l.hdu.Header().Bool(StackedCard)
	for i := l.hdu.Index() + 1; i < file.NumHDU(); i++ {
		h := file.HDU(i)
		if h.Name() != SkiesTable || !h.IsTable() {
			continue
		}
		table, err := h.Table()
		if err == nil && table.Rows != l.shape.cutouts {
			err = &fits.FormatError{File: l.name, HDU: i, Where: "NAXIS2", Reason: "has not a row for each cutout of the pack"}
		}
		l.skies = table
		return err
	}
	if err := file.Err(); err != nil {
		return err
	}
	return l.formatError("says %s = T, but no table %s follows", PackedCard, SkiesTable)
}

// Packed tells whether this is a pack.
func (f *File) Packed() bool { return f.first.skies != nil }

// Single tells whether this is an image by itself, where a catalogue's positions mean something: in a stack they do not.
func (f *File) Single() bool { return f.Len() == 1 && !f.first.stacked }

// Plane is cutout i of a pack as a file of its own, with its own sky coordinates. It reads from f's files, while they are
// open.
func (f *File) Plane(i int) (*File, error) {
	one := &File{layers: make([]*layer, len(f.layers)), bands: f.bands, kernel: f.kernel, maps: f.maps}
	for band, l := range f.layers {
		if l == nil {
			continue
		}
		own := *l
		own.cutout, own.shape.cutouts = l.cutout+i, 1
		one.layers[band] = &own
		if l == f.first {
			one.first = &own
		}
	}
	keywords, err := f.first.skies.Row(i)
	if err != nil {
		return nil, err
	}
	one.first.skies = nil
	one.first.locate(fits.NewWCS(keywords, f.first.name))
	return one, nil
}

// Stored is what one file of a source has of a cutout: pixels as they are stored.
type Stored struct {
	Type   fits.PixelType
	Shape  []int // [C, H, W] or, of one band, [H, W]
	Pixels []byte
}

// Stored reads height x width pixels of cutout i like Window, with NaN outside of the image, but as they are stored, for each of the source's
// files; that of a band without a file has no pixels. Pixels that are resampled, excluded or partly outside of
// the image are float32; those of photos are bytes, or float32 where they have 16 bits.
func (f *File) Stored(i, x, y, height, width int) ([]Stored, error) {
	_, fullHeight, fullWidth := f.Shape()
	inside := x >= 0 && y >= 0 && x+width <= fullWidth && y+height <= fullHeight
	all := make([]Stored, len(f.layers))
	for band, l := range f.layers {
		if l == nil {
			continue
		}
		of, single := &all[band], f
		of.Shape = []int{l.shape.bands, height, width}
		if l.shape.bands == 1 {
			of.Shape = of.Shape[1:]
		}
		if len(f.layers) > 1 {
			single = f.Only(band)
		}
		var err error
		if inside && l.hdu != nil && f.maps[band] == nil && len(l.planes) == 0 {
			of.Type, of.Pixels, err = l.hdu.Stored(l.bounds(l.cutout+i, y, y+height, x, x+width))
		} else {
			of.Type = fits.Float32
			if inside && l.hdu == nil && !l.deep {
				of.Type = fits.Bytes
			}
			window, e := single.Window(i, x, y, height, width, float32(math.NaN()))
			if err = e; err == nil {
				of.Pixels = of.Type.Encode(window.Pixels)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
