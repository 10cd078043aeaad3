package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
)

const oneTensor = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`

func TestHostileFiles(t *testing.T) {
	length := func(n uint64, rest string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), rest...)
	}
	for _, c := range []struct {
		name   string
		data   []byte
		tensor string // that the error names
		want   string
	}{
		{"empty", nil, "", "has 0 bytes"},
		{"shorter than the length", []byte("1234567"), "", "has 7 bytes"},
		{"header past the end", length(100, oneTensor), "", "in a file of"},
		{"header past the limit", length(maxHeader+1, oneTensor), "", "the most that the format allows"},
		{"header with the largest length", length(math.MaxUint64, oneTensor), "", "the most that the format allows"},
		{"no header", length(0, ""), "", "not a JSON object"},
		{"array", framed(`[]`, 0), "", "not a JSON object"},
		{"space before", framed(" "+oneTensor, 8), "", "not a JSON object"},
		{"not UTF-8", framed("{\"\xff\":1}", 0), "", "UTF-8"},
		{"unfinished", framed(oneTensor[:30], 8), "a", ""},
		{"unfinished object", framed(oneTensor[:len(oneTensor)-1], 8), "", "damaged"},
		{"two objects", framed(oneTensor+`{}`, 8), "", "something behind"},
		{"a pickle", []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."), "", "the format allows"},
		{"the same name twice", framed(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "", `"a" stands twice`},
		{"the same name escaped", framed(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "", `"a" stands twice`},
		{"a field twice", framed(`{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), "a", `"dtype" stands twice`},
		{"a field in capitals", framed(`{"a":{"DType":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "a", "does not know"},
		{"no dtype", framed(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, 8), "a", "not all of"},
		{"no shape", framed(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "a", "not all of"},
		{"no offsets", framed(`{"a":{"dtype":"F32","shape":[0]}}`, 0), "a", "not all of"},
		{"null dtype", framed(`{"a":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}`, 8), "a", "not a string"},
		{"null shape", framed(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), "a", "not an array"},
		{"null side", framed(`{"a":{"dtype":"F32","shape":[null],"data_offsets":[0,0]}}`, 0), "a", "not a number"},
		{"null tensor", framed(`{"a":null}`, 0), "a", "not a JSON object"},
		{"one offset", framed(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}}`, 0), "a", "1 data_offsets"},
		{"three offsets", framed(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, 8), "a", "3 data_offsets"},
		{"a fraction", framed(`{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}`, 8), "a", "not a size"},
		{"an exponent", framed(`{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}`, 8), "a", "not a size"},
		{"negative side", framed(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), "a", "not a size"},
		{"two negative sides", framed(`{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, 8), "a", "not a size"},
		{"side past int64", framed(`{"a":{"dtype":"F32","shape":[18446744073709551618],"data_offsets":[0,8]}}`, 8), "a", "not a size"},
		{"product overflows to 2", framed(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`, 8), "a", "more than the file's"},
		{"bytes overflow", framed(`{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}`, 8), "a", "more than the file's"},
		{"zero times the largest", framed(`{"a":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,8]}}`, 8), "a", "data_offsets"},
		{"too many axes", framed(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("1,", 64)+`1],"data_offsets":[0,4]}}`, 4), "a", "more than 64"},
		{"offsets backwards", framed(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "a", "data_offsets"},
		{"offsets past the end", framed(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "a", "more than the file's"},
		{"a gap before", framed(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "a", "wants [0 4]"},
		{"a gap between", framed(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12), "b", "wants [4 8]"},
		{"overlap", framed(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "b", "wants [8 16]"},
		{"bytes left over", framed(oneTensor, 9), "", "has 9 bytes of tensors, its header describes 8"},
		{"size for another type", framed(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), "a", "wants [0 4]"},
		{"unknown type past the end", framed(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,9]}}`, 8), "a", "data_offsets"},
		{"unknown type backwards", framed(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F4","shape":[2],"data_offsets":[8,4]}}`, 8), "b", "data_offsets"},
		{"unknown type of huge shape", framed(`{"a":{"dtype":"F4","shape":[1000000],"data_offsets":[0,8]}}`, 8), "a", "in 8 bytes"},
		{"metadata not an object", framed(`{"__metadata__":"x"}`, 0), "__metadata__", "not a JSON object"},
		{"metadata of numbers", framed(`{"__metadata__":{"a":1}}`, 0), "__metadata__", "not a string"},
		{"metadata null", framed(`{"__metadata__":{"a":null}}`, 0), "__metadata__", "not a string"},
		{"metadata twice", framed(`{"__metadata__":{},"__metadata__":{}}`, 0), "", "stands twice"},
		{"a metadata key twice", framed(`{"__metadata__":{"a":"1","a":"2"}}`, 0), "__metadata__", "stands twice"},
		{"deep", framed(`{"a":`+strings.Repeat(`[`, 1<<16), 0), "a", "not a JSON object"},
	} {
		f, err := open(c.data)
		var bad *FormatError
		if !errors.As(err, &bad) || f != nil {
			t.Errorf("%s: %v, want a FormatError", c.name, err)
			continue
		}
		if bad.File != "file" || bad.Tensor != c.tensor || !strings.Contains(bad.Reason, c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one that names %q and has %q", c.name, err, c.tensor, c.want)
		}
	}
	if f, err := open(framed(oneTensor+" \n ", 8)); err != nil || f.Elements() != 2 {
		t.Errorf("a padded header is refused: %v", err)
	}
}

// A file may shrink after its size was asked.
func TestFileEndsEarly(t *testing.T) {
	data := framed(oneTensor, 8)
	for _, n := range []int{0, 20} {
		var bad *FormatError
		if _, err := New(bytes.NewReader(data[:n]), int64(len(data)), "file"); !errors.As(err, &bad) {
			t.Errorf("with %d bytes left: %v, want a FormatError", n, err)
		}
	}
	f, err := New(bytes.NewReader(data[:len(data)-1]), int64(len(data)), "file")
	if err != nil {
		t.Fatal(err)
	}
	var bad *FormatError
	if err := f.ReadInto("a", make([]float32, 2)); !errors.As(err, &bad) {
		t.Errorf("reading a tensor cut short: %v, want a FormatError", err)
	}
}

type broken struct{}

var errBroken = errors.New("input/output error")

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestReadErrorIsKept(t *testing.T) {
	if _, err := New(broken{}, 100, "file"); !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "file: ") {
		t.Errorf("%v, want the reader's own error behind the file's name", err)
	}
}

// Whatever opens must read, and come back from Write the same.
func FuzzRead(f *testing.F) {
	f.Add(framed(oneTensor, 8))
	f.Add(framed(`{"__metadata__":{"format":"pt"},"s":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}  `, 2))
	f.Add(framed(`{"b":{"dtype":"F16","shape":[1,3],"data_offsets":[8,14]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 14))
	f.Add(framed(`{"z":{"dtype":"F32","shape":[5,0],"data_offsets":[0,0]},"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, 8))
	f.Add(framed(`{"u":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}`, 4))
	f.Add(framed(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := open(data)
		var bad *FormatError
		var unsupported *UnsupportedError
		if err != nil {
			if !errors.As(err, &bad) && !errors.As(err, &unsupported) {
				t.Fatalf("%v is neither a FormatError nor an UnsupportedError", err)
			}
			return
		}
		var tensors []Tensor
		for _, name := range file.Names() {
			shape := file.Shape(name)
			n, ok := elements(shape, 8*int64(len(data)))
			if !ok {
				t.Fatalf("%q has more elements than the file has bits: %v", name, shape)
			}
			x := make([]float32, n)
			if err := file.ReadInto(name, x); err != nil {
				if !errors.As(err, &unsupported) {
					t.Fatal(err)
				}
				continue
			}
			tensors = append(tensors, Tensor{Name: name, Shape: shape, Data: x})
		}
		var b bytes.Buffer
		if err := Write(&b, tensors, file.Metadata()); err != nil {
			t.Fatal(err)
		}
		again, err := open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range tensors {
			got := make([]float32, len(want.Data))
			if err := again.ReadInto(want.Name, got); err != nil {
				t.Fatal(err)
			}
			if !sameBits(got, want.Data) {
				t.Fatalf("%q came back with other numbers", want.Name)
			}
		}
	})
}
