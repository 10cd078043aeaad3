package safetensors

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// shards is two files of a tensor each.
func shards(t *testing.T) fstest.MapFS {
	one := write(t, []Tensor{{Name: "a", Shape: []int{2}, Data: []float32{1, 2}}}, map[string]string{"format": "pt"})
	two := write(t, []Tensor{{Name: "b", Shape: []int{1, 1}, Data: []float32{3}}}, nil)
	return fstest.MapFS{"one.safetensors": {Data: one}, "two.safetensors": {Data: two}}
}

func TestOpenFile(t *testing.T) {
	dir := fstest.MapFS{"model.safetensors": shards(t)["one.safetensors"], "model.safetensors.index.json": {Data: []byte("ignored")}}
	s, err := Open(dir, "model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !slices.Equal(s.Names(), []string{"a"}) || s.Metadata()["format"] != "pt" || s.Elements() != 2 {
		t.Errorf("names %q, metadata %q, %d elements", s.Names(), s.Metadata(), s.Elements())
	}
}

func TestOpenShards(t *testing.T) {
	dir := t.TempDir()
	for name, file := range shards(t) {
		if err := os.WriteFile(filepath.Join(dir, name), file.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	index := `{"metadata":{"total_size":12},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}`
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := Open(os.DirFS(dir), "model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !slices.Equal(s.Names(), []string{"a", "b"}) || s.Elements() != 3 || !slices.Equal(s.Shape("b"), []int{1, 1}) {
		t.Errorf("names %q, %d elements, b has shape %v", s.Names(), s.Elements(), s.Shape("b"))
	}
	a, b := make([]float32, 2), make([]float32, 1)
	if err := errors.Join(s.ReadInto("a", a), s.ReadInto("b", b)); err != nil || !slices.Equal(a, []float32{1, 2}) || b[0] != 3 {
		t.Errorf("a %v, b %v, %v", a, b, err)
	}
	var missing *FormatError
	if err := s.ReadInto("c", nil); s.Shape("c") != nil || !errors.As(err, &missing) || missing.Tensor != "c" {
		t.Errorf("a tensor that is not there: %v", err)
	}
}

func TestHostileIndex(t *testing.T) {
	for _, c := range []struct{ name, index, want string }{
		{"not JSON", `{`, "index.json: the JSON is damaged"},
		{"no map", `{"metadata":{}}`, "no weight_map"},
		{"numbers", `{"weight_map":{"a":1}}`, `"a" is not a string`},
		{"null", `{"weight_map":{"a":null}}`, `"a" is not a string`},
		{"folder above", `{"weight_map":{"a":"../one.safetensors"}}`, "not the name of a file in this folder"},
		{"absolute", `{"weight_map":{"a":"/etc/passwd"}}`, "not the name of a file in this folder"},
		{"folder below", `{"weight_map":{"a":"sub/one.safetensors"}}`, "not the name of a file in this folder"},
		{"backslash", `{"weight_map":{"a":"..\\one.safetensors"}}`, "not the name of a file in this folder"},
		{"dots", `{"weight_map":{"a":".."}}`, "not the name of a file in this folder"},
		{"the folder itself", `{"weight_map":{"a":"."}}`, "not a regular file"},
		{"no such shard", `{"weight_map":{"a":"three.safetensors"}}`, "three.safetensors"},
		{"a damaged shard", `{"weight_map":{"a":"bad.safetensors"}}`, "bad.safetensors: has 3 bytes"},
		{"tensor in another shard", `{"weight_map":{"a":"two.safetensors"}}`, `two.safetensors: tensor "a": is missing`},
		{"tensor in two shards", `{"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"copy.safetensors"}}`, `copy.safetensors: tensor "c": is missing`},
		{"tensor twice", `{"weight_map":{"a":"three.safetensors","a":"one.safetensors"}}`, `"a" stands twice`},
		{"map twice", `{"weight_map":{"a":"one.safetensors"},"weight_map":{}}`, `"weight_map" stands twice`},
		{"other case", `{"Weight_Map":{"a":"one.safetensors"}}`, "no weight_map"},
		{"something behind", `{"weight_map":{"a":"one.safetensors"}}{}`, "something behind"},
		{"unfinished metadata", `{"metadata":{"total`, "damaged"},
		{"tensor that is not listed", `{"weight_map":{"b":"both.safetensors"}}`, `both.safetensors: tensor "a": is not in the weight_map`},
		{"tensor of two shards", `{"weight_map":{"a":"one.safetensors","b":"both.safetensors"}}`, `both.safetensors: tensor "a": is not in the weight_map`},
	} {
		dir := shards(t)
		dir["bad.safetensors"] = &fstest.MapFile{Data: []byte("bad")}
		dir["copy.safetensors"] = dir["one.safetensors"]
		dir["both.safetensors"] = &fstest.MapFile{Data: write(t, []Tensor{
			{Name: "a", Shape: []int{1}, Data: []float32{9}}, {Name: "b", Shape: []int{1}, Data: []float32{9}}}, nil)}
		dir["model.safetensors.index.json"] = &fstest.MapFile{Data: []byte(c.index)}
		s, err := Open(dir, "model.safetensors")
		if err == nil || s != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v looks as if there were no model", c.name, err)
		}
	}
}

func TestOpenNothing(t *testing.T) {
	if _, err := Open(fstest.MapFS{}, "model.safetensors"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("%v, want one that names model.safetensors", err)
	}
}

// noReaderAt is a file system, such as a zip archive's, whose files only stream.
type noReaderAt struct{ fs.FS }

type stream struct{ fs.File }

func (d noReaderAt) Open(name string) (fs.File, error) {
	f, err := d.FS.Open(name)
	return stream{f}, err
}

func TestOpenNeedsReaderAt(t *testing.T) {
	if _, err := Open(noReaderAt{shards(t)}, "one.safetensors"); err == nil || !strings.Contains(err.Error(), "one.safetensors") {
		t.Errorf("%v, want an error that names the file", err)
	}
}

func BenchmarkReadInto(b *testing.B) {
	var buffer bytes.Buffer
	x := make([]float32, 1<<20)
	if err := Write(&buffer, []Tensor{{Name: "a", Shape: []int{1 << 20}, Data: x}}, nil); err != nil {
		b.Fatal(err)
	}
	f, err := open(buffer.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 << 20)
	for b.Loop() {
		if err := f.ReadInto("a", x); err != nil {
			b.Fatal(err)
		}
	}
}
