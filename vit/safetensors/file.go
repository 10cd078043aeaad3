package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// maxHeader is the limit that the format sets to its header.
const maxHeader = 100 << 20

// File is the index of an open safetensors file.
type File struct {
	name     string
	r        io.ReaderAt
	data     int64 // where the tensors begin
	entries  map[string]entry
	names    []string // in the order of the file
	metadata map[string]string
	elements int64
}

type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// New reads the header of a file of size bytes; name is what errors call it.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, r: r, entries: map[string]entry{}}
	var prefix [8]byte
	if size < 8 {
		return nil, f.errorf("", "is %d bytes long, shorter than a header", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || int64(length) > size-8 {
		return nil, f.errorf("", "says that its header has %d bytes; the file has %d, and %d is the most allowed", length, size, maxHeader)
	}
	header := make([]byte, length)
	if _, err := r.ReadAt(header, 8); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.data = 8 + int64(length)
	if err := f.parse(header); err != nil {
		return nil, err
	}
	return f, f.check(size - f.data)
}

// parse reads the header's JSON, in which no name may stand twice.
func (f *File) parse(header []byte) error {
	d := json.NewDecoder(bytes.NewReader(header))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return f.errorf("", "has a header that is not a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return f.errorf("", "has a damaged header: %v", err)
		}
		name := key.(string)
		if name == "__metadata__" {
			if f.metadata != nil {
				return f.errorf("", "has two __metadata__")
			}
			if err := d.Decode(&f.metadata); err != nil {
				return f.errorf("", "__metadata__ is not an object of strings: %v", err)
			}
			continue
		}
		if _, twice := f.entries[name]; twice {
			return f.errorf(name, "stands twice in the header")
		}
		var e entry
		if err := d.Decode(&e); err != nil {
			return f.errorf(name, "%v", err)
		}
		f.entries[name] = e
		f.names = append(f.names, name)
	}
	if _, err := d.Token(); err != nil {
		return f.errorf("", "has a damaged header: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return f.errorf("", "has something behind its header's JSON")
	}
	return nil
}

// check holds the entries to the bytes that there are: one after another,
// without gaps, up to the end.
func (f *File) check(size int64) error {
	slices.SortStableFunc(f.names, func(a, b string) int {
		x, y := f.entries[a].Offsets, f.entries[b].Offsets
		return slices.Compare(x[:], y[:])
	})
	end := int64(0)
	for _, name := range f.names {
		e := f.entries[name]
		bytes, known := sizes[e.DType]
		if !known {
			return &UnsupportedError{f.name, name, fmt.Sprintf("has the type %q", e.DType)}
		}
		count := int64(1)
		for _, side := range e.Shape {
			if side < 0 || side > math.MaxInt32 || side > 0 && count > size/side {
				return f.errorf(name, "has the shape %v, more than the file's %d bytes", e.Shape, size)
			}
			count *= side
		}
		if e.Offsets[0] != end || e.Offsets[1]-e.Offsets[0] != count*bytes {
			return f.errorf(name, "has the data_offsets %v; its shape %v of %s after %d bytes wants [%d %d]", e.Offsets, e.Shape, e.DType, end, end, end+count*bytes)
		}
		end = e.Offsets[1]
		f.elements += count
	}
	if end != size {
		return f.errorf("", "has %d bytes of tensors, its header describes %d", size, end)
	}
	return nil
}

func (f *File) errorf(tensor, format string, args ...any) error {
	return &FormatError{f.name, tensor, fmt.Sprintf(format, args...)}
}

// Names lists the tensors in the order of the file.
func (f *File) Names() []string { return f.names }

// Shape is a tensor's shape; nil if there is no such tensor.
func (f *File) Shape(name string) []int {
	e, ok := f.entries[name]
	if !ok {
		return nil
	}
	shape := make([]int, len(e.Shape))
	for i, s := range e.Shape {
		shape[i] = int(s)
	}
	return shape
}

// Elements is the number of numbers in all tensors.
func (f *File) Elements() int64 { return f.elements }

// Metadata is the header's __metadata__.
func (f *File) Metadata() map[string]string { return f.metadata }

// ReadInto reads a tensor; dst must have its number of elements.
func (f *File) ReadInto(name string, dst []float32) error {
	e, ok := f.entries[name]
	if !ok {
		return f.errorf(name, "is missing")
	}
	size := sizes[e.DType]
	if int64(len(dst))*size != e.Offsets[1]-e.Offsets[0] {
		panic("safetensors: destination has not the tensor's size")
	}
	if !slices.Contains([]DType{F64, F32, F16, BF16}, e.DType) {
		return &UnsupportedError{f.name, name, fmt.Sprintf("has the type %q; F64, F32, F16 and BF16 can be read", e.DType)}
	}
	const piece = 1 << 16
	raw := make([]byte, min(piece, len(dst))*int(size))
	at := f.data + e.Offsets[0]
	for part := range slices.Chunk(dst, piece) {
		raw = raw[:len(part)*int(size)]
		if n, err := f.r.ReadAt(raw, at); n < len(raw) {
			return fmt.Errorf("%s: tensor %q: %w", f.name, name, err)
		}
		decode(part, raw, e.DType)
		at += int64(len(raw))
	}
	return nil
}
