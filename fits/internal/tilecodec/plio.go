package tilecodec

import "encoding/binary"

// A PLIO decodes PLIO_1 (FITS Standard 4.0, section 10.4.4), the line lists of IRAF's pixel masks: instructions of 16
// bits that emit runs of zeros and of a current value, or change that value.
type PLIO struct {
	list  []byte // instructions that are still to come
	value int32  // current
	zeros int    // zeros that the instruction at work still emits
	high  int    // then so many of the current value
}

// PLIOPixels returns the most pixels that an instruction emits.
const PLIOPixels = 1<<12 - 1

// Reset begins a tile, a line list of big-endian words. What follows its end is zero.
func (d *PLIO) Reset(src []byte) error {
	word := func(i int) int { return int(int16(binary.BigEndian.Uint16(src[2*i:]))) }
	*d = PLIO{value: 1}
	if len(src) < 6 {
		return errTruncated
	}
	first, length := 3, word(2) // the list with a header of three words
	if length <= 0 {            // the one with a longer header, whose length word 1 gives
		if len(src) < 10 {
			return errTruncated
		}
		first, length = word(1), word(4)<<15+word(3)
	}
	if first < 0 || length < 0 {
		return errDamaged
	}
	if length > len(src)/2 {
		return errTruncated
	}
	if first < length {
		d.list = src[2*first : 2*length]
	}
	return nil
}

// Next fills dst with the next pixels.
func (d *PLIO) Next(dst []int32) error {
	for len(dst) > 0 {
		if n := min(d.zeros, len(dst)); n > 0 {
			clear(dst[:n])
			dst = dst[n:]
			d.zeros -= n
			continue
		}
		if n := min(d.high, len(dst)); n > 0 {
			for i := range dst[:n] {
				dst[i] = d.value
			}
			dst = dst[n:]
			d.high -= n
			continue
		}
		if len(d.list) < 2 {
			clear(dst)
			return nil
		}
		if err := d.instruct(); err != nil {
			return err
		}
	}
	return nil
}

// instruct takes the next instruction: four bits say what to do, twelve with which number.
func (d *PLIO) instruct() error {
	word := binary.BigEndian.Uint16(d.list)
	d.list = d.list[2:]
	number := int(word & 0xfff)
	switch word >> 12 {
	case 0: // zeros
		d.zeros = number
	case 1: // set the value, whose high bits are in the next word
		if len(d.list) < 2 {
			return errTruncated
		}
		d.value = int32(binary.BigEndian.Uint16(d.list))<<12 | int32(number)
		d.list = d.list[2:]
	case 2:
		d.value += int32(number)
	case 3:
		d.value -= int32(number)
	case 4: // a run of the value
		d.high = number
	case 5: // zeros, the last pixel being the value
		if number > 0 {
			d.zeros, d.high = number-1, 1
		}
	case 6: // change the value and emit it once
		d.value += int32(number)
		d.high = 1
	case 7:
		d.value -= int32(number)
		d.high = 1
	default:
		return errDamaged
	}
	return nil
}
