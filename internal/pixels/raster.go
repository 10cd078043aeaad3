package pixels

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"

	"golang.org/x/image/tiff"

	"github.com/astrovit/astrovit/fits"
)

const (
	maxPixels        = 1 << 28
	maxPixelsPerByte = 1 << 14
)

// A codec decodes one kind of raster image.
type codec struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var (
	jpegCodec = &codec{"JPEG", jpeg.DecodeConfig, jpeg.Decode}
	pngCodec  = &codec{"PNG", png.DecodeConfig, png.Decode}
	tiffCodec = &codec{"TIFF", tiff.DecodeConfig, tiff.Decode}
)

// sniff tells by the first bytes what a file is. A nil codec is FITS, also
// compressed as a whole.
func sniff(f *os.File, size int64, name string) (*codec, error) {
	var head [8]byte
	n, err := f.ReadAt(head[:min(size, 8)], 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch s := string(head[:n]); {
	case s == "":
		return nil, &fits.FormatError{File: name, HDU: -1, Reason: "is empty"}
	case strings.HasPrefix(s, "\xff\xd8\xff"):
		return jpegCodec, nil
	case strings.HasPrefix(s, "\x89PNG\r\n\x1a\n"):
		return pngCodec, nil
	case strings.HasPrefix(s, "II*\x00"), strings.HasPrefix(s, "MM\x00*"):
		return tiffCodec, nil
	case strings.HasPrefix(s, "II+\x00"), strings.HasPrefix(s, "MM\x00+"):
		return nil, &fits.UnsupportedError{File: name, HDU: -1, Reason: "is a BigTIFF file"}
	case strings.HasPrefix(s, "SIMPLE"), strings.HasPrefix(s, "\x1f\x8b"), strings.HasPrefix(s, "BZh"),
		strings.HasPrefix(s, "PK\x03\x04"), strings.HasPrefix(s, "\x28\xb5\x2f\xfd"), strings.HasPrefix(s, "\xfd7zXZ"), strings.HasPrefix(s, "\x1f\x9d"):
		return nil, nil // package fits knows what to say of archives that it cannot open
	}
	return nil, &fits.FormatError{File: name, HDU: -1, Reason: "is not a FITS, JPEG, PNG or TIFF file"}
}

// openRaster decodes a whole file.
func (l *layer) openRaster(f *os.File, size int64, c *codec) (err error) {
	defer func() {
		// A decoder that trips over a damaged file must not end the run.
		if r := recover(); r != nil {
			err = l.formatError("damaged %s file: the decoder gave up: %v", c.name, r)
		}
	}()
	config, err := c.config(io.NewSectionReader(f, 0, size))
	if err != nil {
		return l.decodeError(c, err)
	}
	w, h := int64(config.Width), int64(config.Height)
	if w <= 0 || h <= 0 || w > maxPixels || h > maxPixels || w*h > maxPixels {
		return &fits.UnsupportedError{File: l.name, HDU: -1, Reason: fmt.Sprintf("%s image of %d x %d pixels; at most %d are read", c.name, w, h, maxPixels)}
	}
	if w*h/maxPixelsPerByte > size {
		return l.formatError("%s image of %d x %d pixels cannot be in %d bytes", c.name, w, h, size)
	}
	im, err := c.decode(io.NewSectionReader(f, 0, size))
	if err != nil {
		return l.decodeError(c, err)
	}
	grey := false
	if c == pngCodec {
		if grey, err = greyPNG(f); err != nil {
			return l.decodeError(c, err)
		}
	}
	switch im.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64:
		l.deep = true
	}
	b := im.Bounds()
	l.photo = true
	l.shape = shape{cutouts: 1, bands: 3, height: b.Dy(), width: b.Dx()}
	l.raster = planar(im, &l.shape, grey)
	return nil
}

// decodeError puts the errors of the decoders into the two kinds of this project.
func (l *layer) decodeError(c *codec, err error) error {
	var (
		jpegKind jpeg.UnsupportedError
		pngKind  png.UnsupportedError
		tiffKind tiff.UnsupportedError
	)
	if errors.As(err, &jpegKind) || errors.As(err, &pngKind) || errors.As(err, &tiffKind) {
		return &fits.UnsupportedError{File: l.name, HDU: -1, Reason: err.Error()}
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return l.formatError("%s file is cut off", c.name)
	}
	return l.formatError("damaged %s file: %v", c.name, err)
}

// greyPNG reports whether a PNG file says that its colours are greys, with or
// without alpha. The decoder makes four equal channels of grey with alpha.
func greyPNG(f *os.File) (bool, error) {
	var colourType [1]byte
	// Signature (8), length and type of IHDR (8), width, height, bit depth (9):
	// PNG Specification, section 11.2.2.
	_, err := f.ReadAt(colourType[:], 25)
	return colourType[0] == 0 || colourType[0] == 4, err
}
