package pixels

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits"
)

// layer is an image in an open file: all bands, or one of them.
type layer struct {
	name   string // of the file, and of its extension if that was named
	shape  shape
	hdu    *fits.HDU // nil for JPEG, PNG and TIFF
	axes   []int     // of the HDU, slowest first
	band   int       // the first of the HDU's or the raster's that is meant
	stack  int       // which of axes is that of the cutouts; -1 for none
	cutout int       // the first of the stack's that is meant
	raster []float32 // [bands, height, width] where hdu is nil
	deep   bool      // the raster is of 16 bits
	wcs    *fits.WCS
	wcsErr error // why wcs is nil, or of no use for positions; nil if neither
	planes []plane

	photo   bool        // pixels are those of a JPEG, PNG or TIFF file
	stacked bool        // a pack's cutouts come from a stack
	skies   *fits.Table // of a pack; nil for others
}

// shape is what one layer holds.
type shape struct {
	cutouts, bands, height, width int
}

// files are the open files of an image. Each is opened once, however many of
// its extensions are read.
type files struct {
	fits map[string]*fits.File
	open []io.Closer
}

func (fs *files) close() error {
	var err error
	for _, f := range fs.open {
		if e := f.Close(); err == nil {
			err = e
		}
	}
	return err
}

// layer opens an image. One that holds a single band takes the slowest axis
// of three for the cutouts of a stack, where it is otherwise that of the bands.
func (fs *files) layer(name string, hdu int, single bool) (*layer, error) {
	l := &layer{name: name}
	path, extension := Split(name)
	file, err := fs.file(path, l)
	switch {
	case err != nil:
	case file == nil && extension != "":
		err = &fits.UnsupportedError{File: path, HDU: -1, Reason: fmt.Sprintf("is no FITS file, and has no extension %s", extension)}
	case file != nil:
		if l.hdu, err = pickHDU(file, hdu, extension, path); err == nil {
			err = l.readHeader(file, single)
		}
	}
	if err == nil && single && l.shape.bands != 1 {
		err = l.formatError("%s; a file that stands for one band has to hold one", l.describe())
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// file opens a file. One that is not FITS is decoded into l, and nil.
func (fs *files) file(path string, l *layer) (*fits.File, error) {
	if file, ok := fs.fits[path]; ok {
		return file, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fits.UnsupportedError{File: path, HDU: -1, Reason: "is a folder; name its images, or a catalogue of them"}
	}
	if !info.Mode().IsRegular() {
		// Also a pipe, which would wait for ever.
		return nil, &fits.UnsupportedError{File: path, HDU: -1, Reason: "is not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	decode, err := sniff(f, info.Size(), path)
	if err != nil || decode != nil {
		if err == nil {
			err = l.openRaster(f, info.Size(), decode)
		}
		f.Close()
		return nil, err
	}
	fs.open = append(fs.open, f)
	file, err := fits.New(f, info.Size(), path)
	if err != nil {
		return nil, err
	}
	if fs.fits == nil {
		fs.fits = map[string]*fits.File{}
	}
	fs.fits[path] = file
	return file, nil
}

// Split takes a name such as tile.fits[SCI] apart, into that of the file and that
// of its extension, which is empty if none is named.
func Split(name string) (path, extension string) {
	at := strings.LastIndexByte(name, '[')
	if at <= 0 || !strings.HasSuffix(name, "]") {
		return name, ""
	}
	if _, err := os.Stat(name); err == nil {
		return name, "" // brackets and all
	}
	return name[:at], name[at+1 : len(name)-1]
}

// readHeader reads the shape and the sky coordinates of the HDU.
func (l *layer) readHeader(file *fits.File, single bool) error {
	l.axes = l.hdu.Shape()
	packed, _ := l.hdu.Header().Bool(PackedCard)
	var err error
	if l.shape, err = l.layout(single || packed); err != nil {
		return err
	}
	if packed {
		return l.readPack(file)
	}
	l.locate(l.hdu.WCS())
	return nil
}

// locate takes sky coordinates, or the reason why there are none.
func (l *layer) locate(wcs *fits.WCS, err error) {
	l.wcs, l.wcsErr = wcs, err
	if l.wcsErr != nil {
		// An image without usable coordinates can still be classified.
		l.wcs = nil
	}
	if errors.Is(l.wcsErr, fits.ErrNoWCS) {
		l.wcsErr = nil
	}
	if l.wcs != nil {
		// Only what is unsupported holds everywhere: a pixel may lie outside the projection.
		var frame *fits.UnsupportedError
		if _, _, err := l.wcs.PixelToICRS(0, 0); errors.As(err, &frame) {
			l.wcsErr = frame
		}
	}
}

// pickHDU returns the HDU that was asked for, by its EXTNAME or else its index, or
// the first that holds an image: two axes or more, none of them empty.
func pickHDU(file *fits.File, index int, extension, name string) (*fits.HDU, error) {
	if extension != "" {
		var err error
		if index, err = find(file, extension, name); err != nil {
			return nil, err
		}
	}
	if index >= 0 {
		if n := file.NumHDU(); index >= n {
			if err := file.Err(); err != nil {
				return nil, err
			}
			return nil, &fits.FormatError{File: name, HDU: index, Reason: fmt.Sprintf("no such HDU; the file has %d, counted from 0", n)}
		}
		h := file.HDU(index)
		if !h.IsImage() || !holdsImage(h) {
			return nil, &fits.FormatError{File: name, HDU: index, Reason: "holds no image of two axes or more"}
		}
		return h, nil
	}
	if h := file.HDU(0); h.IsImage() && holdsImage(h) {
		return h, nil // without a look at the headers that follow
	}
	for i := 1; i < file.NumHDU(); i++ {
		if h := file.HDU(i); h.IsImage() && holdsImage(h) {
			return h, nil
		}
	}
	if err := file.Err(); err != nil {
		return nil, err
	}
	return nil, &fits.FormatError{File: name, HDU: -1,
		Reason: fmt.Sprintf("no image of two axes or more in %s", plural(file.NumHDU(), "HDU"))}
}

// find is the index of an extension, which is named by it or by its EXTNAME in
// either case of letters; of several of one name, of the first that holds an image.
func find(file *fits.File, extension, name string) (int, error) {
	if index, err := strconv.Atoi(extension); err == nil && index >= 0 {
		return index, nil
	}
	found := -1
	var names []string
	for i := range file.NumHDU() {
		h := file.HDU(i)
		if h.Name() != "" {
			names = append(names, h.Name())
		}
		if strings.EqualFold(h.Name(), extension) {
			if h.IsImage() && holdsImage(h) {
				return i, nil
			}
			found = i
		}
	}
	if err := file.Err(); found < 0 && err != nil {
		return 0, err
	}
	if found < 0 {
		return 0, &fits.FormatError{File: name, HDU: -1, Reason: fmt.Sprintf("has no extension %s; there are %q", extension, names)}
	}
	return found, nil
}

func holdsImage(h *fits.HDU) bool {
	axes := h.Shape()
	for _, n := range axes {
		if n == 0 {
			return false
		}
	}
	return len(axes) >= 2
}

// layout reads the axes of a FITS image as cutouts, bands, height and width; of three, the slowest is that of the cutouts if there is a single
// band.
func (l *layer) layout(single bool) (shape, error) {
	axes := l.axes
	l.stack = -1
	for len(axes) > 4 && axes[0] == 1 {
		axes = axes[1:]
	}
	n := len(axes)
	s := shape{cutouts: 1, bands: 1, height: axes[n-2], width: axes[n-1]}
	switch {
	case n == 2:
	case n == 3 && single:
		s.cutouts, l.stack = axes[0], len(l.axes)-3
	case n == 3:
		s.bands = axes[0]
	case n == 4:
		s.cutouts, s.bands, l.stack = axes[0], axes[1], len(l.axes)-4
	default:
		return s, &fits.UnsupportedError{File: l.name, HDU: l.hdu.Index(),
			Reason: fmt.Sprintf("image of shape %v; at most four axes are read: cutouts, bands, rows, columns", l.axes)}
	}
	return s, nil
}

// section reads rows y0..y1 and columns x0..x1 of all bands of one cutout, without
// what the mask and the weight exclude.
func (l *layer) section(cutout, y0, y1, x0, x1 int) ([]float32, error) {
	cutout += l.cutout
	pixels, err := l.read(cutout, y0, y1, x0, x1)
	for k := 0; k < len(l.planes) && err == nil; k++ {
		err = l.planes[k].exclude(pixels, cutout, y0, y1, x0, x1)
	}
	return pixels, err
}

func (l *layer) read(cutout, y0, y1, x0, x1 int) ([]float32, error) {
	if l.hdu == nil {
		return l.crop(y0, y1, x0, x1), nil
	}
	im, err := l.hdu.Section(l.bounds(cutout, y0, y1, x0, x1))
	if err != nil {
		return nil, err
	}
	return im.Pixels, nil
}

// bounds are the first pixel of a part of a cutout of the HDU, and the one after its last.
func (l *layer) bounds(cutout, y0, y1, x0, x1 int) (lo, hi []int) {
	n := len(l.axes)
	lo, hi = make([]int, n), make([]int, n)
	for k := range n {
		hi[k] = l.axes[k] // the axes of length 1 before the cutouts
	}
	if n >= 3 {
		lo[n-3], hi[n-3] = l.band, l.band+l.shape.bands
	}
	if l.stack >= 0 {
		lo[l.stack], hi[l.stack] = cutout, cutout+1
	}
	lo[n-2], hi[n-2] = y0, y1
	lo[n-1], hi[n-1] = x0, x1
	return lo, hi
}

// crop copies a window of an image that is in memory.
func (l *layer) crop(y0, y1, x0, x1 int) []float32 {
	s := l.shape
	rows, columns := y1-y0, x1-x0
	out := make([]float32, 0, s.bands*rows*columns)
	for band := range s.bands {
		for y := y0; y < y1; y++ {
			row := ((l.band+band)*s.height + y) * s.width
			out = append(out, l.raster[row+x0:row+x1]...)
		}
	}
	return out
}

// only is one band of the layer, with its part of the mask and the weight.
func (l *layer) only(band int) *layer {
	one := *l
	one.band, one.shape.bands = band, 1
	one.planes = slices.Clone(l.planes)
	for k, p := range l.planes {
		if p.shape.bands > 1 {
			one.planes[k].layer = p.only(band)
		}
	}
	return &one
}

func (l *layer) hduIndex() int {
	if l.hdu == nil {
		return -1
	}
	return l.hdu.Index()
}

// describe is the shape as messages give it.
func (l *layer) describe() string {
	if l.hdu != nil {
		return fmt.Sprintf("image of shape %v", l.axes)
	}
	return fmt.Sprintf("image of shape [%d %d %d]", l.shape.bands, l.shape.height, l.shape.width)
}

func (l *layer) formatError(format string, args ...any) error {
	return &fits.FormatError{File: l.name, HDU: l.hduIndex(), Reason: fmt.Sprintf(format, args...)}
}
