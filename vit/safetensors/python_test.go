package safetensors

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// python runs testdata/independent.py with numpy.
func python(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	for _, interpreter := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(interpreter, "-c", "import numpy").Run() != nil {
			continue
		}
		cmd := exec.Command(interpreter, append([]string{"testdata/independent.py"}, args...)...)
		cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("independent.py: %v", err)
		}
		return out
	}
	t.Skip("there is no python3 with numpy to compare with")
	return nil
}

type pythonTensor struct {
	DType  DType     `json:"dtype,omitempty"`
	Shape  []int     `json:"shape"`
	Values []float64 `json:"values,omitempty"`
	Bits   []uint32  `json:"bits,omitempty"`
}

type pythonFile struct {
	Metadata map[string]string       `json:"metadata"`
	Tensors  map[string]pythonTensor `json:"tensors"`
}

func TestPythonReadsOurs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	// Values of every size, so that halves are rounded, denormal and infinite.
	wild := make([]float32, 4096)
	for i := range wild {
		wild[i] = float32(r.NormFloat64() * math.Exp2(float64(r.IntN(48)-30)))
	}
	metadata := map[string]string{"format": "pt", "state": `{"step": 3, "<é>": "\n"}`}
	tensors := []Tensor{
		{Name: "whole", Shape: []int{64, 64}, Data: wild},
		{Name: "half", Shape: []int{4096}, DType: F16, Data: wild},
		{Name: "scalar", Data: []float32{2.5}},
		{Name: "é<\"", Shape: []int{2, 0}, Data: []float32{}},
		{Name: "odd", Shape: []int{3}, DType: BF16, Data: []float32{1, 1.00390625, float32(math.Inf(-1))}},
	}
	name := filepath.Join(t.TempDir(), "ours.safetensors")
	if err := os.WriteFile(name, write(t, tensors, metadata), 0o666); err != nil {
		t.Fatal(err)
	}
	var got pythonFile
	if err := json.Unmarshal(python(t, nil, "read", name), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Metadata, metadata) || len(got.Tensors) != len(tensors) {
		t.Errorf("Python finds %d tensors and metadata %q", len(got.Tensors), got.Metadata)
	}
	f, err := open(write(t, tensors, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range tensors {
		ours := make([]float32, len(tensor.Data))
		if err := f.ReadInto(tensor.Name, ours); err != nil {
			t.Fatal(err)
		}
		theirs := got.Tensors[tensor.Name]
		if len(theirs.Shape) != len(tensor.Shape) || len(theirs.Bits) != len(ours) {
			t.Fatalf("Python reads %q with shape %v", tensor.Name, theirs.Shape)
		}
		for i, bits := range theirs.Bits {
			if bits != math.Float32bits(ours[i]) {
				t.Fatalf("%q: number %d is %g in Python and %g here", tensor.Name, i, math.Float32frombits(bits), ours[i])
			}
		}
	}
}

func TestWeReadPythons(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	values := make([]float64, 600)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	want := pythonFile{
		Metadata: map[string]string{"format": "np", "é": "\u2028"},
		Tensors: map[string]pythonTensor{
			"F64": {DType: F64, Shape: []int{2, 300}, Values: values},
			"F32": {DType: F32, Shape: []int{600}, Values: values},
			"F16": {DType: F16, Shape: []int{3, 200, 1}, Values: values},
			"é":   {DType: BF16, Shape: []int{}, Values: []float64{-1.5}},
		},
	}
	input, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "theirs.safetensors")
	python(t, input, "write", name)
	dir := os.DirFS(filepath.Dir(name))
	s, err := Open(dir, filepath.Base(name))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !reflect.DeepEqual(s.Metadata(), want.Metadata) || len(s.Names()) != len(want.Tensors) {
		t.Errorf("names %q, metadata %q", s.Names(), s.Metadata())
	}
	for tensor, w := range want.Tensors {
		got := make([]float32, len(w.Values))
		if err := s.ReadInto(tensor, got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s.Shape(tensor), w.Shape) {
			t.Errorf("%q has shape %v, want %v", tensor, s.Shape(tensor), w.Shape)
		}
		for i, v := range w.Values {
			x := float32(v)
			if w.DType == F16 {
				// numpy rounds the float32; halves by our own, held to the bits above.
				x = fromHalf(toHalf(x))
			}
			if got[i] != x {
				t.Fatalf("%q: number %d is %g, want %g", tensor, i, got[i], x)
			}
		}
	}
}
