package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Write writes a file with tensors in the given order. The same tensors and
// metadata give the same bytes.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
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

// encodeHeader is the length and the JSON, padded so that the tensors begin
// at a multiple of 8.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteByte('{')
	field := func(name string, value any) error {
		if b.Len() > 9 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		b.Write(key)
		b.WriteByte(':')
		b.Write(text)
		return err
	}
	if metadata != nil {
		if err := field("__metadata__", metadata); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{}
	end := int64(0)
	for _, t := range tensors {
		if seen[t.Name] || t.Name == "__metadata__" {
			return nil, fmt.Errorf("tensor name %q cannot be used twice", t.Name)
		}
		seen[t.Name] = true
		if d := t.dtype(); d != F32 && d != F16 && d != BF16 {
			return nil, fmt.Errorf("tensor %q: type %q cannot be written", t.Name, d)
		}
		e := entry{DType: t.dtype(), Shape: make([]int64, len(t.Shape))}
		count := int64(1)
		for i, s := range t.Shape {
			e.Shape[i] = int64(s)
			count *= int64(s)
		}
		if count != int64(len(t.Data)) {
			panic("safetensors: data has not the shape's size")
		}
		e.Offsets = [2]int64{end, end + count*sizes[t.dtype()]}
		end = e.Offsets[1]
		if err := field(t.Name, e); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}
