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
// name.index.json lists. The folder's files must implement io.ReaderAt, as
// those of os.DirFS and embed.FS do.
func Open(dir fs.FS, name string) (*Set, error) {
	s := &Set{name: name, files: map[string]*File{}}
	f, err := s.open(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		if shards, indexErr := s.openShards(dir, name+indexSuffix); !errors.Is(indexErr, fs.ErrNotExist) {
			return shards, indexErr
		}
	}
	if err != nil {
		return nil, err
	}
	s.metadata = f.Metadata()
	return s, s.add(f, f.Names())
}

func (s *Set) open(dir fs.FS, name string) (*File, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, file)
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r, ok := file.(io.ReaderAt)
	if !ok || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is not a regular file", name), s.Close())
	}
	f, err := New(r, info.Size(), name)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return f, nil
}

// openShards opens the files of an index {"weight_map": {tensor: file}}.
func (s *Set) openShards(dir fs.FS, index string) (*Set, error) {
	file, err := dir.Open(index)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxIndex {
		return nil, &FormatError{index, "", fmt.Sprintf("is longer than %d bytes", maxIndex)}
	}
	var content struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &content); err != nil {
		return nil, &FormatError{index, "", err.Error()}
	}
	if len(content.WeightMap) == 0 {
		return nil, &FormatError{index, "", "has no weight_map of tensors to files"}
	}
	tensors := map[string][]string{}
	for _, tensor := range slices.Sorted(maps.Keys(content.WeightMap)) {
		shard := content.WeightMap[tensor]
		if shard == "" || strings.ContainsAny(shard, `/\`) || !fs.ValidPath(shard) {
			return nil, &FormatError{index, tensor, fmt.Sprintf("is in %q, which is not the name of a file in this folder", shard)}
		}
		tensors[shard] = append(tensors[shard], tensor)
	}
	for _, shard := range slices.Sorted(maps.Keys(tensors)) {
		f, err := s.open(dir, shard)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		for _, tensor := range tensors[shard] {
			if f.Shape(tensor) == nil {
				return nil, errors.Join(&FormatError{shard, tensor, "is missing, though " + index + " says that it is here"}, s.Close())
			}
		}
		if err := s.add(f, f.Names()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Set) add(f *File, names []string) error {
	for _, name := range names {
		if other, twice := s.files[name]; twice {
			return errors.Join(&FormatError{f.name, name, "is in " + other.name + " too"}, s.Close())
		}
		s.files[name] = f
	}
	s.names = append(s.names, names...)
	s.elements += f.Elements()
	return nil
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
