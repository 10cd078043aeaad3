package merge

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/progress"
)

var classes = []string{"ring", "disc"}

// result writes what a run leaves of a part: rows of its file at places on the sky.
func result(t *testing.T, folder string, p job.Part, view job.View, rows ...catalog.Prediction) {
	t.Helper()
	layout, err := catalog.Predictions(catalog.Classify, classes, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := catalog.NewWriter(p.Result(folder), layout)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].ID, rows[i].File = fmt.Sprintf("%s_%d", p.Name, i), p.File
		if err := w.Write(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	note, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	w.Note(job.ViewNote, string(note))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func at(ra, dec, x, y, ring float64, flags ...string) catalog.Prediction {
	return catalog.Prediction{HDU: 0, RA: ra, Dec: dec, X: x, Y: y, Values: []float64{ring, 1 - ring}, Flags: flags}
}

func parts(names ...string) (all []job.Part) {
	for _, name := range names {
		all = append(all, job.Part{Name: name, ID: name, File: name + ".fits"})
	}
	return all
}

func mustJoin(t *testing.T, folder string, plan job.Plan) {
	t.Helper()
	if err := plan.Join(folder); err != nil {
		t.Fatal(err)
	}
}

// run merges to CSV.
func run(t *testing.T, o Options) (rows map[string]map[string]string, order []string, log string, err error) {
	t.Helper()
	var out, messages bytes.Buffer
	o.Stdout, o.Log = &out, progress.NewLog(&messages)
	err = Run(t.Context(), o)
	records, bad := csv.NewReader(&out).ReadAll()
	if bad != nil {
		t.Fatal(bad)
	}
	rows = map[string]map[string]string{}
	for i, record := range records {
		if i == 0 {
			continue
		}
		row := map[string]string{}
		for k, name := range records[0] {
			row[name] = record[k]
		}
		order = append(order, row["id_str"])
		rows[row["id_str"]] = row
	}
	return rows, order, messages.String(), err
}

func TestMerge(t *testing.T) {
	dir := t.TempDir()
	p := parts("b", "a", "broken", "empty", "late")
	plan := job.Plan{Settings: job.Settings{"model": "m"}, Parts: p}
	mustJoin(t, dir, plan)
	tile := job.View{Height: 100, Width: 100, Scale: 0.5, Window: 32}
	nan := math.NaN()
	result(t, dir, p[0], tile,
		at(359.99999, 10, 3, 50, 0.9),                     // beyond right ascension 0 from a_0, nearer to the edge
		at(20, 89.99999, 50, 50, 0.9, "edge"),             // beyond the pole from a_1, with a flag
		at(30, 0, 50, 50, 0.2),                            // as good as a_2, and before it
		at(30.0002, 0, 50, 50, 0.2),                       // its neighbour on the same tile
		at(40, -20, 50, 50, 0.7), at(nan, nan, 1, 1, 0.4)) // alone; nowhere
	result(t, dir, p[1], tile,
		at(0.00001, 10, 40, 50, 0.8), at(200, 89.99999, 10, 10, 0.8), at(30, 0, 50, 50, 0.1), at(41, -20, 50, 50, 0.7))
	if err := p[2].Fail(dir, os.ErrInvalid); err != nil {
		t.Fatal(err)
	}
	result(t, dir, p[3], job.View{})

	_, _, _, err := run(t, Options{Folders: []string{dir}, Radius: -1})
	if err == nil || !strings.Contains(err.Error(), "1 of 5 results are missing, the first that of late.fits") || cli.Code(err) != cli.Failed {
		t.Errorf("a result is missing: %v", err)
	}
	rows, order, log, err := run(t, Options{Folders: []string{dir}, Radius: -1, Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b_2", "b_3", "b_4", "b_5", "a_0", "a_1", "a_3", "broken"}; !slices.Equal(order, want) {
		t.Errorf("rows %q, want %q", order, want)
	}
	for id, n := range map[string]string{"b_2": "2", "b_3": "1", "a_0": "2", "a_1": "2", "b_5": "1", "broken": "1"} {
		if rows[id]["merged"] != n {
			t.Errorf("%s is %s rows, want %s", id, rows[id]["merged"], n)
		}
	}
	if r := rows["broken"]; r["flags"] != "unreadable" || r["ra"] != "NaN" || r["p_ring"] != "NaN" || r["label"] != "" || r["hdu"] != "" || r["file_loc"] != "broken.fits" {
		t.Errorf("the tile that could not be read: %v", r)
	}
	if r := rows["a_0"]; r["ra"] != "0.000010000" || r["p_ring"] != "0.8000000000" || r["label"] != "ring" || r["x"] != "40" || r["hdu"] != "0" {
		t.Errorf("a row: %v", r)
	}
	for _, words := range []string{"1 of 5 results are missing", "broken.fits could not be read", "3 duplicates within 1 arcsec"} {
		if !strings.Contains(log, words) {
			t.Errorf("the log does not say %q:\n%s", words, log)
		}
	}
	if _, order, _, err := run(t, Options{Folders: []string{dir}, Radius: 0, Partial: true}); err != nil || len(order) != 11 {
		t.Errorf("without a radius: %q, %v", order, err)
	}
	// The neighbours at 0.72 arcsec are on one tile, and stay.
	if _, order, _, err := run(t, Options{Folders: []string{dir}, Radius: 3600, Partial: true}); err != nil || !slices.Contains(order, "b_3") || slices.Contains(order, "a_2") {
		t.Errorf("with a large radius: %q, %v", order, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	a, b, none := t.TempDir(), t.TempDir(), t.TempDir()
	p := parts("a")
	mustJoin(t, a, job.Plan{Settings: job.Settings{"model": "m"}, Parts: p})
	mustJoin(t, b, job.Plan{Settings: job.Settings{"model": "m", "stride": "3"}, Parts: p})
	for want, folders := range map[string][]string{"no plan": {none}, "stride unset, not 3": {a, b}, "there are no results": {a}, "name the folders": {}} {
		_, _, _, err := run(t, Options{Folders: folders, Partial: true})
		// The order of the folders decides which is said to be the other.
		if err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "stride 3, not unset") {
			t.Errorf("%q: %v", folders, err)
		}
	}
	if err := (job.Plan{Settings: job.Settings{"model": "n"}}).Join(a); err == nil || !strings.Contains(err.Error(), "model m, not n") {
		t.Errorf("another model: %v", err)
	}
	result(t, b, p[0], job.View{}, at(1, 2, 3, 4, 0.5))
	if err := os.WriteFile(p[0].Result(a), []byte("PAR1"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := run(t, Options{Folders: []string{a}}); err == nil || !strings.Contains(err.Error(), p[0].Result(a)) {
		t.Errorf("a damaged result: %v", err)
	}
}

// measuring is a context that looks at the memory in use when it is asked.
type measuring struct {
	context.Context
	most *uint64
}

func (m measuring) Err() error {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold, too
	runtime.ReadMemStats(&s)
	*m.most = max(*m.most, s.HeapAlloc)
	return m.Context.Err()
}

// A row takes no more memory than the package says, also on its way to FITS.
func TestMemory(t *testing.T) {
	const rows, few, many = 2000, 5, 20 // of a result, and results
	peak := func(results int) uint64 {
		dir, names := t.TempDir(), []string(nil)
		for i := range results {
			names = append(names, fmt.Sprint("tile", i))
		}
		p := parts(names...)
		mustJoin(t, dir, job.Plan{Parts: p})
		for i := range p {
			predictions := make([]catalog.Prediction, rows)
			for k := range predictions {
				predictions[k] = at(float64(k)/100, float64(i), 5, 5, 0.5, strings.Repeat("flag", 50))
			}
			result(t, dir, p[i], job.View{Height: 99, Width: 99, Scale: 0.5, Window: 9}, predictions...)
		}
		var most uint64
		o := Options{Folders: []string{dir}, Out: filepath.Join(dir, "out.fits"), Radius: -1, Log: slog.New(slog.DiscardHandler)}
		if err := Run(measuring{t.Context(), &most}, o); err != nil {
			t.Fatal(err)
		}
		return most
	}
	a, b := peak(few), peak(many)
	t.Logf("%d bytes for %d rows, %d for %d", a, few*rows, b, many*rows)
	// A place takes 60 bytes, the rows themselves are more than 300 each.
	if n := uint64(many-few) * rows; b < a+40*n || b > a+200*n {
		t.Errorf("%d bytes for %d rows, %d for %d", a, few*rows, b, many*rows)
	}
}

// Features are joined as the rows are, in a column of vectors in FITS.
func TestMergeFeatures(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "e.fits")
	p := parts("a", "broken", "b")
	mustJoin(t, dir, job.Plan{Parts: p})
	tile := job.View{Height: 100, Width: 100, Scale: 0.5, Window: 32}
	features := func(p job.Part, rows ...catalog.Prediction) {
		w, err := catalog.NewWriter(p.Features(dir), catalog.Embeddings(3))
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			rows[i].ID = fmt.Sprintf("%s_%d", p.Name, i)
			if err := w.Write(&rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	result(t, dir, p[0], tile, at(1, 2, 3, 50, 0.5), at(2, 2, 40, 50, 0.5))
	result(t, dir, p[2], tile, at(3, 2, 3, 50, 0.5), at(1, 2, 40, 50, 0.5))
	if err := p[1].Fail(dir, os.ErrInvalid); err != nil {
		t.Fatal(err)
	}
	o := Options{Folders: []string{dir}, Radius: -1, Embeddings: out}
	features(p[0], catalog.Prediction{Features: []float32{1, 2, 3}}, catalog.Prediction{Features: []float32{0.1, 5, 6}})
	if _, _, _, err := run(t, o); err == nil || !strings.Contains(err.Error(), "1 of 2 results have no features") || !strings.Contains(err.Error(), "--embeddings "+dir) {
		t.Errorf("a file is missing: %v", err)
	}
	features(p[2], catalog.Prediction{Features: []float32{7, 8, 9}})
	if _, _, _, err := run(t, o); err == nil || !strings.Contains(err.Error(), p[2].Features(dir)+" has 1 rows") {
		t.Errorf("a row is missing: %v", err)
	}
	features(p[2], catalog.Prediction{Features: []float32{7, 8, 9}}, catalog.Prediction{})
	for _, name := range []string{out, strings.TrimSuffix(out, "fits") + "parquet"} {
		o.Embeddings = name
		_, order, _, err := run(t, o)
		if err != nil {
			t.Fatal(err)
		}
		table, err := catalog.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		ids, err := table.IDs(catalog.Columns{})
		if err != nil {
			t.Fatal(err)
		}
		got, width, err := table.Features()
		if err != nil || width != 3 {
			t.Fatal(width, err)
		}
		// a_0 is nearer to its edge than b_1, which has nothing to see.
		want := map[string][]float32{"a_1": {0.1, 5, 6}, "b_0": {7, 8, 9}, "b_1": nil, "broken": nil}
		if table.Len() != len(want) {
			t.Errorf("%d rows", table.Len())
		}
		for row := range table.Len() {
			id, vector := ids.String(row), got[3*row:][:3]
			if id != order[row] || want[id] == nil && vector[0] == vector[0] || want[id] != nil && !slices.Equal(vector, want[id]) {
				t.Errorf("%s: row %d, %s in the catalogue, is %v", name, row, order[row], vector)
			}
		}
	}
}

// The columns have units, UCDs and descriptions, and the regions are those of the rows.
func TestMergeToFITS(t *testing.T) {
	dir := t.TempDir()
	p := parts("a")
	mustJoin(t, dir, job.Plan{Parts: p})
	result(t, dir, p[0], job.View{Scale: 0.5, Cell: 20, Window: 40, Height: 99, Width: 99}, at(1, 2, 3, 4, 0.75), at(3, 4, 5, 6, 0.25))
	out, ds9 := filepath.Join(dir, "out.fits"), filepath.Join(dir, "out.reg")
	if _, _, _, err := run(t, Options{Folders: []string{dir}, Out: out, Regions: ds9}); err != nil {
		t.Fatal(err)
	}
	f, err := fits.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	ra, err := table.Column("ra")
	if err != nil {
		t.Fatal(err)
	}
	if ra.Unit != "deg" || ra.UCD != "pos.eq.ra;meta.main" || ra.Description != "right ascension, ICRS" || !slices.Equal(ra.Floats, []float64{1, 3}) {
		t.Errorf("the column ra: %+v", ra)
	}
	text, err := os.ReadFile(ds9)
	if err != nil {
		t.Fatal(err)
	}
	if want := `# Region file format: DS9 version 4.1
icrs
circle(1.0000000,2.0000000,5.000") # color=#56B4E9 text={ring 0.75} tag={ring}
circle(3.0000000,4.0000000,5.000") # color=#E69F00 text={disc 0.75} tag={disc}
`; string(text) != want {
		t.Errorf("regions:\n%s", text)
	}
}
