package fits

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A columnKey is a column of a file: the number of the HDU from 0, that of the column from 1.
type columnKey struct {
	file        string
	hdu, column int
}

// astropyColumns and cfitsioColumns return name and cells of every column of every table of some files, spelled as
// testdata/columns.py says.
func astropyColumns(t *testing.T, files ...string) map[columnKey]string {
	t.Helper()
	astropy(t, "")
	return printedColumns(t, append([]string{"/usr/bin/python3", "testdata/columns.py"}, files...))
}

func cfitsioColumns(t *testing.T, files ...string) map[columnKey]string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "columns")
	if out, err := exec.Command("gcc", "-O2", "-o", program, "testdata/columns.c", "-lcfitsio", "-lm").CombinedOutput(); err != nil {
		t.Skipf("Debian: gcc, libcfitsio-dev: %v\n%s", err, out)
	}
	return printedColumns(t, append([]string{program}, files...))
}

func printedColumns(t *testing.T, command []string) map[columnKey]string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command[0], err, stderr.Bytes())
	}
	columns := map[columnKey]string{}
	for line := range strings.Lines(string(out)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		hdu, errH := strconv.Atoi(parts[1])
		column, errC := strconv.Atoi(parts[2])
		if errH != nil || errC != nil {
			t.Fatalf("%s prints %q", command[0], line)
		}
		cells, err := url.PathUnescape(parts[3])
		if err != nil {
			t.Fatal(err)
		}
		columns[columnKey{filepath.Base(parts[0]), hdu, column}] = strings.ToValidUTF8(cells, "?")
	}
	return columns
}

// spelled spells a column of so many rows as testdata/columns.py does.
func spelled(c *Column, rows int) string {
	cells := make([]string, rows)
	for row := range cells {
		lo, hi := row*c.cellSize(), (row+1)*c.cellSize()
		if c.Offsets != nil {
			lo, hi = c.Offsets[row], c.Offsets[row+1]
		}
		elements := make([]string, 0, hi-lo)
		for i := lo; i < hi; i++ {
			elements = append(elements, spelledElement(c, i))
		}
		cells[row] = strings.Join(elements, ",")
		if c.Offsets != nil {
			cells[row] = "[" + cells[row] + "]"
		}
	}
	return strings.Join(cells, " ")
}

func spelledElement(c *Column, i int) string {
	switch {
	case c.undefined(i) || c.Floats != nil && math.IsNaN(c.Floats[i]):
		return "-"
	case c.Floats != nil:
		v := c.Floats[i]
		if math.Abs(v) < 1<<53 && v == math.Trunc(v) && math.Float64bits(v) != 1<<63 {
			return strconv.FormatInt(int64(v), 10)
		}
		return fmt.Sprintf("x%016x", math.Float64bits(v))
	case c.Strings != nil:
		return "'" + c.Strings[i]
	}
	return c.Text(i)
}

// difference shows the first cell in which two columns differ.
func difference(have, want string) string {
	h, w := strings.Split(have, " "), strings.Split(want, " ")
	for row := range min(len(h), len(w)) {
		if h[row] != w[row] {
			return fmt.Sprintf("row %d: have %.200s, want %.200s", row, h[row], w[row])
		}
	}
	return fmt.Sprintf("%d rows, want %d", len(h), len(w))
}

// readColumns returns every column of a table as we read it.
func readColumns(t *testing.T, h *HDU, columns map[columnKey]string) {
	t.Helper()
	table, err := h.Table()
	if err != nil {
		t.Error(err)
		return
	}
	for i, f := range table.fields {
		c, err := table.read(f)
		if err != nil {
			t.Error(err)
			continue
		}
		columns[columnKey{filepath.Base(h.at.file), h.Index(), i + 1}] = c.Name + "\t" + spelled(c, table.Rows)
	}
}

// compareColumns compares what we read with what a peer reads, save the columns that it misses, for a reason; column 0 stands for
// all of an HDU.
func compareColumns(t *testing.T, have, want map[columnKey]string, missed map[columnKey]string) {
	t.Helper()
	for key, h := range have {
		reason := missed[key]
		if reason == "" {
			reason = missed[columnKey{key.file, key.hdu, 0}]
		}
		w, ok := want[key]
		switch {
		case reason != "" && h == w:
			t.Errorf("%v is equal after all: %s", key, reason)
		case reason != "":
			t.Logf("%v not compared: %s", key, reason)
		case !ok || h != w:
			t.Errorf("%v: %s", key, difference(h, w))
		}
	}
	for key := range want {
		if _, ok := have[key]; !ok {
			t.Errorf("%v: not read", key)
		}
	}
	t.Logf("%d columns", len(have))
}
