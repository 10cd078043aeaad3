package safetensors

import (
	"slices"
)

// entry is what the header says of a tensor.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// maxAxes bounds what a header can make of two bytes a side.
const maxAxes = 64

// parse reads the header's JSON.
func (f *File) parse(header []byte) error {
	if len(header) == 0 || header[0] != '{' {
		return f.errorf("", "has a header that is not a JSON object")
	}
	j, err := newJSONReader(f.name, header)
	if err != nil {
		return err
	}
	err = j.object("", func(name string) (err error) {
		if name == metadataKey {
			f.metadata, err = j.texts(metadataKey)
			return err
		}
		f.names = append(f.names, name)
		f.entries[name], err = j.entry(name)
		return err
	})
	if err != nil {
		return err
	}
	return j.end()
}

// entry reads {"dtype": ..., "shape": ..., "data_offsets": ...}.
func (j *jsonReader) entry(name string) (e entry, err error) {
	var offsets []int
	fields := 0
	err = j.object(name, func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			var text string
			text, err = j.text(name, key)
			e.DType = DType(text)
		case "shape":
			e.Shape, err = j.integers(name, key)
		case "data_offsets":
			offsets, err = j.integers(name, key)
			if err == nil && len(offsets) != 2 {
				err = j.errorf(name, "has %d data_offsets, not 2", len(offsets))
			}
		default:
			err = j.errorf(name, "has the field %q, which the format does not know", key)
		}
		return err
	})
	if err == nil && fields != 3 {
		err = j.errorf(name, "has not all of dtype, shape and data_offsets")
	}
	if err == nil {
		e.Offsets = [2]int64{int64(offsets[0]), int64(offsets[1])}
	}
	return e, err
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
			if err := f.checkUnknown(name, e, end, size); err != nil {
				return err
			}
			end = e.Offsets[1]
			continue
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

// checkUnknown holds a tensor of a type that this package does not know, which
// may be newer than it, to the file as far as that can be done: an element has
// at least one bit.
func (f *File) checkUnknown(name string, e entry, start, size int64) error {
	if e.Offsets[0] != start || e.Offsets[1] < start || e.Offsets[1] > size {
		return f.errorf(name, "has the data_offsets %v after %d bytes of %d", e.Offsets, start, size)
	}
	if _, ok := elements(e.Shape, 8*(e.Offsets[1]-start)); !ok {
		return f.errorf(name, "has the shape %v in %d bytes", e.Shape, e.Offsets[1]-start)
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
