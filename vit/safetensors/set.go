package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Set is the tensors of a file, or of the files that an index lists. Reading
// may be done from several goroutines.
type Set struct {
	name     string
	names    []string
	files    map[string]*File // by tensor
	metadata map[string]string
	elements int64
	close    []io.Closer
}

// indexSuffix is added to a file's name for the index of its shards.
const indexSuffix = ".index.json"

// maxIndex bounds the index of a sharded model.
const maxIndex = 64 << 20

// Open opens name in a folder or, where there is none, the shards that
// name.index.json lists, each tensor of each shard. The folder's files must implement io.ReaderAt, as
// those of os.DirFS and embed.FS do. Without either the error is that of name,
// for [fs.ErrNotExist].
func Open(dir fs.FS, name string) (*Set, error) {
	s := &Set{name: name, files: map[string]*File{}}
	err := s.openFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		if indexErr := s.openShards(dir, name+indexSuffix); !errors.Is(indexErr, fs.ErrNotExist) {
			err = indexErr
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openFile opens a model that is one file.
func (s *Set) openFile(dir fs.FS, name string) error {
	f, err := s.add(dir, name)
	if err != nil {
		return err
	}
	s.metadata = f.Metadata()
	return nil
}

// openShards opens the files of an index {"weight_map": {tensor: file}}.
func (s *Set) openShards(dir fs.FS, index string) error {
	file, err := dir.Open(index)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return err
	}
	if len(data) > maxIndex {
		return &FormatError{index, "", fmt.Sprintf("is longer than %d bytes", maxIndex)}
	}
	weightMap, err := readIndex(index, data)
	if err != nil {
		return err
	}
	tensors := map[string][]string{}
	for _, tensor := range slices.Sorted(maps.Keys(weightMap)) {
		shard := weightMap[tensor]
		if shard == "" || strings.ContainsAny(shard, `/\`) || !fs.ValidPath(shard) {
			return &FormatError{index, tensor, fmt.Sprintf("is in %q, which is not the name of a file in this folder", shard)}
		}
		tensors[shard] = append(tensors[shard], tensor)
	}
	for _, shard := range slices.Sorted(maps.Keys(tensors)) {
		f, err := s.add(dir, shard)
		if errors.Is(err, fs.ErrNotExist) {
			return &FormatError{index, tensors[shard][0], fmt.Sprintf("is in %q, which is not there", shard)}
		}
		if err != nil {
			return err
		}
		for _, tensor := range tensors[shard] {
			if f.Shape(tensor) == nil {
				return &FormatError{shard, tensor, "is missing, though " + index + " says that it is here"}
			}
		}
		for _, tensor := range f.Names() {
			if weightMap[tensor] != shard {
				return &FormatError{shard, tensor, "is not in the weight_map of " + index}
			}
		}
	}
	return nil
}

// readIndex is an index's weight_map: the shard of each tensor.
func readIndex(name string, data []byte) (weightMap map[string]string, err error) {
	j, err := newJSONReader(name, data)
	if err != nil {
		return nil, err
	}
	err = j.object("", func(key string) (err error) {
		if key == "weight_map" {
			weightMap, err = j.texts("")
		} else if err = j.d.Decode(new(json.RawMessage)); err != nil {
			err = j.errorf("", "the JSON is damaged: %v", err)
		}
		return err
	})
	if err == nil {
		err = j.end()
	}
	if err == nil && len(weightMap) == 0 {
		err = j.errorf("", "has no weight_map of tensors to files")
	}
	return weightMap, err
}

// add opens a file for as long as the set is open.
func (s *Set) add(dir fs.FS, name string) (*File, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, file)
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	r, ok := file.(io.ReaderAt)
	if !ok || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := New(r, info.Size(), name)
	if err != nil {
		return nil, err
	}
	for _, tensor := range f.Names() {
		s.files[tensor] = f
	}
	s.names = append(s.names, f.Names()...)
	s.elements += f.Elements()
	return f, nil
}

// Close closes the files.
func (s *Set) Close() error {
	var errs []error
	for _, c := range s.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Names lists the tensors, file after file.
func (s *Set) Names() []string { return s.names }

// Elements is the number of numbers in all tensors.
func (s *Set) Elements() int64 { return s.elements }

// Metadata is the __metadata__ of a single file; nil for shards.
func (s *Set) Metadata() map[string]string { return s.metadata }

// Shape is a tensor's shape; nil if there is no such tensor.
func (s *Set) Shape(name string) []int {
	if f := s.files[name]; f != nil {
		return f.Shape(name)
	}
	return nil
}

// ReadInto reads a tensor; dst must have its number of elements.
func (s *Set) ReadInto(name string, dst []float32) error {
	f := s.files[name]
	if f == nil {
		return &FormatError{s.name, name, "is missing"}
	}
	return f.ReadInto(name, dst)
}
