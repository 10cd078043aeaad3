// Package lzw reads what Unix compress(1) writes, files named .Z: Lempel-Ziv-Welch codes that begin with 9 bits and grow to
// 10, up to 16 (Welch 1984, IEEE Computer 17(6), 8; the layout is that of compress 4.0).
package lzw

import (
	"bufio"
	"errors"
	"io"
)

const (
	clearTable = 256 // the code that empties the table, in block mode
	minWidth   = 9
	maxWidth   = 16
)

// ErrFormat says that a stream cannot have come from compress.
var ErrFormat = errors.New("lzw: not a stream of compress")

// A Reader unfolds a stream. Its table is of 192 KiB, whatever the stream is.
type Reader struct {
	from    *bufio.Reader
	bits    uint32 // read and not yet used, the lowest first
	have    int    // how many
	inGroup int    // bits used since the width last changed: codes come in groups of eight

	block     bool
	width     int
	last      int // bits of the widest code
	next      int // code that the table gets next
	previous  int // code; -1 at the start and after clearTable
	first     byte
	prefix    [1 << maxWidth]uint16
	suffix    [1 << maxWidth]byte
	unread    []byte
	expansion [1 << maxWidth]byte // of a code, its end at the end of the array
}

// NewReader reads the header of three bytes.
func NewReader(r io.Reader) (*Reader, error) {
	z := &Reader{from: bufio.NewReader(r), width: minWidth, previous: -1}
	var head [3]byte
	if _, err := io.ReadFull(z.from, head[:]); err != nil {
		return nil, ErrFormat
	}
	z.block, z.last = head[2]&0x80 != 0, int(head[2]&0x1f)
	if head[0] != 0x1f || head[1] != 0x9d || z.last <= minWidth || z.last > maxWidth {
		return nil, ErrFormat
	}
	z.clear()
	return z, nil
}

// Read implements io.Reader. Errors are io.EOF, ErrFormat, and those of the reader beneath; a stream that is cut off ends
// like a whole one, since nothing marks its end.
func (z *Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(z.unread) == 0 {
			if err := z.expand(); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], z.unread)
		n, z.unread = n+k, z.unread[k:]
	}
	return n, nil
}

// clear empties the table. The codes after it are of the least width.
func (z *Reader) clear() {
	z.next, z.previous = 256, -1
	if z.block {
		z.next = clearTable + 1
	}
}

// expand reads the next code that stands for bytes.
func (z *Reader) expand() error {
	code, err := z.code()
	for err == nil && code == clearTable && z.block {
		if err = z.endGroup(); err == nil {
			z.clear()
			z.width = minWidth
			code, err = z.code()
		}
	}
	if err != nil {
		return err
	}
	at, rest := len(z.expansion), code
	if code >= z.next { // the code that this one defines: the previous bytes and the first of them
		if code > z.next || z.previous < 0 {
			return ErrFormat
		}
		at--
		z.expansion[at], rest = z.first, z.previous
	}
	for ; rest >= 256; rest = int(z.prefix[rest]) {
		at--
		z.expansion[at] = z.suffix[rest]
	}
	at--
	z.first = byte(rest)
	z.expansion[at] = z.first
	z.unread = z.expansion[at:]
	if z.previous >= 0 && z.next < 1<<z.last {
		z.prefix[z.next], z.suffix[z.next] = uint16(z.previous), z.first
		z.next++
	}
	z.previous = code
	return nil
}

// code reads a code, of one more bit from where the table outgrows the width.
func (z *Reader) code() (int, error) {
	if z.next >= 1<<z.width && z.width < z.last {
		if err := z.endGroup(); err != nil {
			return 0, err
		}
		z.width++
	}
	for z.have < z.width {
		b, err := z.from.ReadByte()
		if err != nil {
			return 0, err
		}
		z.bits |= uint32(b) << z.have
		z.have += 8
	}
	code := int(z.bits & (1<<z.width - 1))
	z.bits, z.have = z.bits>>z.width, z.have-z.width
	z.inGroup += z.width
	return code, nil
}

// endGroup skips what is left of the group of eight codes.
func (z *Reader) endGroup() error {
	group := 8 * z.width
	skip := (group - z.inGroup%group) % group
	z.inGroup = 0
	skip -= z.have // whole bytes: a group begins at one
	z.bits, z.have = 0, 0
	_, err := z.from.Discard(skip / 8)
	return err
}
