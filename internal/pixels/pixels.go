// Package pixels brings an image file of any kind into planar float32, [C,H,W],
// with its sky coordinates: FITS (whatever package fits opens), JPEG, PNG and
// TIFF, told apart by their first bytes and not by their names.
//
// # Shapes
//
// A FITS image of one file is read by its number of axes, slowest first:
//
//	[H,W]      one band
//	[C,H,W]    a cube of C bands
//	[N,C,H,W]  a stack of N cutouts of C bands, or a pack, which knows more of each
//
// Leading axes of length 1 beyond these are dropped. With one file a band, each
// file is [H,W], or [N,H,W] for a stack of N cutouts; a band without a file is a
// plane of NaN. A name such as tile.fits[SCI] or tile.fits[2] is that of an
// extension of a file, by EXTNAME or by index.
//
// # Registration
//
// The pixels of an image are those of its first band that has a file. Each other
// band is resampled onto them through both coordinate systems, window by window:
// what is seen of the sky at a pixel is the same in all bands. Bands whose pixels
// lie on the first's to a hundredth of a pixel all over, or are offset from them
// by whole pixels, are not interpolated. Stacks, and bands of which one or the
// other has no sky coordinates that can be compared, are laid pixel on pixel; they
// need one shape.
//
// Surface brightness is kept: values are interpolated, not scaled with the area
// of the pixels. Where a band's pixels are smaller than the first's the kernel is
// widened to their ratio, so that it averages; more than 16 times smaller is an
// error. Undefined pixels, and those beyond a band's edge, take no part in the
// sum: the rest of the kernel is normalised anew where it holds at least half of
// the weight, and elsewhere the result is NaN.
//
// # Masks and weights
//
// Pixels that a mask or a weight plane excludes (see [Reading]) are NaN from the
// start. It is a NaN that [Excluded] knows again. A plane is registered to its image
// by the coordinate systems of both, as a band is, but takes the nearest pixel; what
// lies beyond it is excluded. Without coordinates it lies pixel on pixel, and has
// the image's shape.
//
// # Values
//
// FITS pixels are physical values, NaN where undefined. JPEG, PNG and TIFF are
// from 0 to 255, in files of 16 bits too: grey images have one band, all others
// three, in the order red, green, blue; alpha is dropped. Nothing is
// flipped: row 0 is the first row of the file, which is the bottom of the sky
// in a FITS image and the top in the others. Orientation tags (EXIF) and colour
// profiles are not applied.
//
// # Trust
//
// Files are untrusted. FITS sizes are checked against the file by package fits.
// The others are decoded whole after a look at their size: at most 2^28 pixels,
// and at most 16384 pixels a byte of the file (of one bit each, as in masks, Deflate
// makes up to 8256 and LZW 10,700 of it; the blocks of a JPEG are fewer). A damaged file is a *fits.FormatError, one
// of another kind a *fits.UnsupportedError.
package pixels

import (
	"fmt"
	"math"
	"strings"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/patch"
)

// A Source names an image: where the files are and what is expected in them.
type Source struct {
	Files []string // one file, or one a band in the model's order; "" for a band without a file
	HDU   int      // HDU index of FITS files that are named without an extension; -1 for the first that holds an image
	Bands int      // bands that there must be; 0 takes any number
	Reading
}

// A Reading is how all images of a run are read. The zero Reading resamples with
// Lanczos3 and knows neither masks nor weights.
type Reading struct {
	Kernel   Kernel // of the registration; "" is Lanczos3
	Mask     Plane  // pixels where it is not 0 are excluded, as are those where it is undefined
	MaskBits uint32 // bits of the mask that count; 0: all
	Weight   Plane  // pixels where it is not above 0 are excluded: a weight, an inverse variance or a variance
}

// A File is an image, a stack of cutouts or a tile whose pixels are read when
// they are asked for; of FITS files that are not compressed, only the bytes
// needed. Several goroutines may read from it at once.
type File struct {
	files  files
	layers []*layer // one, or one a band; nil for a band without a file
	first  *layer   // the first that is not nil
	bands  int
	kernel *kernel
	maps   []*mapping // of the bands that do not lie on the first as they are

	shelved // of a pack that stays open
}

// Open opens the files of a source and compares their shapes and sky coordinates,
// without reading the pixels of FITS images. A pack may still be open from before.
func Open(s Source) (*File, error) {
	return shelf.open(s)
}

func openFiles(s Source) (*File, error) {
	if len(s.Files) == 0 {
		return nil, fmt.Errorf("no image file is named")
	}
	f := &File{layers: make([]*layer, len(s.Files)), kernel: s.Kernel.kernel()}
	if err := f.open(s); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) open(s Source) error {
	for i, name := range s.Files {
		if name == "" && len(s.Files) > 1 {
			continue
		}
		l, err := f.files.layer(name, s.HDU, len(s.Files) > 1)
		if err == nil {
			err = f.files.planes(l, s)
		}
		if err != nil {
			return err
		}
		f.layers[i] = l
		if f.first == nil {
			f.first = l
		}
	}
	if f.first == nil {
		return fmt.Errorf("no band has a file")
	}
	f.bands = f.first.shape.bands
	if len(f.layers) > 1 {
		f.bands = len(f.layers)
	}
	if s.Bands > 0 && f.bands != s.Bands {
		return f.errorf("%s: %s, and %s expected", f.first.describe(), plural(f.bands, "band"), plural(s.Bands, "band"))
	}
	return f.register()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Close closes the files, which those of a pack may survive for whoever opens it next.
func (f *File) Close() error {
	if f.key != "" {
		shelf.giveBack(f)
		return nil
	}
	return f.files.close()
}

// Check reads the last pixel of every band, mask and weight: a file that is cut off says so there.
func (f *File) Check() error {
	for _, l := range f.layers {
		if l == nil {
			continue
		}
		s := l.shape
		if _, err := l.section(s.cutouts-1, s.height-1, s.height, s.width-1, s.width); err != nil {
			return err
		}
		for _, p := range l.planes { // which may end elsewhere
			s := p.shape
			if _, err := p.read(s.cutouts-1, s.height-1, s.height, s.width-1, s.width); err != nil {
				return err
			}
		}
	}
	return nil
}

// Len is the number of cutouts: 1, or the length of a stack.
func (f *File) Len() int { return f.first.shape.cutouts }

// Shape is the shape of one cutout or of the whole tile.
func (f *File) Shape() (bands, height, width int) {
	return f.bands, f.first.shape.height, f.first.shape.width
}

// Photo tells whether pixels are those of a JPEG, PNG or TIFF file, whose first row is at the top, also in a pack.
func (f *File) Photo() bool { return f.first.photo }

// HDU is the index of the HDU that is read, -1 where there is no such thing.
func (f *File) HDU() int { return f.first.hduIndex() }

// Index is the number of the cutout that a catalogue's plane names; -1 is right
// for every file that holds but one.
func (f *File) Index(plane int) (int, error) {
	if plane < 0 {
		if f.Len() > 1 {
			return 0, f.errorf("holds a stack of %d cutouts; a catalogue says which with a column plane (0 to %d)", f.Len(), f.Len()-1)
		}
		plane = 0
	}
	if plane >= f.Len() {
		return 0, f.errorf("has no cutout %d; it holds %d, counted from 0", plane, f.Len())
	}
	return plane, nil
}

// WCS is the sky coordinate system of the first band, nil where there is none
// or where it cannot be used.
func (f *File) WCS() *fits.WCS { return f.first.wcs }

// WCSError is why an image that has sky coordinates has no WCS, or one whose
// positions cannot be turned into right ascension and declination (ICRS); nil
// otherwise.
func (f *File) WCSError() error { return f.first.wcsErr }

// Pixel is the pixel at a right ascension and declination (ICRS, degrees), NaN
// where the projection does not reach. An image without sky coordinates is an
// error that wraps fits.ErrNoWCS; one with such as cannot be used is WCSError's.
func (f *File) Pixel(ra, dec float64) (x, y float64, err error) {
	switch {
	case f.WCSError() != nil:
		return math.NaN(), math.NaN(), f.WCSError()
	case f.WCS() == nil:
		return math.NaN(), math.NaN(), fmt.Errorf("%s has no sky coordinates: %w", f.first.name, fits.ErrNoWCS)
	}
	if x, y, err = f.WCS().ICRSToPixel(ra, dec); err != nil {
		return math.NaN(), math.NaN(), nil
	}
	return x, y, nil
}

// Only is one band of an image or of a stack, on the same pixels. It reads from f's files, while they are open.
func (f *File) Only(band int) *File {
	one := &File{layers: f.layers, first: f.first, bands: 1, kernel: f.kernel, maps: f.maps}
	if len(f.layers) > 1 {
		one.layers, one.maps = f.layers[band:band+1], f.maps[band:band+1]
		return one
	}
	one.first = f.first.only(band)
	one.layers = []*layer{one.first}
	return one
}

// Holds reports whether a position is on the image.
func (f *File) Holds(x, y float64) bool {
	_, height, width := f.Shape()
	return x >= -0.5 && y >= -0.5 && x < float64(width)-0.5 && y < float64(height)-0.5
}

// Window reads height x width pixels of cutout i (of a tile: 0), the first of them pixel (x, y)
// of the image; what lies outside the image has the value fill. It panics
// unless 0 <= i < Len() and height and width are positive.
func (f *File) Window(i, x, y, height, width int, fill float32) (patch.Image, error) {
	if i < 0 || i >= f.Len() {
		panic("pixels: index of cutout out of range")
	}
	if height <= 0 || width <= 0 {
		panic("pixels: empty window")
	}
	bands, fullHeight, fullWidth := f.Shape()
	x0, x1 := clip(x, width, fullWidth)
	y0, y1 := clip(y, height, fullHeight)
	whole := x0 == x && y0 == y && x1-x0 == width && y1-y0 == height

	im := patch.Image{Shape: []int{bands, height, width}}
	if !whole {
		im.Pixels = make([]float32, bands*height*width)
		for k := range im.Pixels {
			im.Pixels[k] = fill
		}
		if x0 == x1 || y0 == y1 {
			return im, nil
		}
	}
	if whole && len(f.layers) == 1 && f.layers[0] == f.first {
		pixels, err := f.first.section(i, y0, y1, x0, x1) // nothing to assemble
		im.Pixels = pixels
		return im, err
	}
	if whole {
		im.Pixels = make([]float32, bands*height*width)
	}
	for band, l := range f.layers {
		dst := im.Pixels[band*height*width:]
		var err error
		switch m := f.maps[band]; {
		case l == nil:
			paste(dst, height, width, undefined((y1-y0)*(x1-x0)), y0-y, x0-x, y1-y0, x1-x0)
		case m != nil && !m.whole:
			w := warp{layer: l, cutout: i, mapping: m, kernel: f.kernel}
			err = w.fill(dst[(y0-y)*width+x0-x:], width, box{x0, y0, x1, y1})
		default:
			err = f.copy(dst, band, i, x, y, height, width)
		}
		if err != nil {
			return patch.Image{}, err
		}
	}
	return im, nil
}

// copy copies a window of a band whose pixels lie on those of the first.
func (f *File) copy(dst []float32, band, cutout, x, y, height, width int) error {
	_, fullHeight, fullWidth := f.Shape()
	x0, x1 := clip(x, width, fullWidth)
	y0, y1 := clip(y, height, fullHeight)
	l, dx, dy := f.layers[band], 0, 0
	if m := f.maps[band]; m != nil {
		dx, dy = m.dx, m.dy
		// What the band does not show is undefined.
		paste(dst, height, width, undefined((y1-y0)*(x1-x0)), y0-y, x0-x, y1-y0, x1-x0)
	}
	bx0, bx1 := clip(x0+dx, x1-x0, l.shape.width)
	by0, by1 := clip(y0+dy, y1-y0, l.shape.height)
	if bx0 == bx1 || by0 == by1 {
		return nil
	}
	part, err := l.section(cutout, by0, by1, bx0, bx1)
	if err == nil {
		paste(dst, height, width, part, by0-dy-y, bx0-dx-x, by1-by0, bx1-bx0)
	}
	return err
}

// clip returns the part of start..start+n that lies in 0..size, empty if none.
func clip(start, n, size int) (lo, hi int) {
	lo = min(max(start, 0), size)
	// Positions come from catalogues: start+n may overflow.
	if start > size-n {
		return lo, size
	}
	return lo, max(start+n, lo)
}

// paste copies part, planes of rows x columns, into dst, planes of height x
// width, at row top and column left.
func paste(dst []float32, height, width int, part []float32, top, left, rows, columns int) {
	for plane := 0; len(part) > 0; plane++ {
		for row := range rows {
			to := (plane*height+top+row)*width + left
			copy(dst[to:to+columns], part[row*columns:])
		}
		part = part[rows*columns:]
	}
}

func undefined(n int) []float32 {
	nan := make([]float32, n)
	for i := range nan {
		nan[i] = float32(math.NaN())
	}
	return nan
}

func (f *File) errorf(format string, args ...any) error {
	if len(f.layers) == 1 {
		return f.first.formatError(format, args...)
	}
	var names []string
	for _, l := range f.layers {
		if l != nil {
			names = append(names, l.name)
		}
	}
	return &fits.FormatError{File: strings.Join(names, ", "), HDU: f.first.hduIndex(), Reason: fmt.Sprintf(format, args...)}
}
