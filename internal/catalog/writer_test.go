package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

var nan = math.NaN()

// predictions has what can go wrong in a table: quotes, a failed row, an id of
// 19 digits, tiny probabilities.
var predictions = []Prediction{
	{ID: "1237648720142401611", File: "a.fits", HDU: 2, X: 10.25, Y: 1488, RA: 146.71420878660933, Dec: -0.00001234567890123,
		Values: []float64{0.25, 0.75}},
	{ID: `J1,"x"`, File: "a|b.fits", HDU: -1, X: nan, Y: nan, RA: nan, Dec: nan,
		Values: []float64{1 - 1.234567e-6, 1.234567e-6}, Flags: []string{"nan", "edge"}},
	{ID: "late", File: "c.fits", HDU: 0, X: nan, Y: nan, RA: nan, Dec: nan, Flags: []string{"unreadable"}},
}

const wantCSV = `id_str,file_loc,hdu,x,y,ra,dec,label,p_FRI,p_FRII,flags
1237648720142401611,a.fits,2,10.25,1488,146.714208787,-0.000012346,FRII,0.2500000000,0.7500000000,
"J1,""x""",a|b.fits,,NaN,NaN,NaN,NaN,FRI,0.9999987654,1.23456700e-06,nan|edge
late,c.fits,0,NaN,NaN,NaN,NaN,,NaN,NaN,unreadable
`

// predicted is a layout without spread.
func predicted(t *testing.T, task Task, names ...string) Layout {
	t.Helper()
	layout, err := Predictions(task, names, false)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

func writeAll(t *testing.T, name string, task Task, names []string, rows []Prediction) {
	t.Helper()
	writeTable(t, name, predicted(t, task, names...), rows)
}

func writeTable(t *testing.T, name string, layout Layout, rows []Prediction) {
	t.Helper()
	w, err := NewWriter(name, layout)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStreamWriter(t *testing.T) {
	var out bytes.Buffer
	w, err := NewStreamWriter(&out, predicted(t, Classify, "FRI", "FRII"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range predictions {
		if err := w.Write(&predictions[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.String() != wantCSV {
		t.Errorf("got\n%s\nwant\n%s", out.String(), wantCSV)
	}
	if err := w.Write(&predictions[0]); err == nil {
		t.Error("a closed writer still writes")
	}
}

func TestWriterColumns(t *testing.T) {
	for name, test := range map[string]struct {
		task   Task
		names  []string
		spread bool
		row    Prediction
		want   string
	}{
		"classes": {Classify, []string{"a b", "c"}, false, Prediction{HDU: -1, Values: []float64{0.5, 0.5}},
			"id_str,file_loc,hdu,x,y,ra,dec,label,p_a b,p_c,flags\n,,,0,0,0.000000000,0.000000000,a b,0.5000000000,0.5000000000,\n"},
		"several labels": {MultiLabel, []string{"bar", "ring", "bulge"}, false, Prediction{HDU: 1, Values: []float64{0.5, 0.4999, 1}},
			"id_str,file_loc,hdu,x,y,ra,dec,label,p_bar,p_ring,p_bulge,flags\n,,1,0,0,0.000000000,0.000000000,bar|bulge,0.5000000000,0.4999000000,1.0000000000,\n"},
		"spread": {Classify, []string{"a", "c"}, true, Prediction{Values: []float64{0.25, 0.75}, Sigmas: []float64{0.1, 0}, Flags: []string{"nan"}},
			"id_str,file_loc,hdu,x,y,ra,dec,label,p_a,p_c,p_a_sigma,p_c_sigma,flags\n,,0,0,0,0.000000000,0.000000000,c,0.2500000000,0.7500000000,0.1000000000,0.0000000000,nan\n"},
		"no spread": {MultiLabel, []string{"a"}, true, Prediction{},
			"id_str,file_loc,hdu,x,y,ra,dec,label,p_a,p_a_sigma,flags\n,,0,0,0,0.000000000,0.000000000,,NaN,NaN,\n"},
		"numbers": {Regress, []string{"z"}, true, Prediction{HDU: 1, Values: []float64{-1.5e-7}, Sigmas: []float64{2}},
			"id_str,file_loc,hdu,x,y,ra,dec,label,z,z_sigma,flags\n,,1,0,0,0.000000000,0.000000000,,-1.5e-07,2,\n"},
		"no sigma": {Regress, []string{"z"}, false, Prediction{HDU: 1, Values: []float64{3}},
			"id_str,file_loc,hdu,x,y,ra,dec,label,z,z_sigma,flags\n,,1,0,0,0.000000000,0.000000000,,3,NaN,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			layout, err := Predictions(test.task, test.names, test.spread)
			if err != nil {
				t.Fatal(err)
			}
			w, err := NewStreamWriter(&out, layout)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(&test.row); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("got\n%swant\n%s", out.String(), test.want)
			}
		})
	}
	var measured bytes.Buffer
	layout, err := predicted(t, Classify, "a").Measured(Measure{Name: "flux"}, Measure{Name: "radius", Unit: "arcsec"})
	if err != nil {
		t.Fatal(err)
	}
	of, err := NewStreamWriter(&measured, layout)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Prediction{{Values: []float64{1}, Measures: []float64{0.1, 1e-9}, Flags: []string{"edge"}}, {HDU: -1}} {
		if err := of.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := of.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "id_str,file_loc,hdu,x,y,ra,dec,label,p_a,flux,radius,flags\n,,0,0,0,0.000000000,0.000000000,a,1.0000000000,0.1,1e-09,edge\n" +
		",,,0,0,0.000000000,0.000000000,,NaN,NaN,NaN,\n"; measured.String() != want {
		t.Errorf("got\n%swant\n%s", measured.String(), want)
	}
	_, err = predicted(t, Regress, "flux").Measured(Measure{Name: "flux"})
	wantError(t, err, `"flux"`)
	_, err = Predictions(Regress, []string{"ra"}, false)
	wantError(t, err, `"ra"`)
	_, err = Predictions(Classify, []string{"a", "a_sigma"}, true)
	wantError(t, err, `"p_a_sigma"`)
	w, err := NewStreamWriter(&bytes.Buffer{}, predicted(t, Classify, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, w.Write(&Prediction{ID: "J1", Values: []float64{1}}), "J1", "1 values for 2")
}

func TestProbabilityDigits(t *testing.T) {
	for _, p := range []float32{0, 1, 0.5, 0.1, 0.001, 0.00099999, 0.0010001, 1e-9, 1e-38, 0.12345678, math.Nextafter32(1, 0), 1.0 / 3} {
		text := formatNumber(probabilityField, float64(p))
		back, ok := parseNumber(text)
		if !ok || float32(back) != p {
			t.Errorf("%g prints as %s", p, text)
		}
		digits, _, _ := strings.Cut(text, "e")
		if n := len(strings.TrimLeft(strings.Replace(digits, ".", "", 1), "0")); p != 0 && n < 7 {
			t.Errorf("%s has %d significant digits", text, n)
		}
	}
}

// TestWriterRoundTrip writes each format, reads it back as a catalogue and
// compares all cells with those of the CSV file.
func TestWriterRoundTrip(t *testing.T) {
	dir := t.TempDir()
	names := []string{"FRI", "FRII"}
	csvName := filepath.Join(dir, "p.csv")
	writeAll(t, csvName, Classify, names, predictions)
	if text, err := os.ReadFile(csvName); err != nil || string(text) != wantCSV {
		t.Fatalf("%v\n%s", err, text)
	}
	header, err := csv.NewReader(strings.NewReader(wantCSV)).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{".csv", ".fits", ".parquet"} {
		t.Run(suffix, func(t *testing.T) {
			name := filepath.Join(dir, "q"+suffix)
			writeAll(t, name, Classify, names, predictions)
			table, err := Read(name)
			if err != nil {
				t.Fatal(err)
			}
			defer table.Close()
			if !reflect.DeepEqual(table.Names(), header) {
				t.Errorf("columns %q, want %q", table.Names(), header)
			}
			objects, _, err := table.Objects(Columns{})
			if err != nil {
				t.Fatal(err)
			}
			for row, p := range predictions {
				o := objects[row]
				if o.ID != p.ID || o.File != p.File || o.HDU != p.HDU {
					t.Errorf("row %d: %+v", row, o)
				}
				values := []float64{p.X, p.Y, p.RA, p.Dec, at(p.Values, 0), at(p.Values, 1)}
				for i, column := range []string{"x", "y", "ra", "dec", "p_FRI", "p_FRII"} {
					got, err := mustColumn(t, table, column).Float(row)
					want := values[i]
					if math.IsNaN(want) && math.IsNaN(got) && err == nil {
						continue
					}
					tolerance := 0.0
					if suffix == ".csv" {
						tolerance = 5.1e-10
					}
					if err != nil || !(math.Abs(got-want) <= tolerance) {
						t.Errorf("row %d, %s: %v, %v; want %v", row, column, got, err, want)
					}
				}
				if got, want := mustColumn(t, table, "label").String(row), label(Classify, names, p.Values); got != want {
					t.Errorf("row %d: label %q, want %q", row, got, want)
				}
				if got, want := mustColumn(t, table, "flags").String(row), strings.Join(p.Flags, "|"); got != want {
					t.Errorf("row %d: flags %q, want %q", row, got, want)
				}
			}
		})
	}
}

func TestWriterWholeOrNotAtAll(t *testing.T) {
	for _, suffix := range []string{".csv", ".fits", ".parquet"} {
		t.Run(suffix, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "p"+suffix)
			if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			w, err := NewWriter(name, predicted(t, Classify, "a", "b"))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(&predictions[0]); err != nil {
				t.Fatal(err)
			}
			if old, err := os.ReadFile(name); err != nil || string(old) != "old" {
				t.Errorf("before Close the file holds %q, %v", old, err)
			}
			w.Abort()
			w.Abort()
			if old, err := os.ReadFile(name); err != nil || string(old) != "old" {
				t.Errorf("after Abort the file holds %q, %v", old, err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("Abort leaves %v", left)
			}
			if err := w.Close(); err == nil {
				t.Error("Close after Abort succeeds")
			}
		})
	}
}

func TestWriterErrors(t *testing.T) {
	_, err := NewWriter("p.txt", predicted(t, Classify))
	wantError(t, err, "p.txt", ".parquet")
	_, err = NewWriter(filepath.Join(t.TempDir(), "absent", "p.csv"), predicted(t, Classify))
	wantError(t, err, "p.csv", "absent", "no such file or directory")
	_, err = NewWriter(filepath.Join(t.TempDir(), "p.csv.gz"), predicted(t, Classify))
	wantError(t, err, "p.csv.gz")
	if w, err := NewWriter(filepath.Join(t.TempDir(), "p.csv.fits"), predicted(t, Classify)); err != nil {
		t.Error(err)
	} else {
		w.Abort()
	}

	// /dev/full fails every write with ENOSPC, as a full disk does.
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: a full disk is not tested")
	}
	defer full.Close()
	w, err := NewStreamWriter(full, predicted(t, Classify, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = w.Write(&predictions[0])
	}
	wantError(t, err, "cannot write the predictions", "no space left on device")
	if !errors.Is(err, syscall.ENOSPC) || !errors.Is(w.Close(), syscall.ENOSPC) {
		t.Errorf("%v, then %v", err, w.Close())
	}
}

func TestWriterToDevice(t *testing.T) {
	// A name that is a link to a device must not be replaced by a file.
	for _, suffix := range []string{".csv", ".fits", ".parquet"} {
		link := filepath.Join(t.TempDir(), "out"+suffix)
		if err := os.Symlink("/dev/full", link); err != nil {
			t.Skip("no symbolic links here")
		}
		w, err := NewWriter(link, predicted(t, Classify, "FRI", "FRII"))
		if err != nil {
			t.Skip("no /dev/full here: a full disk is not tested")
		}
		for range 10 {
			w.Write(&predictions[0])
		}
		wantError(t, w.Close(), "cannot write", "out"+suffix, "no space left on device")
		if target, err := os.Readlink(link); err != nil || target != "/dev/full" {
			t.Errorf("the link is gone: %v", err)
		}
	}
}

func TestLabel(t *testing.T) {
	names := []string{"a", "b", "c"}
	for _, test := range []struct {
		task   Task
		values []float64
		want   string
	}{
		{Classify, []float64{0.2, 0.5, 0.3}, "b"},
		{Classify, []float64{0.4, 0.4, 0.2}, "a"},
		{Classify, []float64{0.4, nan, 0.2}, ""},
		{Classify, nil, ""},
		{MultiLabel, []float64{0.5, 0.1, 0.9}, "a|c"},
		{MultiLabel, []float64{0.4, 0.1, 0.2}, ""},
		{Regress, []float64{1, 2, 3}, ""},
	} {
		t.Run(fmt.Sprint(test.task, test.values), func(t *testing.T) {
			if got := label(test.task, names, test.values); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
