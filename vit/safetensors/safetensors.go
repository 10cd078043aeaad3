// Package safetensors reads and writes Hugging Face's safetensors files: named
// tensors as raw little-endian numbers behind a JSON header. Files are not
// trusted: sizes are checked before memory is taken.
//
// The format: 8 bytes with the header's length N, N bytes of JSON
//
//	{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {...}}
//
// and the tensors, which follow one another without a gap.
package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is how a file stores a tensor's numbers. In memory all are float32.
type DType string

// The types that can be read; F64 cannot be written.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
)

// sizes are the bytes of a number, of types that cannot be read too.
var sizes = map[DType]int64{
	F64: 8, F32: 4, F16: 2, BF16: 2,
	"I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}

// Tensor is a named array to be written. An empty DType is F32.
type Tensor struct {
	Name  string
	Shape []int
	DType DType
	Data  []float32
}

// FormatError says what is wrong with a file.
type FormatError struct {
	File, Tensor, Reason string
}

func (e *FormatError) Error() string { return describe(e.File, e.Tensor, e.Reason) }

// UnsupportedError says what a file has that this package cannot read.
type UnsupportedError struct {
	File, Tensor, Reason string
}

func (e *UnsupportedError) Error() string { return describe(e.File, e.Tensor, e.Reason) }

func describe(file, tensor, reason string) string {
	if tensor != "" {
		return fmt.Sprintf("%s: tensor %q: %s", file, tensor, reason)
	}
	return file + ": " + reason
}

// decode turns raw numbers into dst.
func decode(dst []float32, raw []byte, dtype DType) {
	le := binary.LittleEndian
	for i := range dst {
		switch dtype {
		case F64:
			dst[i] = float32(math.Float64frombits(le.Uint64(raw[8*i:])))
		case F32:
			dst[i] = math.Float32frombits(le.Uint32(raw[4*i:]))
		case F16:
			dst[i] = fromHalf(le.Uint16(raw[2*i:]))
		case BF16:
			dst[i] = math.Float32frombits(uint32(le.Uint16(raw[2*i:])) << 16)
		}
	}
}

// encode appends src as raw numbers.
func encode(raw []byte, src []float32, dtype DType) []byte {
	le := binary.LittleEndian
	for _, v := range src {
		switch dtype {
		case F32:
			raw = le.AppendUint32(raw, math.Float32bits(v))
		case F16:
			raw = le.AppendUint16(raw, toHalf(v))
		case BF16:
			raw = le.AppendUint16(raw, toBrain(v))
		}
	}
	return raw
}

// toBrain rounds to the nearest bfloat16, ties to even.
func toBrain(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40 // stays NaN
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// toHalf rounds to the nearest IEEE binary16, ties to even.
func toHalf(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	abs := math.Abs(float64(v))
	switch {
	case v != v:
		return sign | 0x7e00
	case abs >= 65520:
		return sign | 0x7c00
	case abs < 1.0/(1<<14):
		// Subnormal: a multiple of 2^-24.
		return sign | uint16(math.RoundToEven(abs*(1<<24)))
	}
	bits &= 0x7fffffff
	bits += 0xfff + bits>>13&1
	return sign | uint16((bits-(112<<23))>>13)
}

func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
