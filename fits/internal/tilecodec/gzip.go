package tilecodec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// DeflateRatio is the most that a byte of DEFLATE unfolds to (RFC 1951: 258 bytes in two bits), with the rounding that
// zlib's authors give.
const DeflateRatio = 1032

// A Gzip unfolds GZIP_1 and GZIP_2 (FITS Standard 4.0, sections 10.4.2 and 10.4.3) to big-endian pixels.
type Gzip struct {
	in     bytes.Reader
	unzip  *gzip.Reader
	planes []byte // of a GZIP_2 tile: all first bytes, all second bytes, ...
	width  int    // of a pixel in planes; 0 for GZIP_1
	at     int    // bytes of the tile that have been handed out
}

// GzipSize returns the size that the trailer of a stream says it unfolds to, modulo 2^32 (RFC 1952, section 2.3.1).
func GzipSize(src []byte) int64 {
	if len(src) < 18 {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(src[len(src)-4:]))
}

// Reset begins a GZIP_1 tile.
func (d *Gzip) Reset(src []byte) (err error) {
	d.width, d.at = 0, 0
	d.in.Reset(src)
	if d.unzip == nil {
		d.unzip = new(gzip.Reader)
	}
	return gzipError(d.unzip.Reset(&d.in))
}

// ResetShuffled begins a GZIP_2 tile of so many pixels of width bytes; it takes memory for the tile.
func (d *Gzip) ResetShuffled(src []byte, pixels, width int) error {
	if err := d.Reset(src); err != nil {
		return err
	}
	if size := pixels * width; cap(d.planes) < size {
		d.planes = make([]byte, size)
	} else {
		d.planes = d.planes[:size]
	}
	if _, err := io.ReadFull(d.unzip, d.planes); err != nil {
		return gzipError(err)
	}
	d.width = width
	return nil
}

// ReadFull fills p with the next bytes of the tile.
func (d *Gzip) ReadFull(p []byte) error {
	if d.width == 0 {
		_, err := io.ReadFull(d.unzip, p)
		return gzipError(err)
	}
	if len(d.planes)-d.at < len(p) {
		return errTruncated
	}
	pixels := len(d.planes) / d.width
	for first, k := d.at%d.width, 0; k < d.width; k++ { // byte k of every pixel
		from := d.planes[k*pixels+d.at/d.width:]
		i := k - first
		if i < 0 { // the pixel's byte k was handed out before
			i, from = i+d.width, from[1:]
		}
		for n := 0; i < len(p); i += d.width {
			p[i] = from[n]
			n++
		}
	}
	d.at += len(p)
	return nil
}

func gzipError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated
	}
	return err
}
