package fits

import (
	"encoding/binary"
	"math"
)

// A PixelType is how pixels are stored: big-endian values of BITPIX, of which Zero + Scale × value is the physical one (FITS
// Standard 4.0, sections 4.4.2.5 and 5).
type PixelType struct {
	Bitpix      int     // 8, 16, 32, 64, -32 or -64
	Scale, Zero float64 // BSCALE and BZERO; Scale is 1 where there is none
	HasBlank    bool
	Blank       int64 // stored value of undefined pixels, of integers
}

// Bytes and Float32 are pixels from 0 to 255, and physical values.
var (
	Bytes   = PixelType{Bitpix: 8, Scale: 1}
	Float32 = PixelType{Bitpix: -32, Scale: 1}
)

// Size is the bytes of a pixel.
func (p PixelType) Size() int { return bytesOf(p.Bitpix) }

// small tells whether float32 holds all that the type does, so that what is read can be turned back.
func (p PixelType) small() bool {
	whole := p.Zero == math.Trunc(p.Zero) && math.Abs(p.Zero) <= 1<<16
	return p == Float32 || (p.Bitpix == 8 || p.Bitpix == 16) && p.Scale == 1 && whole
}

// Encode stores physical values that were read of this type: Float32, or integers of 8 or 16 bits without Scale. Others
// are a panic.
func (p PixelType) Encode(pixels []float32) []byte {
	if !p.small() {
		panic("fits: pixels of this type cannot be encoded")
	}
	size := p.Size()
	raw := make([]byte, 0, size*len(pixels))
	for _, v := range pixels {
		if p.Bitpix < 0 {
			raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(v))
			continue
		}
		stored := p.Blank
		if v == v {
			stored = int64(float64(v) - p.Zero)
		}
		if size == 1 {
			raw = append(raw, byte(stored))
		} else {
			raw = binary.BigEndian.AppendUint16(raw, uint16(stored))
		}
	}
	return raw
}

// Stored reads a section like Section, but its pixels as they are stored, slowest axis first, and says of what type they
// are. Those of a tile-compressed image are of its type where that is of integers of 8 or 16 bits without BSCALE, and
// otherwise Float32.
func (h *HDU) Stored(lo, hi []int) (PixelType, []byte, error) {
	if err := h.readable(); err != nil {
		return PixelType{}, nil, err
	}
	shape, err := h.checkSection(lo, hi)
	if err != nil {
		return PixelType{}, nil, err
	}
	if h.kind == compressedHDU {
		im, err := h.readTiles(lo, hi, shape)
		if err != nil {
			return PixelType{}, nil, err
		}
		t, _ := h.tiling() // readable has it
		p := t.pixelType()
		return p, p.Encode(im.Pixels), nil
	}
	scale, err := h.scaling(h.bitpix)
	if err != nil {
		return PixelType{}, nil, err
	}
	width := h.bytesPerValue()
	var raw []byte
	err = h.runs(lo, hi, shape, func(pixels int) { raw = make([]byte, pixels*width) }, func(first, n int, offset int64) error {
		return h.readAt(raw[first*width:(first+n)*width], h.data+offset*int64(width))
	})
	return PixelType{h.bitpix, scale.scale, scale.zero, scale.hasBlank, scale.blank}, raw, err
}

// pixelType is the type in which Stored gives pixels.
func (t *tiling) pixelType() PixelType {
	p := PixelType{Bitpix: t.bitpix, Scale: t.scaling.scale, Zero: t.scaling.zero, HasBlank: t.scaling.hasBlank, Blank: t.scaling.blank}
	if t.blank.known {
		p.HasBlank, p.Blank = true, int64(t.blank.value)
	}
	if t.bitpix < 0 || t.blank.column != nil || !p.small() {
		return Float32
	}
	return p
}
