package tilecodec

import "encoding/binary"

// bitReader reads bits from the most significant of each byte on.
type bitReader struct {
	src  []byte
	pos  int    // first byte that is not wholly in window
	bits uint64 // the next bits, left-aligned; what lies beyond n is either zero or what follows in src
	n    int    // bits that count
}

func (r *bitReader) reset(src []byte) { *r = bitReader{src: src} }

// refill leaves at least 56 bits, or all that there are.
func (r *bitReader) refill() {
	if r.pos+8 <= len(r.src) {
		r.bits |= binary.BigEndian.Uint64(r.src[r.pos:]) >> (r.n & 63)
		k := (63 - r.n) >> 3
		r.pos += k
		r.n += 8 * k
		return
	}
	for r.n <= 56 && r.pos < len(r.src) {
		r.bits |= uint64(r.src[r.pos]) << (56 - r.n)
		r.pos++
		r.n += 8
	}
}

// read returns the next k bits, 1 <= k <= 32.
func (r *bitReader) read(k int) (uint32, error) {
	if r.n < k {
		if r.refill(); r.n < k {
			return 0, errTruncated
		}
	}
	v := uint32(r.bits >> (64 - k))
	r.bits <<= k
	r.n -= k
	return v, nil
}
