package fits

import (
	"slices"
	"sync"
)

// An Image holds physical pixel values. Shape runs slowest axis first; Pixels has the product of Shape elements, the last
// axis (NAXIS1) running fastest. An image without data has no axes and no pixels.
type Image struct {
	Shape  []int
	Pixels []float32
}

// Read reads the whole image. Values are physical, NaN where undefined.
//
// A file that is shorter than its header says, or a tile that cannot be decoded, is a *FormatError. Random groups and
// tables are an *UnsupportedError.
func (h *HDU) Read() (*Image, error) {
	if err := h.readable(); err != nil {
		return nil, err
	}
	if len(h.shape) == 0 {
		return &Image{}, nil
	}
	return h.Section(make([]int, len(h.shape)), h.shape)
}

// Section reads the pixels with lo[k] <= index < hi[k] on every axis k, slowest axis first, 0-based. Of a file that is not
// compressed it reads only the bytes of those pixels, of a tile-compressed image only their tiles. A section that is not
// inside the image is an error.
func (h *HDU) Section(lo, hi []int) (*Image, error) {
	if err := h.readable(); err != nil {
		return nil, err
	}
	shape, err := h.checkSection(lo, hi)
	if err != nil {
		return nil, err
	}
	if h.kind == compressedHDU {
		return h.readTiles(lo, hi, shape)
	}
	scale, err := h.scaling(h.bitpix)
	if err != nil {
		return nil, err
	}
	return h.readSection(lo, hi, shape, scale)
}

// readable returns the error of reading something that is not an image.
func (h *HDU) readable() error {
	switch h.kind {
	case imageHDU:
		return h.shapeErr
	case compressedHDU:
		_, err := h.tiling()
		return err
	case groupsHDU:
		return h.at.unsupported("GROUPS", "random groups (FITS Standard 4.0, section 6)")
	case binaryHDU, asciiHDU:
		return h.at.unsupported("XTENSION", "holds a table, not an image")
	}
	return h.at.unsupported("XTENSION", "extension of type %q, not an image", h.header.text("XTENSION"))
}

func (h *HDU) checkSection(lo, hi []int) (shape []int, err error) {
	if len(lo) != len(h.shape) || len(hi) != len(h.shape) {
		return nil, h.at.wrap(errSection{lo, hi, h.shape})
	}
	shape = make([]int, len(lo))
	for k := range lo {
		if lo[k] < 0 || hi[k] < lo[k] || hi[k] > h.shape[k] {
			return nil, h.at.wrap(errSection{lo, hi, h.shape})
		}
		shape[k] = hi[k] - lo[k]
	}
	return shape, nil
}

// readSection reads physical values.
func (h *HDU) readSection(lo, hi, shape []int, scale scaling) (*Image, error) {
	im := &Image{Shape: shape}
	err := h.runs(lo, hi, shape, func(pixels int) { im.Pixels = newPixels(pixels) }, func(first, n int, offset int64) error {
		return h.readRun(im.Pixels[first:first+n], offset, scale)
	})
	if err != nil {
		return nil, err
	}
	return im, nil
}

// runs walks a section in runs of pixels that are contiguous in the file, after it has called begin with how many they are in
// all, which the file has. A run is n pixels from pixel first of the section on, and from pixel offset of the image on.
func (h *HDU) runs(lo, hi, shape []int, begin func(pixels int), visit func(first, n int, offset int64) error) error {
	if len(shape) == 0 || slices.Contains(shape, 0) {
		return nil
	}
	// stride[k] is the number of pixels between neighbours along axis k. The extent check below bounds every product,
	// so it comes before anything is multiplied in int.
	stride := make([]int64, len(shape))
	pixels := int64(1)
	for k := len(shape) - 1; k >= 0; k-- {
		stride[k] = pixels
		if pixels = product([]int64{pixels, int64(h.shape[k])}); pixels < 0 {
			return h.at.formatError("", "image of shape %v cannot be in a file", h.shape)
		}
	}
	if h.size >= 0 && h.size/int64(h.bytesPerValue()) < pixels {
		return h.at.formatError("GCOUNT", "want 1, have none of the image of shape %v", h.shape)
	}
	first, last := int64(0), int64(0)
	for k := range shape {
		first += int64(lo[k]) * stride[k]
		last += int64(hi[k]-1) * stride[k]
	}
	if err := h.haveBytes(last + 1); err != nil {
		return err
	}
	run, outer := shape[len(shape)-1], len(shape)-1
	for outer > 0 && shape[outer] == h.shape[outer] {
		outer--
		run *= shape[outer]
	}
	n := run
	for _, s := range shape[:outer] {
		n *= s
	}
	begin(n)
	at := append([]int(nil), lo[:outer]...)
	for done := 0; ; done += run {
		offset := first
		for k := range at {
			offset += int64(at[k]-lo[k]) * stride[k]
		}
		if err := visit(done, run, offset); err != nil {
			return err
		}
		if !advance(at, lo, hi) {
			return nil
		}
	}
}

// advance steps an index through lo <= index < hi, last axis fastest, and reports false after the last position.
func advance(at, lo, hi []int) bool {
	for k := len(at) - 1; k >= 0; k-- {
		if at[k]++; at[k] < hi[k] {
			return true
		}
		at[k] = lo[k]
	}
	return false
}

// haveBytes checks that the first pixels of the image are in the file, before memory is taken for them.
func (h *HDU) haveBytes(pixels int64) error {
	if h.size < 0 || pixels > (1<<62)/8 {
		return h.at.formatError("", "image of shape %v cannot be in a file", h.shape)
	}
	end := h.data + pixels*int64(h.bytesPerValue())
	ask := end
	if end-h.data == h.size {
		ask = h.end() + 1 // to the end of a compressed file that ends here, where its checksum is
	}
	have, err := h.file.src.extent(ask)
	if err != nil {
		return err
	}
	if have < end {
		return h.at.formatError("", "data are cut off: image of shape %v needs %d bytes, the file has %d",
			h.shape, h.size, max(have-h.data, 0))
	}
	return nil
}

const readBuffer = 1 << 18 // bytes: large enough for the disk, small enough for the cache

var buffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// readRun reads the pixels that begin at pixel offset of the image.
func (h *HDU) readRun(dst []float32, offset int64, scale scaling) error {
	buffer := buffers.Get().(*[readBuffer]byte)
	defer buffers.Put(buffer)
	width := h.bytesPerValue()
	at := h.data + offset*int64(width)
	for len(dst) > 0 {
		raw := buffer[:min(len(dst)*width, readBuffer)]
		if err := h.readAt(raw, at); err != nil {
			return err
		}
		scale.decode(dst[:len(raw)/width], raw)
		dst = dst[len(raw)/width:]
		at += int64(len(raw))
	}
	return nil
}
