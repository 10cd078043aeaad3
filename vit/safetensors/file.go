package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// maxHeader is the limit that the format sets to its header.
const maxHeader = 100 << 20

// metadataKey is the one key of a header that is not a tensor.
const metadataKey = "__metadata__"

// File is the index of an open safetensors file. Its methods may be called from
// several goroutines.
type File struct {
	name     string
	r        io.ReaderAt
	data     int64 // where the tensors begin
	entries  map[string]entry
	names    []string // in the order of the data
	metadata map[string]string
	elements int64
}

// New reads the header of a file of size bytes; name is what errors call it.
// The header may have 100 MB and not more than the file; beside it New takes a
// few times its size of memory. A file that breaks the format gives a
// [*FormatError]; tensors of other types than can be read do no harm until
// they are asked for.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, r: r, entries: map[string]entry{}}
	if size < 8 {
		return nil, f.errorf("", "has %d bytes, fewer than the 8 of the header's length", size)
	}
	var prefix [8]byte
	if err := f.readAt(prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader {
		return nil, f.errorf("", "has a header of %d bytes; %d is the most that the format allows", length, maxHeader)
	}
	if int64(length) > size-8 {
		return nil, f.errorf("", "has a header of %d bytes in a file of %d", length, size)
	}
	header := make([]byte, length)
	if err := f.readAt(header, 8); err != nil {
		return nil, err
	}
	f.data = 8 + int64(length)
	if err := f.parse(header); err != nil {
		return nil, err
	}
	if err := f.check(size - f.data); err != nil {
		return nil, err
	}
	return f, nil
}

// Names lists the tensors in the order of their data.
func (f *File) Names() []string { return f.names }

// Shape is a tensor's shape; nil if there is no such tensor.
func (f *File) Shape(name string) []int { return slices.Clone(f.entries[name].Shape) }

// Elements is the number of numbers in all tensors of known types.
func (f *File) Elements() int64 { return f.elements }

// Metadata is the header's __metadata__; nil if there is none.
func (f *File) Metadata() map[string]string { return f.metadata }

// ReadInto reads a tensor, row-major, as float32; dst must have the number of
// elements of its [File.Shape]. Types of integers, and unknown ones, give an
// [*UnsupportedError]. F64 is rounded to the nearest, beyond float32's
// range to infinity; other types are exact.
func (f *File) ReadInto(name string, dst []float32) error {
	e, ok := f.entries[name]
	if !ok {
		return f.errorf(name, "is missing")
	}
	if !slices.Contains([]DType{F64, F32, F16, BF16}, e.DType) {
		return &UnsupportedError{f.name, name, fmt.Sprintf("has the type %q; F64, F32, F16 and BF16 can be read", e.DType)}
	}
	size := sizes[e.DType]
	if int64(len(dst))*size != e.Offsets[1]-e.Offsets[0] {
		panic("safetensors: destination has not the tensor's size")
	}
	const piece = 1 << 16
	raw := make([]byte, min(piece, len(dst))*int(size))
	at := f.data + e.Offsets[0]
	for part := range slices.Chunk(dst, piece) {
		raw = raw[:len(part)*int(size)]
		if err := f.readAt(raw, at); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		decode(part, raw, e.DType)
		at += int64(len(raw))
	}
	return nil
}

// readAt fills p; io.ReaderAt may say io.EOF beside a full p.
func (f *File) readAt(p []byte, at int64) error {
	n, err := f.r.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == io.EOF:
		return f.errorf("", "ends after %d bytes, before the size that it was opened with", at+int64(n))
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

func (f *File) errorf(tensor, format string, args ...any) error {
	return &FormatError{f.name, tensor, fmt.Sprintf(format, args...)}
}
