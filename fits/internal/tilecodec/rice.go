package tilecodec

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A Rice decodes RICE_1 (FITS Standard 4.0, section 10.4.1; Rice, Yeh & Miller 1993): the first pixel as it is, then
// blocks of differences of neighbours, folded to be positive. A block begins with the number of low bits that its
// differences have in full; what is above them is a count of zeros, ended by a one.
type Rice struct {
	form    riceForm
	block   int // pixels of a block
	in      bitReader
	last    uint32 // the pixel before
	split   int    // of the block that is being read: low bits of a difference; -1: all are 0; form.raw: not coded
	pending int    // pixels of that block that are still to come
}

// riceForm is how pixels of 1, 2 or 4 bytes are coded.
type riceForm struct {
	bytes int // of a pixel
	field int // bits of the number that begins a block; it is one more than split
	raw   int // the value of split that announces differences in full
}

// riceFormOf returns the form of pixels of so many bytes.
func riceFormOf(bytes int) (riceForm, error) {
	switch bytes {
	case 1:
		return riceForm{1, 3, 6}, nil
	case 2:
		return riceForm{2, 4, 14}, nil
	case 4:
		return riceForm{4, 5, 25}, nil
	}
	return riceForm{}, fmt.Errorf("pixels of %d bytes are not coded, want 1, 2 or 4", bytes)
}

// RicePixels returns the most pixels that a stream can hold: a block of equal ones takes its number only.
func RicePixels(streamBytes int64, block, bytes int) int64 {
	form, err := riceFormOf(bytes)
	if err != nil || streamBytes < int64(bytes) {
		return 0
	}
	return (streamBytes - int64(bytes)) * 8 / int64(form.field) * int64(block)
}

// Configure sets the parameters of the coding: BLOCKSIZE, at least 1, and BYTEPIX: 1 for unsigned pixels of 8 bits, 2 and 4 for signed
// ones of 16 and 32.
func (d *Rice) Configure(block, bytes int) (err error) {
	d.form, err = riceFormOf(bytes)
	if block < 1 && err == nil {
		err = fmt.Errorf("blocks of %d pixels", block)
	}
	d.block = block
	return err
}

// Reset begins a tile.
func (d *Rice) Reset(src []byte) error {
	if len(src) < d.form.bytes {
		return errTruncated
	}
	switch d.form.bytes {
	case 1:
		d.last = uint32(src[0])
	case 2:
		d.last = uint32(binary.BigEndian.Uint16(src))
	default:
		d.last = binary.BigEndian.Uint32(src)
	}
	d.in.reset(src[d.form.bytes:])
	d.pending = 0
	return nil
}

// Next fills dst with the next pixels.
func (d *Rice) Next(dst []int32) error {
	for out := dst; len(out) > 0; {
		if d.pending == 0 {
			v, err := d.in.read(d.form.field)
			if err != nil {
				return err
			}
			d.split, d.pending = int(v)-1, d.block
		}
		n := min(d.pending, len(out))
		var err error
		switch {
		case d.split < 0:
			for i := range out[:n] {
				out[i] = int32(d.last)
			}
		case d.split < d.form.raw:
			err = d.coded(out[:n])
		case d.split == d.form.raw:
			err = d.full(out[:n])
		default:
			err = errDamaged
		}
		if err != nil {
			return err
		}
		d.pending -= n
		out = out[n:]
	}
	switch d.form.bytes { // differences are taken modulo the size of a pixel
	case 1:
		for i, v := range dst {
			dst[i] = int32(uint8(v))
		}
	case 2:
		for i, v := range dst {
			dst[i] = int32(int16(v))
		}
	}
	return nil
}

// coded reads differences of d.split low bits each. All of a difference is in the window of the bit reader except where
// the window runs out, once in some ten pixels.
func (d *Rice) coded(dst []int32) error {
	in := d.in
	last := d.last
	split := uint(d.split)
	for i := range dst {
		zeros := uint(bits.LeadingZeros64(in.bits))
		if int(zeros+1+split) > in.n {
			in.refill()
			if zeros = uint(bits.LeadingZeros64(in.bits)); int(zeros+1+split) > in.n {
				var err error
				if zeros, err = in.longZeros(split); err != nil {
					return err
				}
				// The window now begins with the one; its zeros are gone.
				folded := uint32(zeros-1)<<split + uint32(in.bits>>((63-split)&63))
				in.bits <<= split + 1
				in.n -= int(split + 1)
				last += unfold(folded)
				dst[i] = int32(last)
				continue
			}
		}
		window := in.bits << (zeros & 63)
		// The one that ends the zeros is above the low bits: it counts 1<<split too much, which zeros-1 takes back.
		folded := uint32(zeros-1)<<split + uint32(window>>((63-split)&63))
		in.bits = window << ((split + 1) & 63)
		in.n -= int(zeros + 1 + split)
		last += unfold(folded)
		dst[i] = int32(last)
	}
	d.in, d.last = in, last
	return nil
}

// unfold turns 0, 1, 2, 3, 4 into 0, -1, 1, -2, 2.
func unfold(v uint32) uint32 { return v>>1 ^ -(v & 1) }

// longZeros skips zeros that may be more than a window holds, and leaves a window that begins with the one after them
// and has split bits behind it. It returns how many zeros there were.
func (r *bitReader) longZeros(split uint) (uint, error) {
	count := uint(0)
	for {
		zeros := bits.LeadingZeros64(r.bits)
		if zeros < r.n {
			r.bits <<= zeros
			r.n -= zeros
			count += uint(zeros)
			break
		}
		count += uint(r.n)
		r.bits, r.n = 0, 0
		if r.refill(); r.n == 0 {
			return 0, errTruncated
		}
	}
	if r.n < int(split)+1 {
		if r.refill(); r.n < int(split)+1 {
			return 0, errTruncated
		}
	}
	return count, nil
}

// full reads differences of all bits of a pixel.
func (d *Rice) full(dst []int32) error {
	for i := range dst {
		v, err := d.in.read(8 * d.form.bytes)
		if err != nil {
			return err
		}
		d.last += unfold(v)
		dst[i] = int32(d.last)
	}
	return nil
}
