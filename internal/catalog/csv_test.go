package catalog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fromCSV parses a table from a string, as if read from the file train.csv.
func fromCSV(t *testing.T, text string) *Table {
	t.Helper()
	table, err := parseCSV(strings.NewReader(text), int64(len(text)), "train.csv")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func mustColumn(t *testing.T, table *Table, name string) *Column {
	t.Helper()
	c, err := table.Column(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantError checks that an error says all that the user needs.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q is not one line", err)
	}
}

func TestCSVCells(t *testing.T) {
	plain := "id_str, label ,ra\nJ0001+01,FRI,10.451\n\"a,b\",,\n588848901537202306,\"F\"\"RII\",  1e-3\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(plain))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain":                 plain,
		"CRLF":                  strings.ReplaceAll(plain, "\n", "\r\n"),
		"byte-order mark":       "\xef\xbb\xbf" + plain,
		"no newline at the end": strings.TrimSuffix(plain, "\n"),
		"blank line":            strings.Replace(plain, "\n", "\n\n", 1),
		"gzip":                  zipped.String(),
		"SkyServer":             "#Table1\n" + plain,
		"numpy":                 "# " + plain,
		"comments":              "# made by hand, on a Monday, in May, 2026\n#\n#" + plain,
	} {
		t.Run(name, func(t *testing.T) {
			table := fromCSV(t, text)
			if got := strings.Join(table.Names(), "|"); got != "id_str|label|ra" {
				t.Errorf("names %q", got)
			}
			if table.Len() != 3 {
				t.Fatalf("%d rows", table.Len())
			}
			id, label, ra := mustColumn(t, table, "id_str"), mustColumn(t, table, "label"), mustColumn(t, table, "ra")
			if id.String(1) != "a,b" || id.String(2) != "588848901537202306" || label.String(2) != `F"RII` {
				t.Errorf("cells %q %q %q", id.String(1), id.String(2), label.String(2))
			}
			if !label.Missing(1) || label.Missing(0) {
				t.Error("the empty label is not seen as missing")
			}
			for row, want := range []float64{10.451, math.NaN(), 0.001} {
				got, err := ra.Float(row)
				if err != nil || got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("ra of row %d is %v, %v; want %v", row, got, err, want)
				}
			}
			if _, err := id.Float(0); err == nil {
				t.Error("J0001+01 passes for a number")
			} else {
				wantError(t, err, "train.csv", "row 1", `"id_str"`, `"J0001+01"`)
			}
		})
	}
}

func TestCSVErrors(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":         {"", []string{"bad.csv", "empty"}},
		"ragged":        {"a,b\n1,2\n3\n", []string{"bad.csv", "row 2 (line 3)", "1 fields", "has 2"}},
		"too long":      {"a,b\n\n1,2,3\n", []string{"bad.csv", "row 1 (line 3)", "3 fields"}},
		"two alike":     {"a,b, a\n1,2,3\n", []string{"bad.csv", "header", "fields 1 and 3", `"a"`}},
		"no names":      {",,\n1,2,3\n", []string{"bad.csv", "header"}},
		"open quote":    {"a,b\n1,\"2\n", []string{"bad.csv", "line"}},
		"quote inside":  {"a,b\n1, \"2\"\n", []string{"bad.csv", "line 2"}},
		"UTF-16":        {"\xff\xfea\x00,\x00", []string{"bad.csv", "UTF-16"}},
		"Latin-1":       {"a,b\n1,2\n3,M\xfcller\n", []string{"bad.csv", "line 3", "UTF-8"}},
		"comment alone": {"# a, b\n", []string{"bad.csv", "no rows"}},
		"below comment": {"#Table1\na,b\n1,2\n3\n", []string{"bad.csv", "row 2 (line 4)", "has 2"}},
		"truncated zip": {"\x1f\x8b\x08", []string{"bad.csv", "gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := parseCSV(strings.NewReader(test.text), int64(len(test.text)), "bad.csv")
			if err == nil {
				err = table.check()
			}
			wantError(t, err, test.want...)
		})
	}
}

// A small gzip file cannot make a large table.
func TestUnfoldingIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		n    int
		want string
	}{
		"rows":       {"a,\n", 1 << 20, "rows"},
		"text":       {strings.Repeat("a", 1<<16) + ",\n", 1 << 11, "bytes of text"},
		"one cell":   {strings.Repeat("a", 1<<16), 1 << 11, "bytes of text"},
		"few enough": {"a,\n", 1 << 15, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			io.WriteString(z, "id,file\n")
			for range c.n {
				io.WriteString(z, c.line)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			_, err := parseCSV(&zipped, int64(zipped.Len()), "bomb.csv.gz")
			var unsupported *UnsupportedError
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "bomb.csv.gz: unfolds to more than") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d bytes: %v", zipped.Len(), err)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, err := Read(write("only-header.csv", "id,file\n"))
	wantError(t, err, "only-header.csv", "no rows")
	if !errors.Is(err, ErrEmpty) {
		t.Errorf("%v is not ErrEmpty", err)
	}
	_, err = Read(write("table.xlsx", "PK"))
	wantError(t, err, "table.xlsx", ".parquet")
	var unsupported *UnsupportedError
	if !errors.As(err, &unsupported) {
		t.Errorf("%T is not an UnsupportedError", err)
	}
	for _, name := range []string{"table.csv.bz2", "table.csv.fz", "table.parquet.gz"} {
		_, err = Read(write(name, "BZh"))
		wantError(t, err, name, "told by its name")
	}
	_, err = Read(filepath.Join(dir, "absent.csv"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Read(filepath.Join(dir, "folder.csv"))
	wantError(t, err, "folder")
	for _, text := range []string{"", "PAR1", "PAR1PAR1", "PAR1\x00\x00\x00\x00\xff\xff\xff\x7fPAR1", strings.Repeat("x", 100)} {
		_, err = Read(write("bad.parquet", text))
		wantError(t, err, "bad.parquet")
	}
}

func TestColumnNamesFoldCase(t *testing.T) {
	table := fromCSV(t, "RA,x,X,Dec\n1,2,3,4\n")
	if got := mustColumn(t, table, "ra"); got.Name != "RA" {
		t.Errorf("ra finds %q", got.Name)
	}
	if got := mustColumn(t, table, "x").String(0); got != "2" {
		t.Errorf("x holds %s", got)
	}
	if got := mustColumn(t, table, "X").String(0); got != "3" {
		t.Errorf("X holds %s", got)
	}
	_, err := table.Column("redshift")
	wantError(t, err, "train.csv", `"redshift"`, "RA, x, X, Dec")
}

func FuzzCSV(f *testing.F) {
	f.Add("id_str,file_loc,label\na,a.fits,1\nb,b.fits,2\n")
	f.Add("\xef\xbb\xbfid,file_g,file_r,hdu,ra\r\n1,\"g,1\",r,3.0,nan\r\n")
	f.Add("\x1f\x8b\x08\x00\x00\x00\x00\x00")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := parseCSV(strings.NewReader(text), int64(len(text)), "fuzz.csv")
		if err != nil {
			return
		}
		useTable(table)
	})
}

// useTable calls all that reads a table, for the fuzz targets: none may panic.
func useTable(table *Table) {
	if objects, _, err := table.Objects(Columns{}); err == nil {
		table.Distinct(objects)
	}
	table.Positions(Columns{})
	for _, name := range table.Names() {
		table.Classes(name)
		table.Flags([]string{name})
		table.Numbers([]string{name})
		table.Where(Where{Column: name, Value: "1"})
	}
}
