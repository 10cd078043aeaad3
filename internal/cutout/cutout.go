// Package cutout reads of an image file what a model sees of it, and no more,
// in training and in inference alike.
package cutout

import (
	"errors"
	"math"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// Cutout is a part of an image, and where it is.
type Cutout struct {
	prepare.Picture           // without pixels if its position is not on the image
	Excluded        int       // pixels of all bands that a mask or a weight makes undefined
	HDU             int       // that it came from; -1 for JPEG, PNG and TIFF
	X0, Y0          int       // pixel of the image that is its first
	X, Y            float64   // pixel of the image that is the cutout's middle
	WCS             *fits.WCS // of the image; nil where it has none, and in a stack
	WCSError        error     // why sky coordinates that it has cannot be used
}

// Read reads the cutout of a catalogue's row, whose image is s: the middle of it
// or, if it is a tile to the recipe and the row has a position, the window there.
// The position is x, y if the row has them, else ra, dec.
func Read(o catalog.Object, s pixels.Source, r prepare.Recipe) (Cutout, error) {
	if o.Err != nil {
		return Cutout{}, o.Err
	}
	f, err := pixels.Open(s)
	if err != nil {
		return Cutout{}, err
	}
	defer f.Close()
	return Of(f, o, r)
}

// Of is [Read] of an open file.
func Of(f *pixels.File, o catalog.Object, r prepare.Recipe) (Cutout, error) {
	i, err := f.Index(o.Plane)
	if err != nil {
		return Cutout{}, err
	}
	if _, height, width := f.Shape(); f.Len() == 1 && r.IsTile(height, width, f.HDU() < 0) {
		x, y, known, err := place(f, o)
		switch {
		case err != nil:
			return Cutout{}, err
		case known && !f.Holds(x, y):
			return Cutout{HDU: f.HDU(), X: x, Y: y}, nil
		case known:
			side := r.Scanned()
			return Window(f, patch.Start(x, side), patch.Start(y, side), side, x, y)
		}
	}
	return Middle(f, i, r)
}

// place is the pixel where a row says that its object is, if it says so in a way
// that means something in the image.
func place(f *pixels.File, o catalog.Object) (x, y float64, known bool, err error) {
	switch {
	case o.PlaceErr != nil:
		return 0, 0, false, o.PlaceErr
	case !math.IsNaN(o.X) && !math.IsNaN(o.Y):
		return o.X, o.Y, true, nil
	case math.IsNaN(o.RA) || math.IsNaN(o.Dec):
		return 0, 0, false, nil
	}
	x, y, err = f.Pixel(o.RA, o.Dec)
	if errors.Is(err, fits.ErrNoWCS) {
		return 0, 0, false, nil
	}
	return x, y, err == nil, err
}

// Middle is what a recipe sees of image i of a file: its middle, or all of it.
func Middle(f *pixels.File, i int, r prepare.Recipe) (Cutout, error) {
	_, height, width := f.Shape()
	x0, y0, h, w := r.Region(height, width)
	image, err := f.Window(i, x0, y0, h, w, 0)
	if err != nil {
		return Cutout{}, err
	}
	c := Cutout{HDU: f.HDU(), X0: x0, Y0: y0, X: float64(width-1) / 2, Y: float64(height-1) / 2}
	c.Image, c.Photo, c.Excluded = image, f.HDU() < 0, pixels.Excluded(image.Pixels)
	if f.Len() == 1 {
		c.WCS, c.WCSError = f.WCS(), f.WCSError()
	}
	return c, nil
}

// Window is the square of a tile, side pixels wide, that begins at pixel (x0, y0)
// and stands for the position (x, y); what of it is beyond the tile's edge is
// undefined.
func Window(f *pixels.File, x0, y0, side int, x, y float64) (Cutout, error) {
	image, err := f.Window(0, x0, y0, side, side, float32(math.NaN()))
	if err != nil {
		return Cutout{}, err
	}
	bands, height, width := f.Shape()
	inside := max(0, min(x0+side, width)-max(x0, 0)) * max(0, min(y0+side, height)-max(y0, 0))
	c := Cutout{HDU: f.HDU(), X0: x0, Y0: y0, X: x, Y: y, WCS: f.WCS(), WCSError: f.WCSError()}
	c.Image, c.Photo, c.Outside, c.Excluded = image, f.HDU() < 0, bands*(side*side-inside), pixels.Excluded(image.Pixels)
	return c, nil
}
