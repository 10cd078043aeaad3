package fits

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/astrovit/astrovit/fits/internal/lzw"
)

// A source is the FITS byte stream of a file, after decompression of the file as a whole.
type source interface {
	io.ReaderAt

	// extent returns how many of the first end bytes exist. It never allocates for bytes that do not.
	extent(end int64) (int64, error)
}

// readFull reads bytes that extent says are there: if they are not, the file has shrunk since.
func readFull(src source, p []byte, off int64, at place) error {
	n, err := src.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return at.wrap(err)
}

// plain is a file that is not compressed. Its first block has been read to see that.
type plain struct {
	from io.ReaderAt
	size int64
	head []byte
}

func (p plain) extent(end int64) (int64, error) { return min(end, p.size), nil }

func (p plain) ReadAt(b []byte, off int64) (int, error) {
	if off == 0 && len(b) <= len(p.head) {
		return copy(b, p.head), nil
	}
	return p.from.ReadAt(b, off)
}

const (
	inflatedFloor = 1 << 30 // bytes that any compressed file may unfold to
	inflatedRatio = 64      // a larger result must stay below this multiple of the file
	inflatedChunk = 1 << 17

	zstdWindow = 32 << 20 // bytes that a frame may refer back to, more than writers use unless told to
)

// unfoldLimit returns how many bytes so many compressed ones may unfold to.
func unfoldLimit(size int64) int64 {
	if size > math.MaxInt64/inflatedRatio {
		return math.MaxInt64
	}
	return max(inflatedFloor, size*inflatedRatio)
}

// newSource recognises compression by the first bytes, never by the name.
func newSource(r io.ReaderAt, size int64, at place) (source, error) {
	head := make([]byte, min(blockSize, max(size, 0)))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, at.wrap(err)
	}
	limit := unfoldLimit(size)
	stream := io.NewSectionReader(r, 0, size)
	switch m := string(head[:min(n, 6)]); {
	case strings.HasPrefix(m, "\x1f\x8b"): // RFC 1952; all members of a multi-member file
		z, err := gzip.NewReader(stream)
		if err != nil {
			return nil, at.formatError("", "damaged gzip header: %v", err)
		}
		return &inflated{from: z, limit: limit, at: at}, nil
	case strings.HasPrefix(m, "BZh"):
		return &inflated{from: bzip2.NewReader(stream), limit: limit, at: at}, nil
	case strings.HasPrefix(m, "\x28\xb5\x2f\xfd"): // RFC 8878; all frames
		z, err := zstd.NewReader(stream, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, at.formatError("", "damaged zstd header: %v", err)
		}
		return &inflated{from: z, limit: limit, at: at}, nil
	case strings.HasPrefix(m, "\x1f\x9d"): // .Z, of Unix
		z, err := lzw.NewReader(stream)
		if err != nil {
			return nil, at.formatError("", "damaged header of compress: %v", err)
		}
		return &inflated{from: z, limit: limit, at: at}, nil
	case strings.HasPrefix(m, "PK\x03\x04"):
		return nil, at.unsupported("", "a zip archive")
	case strings.HasPrefix(m, "\xfd7zXZ\x00"):
		return nil, at.unsupported("", "compressed with xz")
	}
	return plain{r, size, head[:n]}, nil
}

// inflated unfolds a compressed stream as far as somebody has asked for, and keeps what came out, so that a file whose
// first HDU alone is read costs no more than that. Chunks instead of one growing slice: nothing is copied twice.
type inflated struct {
	at    place
	limit int64

	mu     sync.Mutex
	from   io.Reader
	chunks [][]byte // each of inflatedChunk bytes, save the last
	size   int64    // bytes unfolded so far
	err    error    // sticky; io.EOF at the proper end
}

// grow unfolds until the first end bytes are there, the stream ends, or an error occurs. z.mu is held.
func (z *inflated) grow(end int64) {
	for z.size < end && z.err == nil {
		if z.size >= z.limit {
			z.err = z.at.unsupported("", "decompressed size exceeds the bound of %d bytes", z.limit)
			return
		}
		if z.size == int64(len(z.chunks))*inflatedChunk {
			z.chunks = append(z.chunks, make([]byte, 0, inflatedChunk))
		}
		last := &z.chunks[len(z.chunks)-1]
		n, err := z.from.Read((*last)[len(*last):cap(*last)])
		*last = (*last)[:len(*last)+n]
		z.size += int64(n)
		switch {
		case err == nil || err == io.EOF:
			z.err = err
		case errors.Is(err, io.ErrUnexpectedEOF):
			z.err = z.at.formatError("", "compressed stream is cut off after %d bytes", z.size)
		case errors.Is(err, zstd.ErrWindowSizeExceeded):
			z.err = z.at.unsupported("", "zstd frame that refers back more than %d bytes", zstdWindow)
		default:
			z.err = z.at.formatError("", "damaged compressed stream after %d bytes: %v", z.size, err)
		}
	}
}

func (z *inflated) extent(end int64) (int64, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.grow(end)
	if z.size < end && z.err != io.EOF {
		return z.size, z.err
	}
	return min(end, z.size), nil
}

func (z *inflated) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("fits: negative offset %d", off)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.grow(off + int64(len(p)))
	n := 0
	for n < len(p) && off < z.size {
		c := z.chunks[off/inflatedChunk][off%inflatedChunk:]
		k := copy(p[n:], c)
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, z.err
	}
	return n, nil
}
