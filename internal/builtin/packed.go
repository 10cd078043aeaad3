package builtin

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
)

// The weights of a model, and what they are called here: compressed, by which bfloat16 shrinks by a fifth.
const (
	weights = "model.safetensors"
	packed  = weights + ".gz"
)

// unpacked is a model's directory with its weights as they are in any other.
type unpacked struct{ fs.FS }

func (d unpacked) Open(name string) (fs.File, error) {
	if name != weights {
		return d.FS.Open(name)
	}
	file, err := d.FS.Open(packed)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	stream, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", packed, err)
	}
	data, err := io.ReadAll(stream)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", packed, err)
	}
	return &memory{bytes.NewReader(data), info}, nil
}

// memory is a file whose bytes are in memory. It reads at any place, as safetensors wants.
type memory struct {
	*bytes.Reader
	packed fs.FileInfo
}

func (m *memory) Stat() (fs.FileInfo, error) { return memoryInfo{m.packed, m.Reader.Size()}, nil }
func (m *memory) Close() error               { return nil }

type memoryInfo struct {
	fs.FileInfo
	size int64
}

func (i memoryInfo) Name() string { return weights }
func (i memoryInfo) Size() int64  { return i.size }
