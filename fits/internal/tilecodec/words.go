package tilecodec

import "encoding/binary"

// A ByteSource hands out big-endian pixels.
type ByteSource interface {
	// ReadFull fills p with the next bytes of the tile.
	ReadFull(p []byte) error
}

// A Plain is a tile that is not compressed: NOCOMPRESS, or what stands in UNCOMPRESSED_DATA.
type Plain struct{ rest []byte }

// Reset begins a tile.
func (d *Plain) Reset(src []byte) { d.rest = src }

// ReadFull fills p with the next bytes of the tile.
func (d *Plain) ReadFull(p []byte) error {
	if len(d.rest) < len(p) {
		return errTruncated
	}
	copy(p, d.rest)
	d.rest = d.rest[len(p):]
	return nil
}

// Words reads the integers of a ByteSource: unsigned ones of one byte, signed ones of two or four.
type Words struct {
	Source ByteSource
	Width  int
	buffer [1 << 12]byte
}

// Next fills dst with the next pixels.
func (d *Words) Next(dst []int32) error {
	for len(dst) > 0 {
		n := min(len(dst), len(d.buffer)/d.Width)
		raw := d.buffer[:n*d.Width]
		if err := d.Source.ReadFull(raw); err != nil {
			return err
		}
		switch d.Width {
		case 1:
			for i, b := range raw {
				dst[i] = int32(b)
			}
		case 2:
			for i := range n {
				dst[i] = int32(int16(binary.BigEndian.Uint16(raw[2*i:])))
			}
		default:
			for i := range n {
				dst[i] = int32(binary.BigEndian.Uint32(raw[4*i:]))
			}
		}
		dst = dst[n:]
	}
	return nil
}
