// Package prepare turns a picture into a model's input, in training and in
// inference alike. The recipe, with its fitted numbers, travels in the model
// directory.
package prepare

import (
	"fmt"
	"math"
	"slices"

	"github.com/astrovit/astrovit/patch"
)

// Recipe is the way from a picture's pixels to a model's input: cut a window
// around the centre, fill undefined pixels, resize, stretch, normalise.
type Recipe struct {
	Bands      []string      // names, in the order of the model's channels; nil where they have none
	Size       [2]int        // height and width of the model's input
	Window     int           // side in the picture's own pixels of the square that is cut out; 0: as much as has Size's aspect
	Distort    bool          // without a window, resize the whole picture to Size, whatever its aspect
	Shortest   int           // resize so that the shorter side has this many pixels, then cut Size; 0: resize to Size
	Filter     patch.Filter  // of the resizing
	PixelScale float64       // arcsec a pixel of the training pictures; 0: unknown, or not the same
	Petrosian  float64       // width of what the model sees in Petrosian radii of the object that it is of; 0: windows are not scaled
	RGB        string        // SDSS: FITS images become the pictures that these make; empty: they stay as they are
	Stretch    patch.Stretch // of pixel values
	Rescale    float64       // multiplies stretched values
	Mean, Std  []float64     // then subtracted and divided by, a band; nil: 0 and 1
	Photo      float64       // multiplies the pixels of JPEG, PNG and TIFF files first; 0: they stay as they are
	Samples    int           // turns and flips of the input, as [patch.Variant] numbers them, whose outputs' mean is the model's; 0: the input alone, as with 1
}

// Flags are the words about a picture that preparing it brings up.
const (
	FlagNaN    = "nan"    // undefined pixels in the window were filled
	FlagEmpty  = "empty"  // no pixel in the window is defined
	FlagPadded = "padded" // the picture is smaller than the window
	FlagScale  = "scale"  // the pixel scale is not that of training
)

// SDSS are the colours of the Sloan Digital Sky Survey's JPEGs, which [patch.SDSS] makes of its frames in [SDSSBands].
const SDSS = "sdss"

// SDSSBands become red, green and blue.
var SDSSBands = []string{"i", "r", "g"}

// maxPetrosian is the most Petrosian radii that a window is believed to be wide.
const maxPetrosian = 1000

// maxSide bounds the sides of what is cut out or resized, and maxArea its area
// in pixels: a recipe may come from an untrusted file.
const (
	maxSide = 1 << 13
	maxArea = 1 << 26
)

// Validate reports what cannot be, for a model of so many bands.
func (r Recipe) Validate(bands int) error {
	if err := r.Stretch.Validate(bands); err != nil {
		return err
	}
	if !slices.Contains([]patch.Filter{patch.Bilinear, patch.Bicubic}, r.Filter) {
		return fmt.Errorf("no resampling %q; there are %q and %q", r.Filter, patch.Bilinear, patch.Bicubic)
	}
	for _, side := range []struct {
		name     string
		n, least int
	}{{"window", r.Window, 0}, {"shortest edge", r.Shortest, 0}, {"height", r.Size[0], 1}, {"width", r.Size[1], 1}} {
		if side.n < side.least || side.n > maxSide {
			return fmt.Errorf("the %s of the input is %d; it must be from %d to %d", side.name, side.n, side.least, maxSide)
		}
	}
	if r.Shortest > 0 && r.Shortest < max(r.Size[0], r.Size[1]) {
		return fmt.Errorf("the shortest edge %d is less than the input of %d x %d pixels", r.Shortest, r.Size[1], r.Size[0])
	}
	if r.Bands != nil && len(r.Bands) != bands {
		return fmt.Errorf("%d bands are named, the model has %d", len(r.Bands), bands)
	}
	if r.RGB != "" && (r.RGB != SDSS || bands != 3) {
		return fmt.Errorf("the colours are %q of %d bands; they can be %q, of 3", r.RGB, bands, SDSS)
	}
	if !(r.Petrosian >= 0 && r.Petrosian <= maxPetrosian) {
		return fmt.Errorf("the window is %g Petrosian radii wide; it must be from 0 (not scaled) to %d", r.Petrosian, maxPetrosian)
	}
	if most := patch.Variants(r.Size[0], r.Size[1]); r.Samples < 0 || r.Samples > most {
		return fmt.Errorf("the model's output is the mean over %d samples; an input of %d x %d pixels has up to %d turns and flips", r.Samples, r.Size[1], r.Size[0], most)
	}
	if r.Mean != nil && len(r.Mean) != bands || len(r.Mean) != len(r.Std) {
		return fmt.Errorf("mean and std have %d and %d values for %d bands", len(r.Mean), len(r.Std), bands)
	}
	return r.checkNumbers()
}

// checkNumbers bounds the numbers far beyond what pixels need, so that their
// ratios neither overflow nor vanish.
func (r Recipe) checkNumbers() error {
	const most = 1e30
	for _, v := range slices.Concat(r.Std, []float64{r.Rescale}) {
		if !(v >= 1/most && v <= most) {
			return fmt.Errorf("%g cannot be a std or a rescaling factor; they must be from %g to %g", v, 1/most, most)
		}
	}
	for _, v := range slices.Concat(r.Mean, []float64{r.PixelScale, r.Photo}) {
		if !(math.Abs(v) <= most) {
			return fmt.Errorf("%g cannot be a mean, a pixel scale or a factor of pixels; the most is %g", v, most)
		}
	}
	if r.PixelScale < 0 || r.Photo < 0 {
		return fmt.Errorf("the pixel scale %g and the factor %g of a photo's pixels must not be below 0", r.PixelScale, r.Photo)
	}
	return nil
}

// seen is the height and the width of what the model sees, in a tile's own pixels.
func (r Recipe) seen() (height, width int) {
	if r.Window > 0 {
		return r.Window, r.Window
	}
	return r.Size[0], r.Size[1]
}

// Scanned is the side in a tile's own pixels of the square that the model sees,
// or that holds what it sees.
func (r Recipe) Scanned() int { return max(r.seen()) }

// IsTile tells whether a picture is to be scanned or visited, being much larger
// than what the model sees. Who has learned from whole photos sees a photo whole.
func (r Recipe) IsTile(height, width int, photo bool) bool {
	h, w := r.seen()
	return (height > 2*h || width > 2*w) && !(photo && r.Window == 0)
}

// Region is the part of a picture that Prepare looks at, height x width pixels
// from (x, y) on: of that part alone it makes the same input.
func (r Recipe) Region(height, width int) (x, y, h, w int) {
	if r.Window == 0 {
		return 0, 0, height, width
	}
	h, w = min(r.Window, height), min(r.Window, width)
	return patch.Start(float64(width-1)/2, w), patch.Start(float64(height-1)/2, h), h, w
}

// Picture is what a model's input is made of.
type Picture struct {
	patch.Image      // [C, H, W]
	Photo       bool // of a JPEG, PNG or TIFF file
	Outside     int  // pixels of all bands that are undefined because they lie beyond the edge of a tile

	// Part is what is resized to the recipe's Size; none: what the recipe cuts out.
	Part patch.Part
}

// Scaled tells whether the recipe has no say in what is seen of the picture.
func (p Picture) Scaled() bool { return p.Part != patch.Part{} }

// Colour makes a picture of FITS images the photo that the model has learned from, in place, if that is what it has
// learned from.
func (r Recipe) Colour(p *Picture) {
	if r.RGB == SDSS && !p.Photo {
		patch.SDSS(p.Image)
		p.Photo = true
	}
}

// Prepare makes the model's input [C, Size] of a picture, which is left as it
// is, and says what there is to say about it.
func (r Recipe) Prepare(p Picture) (patch.Image, []string, error) {
	framed, flags, err := r.Frame(p)
	if err != nil {
		return patch.Image{}, nil, err
	}
	r.Finish(framed)
	return framed, flags, nil
}

// Frame is the first half of Prepare: cut, fill and resize.
func (r Recipe) Frame(p Picture) (patch.Image, []string, error) {
	var flags []string
	cut, inside := r.cut(p)
	if p.Photo && r.Photo != 0 {
		for i := range cut.Pixels {
			cut.Pixels[i] *= float32(r.Photo)
		}
	}
	if inside < len(cut.Pixels) {
		flags = append(flags, FlagPadded)
	}
	undefined, err := r.Stretch.Fill(cut)
	if err != nil {
		return patch.Image{}, nil, fmt.Errorf("%d of %d pixels: %w", undefined, len(cut.Pixels), err)
	}
	if undefined == len(cut.Pixels) {
		flags = append(flags, FlagEmpty)
	} else if undefined > len(cut.Pixels)-inside+p.Outside {
		flags = append(flags, FlagNaN)
	}
	if p.Scaled() {
		return patch.ResizePart(cut, p.Part, r.Size[0], r.Size[1], r.Filter, true), flags, nil
	}
	cut, err = r.resize(cut)
	return cut, flags, err
}

// Placement tells where a picture's pixels come to lie: the centre of the input's
// first pixel is pixel (x, y) of the picture, and its pixels are nx x ny of them.
func (r Recipe) Placement(height, width int) (x, y, nx, ny float64) {
	h, w, _ := r.frame(height, width)
	rows, columns := r.resized(float64(h), float64(w))
	nx, ny = float64(w)/float64(columns), float64(h)/float64(rows)
	x = float64(patch.Start(float64(width-1)/2, w)) + (nx-1)/2
	y = float64(patch.Start(float64(height-1)/2, h)) + (ny-1)/2
	if r.Shortest > 0 {
		x += nx * float64(patch.Start(float64(columns-1)/2, r.Size[1]))
		y += ny * float64(patch.Start(float64(rows-1)/2, r.Size[0]))
	}
	return x, y, nx, ny
}

// resized is the size of a cut of height x width pixels for the model, before
// that is cut to what the model sees where Shortest says so.
func (r Recipe) resized(height, width float64) (rows, columns int) {
	rows, columns = r.Size[0], r.Size[1]
	if r.Shortest > 0 {
		scale := float64(r.Shortest) / min(height, width)
		rows, columns = max(rows, int(math.Round(scale*height))), max(columns, int(math.Round(scale*width)))
	}
	return rows, columns
}

// resize makes a cut the model's size.
func (r Recipe) resize(cut patch.Image) (patch.Image, error) {
	h, w := float64(cut.Shape[1]), float64(cut.Shape[2])
	if scale := float64(r.Shortest) / min(h, w); scale*h*scale*w > maxArea {
		return patch.Image{}, fmt.Errorf("a picture of %g x %g pixels is too long to make its shortest edge %d", w, h, r.Shortest)
	}
	height, width := r.resized(h, w)
	if height != cut.Shape[1] || width != cut.Shape[2] {
		cut = patch.Resize(cut, height, width, r.Filter, true)
	}
	if r.Shortest > 0 {
		cut = cut.CenterCrop(r.Size[0], r.Size[1], 0)
	}
	return cut, nil
}

// Finish is the second half of Prepare, in place: stretch and normalise.
func (r Recipe) Finish(im patch.Image) {
	r.Stretch.Apply(im)
	r.Normalise(im)
}

// Normalise makes stretched values v, in place, (v·Rescale - Mean)/Std.
func (r Recipe) Normalise(im patch.Image) {
	for c := range im.Bands() {
		scale, shift := r.Rescale, 0.0
		if r.Mean != nil {
			scale, shift = r.Rescale/r.Std[c], r.Mean[c]/r.Std[c]
		}
		if scale == 1 && shift == 0 {
			continue
		}
		band := im.Band(c)
		for i, v := range band {
			band[i] = float32(float64(v)*scale - shift)
		}
	}
}

// cut takes the window, a copy; outside of the picture it is undefined. Inside
// is the number of its pixels, of all bands, that the picture has.
func (r Recipe) cut(p Picture) (cut patch.Image, inside int) {
	im := p.Image
	if p.Scaled() {
		return patch.Image{Shape: im.Shape, Pixels: slices.Clone(im.Pixels)}, len(im.Pixels)
	}
	height, width := im.Shape[1], im.Shape[2]
	h, w, fill := r.frame(height, width)
	return im.CenterCrop(h, w, fill), im.Bands() * min(height, h) * min(width, w)
}

// frame is the size of what is cut out of the middle of a picture, and what is
// beyond its edge.
func (r Recipe) frame(height, width int) (h, w int, fill float32) {
	switch {
	case r.Window > 0:
		return r.Window, r.Window, float32(math.NaN())
	case r.Shortest > 0, r.Distort:
		return height, width, 0
	case height*r.Size[1] > width*r.Size[0]:
		return max(1, width*r.Size[0]/r.Size[1]), width, 0
	}
	return height, max(1, height*r.Size[1]/r.Size[0]), 0
}
