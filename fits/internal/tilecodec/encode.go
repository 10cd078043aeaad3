package tilecodec

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// AppendRice appends a RICE_1 tile of pixels of bytes 1, 2 or 4, in blocks of the given number of pixels.
func AppendRice(dst []byte, pixels []int32, block, bytes int) []byte {
	form, err := riceFormOf(bytes)
	if err != nil || len(pixels) == 0 {
		panic("tilecodec: no pixels, or of a size that Rice does not code")
	}
	switch bytes {
	case 1:
		dst = append(dst, byte(pixels[0]))
	case 2:
		dst = binary.BigEndian.AppendUint16(dst, uint16(pixels[0]))
	default:
		dst = binary.BigEndian.AppendUint32(dst, uint32(pixels[0]))
	}
	out := bitWriter{dst: dst}
	folded := make([]uint32, min(block, len(pixels)))
	last, drop := pixels[0], 32-8*bytes
	for len(pixels) > 0 {
		n := min(block, len(pixels))
		sum := uint64(0)
		for i, v := range pixels[:n] {
			d := (v - last) << drop >> drop
			last = v
			folded[i] = (uint32(d)<<1 ^ uint32(d>>31)) & (1<<(32-drop) - 1)
			sum += uint64(folded[i])
		}
		pixels = pixels[n:]
		// As many low bits in full as leave a mean of about one for the count of zeros.
		split := bits.Len64(uint64(max(int64(sum)-int64(n/2)-1, 0)) / uint64(n) >> 1)
		switch {
		case sum == 0:
			out.write(0, form.field)
		case split >= form.raw:
			out.write(uint64(form.raw)+1, form.field)
			for _, v := range folded[:n] {
				out.write(uint64(v), 8*bytes)
			}
		default:
			out.write(uint64(split)+1, form.field)
			for _, v := range folded[:n] {
				for zeros := v >> split; ; zeros -= 24 {
					if zeros < 24 {
						out.write(1, int(zeros)+1)
						break
					}
					out.write(0, 24)
				}
				out.write(uint64(v)&(1<<split-1), split)
			}
		}
	}
	return out.close()
}

// bitWriter writes bits from the most significant of each byte on.
type bitWriter struct {
	dst  []byte
	bits uint64 // not yet in dst, the last n
	n    int    // below 8 between writes
}

// write appends the low k bits of v, which has no others; k is at most 56.
func (w *bitWriter) write(v uint64, k int) {
	w.bits = w.bits<<k | v
	for w.n += k; w.n >= 8; w.n -= 8 {
		w.dst = append(w.dst, byte(w.bits>>(w.n-8)))
	}
}

// close fills the last byte with zeros.
func (w *bitWriter) close() []byte {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
	return w.dst
}

// AppendGzip appends a GZIP_1 tile of big-endian pixels.
func AppendGzip(dst, pixels []byte) []byte {
	b := bytes.NewBuffer(dst)
	z := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(z)
	z.Reset(b)
	z.Write(pixels) // a Buffer takes everything
	z.Close()
	return b.Bytes()
}

// gzipWriters are kept from tile to tile: each has its tables, which are larger than most tiles.
var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// AppendGzipShuffled appends a GZIP_2 tile of big-endian pixels of width bytes.
func AppendGzipShuffled(dst, pixels []byte, width int) []byte {
	shuffled := make([]byte, 0, len(pixels))
	for k := range width {
		for i := k; i < len(pixels); i += width {
			shuffled = append(shuffled, pixels[i])
		}
	}
	return AppendGzip(dst, shuffled)
}
