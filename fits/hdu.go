package fits

import (
	"fmt"
	"math"
	"strings"
)

// An HDU is a header and data unit of a file. Its data is read only by Read, Section and Table.
type HDU struct {
	file   *File
	at     place
	header *Header
	kind   kind

	bitpix   int
	axes     []int64 // NAXISn, n = 1 first
	data     int64   // offset of the first data byte
	size     int64   // data bytes without padding; -1 if they end beyond int64
	shape    []int   // of an image, slowest axis first
	shapeErr error   // an image that cannot have a shape

	tiling func() (*tiling, error) // of a compressed image
	wcs    func() (*WCS, error)    // WCS, read once
}

type kind uint8

const (
	unknownHDU kind = iota
	imageHDU
	compressedHDU // a tile-compressed image in a binary table: FITS Standard 4.0, section 10.1
	groupsHDU     // random groups: section 6
	binaryHDU     // section 7.3
	asciiHDU      // section 7.2
)

// Index returns the 0-based position in the file.
func (h *HDU) Index() int { return h.at.hdu }

// Header returns the header. That of a tile-compressed image is the header of the table that holds it.
func (h *HDU) Header() *Header { return h.header }

// Name returns EXTNAME, or "" (FITS Standard 4.0, section 4.4.2.6).
func (h *HDU) Name() string { return h.header.text("EXTNAME") }

// IsImage reports whether the HDU is an image: primary, IMAGE extension or tile-compressed. An empty primary HDU is an
// image with no axes. Random groups are not images.
func (h *HDU) IsImage() bool { return h.kind == imageHDU || h.kind == compressedHDU }

// IsTable reports whether the HDU is a binary or ASCII table.
func (h *HDU) IsTable() bool { return h.kind == binaryHDU || h.kind == asciiHDU }

// Shape returns the lengths of the axes of an image, slowest first, so NAXIS1 is last. It is empty for an image without
// data and for other HDUs.
func (h *HDU) Shape() []int { return append([]int(nil), h.shape...) }

// end returns where the next HDU would begin, or -1 if beyond int64.
func (h *HDU) end() int64 {
	if h.size < 0 {
		return -1
	}
	return h.data + (h.size+blockSize-1)/blockSize*blockSize
}

// readAt reads bytes at an offset of the file.
func (h *HDU) readAt(p []byte, off int64) error { return readFull(h.file.src, p, off, h.at) }

// readHDU reads the header at off. It returns nil, nil where no further HDU begins.
func (f *File) readHDU(index int, off int64) (*HDU, error) {
	at := place{f.at.file, index}
	begin := "XTENSION"
	if index == 0 {
		begin = "SIMPLE"
	}
	header, data, err := readHeader(f.src, off, at, begin)
	if err != nil {
		return nil, err
	}
	if header == nil {
		if index == 0 {
			return nil, f.at.formatError("", "not a FITS file: it does not begin with SIMPLE")
		}
		return nil, nil
	}
	h := &HDU{file: f, at: at, header: header, data: data}
	if err := h.measure(); err != nil {
		return nil, err
	}
	h.classify()
	h.prepareWCS()
	return h, nil
}

// measure reads the mandatory keywords and computes the size of the data unit (section 4.4.1, equations 1 and 2).
func (h *HDU) measure() error {
	var err error
	if h.bitpix, err = h.header.bitpix("BITPIX"); err != nil {
		return err
	}
	if h.axes, err = h.header.axes("NAXIS"); err != nil {
		return err
	}
	groups := h.at.hdu == 0 && len(h.axes) > 0 && h.axes[0] == 0 && h.header.isTrue("GROUPS")
	counted := h.axes
	pcount, gcount := int64(0), int64(1)
	if h.at.hdu > 0 || groups {
		if pcount, err = h.header.intOr("PCOUNT", 0); err == nil {
			gcount, err = h.header.intOr("GCOUNT", 1)
		}
		if err != nil {
			return err
		}
		if pcount < 0 {
			return h.at.formatError("PCOUNT", "want a count, have %d", pcount)
		}
		if gcount < 0 {
			return h.at.formatError("GCOUNT", "want a count, have %d", gcount)
		}
	}
	if groups {
		h.kind, counted = groupsHDU, h.axes[1:]
	}
	if len(h.axes) == 0 {
		return nil // no data at all, whatever PCOUNT says
	}
	n := product(counted)
	if n >= 0 && pcount <= math.MaxInt64-n {
		n += pcount
	} else {
		n = -1
	}
	h.size = product([]int64{n, gcount, int64(h.bytesPerValue())})
	if h.size > math.MaxInt64-h.data-blockSize { // so that every offset in the data is an int64
		h.size = -1
	}
	return nil
}

// bitpix reads the type of pixels under a keyword: BITPIX, or ZBITPIX of a compressed image.
func (h *Header) bitpix(key string) (int, error) {
	v, err := h.Int(key)
	if err != nil {
		return 0, err
	}
	switch v {
	case 8, 16, 32, 64, -32, -64:
		return int(v), nil
	}
	return 0, h.at.formatError(key, "want 8, 16, 32, 64, -32 or -64, have %d", v)
}

// axes reads the axis lengths under a keyword: NAXIS, or ZNAXIS of a compressed image.
func (h *Header) axes(key string) ([]int64, error) {
	n, err := h.Int(key)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > 999 {
		return nil, h.at.formatError(key, "want 0 to 999 axes, have %d", n)
	}
	axes := make([]int64, 0, min(n, int64(len(h.cards))))
	for i := range n {
		axis := fmt.Sprintf("%s%d", key, i+1)
		length, err := h.Int(axis)
		if err != nil {
			return nil, err
		}
		if length < 0 {
			return nil, h.at.formatError(axis, "want a length, have %d", length)
		}
		axes = append(axes, length)
	}
	return axes, nil
}

// product returns the product of non-negative factors, or -1 if it exceeds int64 or a factor is negative.
func product(factors []int64) int64 {
	n := int64(1)
	for _, f := range factors {
		if f < 0 {
			return -1
		}
		if f == 0 {
			n = 0
		}
	}
	for _, f := range factors {
		if n != 0 && f > math.MaxInt64/n {
			return -1
		}
		n *= f
	}
	return n
}

func (h *HDU) bytesPerValue() int { return bytesOf(h.bitpix) }

// bytesOf returns the size of a value of a BITPIX.
func bytesOf(bitpix int) int { return max(bitpix, -bitpix) / 8 }

// classify decides what the HDU holds, and gives images their shape.
func (h *HDU) classify() {
	if h.kind == groupsHDU {
		return
	}
	if h.at.hdu == 0 {
		h.kind = imageHDU
		h.setShape(h.axes)
		return
	}
	switch strings.ToUpper(h.header.text("XTENSION")) {
	case "IMAGE", "IUEIMAGE":
		h.kind = imageHDU
		h.setShape(h.axes)
	case "TABLE":
		h.kind = asciiHDU
	case "BINTABLE", "A3DTABLE":
		h.kind = binaryHDU
		if h.header.isTrue("ZIMAGE") {
			h.kind = compressedHDU
			axes, err := h.header.axes("ZNAXIS")
			h.shapeErr = err
			h.setShape(axes)
			h.prepareTiling()
		}
	}
}

func (h *HDU) setShape(axes []int64) {
	h.shape = make([]int, len(axes))
	for i, n := range axes {
		if n > math.MaxInt {
			h.shapeErr = h.at.unsupported("", "axis %d of %d pixels does not fit in memory", i+1, n)
			h.shape = nil
			return
		}
		h.shape[len(axes)-1-i] = int(n)
	}
}
