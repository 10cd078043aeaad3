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
	prepare.Picture           // without pixels if its position is not on the image, or it is Unmeasured
	Unmeasured      bool      // no Petrosian radius is known, on which depends what the recipe sees
	Excluded        int       // pixels of all bands that a mask or a weight makes undefined
	TopFirst        bool      // it is of a photo, whose first row is at the top
	HDU             int       // that it came from; -1 for JPEG, PNG and TIFF
	X0, Y0          int       // pixel of the image that is its first
	X, Y            float64   // pixel of the image that is the cutout's middle
	WCS             *fits.WCS // of the image; nil where it has none, and in a stack that is no pack
	WCSError        error     // why sky coordinates that it has cannot be used
}

// Read reads the cutout of a catalogue's row, whose image is s: the middle of it
// or, if it is a tile to the recipe and the row has a position, the window there.
// The position is x, y if the row has them, else ra, dec. To a recipe that scales
// its windows, each FITS image of an object with a Petrosian radius is a tile.
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
	f, i, err := One(f, o.Plane)
	if err != nil {
		return Cutout{}, err
	}
	_, height, width := f.Shape()
	isScaled := Scales(f, r) && o.Radius > 0
	if isTile := r.IsTile(height, width, f.Photo()); !f.Single() || !isTile && !isScaled {
		return Middle(f, i, r)
	}
	x, y, known, err := Place(f, o)
	switch {
	case err != nil:
		return Cutout{}, err
	case known && !f.Holds(x, y):
		return Cutout{HDU: f.HDU(), X: x, Y: y}, nil
	case !known && !Scales(f, r):
		return Middle(f, i, r)
	case !known:
		x, y = float64(width-1)/2, float64(height-1)/2
	}
	return At(f, x, y, Radius(f, x, y, o.Radius), r)
}

// One is the image that a catalogue's plane names: number i of a file, which is that image alone where it was one of a pack.
func One(f *pixels.File, plane int) (one *pixels.File, i int, err error) {
	if i, err = f.Index(plane); err == nil && f.Packed() {
		f, err = f.Plane(i)
		i = 0
	}
	return f, i, err
}

// Scales tells whether what a recipe sees of an image depends on the object in the middle: a photo has been scaled by who
// made it.
func Scales(f *pixels.File, r prepare.Recipe) bool { return r.Petrosian > 0 && !f.Photo() }

// Radius is one of so many arcsec at a pixel of an image in pixels; NaN without sky coordinates.
func Radius(f *pixels.File, x, y, arcsec float64) float64 {
	if f.WCS() == nil {
		return math.NaN()
	}
	j, err := f.WCS().Jacobian(x, y)
	if err != nil {
		return math.NaN()
	}
	return arcsec / 3600 / j.Scale()
}

// At is what a recipe sees of a tile around the position (x, y) of an object with a Petrosian radius of so many pixels,
// NaN if that is not known.
func At(f *pixels.File, x, y, radius float64, r prepare.Recipe) (Cutout, error) {
	if Scales(f, r) {
		return scaled(f, x, y, radius, r)
	}
	side := r.Scanned()
	return Window(f, patch.Start(x, side), patch.Start(y, side), x, y, r)
}

// Place is the pixel where a row says that its object is, if it says so in a way
// that means something in the image.
func Place(f *pixels.File, o catalog.Object) (x, y float64, known bool, err error) {
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
	f, i, err := One(f, i)
	if err != nil {
		return Cutout{}, err
	}
	_, height, width := f.Shape()
	x0, y0, h, w := r.Region(height, width)
	image, err := f.Window(i, x0, y0, h, w, 0)
	if err != nil {
		return Cutout{}, err
	}
	c := blank(f, float64(width-1)/2, float64(height-1)/2)
	c.X0, c.Y0 = x0, y0
	c.show(image, r)
	if f.Len() > 1 {
		c.WCS, c.WCSError = nil, nil
	}
	return c, nil
}

// Window is the square of a tile that begins at pixel (x0, y0), as wide as a recipe scans it, and stands for the position
// (x, y); what of it is beyond the tile's edge is undefined.
func Window(f *pixels.File, x0, y0 int, x, y float64, r prepare.Recipe) (Cutout, error) {
	side := r.Scanned()
	image, err := f.Window(0, x0, y0, side, side, float32(math.NaN()))
	if err != nil {
		return Cutout{}, err
	}
	c := blank(f, x, y)
	c.X0, c.Y0 = x0, y0
	c.show(image, r)
	c.Outside = outside(f, x0, y0, side, side)
	return c, nil
}

// blank is a cutout without pixels.
func blank(f *pixels.File, x, y float64) Cutout {
	return Cutout{Picture: prepare.Picture{Photo: f.Photo()}, TopFirst: f.Photo(), HDU: f.HDU(), X: x, Y: y, WCS: f.WCS(), WCSError: f.WCSError()}
}

// show gives a cutout its pixels.
func (c *Cutout) show(image patch.Image, r prepare.Recipe) {
	c.Image, c.Excluded = image, pixels.Excluded(image.Pixels)
	r.Colour(&c.Picture)
}

// outside counts the pixels of all bands of a window that the tile does not have.
func outside(f *pixels.File, x0, y0, h, w int) int {
	bands, height, width := f.Shape()
	inside := max(0, min(x0+w, width)-max(x0, 0)) * max(0, min(y0+h, height)-max(y0, 0))
	return bands * (h*w - inside)
}
