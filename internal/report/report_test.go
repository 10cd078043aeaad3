package report

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/patch"
)

// names are so many outputs.
func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("class %d", i)
	}
	return list
}

// begin begins a page of a classifier that sees what is read, and attends to all of it.
func begin(t *testing.T, o Options) *Report {
	t.Helper()
	if o.Task == "" {
		o.Task = catalog.Classify
	}
	o.Run = "/runs/test"
	o.Workers = 2
	o.Eye = func() func([]cutout.Cutout) []Sight {
		return func(cutouts []cutout.Cutout) (sights []Sight) {
			for _, c := range cutouts {
				sights = append(sights, Sight{Image: c.Image, Heat: patch.NewImage(1, 4, 4)})
			}
			return sights
		}
	}
	r, err := New(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// row is a window of a file at pixel (8 i, 0), side pixels wide.
func row(id, file string, i, side int, values ...float64) Row {
	nan := math.NaN()
	return Row{
		Prediction: catalog.Prediction{ID: id, File: file, X: float64(8 * i), RA: nan, Dec: nan, Values: values},
		Flux:       nan,
		View: View{
			Source: pixels.Source{Files: []string{file}, HDU: -1}, Plane: -1, Radius: nan,
			Read: func(f *pixels.File) (c cutout.Cutout, err error) {
				c.Image, err = f.Window(0, 8*i, 0, side, side, 0)
				return c, err
			},
			Tile: func(*pixels.File) bool { return true },
		},
	}
}

// putNoise writes an image of noise [bands, height, width].
func putNoise(t *testing.T, name string, bands, height, width int) (file string, im patch.Image) {
	t.Helper()
	im = patch.NewImage(bands, height, width)
	r := rand.New(rand.NewPCG(1, uint64(bands)))
	for i := range im.Pixels {
		im.Pixels[i] = float32(r.NormFloat64())
	}
	return putImage(t, name, im), im
}

func putImage(t *testing.T, name string, im patch.Image) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	if err := fits.WriteImages(&b, fits.ImageHDU{Image: &fits.Image{Shape: im.Shape, Pixels: im.Pixels}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// written writes the page, and gives it and what its script reads.
func written(t *testing.T, r *Report) (text string, p page) {
	t.Helper()
	if err := r.Write(context.Background()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(r.dir, File))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), `id="data">`)
	inside, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(inside), &p); err != nil {
		t.Fatal(err)
	}
	return string(data), p
}

// The gallery is what sorting all rows would give, whatever their number.
func TestBest(t *testing.T) {
	type scored struct {
		id    string
		value float64
	}
	r := begin(t, Options{Names: names(2)})
	var all []scored
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 20000 {
		v := math.Floor(1000*random.Float64()) / 1000 // with ties
		all = append(all, scored{fmt.Sprint(i), v})
		r.Add(row(fmt.Sprint(i), "none", i, 8, v, 1-v))
	}
	first := func(compare func(a, b scored) int, n int) (ids []string) {
		sorted := slices.Clone(all)
		slices.SortStableFunc(sorted, compare)
		for _, s := range sorted[:n] {
			ids = append(ids, s.id)
		}
		return ids
	}
	orders := []func(a, b scored) int{
		func(a, b scored) int { return cmp.Compare(b.value, a.value) },
		func(a, b scored) int { return cmp.Compare(1-b.value, 1-a.value) },
	}
	chosen := r.choose()
	for i, order := range orders {
		var kept []string
		for _, row := range r.best[i].sorted() {
			kept = append(kept, row.ID)
		}
		if want := first(order, Marks/2); !slices.Equal(kept, want) {
			t.Errorf("output %d keeps %d rows, not the %d best", i, len(kept), len(want))
		}
		want := first(order, PerClass)
		var listed []string
		for _, row := range chosen {
			if slices.Contains(row.lists, i) {
				listed = append(listed, row.ID)
			}
		}
		slices.Sort(want)
		slices.Sort(listed)
		if !slices.Equal(listed, want) {
			t.Errorf("output %d has the candidates %q, want %q", i, listed, want)
		}
	}
}

// Answers to several questions cannot be compared: a candidate is shown under that to the first.
func TestTopOfVotes(t *testing.T) {
	file, _ := putNoise(t, "a.fits", 1, 40, 40)
	r := begin(t, Options{Task: catalog.Votes, Names: []string{"shape_smooth", "shape_disc", "bar_no"}, Side: 8})
	smooth, disc := row("smooth", file, 0, 8, 0.8, 0.2, 0.95), row("disc", file, 1, 8, 0.4, 0.6, 0.9)
	smooth.Label, disc.Label = "shape_smooth", "shape_disc|bar_no"
	r.Add(smooth)
	r.Add(disc)
	_, p := written(t, r)
	for i, want := range []int{0, 1} {
		if c, m := p.Candidates[i], p.Tiles[0].Marks[i]; c.Top != want || m.Top != want || m.Value != c.Values[want] {
			t.Errorf("%s is of output %d, its mark of %d with %g", c.ID, c.Top, m.Top, m.Value)
		}
	}
}

// A histogram has the counts of its bins, in whatever order the numbers come.
func TestHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, scale := range []float64{1e-30, 0.01, 1, 5e7, 1e90} {
		values := make([]float64, 1000)
		for i := range values {
			values[i] = scale * (random.NormFloat64() - 2)
		}
		var before bars
		for try := range 3 {
			h := histogram{width: math.Ldexp(1, -120)}
			for _, v := range values {
				h.add(v)
			}
			b := h.all()
			for k, n := range b.Counts {
				low := float64(b.Low) + float64(k)*float64(b.Width)
				in := 0
				for _, v := range values {
					if v >= low && v < low+float64(b.Width) {
						in++
					}
				}
				if n != in {
					t.Errorf("scale %g: bin %d has %d, want %d", scale, k, n, in)
				}
			}
			if len(b.Counts) > bins || len(b.Counts) < bins/2 {
				t.Errorf("scale %g: %d bins", scale, len(b.Counts))
			}
			if try > 0 && fmt.Sprint(b) != fmt.Sprint(before) {
				t.Errorf("scale %g: the bins depend on the order", scale)
			}
			before = b
			random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		}
	}
	h := histogram{width: 1}
	for _, v := range []float64{math.NaN(), math.Inf(1), -1e300} {
		h.add(v)
	}
	if h.outside != 3 || len(h.all().Counts) != 0 {
		t.Errorf("%d outside, %v", h.outside, h.all())
	}
}

func TestSexagesimal(t *testing.T) {
	data, err := os.ReadFile("testdata/sexagesimal.json")
	if err != nil {
		t.Fatal(err)
	}
	var places [][3]any
	if err := json.Unmarshal(data, &places); err != nil || len(places) == 0 {
		t.Fatal(err)
	}
	for _, p := range places {
		if got := sexagesimal(p[0].(float64), p[1].(float64)); got != p[2] {
			t.Errorf("%v %v is %s, astropy has %s", p[0], p[1], got, p[2])
		}
	}
	for _, p := range [][2]float64{{math.NaN(), 0}, {1, math.Inf(1)}, {-1, 0}, {0, 91}} {
		if got := sexagesimal(p[0], p[1]); got != "" {
			t.Errorf("%v is %s", p, got)
		}
	}
	if got := sexagesimal(359.99999999, 0); got != "00:00:00.00 +00:00:00.0" {
		t.Errorf("just before midnight it is %s", got)
	}
}

// A page stays below 10 MB with all that it may hold of pictures that cannot be compressed.
func TestSizeIsBounded(t *testing.T) {
	const most = 10 << 20
	for _, outputs := range []int{8, 1000} {
		var tiles []string
		for i := range 2 {
			file, _ := putNoise(t, fmt.Sprintf("tile%d.fits", i), 3, 1000, 1500)
			tiles = append(tiles, file)
		}
		r := begin(t, Options{Names: names(outputs), Side: 128})
		random := rand.New(rand.NewPCG(7, 8))
		for i := range 3 * Marks / 2 {
			values := make([]float64, outputs)
			for k := range values {
				values[k] = random.Float64()
			}
			r.Add(row(fmt.Sprintf("a rather long name of an object %d", i), tiles[i%2], i%150, 128, values...))
		}
		text, p := written(t, r)
		if len(text) > most {
			t.Errorf("%d outputs: %d bytes", outputs, len(text))
		}
		t.Logf("%d outputs: %d candidates, %d and %d marks, %.1f MB", outputs, len(p.Candidates), len(p.Tiles[0].Marks), len(p.Tiles[1].Marks), float64(len(text))/1e6)
		if n := len(p.Candidates); n > Candidates || n < 150 {
			t.Errorf("%d outputs: %d candidates", outputs, n)
		}
	}
}

// Texts from files are never part of the page's HTML or script.
func TestTextsAreNotHTML(t *testing.T) {
	file, _ := putNoise(t, "a.fits", 1, 40, 40)
	evil := `</script><script>document.title="evil"</script><img src=x onerror=alert(1)>`
	r := begin(t, Options{Names: []string{evil, "b"}, Model: evil, Side: 8})
	r.Add(row(evil, file, 0, 8, 0.9, 0.1))
	text, p := written(t, r)
	if strings.Contains(text, evil) || strings.Contains(text, "<img src=x") || strings.Count(text, "</script>") != 2 {
		t.Error("a text got into the page as it is")
	}
	if p.Candidates[0].ID != evil || p.Names[0] != evil {
		t.Errorf("the id is %q", p.Candidates[0].ID)
	}
	long := strings.Repeat("\u00e9", 1000)
	r = begin(t, r.Options)
	r.Add(row(long, file, 0, 8, 0.9, 0.1))
	if _, p = written(t, r); p.Candidates[0].ID != long || p.Tiles[0].Marks[0].ID != long[:200]+"..." {
		t.Errorf("a long id becomes %d bytes, and on the tile %d", len(p.Candidates[0].ID), len(p.Tiles[0].Marks[0].ID))
	}
}

// The page appears whole or not at all, and a file that is gone leaves a gap in it.
func TestGaps(t *testing.T) {
	file, _ := putNoise(t, "a.fits", 1, 40, 40)
	r := begin(t, Options{Names: names(2), Side: 8})
	r.Add(row("there", file, 0, 8, 0.9, 0.1))
	r.Add(row("gone", file+".none", 0, 8, 0.8, 0.2))
	r.Add(Row{Prediction: catalog.Prediction{ID: "nothing"}})
	r.Add(row("not a number", file, 0, 8, math.NaN(), math.Inf(1)))

	stopped, stop := context.WithCancel(context.Background())
	stop()
	if err := r.Write(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(r.dir); len(left) != 0 || err != nil {
		t.Errorf("there is %v, %v", left, err)
	}
	r = begin(t, r.Options)
	r.Add(row("there", file, 0, 8, 0.9, 0.1))
	r.Add(row("gone", file+".none", 0, 8, 0.8, 0.2))
	r.Add(Row{Prediction: catalog.Prediction{ID: "nothing"}})
	r.Add(row("not a number", file, 0, 8, math.NaN(), math.Inf(1)))
	_, p := written(t, r)
	if p.Rows != 4 || p.Blank != 2 || len(p.Candidates) != 2 {
		t.Fatalf("%d rows, %d blank, %d candidates", p.Rows, p.Blank, len(p.Candidates))
	}
	if c := p.Candidates[0]; c.Picture == "" || c.Heat == "" || c.Problem != "" {
		t.Errorf("no picture of what is there: %q", c.Problem)
	}
	if c := p.Candidates[1]; c.Picture != "" || !strings.Contains(c.Problem, file+".none") {
		t.Errorf("of what is gone it says %q", c.Problem)
	}
	if len(p.Tiles) != 1 || p.Tiles[0].Name != file {
		t.Errorf("tiles %v", p.Tiles)
	}
}
