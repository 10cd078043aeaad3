package fits

import (
	"encoding/binary"
	"math"
)

// scaling turns stored values into physical ones (FITS Standard 4.0, sections 4.4.2.5 and 5).
type scaling struct {
	bitpix      int
	scale, zero float64
	identity    bool // scale 1, zero 0
	unsigned64  bool // BITPIX 64 with BZERO 2^63: integers that float64 arithmetic would spoil

	hasBlank bool
	blank    int64 // stored value of undefined pixels, integer images only
}

// scaling reads BSCALE, BZERO and BLANK of an image of a BITPIX.
func (h *HDU) scaling(bitpix int) (s scaling, err error) {
	s.bitpix = bitpix
	if s.scale, err = h.header.floatOr("BSCALE", 1); err != nil {
		return s, err
	}
	if s.zero, err = h.header.floatOr("BZERO", 0); err != nil {
		return s, err
	}
	s.recognise()
	if s.bitpix > 0 && h.header.Has("BLANK") {
		// BLANK must be an integer; one that is not matches no pixel, which is how astropy and cfitsio see it too.
		s.blank, err = h.header.Int("BLANK")
		s.hasBlank = err == nil
	}
	return s, nil
}

// recognise notes the scalings that have a shorter way.
func (s *scaling) recognise() {
	s.identity = s.scale == 1 && s.zero == 0
	s.unsigned64 = s.bitpix == 64 && s.scale == 1 && s.zero == 1<<63
}

// physical is the one place where the formula stands. The conversion keeps the product from being fused with the sum, so
// that every machine gives the same bits.
func physical(stored, scale, zero float64) float32 { return float32(float64(scale*stored) + zero) }

func (s *scaling) physical(stored float64) float32 { return physical(stored, s.scale, s.zero) }

func (s *scaling) integer(stored int64) float32 {
	switch {
	case s.hasBlank && stored == s.blank:
		return float32(math.NaN())
	case s.unsigned64:
		return float32(float64(uint64(stored) ^ 1<<63))
	}
	return s.physical(float64(stored))
}

// decode converts big-endian stored values (section 5) to physical ones. len(raw) is len(dst) times the value's size.
func (s *scaling) decode(dst []float32, raw []byte) {
	switch s.bitpix {
	case 8:
		s.decode8(dst, raw)
	case 16:
		s.decode16(dst, raw)
	case 32:
		for i := range dst {
			dst[i] = s.integer(int64(int32(binary.BigEndian.Uint32(raw[4*i:]))))
		}
	case 64:
		for i := range dst {
			dst[i] = s.integer(int64(binary.BigEndian.Uint64(raw[8*i:])))
		}
	case -32:
		s.decodeFloat32(dst, raw)
	case -64:
		for i := range dst {
			v := math.Float64frombits(binary.BigEndian.Uint64(raw[8*i:]))
			if s.identity {
				dst[i] = float32(v)
			} else {
				dst[i] = s.physical(v)
			}
		}
	}
}

// integers converts stored values of up to 32 bits to physical ones.
func (s *scaling) integers(dst []float32, src []int32) {
	src = src[:len(dst)]
	if s.hasBlank {
		for i, v := range src {
			dst[i] = s.integer(int64(v))
		}
		return
	}
	if s.identity {
		for i, v := range src {
			dst[i] = float32(v)
		}
		return
	}
	scale, zero := s.scale, s.zero
	for i, v := range src {
		dst[i] = physical(float64(v), scale, zero)
	}
}

// decode8 looks values up: bytes are the one unsigned integer type of FITS (section 5.2.1).
func (s *scaling) decode8(dst []float32, raw []byte) {
	var table [256]float32
	for v := range table {
		table[v] = s.integer(int64(v))
	}
	for i := range dst {
		dst[i] = table[raw[i]]
	}
}

func (s *scaling) decode16(dst []float32, raw []byte) {
	raw = raw[:2*len(dst)]
	if s.hasBlank {
		for i := range dst {
			dst[i] = s.integer(int64(int16(binary.BigEndian.Uint16(raw[2*i:]))))
		}
		return
	}
	scale, zero := s.scale, s.zero
	for i := range dst {
		dst[i] = physical(float64(int16(binary.BigEndian.Uint16(raw[2*i:2*i+2]))), scale, zero)
	}
}

func (s *scaling) decodeFloat32(dst []float32, raw []byte) {
	raw = raw[:4*len(dst)]
	if s.identity {
		pairs := len(dst) &^ 1
		for i := 0; i < pairs; i += 2 {
			two := binary.BigEndian.Uint64(raw[4*i : 4*i+8])
			dst[i] = math.Float32frombits(uint32(two >> 32))
			dst[i+1] = math.Float32frombits(uint32(two))
		}
		if pairs < len(dst) {
			dst[pairs] = math.Float32frombits(binary.BigEndian.Uint32(raw[4*pairs:]))
		}
		return
	}
	scale, zero := s.scale, s.zero
	for i := range dst {
		dst[i] = physical(float64(math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:4*i+4]))), scale, zero)
	}
}
