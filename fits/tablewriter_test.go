package fits

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// some are the rows lo to hi of columns.
func some(columns []Column, lo, hi int) []Column {
	all := make([]Column, len(columns))
	for i, c := range columns {
		n := c.cellSize()
		all[i] = c
		all[i].Floats = part(c.Floats, n, lo, hi)
		all[i].Ints, all[i].Uints, all[i].Strings = part(c.Ints, n, lo, hi), part(c.Uints, n, lo, hi), part(c.Strings, n, lo, hi)
		all[i].Bools, all[i].Null = part(c.Bools, n, lo, hi), part(c.Null, n, lo, hi)
	}
	return all
}

func part[T any](s []T, n, lo, hi int) []T {
	if s == nil {
		return nil
	}
	return s[n*lo : n*hi]
}

func waitingFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "wait"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Rows that come some at a time make the file of all of them at once.
func TestTableWriter(t *testing.T) {
	columns := allColumns()
	var want bytes.Buffer
	if err := WriteTable(&want, "CATALOG", columns); err != nil {
		t.Fatal(err)
	}
	for _, cuts := range [][]int{{0, 5}, {0, 1, 2, 3, 4, 5}, {0, 0, 3, 3, 5, 5}} {
		var got bytes.Buffer
		w := NewTableWriter(&got, waitingFile(t), "CATALOG")
		for i := range len(cuts) - 1 {
			if err := w.Append(some(columns, cuts[i], cuts[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("rows %v make another file, of %d bytes and not %d", cuts, got.Len(), want.Len())
		}
	}
	w := NewTableWriter(io.Discard, waitingFile(t), "CATALOG")
	bad := some(columns, 0, 1)
	bad[0].Strings = []string{"\u00e9"}
	for range 2 { // and the error stays
		if err := w.Append(bad); err == nil || !strings.Contains(err.Error(), `column "id_str": row 0`) {
			t.Errorf("error %v", err)
		}
	}
	if err := w.Close(); err == nil {
		t.Error("it is closed after an error")
	}
	bad[0].Name, bad[0].Strings = "\u00e9", []string{"a"}
	if err := NewTableWriter(io.Discard, waitingFile(t), "CATALOG").Append(bad); err == nil {
		t.Error("a name that is not ASCII")
	}
}

// heapWriter drops what is written, and remembers the most memory in use meanwhile.
type heapWriter struct {
	calls int
	most  uint64
}

func (h *heapWriter) Write(p []byte) (int, error) {
	if h.calls++; h.calls%64 == 1 {
		h.most = max(h.most, heap())
	}
	return len(p), nil
}

// heap is the bytes in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What a TableWriter holds does not grow with the rows.
func TestTableWriterIsBounded(t *testing.T) {
	const rows, width = 1000, 30 // of an Append
	peak := func(appends int) uint64 {
		before, out := heap(), &heapWriter{}
		w := NewTableWriter(out, waitingFile(t), "T")
		for i := range appends {
			if err := w.Append([]Column{
				{Name: "id", Strings: append(make([]string, rows-1), strings.Repeat("x", 1+i%40))},
				{Name: "v", Shape: []int{width}, Floats: make([]float64, rows*width)},
			}); err != nil {
				t.Fatal(err)
			}
			if i == appends-1 {
				out.most = heap()
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.most - min(before, out.most)
	}
	few, many := peak(20), peak(80)
	t.Logf("%d bytes with 20,000 rows of %d, %d with 80,000", few, 8*width+40, many)
	if many > few+64<<10 { // of which 60,000 rows more would take 15 MB
		t.Errorf("%d bytes with 20,000 rows, %d with 80,000", few, many)
	}
}
