package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// entry is what the header says of a tensor.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// maxAxes bounds what a header can make of two bytes a side.
const maxAxes = 64

// parse reads the header's JSON token by token: encoding/json's structs would
// let pass what two readers can understand differently, such as a key that
// stands twice, null for a number or a third offset.
func (f *File) parse(header []byte) error {
	if len(header) == 0 || header[0] != '{' || !utf8.Valid(header) {
		return f.errorf("", "has a header that is not a JSON object in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	err := f.object(d, "", func(name string) error {
		if name == metadataKey {
			f.metadata = map[string]string{}
			return f.object(d, metadataKey, func(key string) (err error) {
				f.metadata[key], err = f.text(d, metadataKey, key)
				return err
			})
		}
		e, err := f.entry(d, name)
		f.entries[name] = e
		f.names = append(f.names, name)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return f.errorf("", "has something behind its header's JSON")
	}
	return nil
}

// entry reads {"dtype": ..., "shape": ..., "data_offsets": ...}.
func (f *File) entry(d *json.Decoder, name string) (e entry, err error) {
	var offsets []int
	fields := 0
	err = f.object(d, name, func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			var text string
			text, err = f.text(d, name, key)
			e.DType = DType(text)
		case "shape":
			e.Shape, err = f.integers(d, name, key)
		case "data_offsets":
			offsets, err = f.integers(d, name, key)
			if err == nil && len(offsets) != 2 {
				err = f.errorf(name, "has %d data_offsets, not 2", len(offsets))
			}
		default:
			err = f.errorf(name, "has the field %q, which the format does not know", key)
		}
		return err
	})
	if err == nil && fields != 3 {
		err = f.errorf(name, "has not all of dtype, shape and data_offsets")
	}
	if err == nil {
		e.Offsets = [2]int64{int64(offsets[0]), int64(offsets[1])}
	}
	return e, err
}

// object calls member for each key of a JSON object; it must read the value.
func (f *File) object(d *json.Decoder, place string, member func(key string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return f.errorf(place, "is not a JSON object in the header")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return f.errorf(place, "the header's JSON is damaged: %v", err)
		}
		key := t.(string) // Token gives nothing else in the place of a key.
		if seen[key] {
			return f.errorf(place, "%q stands twice in the header", key)
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return f.errorf(place, "the header's JSON is damaged: %v", err)
	}
	return nil
}

func (f *File) text(d *json.Decoder, place, key string) (string, error) {
	t, err := d.Token()
	text, ok := t.(string)
	if err != nil || !ok {
		return "", f.errorf(place, "%q is not a string", key)
	}
	return text, nil
}

// integers reads an array of whole numbers from 0 on.
func (f *File) integers(d *json.Decoder, place, key string) ([]int, error) {
	list := []int{}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, f.errorf(place, "%q is not an array", key)
	}
	for d.More() {
		t, err := d.Token()
		number, ok := t.(json.Number)
		if err != nil || !ok {
			return nil, f.errorf(place, "%q has something that is not a number", key)
		}
		n, err := strconv.Atoi(string(number))
		if err != nil || n < 0 {
			return nil, f.errorf(place, "%q has %s, which is not a size", key, number)
		}
		if len(list) == maxAxes {
			return nil, f.errorf(place, "%q has more than %d numbers", key, maxAxes)
		}
		list = append(list, n)
	}
	if _, err := d.Token(); err != nil {
		return nil, f.errorf(place, "the header's JSON is damaged: %v", err)
	}
	return list, nil
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
		width, known := sizes[e.DType]
		if !known {
			return &UnsupportedError{f.name, name, fmt.Sprintf("has the type %q", e.DType)}
		}
		count, ok := elements(e.Shape, size/width)
		if !ok {
			return f.errorf(name, "has the shape %v of %s, more than the file's %d bytes", e.Shape, e.DType, size)
		}
		if e.Offsets != [2]int64{end, end + count*width} {
			return f.errorf(name, "has the data_offsets %v; its shape %v of %s after %d bytes wants [%d %d]", e.Offsets, e.Shape, e.DType, end, end, end+count*width)
		}
		end = e.Offsets[1]
		f.elements += count
	}
	if end != size {
		return f.errorf("", "has %d bytes of tensors, its header describes %d", size, end)
	}
	return nil
}

// elements is the product of a shape's sides, if it is at most limit.
func elements(shape []int, limit int64) (n int64, ok bool) {
	if slices.Contains(shape, 0) {
		return 0, true
	}
	n = 1
	for _, side := range shape {
		if int64(side) > limit/n {
			return 0, false
		}
		n *= int64(side)
	}
	return n, true
}
