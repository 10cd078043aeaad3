package infer

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// side is that of the test models' input and window, in pixels.
const side = 8

var classes = []string{"disc", "ring", "smooth"}

// tinyModel is a random classifier of three classes.
func tinyModel(t *testing.T, bands int) *modeldir.Model {
	t.Helper()
	net, err := vit.New(vit.Config{
		Grid: patch.Grid{Channels: bands, Shape: []int{side, side}, Patch: []int{4, 4}},
		Dim:  8, Depth: 2, Heads: 2, Hidden: 16, Classes: len(classes),
		Stem: vit.PatchStem, ClassToken: true, Pool: vit.PoolClass, Positions: vit.Learned, QKVBias: true, Eps: 1e-6,
	}, 3)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, p := range net.Params.Tensors() {
		for i := range p.Data {
			p.Data[i] += float32(0.4 * r.NormFloat64())
		}
	}
	background := make([]float64, bands)
	return &modeldir.Model{
		Net: net, Task: catalog.Classify, Labels: classes,
		Recipe: prepare.Recipe{
			Size: [2]int{side, side}, Window: side, Filter: patch.Bilinear, Rescale: 1,
			Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Background, Background: background},
		},
	}
}

// save writes a model into a folder of its own.
func save(t *testing.T, m *modeldir.Model) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := m.Write(dir, safetensors.F32); err != nil {
		t.Fatal(err)
	}
	return dir
}

// look is what a model says of an image, by the shortest way there is.
func look(t *testing.T, m *modeldir.Model, im patch.Image, photo bool) []float64 {
	t.Helper()
	seen, _, err := m.Recipe.Prepare(prepare.Picture{Image: im, Photo: photo})
	if err != nil {
		t.Fatal(err)
	}
	patches := make([]float32, m.Net.Config.Grid.Pixels())
	m.Net.Config.Grid.Extract(patches, seen.Pixels)
	values, _ := m.Predict(m.Net.Forward(m.Net.NewWorkspace(1), patches))
	return values
}

// noise is an image of a sky that no two seeds have in common.
func noise(seed uint64, shape ...int) patch.Image {
	r := rand.New(rand.NewPCG(seed, 1))
	n := 1
	for _, s := range shape {
		n *= s
	}
	im := patch.Image{Shape: shape, Pixels: make([]float32, n)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(r.NormFloat64())
	}
	return im
}

// banded is a plane as an image of one band.
func banded(im patch.Image) patch.Image {
	return patch.Image{Shape: append([]int{1}, im.Shape...), Pixels: im.Pixels}
}

func encodeFITS(t *testing.T, im patch.Image, cards ...fits.Card) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := fits.WriteImages(&b, fits.ImageHDU{Image: &fits.Image{Shape: im.Shape, Pixels: im.Pixels}, Header: cards}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// putFITS writes an image and returns the file's name.
func putFITS(t *testing.T, name string, im patch.Image, cards ...fits.Card) string {
	t.Helper()
	return put(t, name, encodeFITS(t, im, cards...))
}

// output is what a run gave.
type output struct {
	text   string // standard output
	log    string
	header []string
	rows   []map[string]string
}

// predict runs with what the options leave open filled in.
func predict(t *testing.T, o Options) (output, error) {
	t.Helper()
	var stdout, log bytes.Buffer
	o.Stdout, o.Log = &stdout, progress.NewLog(&log)
	o.Batch, o.Workers = max(o.Batch, 1), max(o.Workers, 1)
	err := Run(context.Background(), o)
	out := output{text: stdout.String(), log: log.String()}
	records, bad := csv.NewReader(strings.NewReader(out.text)).ReadAll()
	if bad != nil {
		t.Fatalf("standard output is not CSV: %v\n%s", bad, out.text)
	}
	for i, record := range records {
		if i == 0 {
			out.header = record
			continue
		}
		row := map[string]string{}
		for k, name := range out.header {
			row[name] = record[k]
		}
		out.rows = append(out.rows, row)
	}
	return out, err
}

// mustPredict is predict where nothing may go wrong.
func mustPredict(t *testing.T, o Options) output {
	t.Helper()
	out, err := predict(t, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.log)
	}
	return out
}

func number(t *testing.T, row map[string]string, column string) float64 {
	t.Helper()
	if row[column] == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(row[column], 64)
	if err != nil {
		t.Fatalf("column %s: %v", column, err)
	}
	return v
}

// sameProbabilities compares a row with what the model says of an image; nil
// stands for a row without a prediction.
func sameProbabilities(t *testing.T, row map[string]string, want []float64) {
	t.Helper()
	if want == nil {
		if row["label"] != "" || row["p_disc"] != "NaN" || row["flags"] == "" {
			t.Errorf("%s: a prediction without pixels, or no flag: %v", row["id_str"], row)
		}
		return
	}
	best, sum := 0, 0.0
	for i, class := range classes {
		got := number(t, row, "p_"+class)
		if !(math.Abs(got-want[i]) <= 1e-9) {
			t.Errorf("%s: p_%s is %v, want %v", row["id_str"], class, got, want[i])
		}
		if want[i] > want[best] {
			best = i
		}
		sum += got
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("%s: the probabilities add to %v", row["id_str"], sum)
	}
	if row["label"] != classes[best] {
		t.Errorf("%s: label %q, want %q", row["id_str"], row["label"], classes[best])
	}
}

func column(out output, name string) []string {
	var values []string
	for _, row := range out.rows {
		values = append(values, row[name])
	}
	return values
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }
