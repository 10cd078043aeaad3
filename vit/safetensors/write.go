package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Write writes a file with the tensors in the given order, wider types first so
// that every number is aligned. The same tensors and metadata give the same
// bytes. F16 and BF16 are rounded to the nearest, ties to even. A shape that
// does not have its data's size is a programmer's error, and panics.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortStableFunc(tensors, func(a, b Tensor) int { return int(sizes[b.dtype()] - sizes[a.dtype()]) })
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	const piece = 1 << 16
	raw := make([]byte, 0, 4*piece)
	for _, t := range tensors {
		for part := range slices.Chunk(t.Data, piece) {
			raw = encode(raw[:0], part, t.dtype())
			if _, err := w.Write(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t Tensor) dtype() DType {
	if t.DType == "" {
		return F32
	}
	return t.DType
}

// entry is the tensor's place in a file, from byte start of the data on.
func (t Tensor) entry(start int64) (entry, error) {
	if d := t.dtype(); d != F32 && d != F16 && d != BF16 {
		return entry{}, fmt.Errorf("tensor %q: type %q cannot be written", t.Name, d)
	}
	if slices.ContainsFunc(t.Shape, func(side int) bool { return side < 0 }) {
		panic("safetensors: a shape has a negative side")
	}
	if n, ok := elements(t.Shape, int64(len(t.Data))); !ok || n != int64(len(t.Data)) {
		panic("safetensors: data has not the shape's size")
	}
	end := start + int64(len(t.Data))*sizes[t.dtype()]
	// Not a clone: a scalar's shape is written as [], never as null.
	return entry{t.dtype(), append([]int{}, t.Shape...), [2]int64{start, end}}, nil
}

// encodeHeader is the length and the JSON, padded so that the tensors begin
// at a multiple of 8.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 8))
	b.WriteByte('{')
	seen := map[string]bool{}
	field := func(name string, value any) error {
		if seen[name] || !utf8.ValidString(name) {
			return fmt.Errorf("tensor name %q cannot be written: it is not UTF-8, or is used already", name)
		}
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		seen[name] = true
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(text)
		return nil
	}
	if metadata != nil {
		if err := field(metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	end := int64(0)
	for _, t := range tensors {
		if t.Name == metadataKey {
			return nil, fmt.Errorf("no tensor can have the name %q", t.Name)
		}
		e, err := t.entry(end)
		if err != nil {
			return nil, err
		}
		if err := field(t.Name, e); err != nil {
			return nil, err
		}
		end = e.Offsets[1]
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len()-8 > maxHeader {
		return nil, fmt.Errorf("the header has %d bytes; %d is the most that the format allows", b.Len()-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}
