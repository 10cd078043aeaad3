package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// open indexes bytes in memory.
func open(data []byte) (*File, error) {
	return New(bytes.NewReader(data), int64(len(data)), "file")
}

// framed puts the header's length before it, and tensors behind.
func framed(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func write(t *testing.T, tensors []Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tensors := []Tensor{
		{Name: "scalar", Shape: nil, Data: []float32{float32(math.Inf(-1))}},
		{Name: "b.weight", Shape: []int{2, 3, 4}, DType: F32, Data: random(r, 24)},
		{Name: "<&> \"é\"\n", Shape: []int{1}, Data: random(r, 1)},
		{Name: "large", Shape: []int{3, 50001}, Data: random(r, 150003)},
		{Name: "none", Shape: []int{1000, 0, 3}, Data: nil},
		{Name: "a", Shape: []int{7}, Data: []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), math.MaxFloat32, math.SmallestNonzeroFloat32, 1, -1}},
	}
	metadata := map[string]string{"format": "pt", "z": "1", "a": "é\x00\""}
	data := write(t, tensors, metadata)
	if !bytes.Equal(data, write(t, tensors, maps.Clone(metadata))) {
		t.Error("the same tensors gave other bytes")
	}
	if n := binary.LittleEndian.Uint64(data); n%8 != 0 {
		t.Errorf("the header has %d bytes, so that the tensors are not aligned", n)
	}
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Metadata(), metadata) {
		t.Errorf("metadata %q, want %q", f.Metadata(), metadata)
	}
	if f.Elements() != 1+24+1+150003+0+7 {
		t.Errorf("%d elements", f.Elements())
	}
	for i, want := range tensors {
		if f.Names()[i] != want.Name {
			t.Errorf("tensor %d is %q, want %q", i, f.Names()[i], want.Name)
		}
		if shape := f.Shape(want.Name); !slices.Equal(shape, want.Shape) || shape == nil {
			t.Errorf("%q has shape %v, want %v", want.Name, shape, want.Shape)
		}
		got := make([]float32, len(want.Data))
		if err := f.ReadInto(want.Name, got); err != nil {
			t.Fatal(err)
		}
		if !sameBits(got, want.Data) {
			t.Errorf("%q came back with other numbers", want.Name)
		}
	}
	if f.Shape("nothing") != nil {
		t.Error("a tensor that is not there has a shape")
	}
	var missing *FormatError
	if err := f.ReadInto("nothing", nil); !errors.As(err, &missing) || missing.Tensor != "nothing" {
		t.Errorf("a tensor that is not there: %v", err)
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// Narrow types written before wide ones must not leave those unaligned.
func TestMixedTypes(t *testing.T) {
	x := []float32{1, 2, 3}
	data := write(t, []Tensor{
		{Name: "half", Shape: []int{3}, DType: F16, Data: x},
		{Name: "brain", Shape: []int{3}, DType: BF16, Data: x},
		{Name: "single", Shape: []int{3}, DType: F32, Data: x},
	}, nil)
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"single", "half", "brain"}; !slices.Equal(f.Names(), want) {
		t.Errorf("order %q, want %q", f.Names(), want)
	}
	for _, name := range f.Names() {
		got := make([]float32, 3)
		if err := f.ReadInto(name, got); err != nil || !slices.Equal(got, x) {
			t.Errorf("%q is %v (%v), want %v", name, got, err, x)
		}
	}
}

func TestEveryType(t *testing.T) {
	header := `{"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"i":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}`
	data := framed(header, 24)
	at := 8 + len(header)
	binary.LittleEndian.PutUint64(data[at:], math.Float64bits(1+1e-9))
	binary.LittleEndian.PutUint64(data[at+8:], math.Float64bits(-1e300))
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 2)
	if err := f.ReadInto("d", got); err != nil || got[0] != 1 || !math.IsInf(float64(got[1]), -1) {
		t.Errorf("F64 reads as %v (%v), want [1 -Inf]", got, err)
	}
	var unsupported *UnsupportedError
	if err := f.ReadInto("i", got[:1]); !errors.As(err, &unsupported) || unsupported.Tensor != "i" || unsupported.File != "file" {
		t.Errorf("reading I64: %v, want an UnsupportedError", err)
	}
}

// A type newer than this package is no trouble until its numbers are wanted.
func TestUnknownType(t *testing.T) {
	f, err := open(framed(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]},"c":{"dtype":"F4","shape":[6],"data_offsets":[0,3]}}`, 7))
	if err != nil {
		t.Fatal(err)
	}
	var unsupported *UnsupportedError
	if err := f.ReadInto("c", make([]float32, 6)); !errors.As(err, &unsupported) || unsupported.Tensor != "c" {
		t.Errorf("reading F4: %v, want an UnsupportedError", err)
	}
	if err := f.ReadInto("a", make([]float32, 1)); err != nil || f.Elements() != 1 {
		t.Errorf("%d elements, %v", f.Elements(), err)
	}
}

func TestWriteRefuses(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		name    string
		tensors []Tensor
		want    string
	}{
		{"twice", []Tensor{{Name: "a", Shape: []int{1}, Data: one}, {Name: "a", Shape: []int{1}, Data: one}}, "used already"},
		{"metadata", []Tensor{{Name: "__metadata__", Shape: []int{1}, Data: one}}, "no tensor"},
		{"type", []Tensor{{Name: "a", Shape: []int{1}, DType: F64, Data: one}}, `"F64" cannot be written`},
		{"not UTF-8", []Tensor{{Name: "\xff", Shape: []int{1}, Data: one}}, "not UTF-8"},
	} {
		if err := Write(io.Discard, c.tensors, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	for name, tensor := range map[string]Tensor{
		"size":     {Name: "a", Shape: []int{2}, Data: one},
		"negative": {Name: "a", Shape: []int{-1, -1}, Data: one},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			Write(io.Discard, []Tensor{tensor}, nil)
		}()
	}
}

type fullDisk struct{ left int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		return d.left, errFull
	}
	d.left -= len(p)
	return len(p), nil
}

func TestWriteReportsFullDisk(t *testing.T) {
	tensors := []Tensor{{Name: "a", Shape: []int{100000}, Data: make([]float32, 100000)}}
	for _, left := range []int{0, 100, 300000} {
		if err := Write(&fullDisk{left}, tensors, nil); !errors.Is(err, errFull) {
			t.Errorf("with %d bytes left: %v", left, err)
		}
	}
}
