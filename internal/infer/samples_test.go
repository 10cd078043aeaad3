package infer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// random is a network without a zero in its head.
func random(t *testing.T, c vit.Config) *vit.Model {
	t.Helper()
	net, err := vit.New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range noise(4, 1, len(net.Params.Flat)).Pixels {
		net.Params.Flat[i] += 0.4 * v
	}
	return net
}

// regression makes a model one of two numbers.
func regression(t *testing.T, m *modeldir.Model) *modeldir.Model {
	t.Helper()
	c := m.Net.Config
	c.Classes = 4
	columns := []modeldir.Column{{Name: "mass", Mean: 10, Std: 0.5}, {Name: "z", Mean: 0.1, Std: 2}}
	return &modeldir.Model{Net: random(t, c), Task: catalog.Regress, Labels: []string{"mass", "z"}, Columns: columns, Recipe: m.Recipe}
}

// votes makes a model one of the fractions of two questions' votes, with a stem
// whose input is more than the pixels.
func votes(t *testing.T, m *modeldir.Model) *modeldir.Model {
	t.Helper()
	questions := []catalog.Question{
		{Name: "shape", Answers: []string{"shape_smooth", "shape_disc"}},
		{Name: "bar", Answers: []string{"bar_yes", "bar_no"}, AskedAfter: "shape_disc"},
	}
	c := m.Net.Config
	c.Classes, c.Stem = 4, vit.ShiftedStem
	return &modeldir.Model{Net: random(t, c), Task: catalog.Votes, Labels: catalog.AnswerColumns(questions), Questions: questions, Recipe: m.Recipe}
}

// variants are the first n turns and flips of an image.
func variants(im patch.Image, n int) (all []patch.Image) {
	for k := range n {
		v := patch.NewImage(im.Shape...)
		patch.Variant(v, im, k)
		all = append(all, v)
	}
	return all
}

// An image and its turned and flipped copies give the same values and spreads. Of a regression, the values are the means
// of what the model says of each copy alone, of a classifier their geometric means: the logits are averaged.
func TestSamplesAreInvariant(t *testing.T) {
	const most = 8
	for _, m := range []*modeldir.Model{tinyModel(t, 2), regression(t, tinyModel(t, 2)), votes(t, tinyModel(t, 2))} {
		dir, model := t.TempDir(), save(t, m)
		o := Options{Model: model, Batch: 3, Workers: 2}
		copies := variants(noise(7, 2, side, side), most)
		for k, im := range copies {
			o.Inputs = append(o.Inputs, putFITS(t, filepath.Join(dir, fmt.Sprintf("copy%d.fits", k)), im))
		}
		alone := mustPredict(t, o)
		o.Samples = most
		got := mustPredict(t, o)
		for i, name := range m.Labels {
			column, sigma := "p_"+name, name+"_sigma"
			switch m.Task {
			case catalog.Regress:
				column = name
			case catalog.Classify:
				sigma = column + "_sigma"
				if slices.Contains(alone.header, sigma) {
					t.Errorf("without samples there is %s", sigma)
				}
			}
			value := number(t, got.rows[0], column)
			switch m.Task {
			case catalog.Regress:
				value = 0
				for _, row := range alone.rows {
					value += number(t, row, column) / most
				}
			case catalog.Classify:
				value = geometric(t, alone.rows, m.Labels)[i]
			}
			// The law of total variance, from the rows of the copies.
			var variance, within float64
			for _, row := range alone.rows {
				variance += math.Pow(number(t, row, column)-value, 2) / most
				if m.Task != catalog.Classify {
					within += number(t, row, sigma) * number(t, row, sigma) / most
				}
			}
			if !(variance > 1e-8) {
				t.Fatalf("output %d: the model is blind to turns, variance %g", i, variance)
			}
			for _, row := range got.rows {
				if v := number(t, row, column); !near(v, value, 1e-6) {
					t.Errorf("%s: %s is %v, of its copies it is %v", row["id_str"], column, v, value)
				}
				if v, want := number(t, row, sigma), math.Sqrt(variance+within); !near(v, want, 1e-6*max(1, want)) {
					t.Errorf("%s: %s is %v, want %v", row["id_str"], sigma, v, want)
				}
			}
		}
	}
}

// geometric are the geometric means of the classes' probabilities over rows, scaled to a sum of 1.
func geometric(t *testing.T, rows []map[string]string, classes []string) []float64 {
	t.Helper()
	means, sum := make([]float64, len(classes)), 0.0
	for i, class := range classes {
		for _, row := range rows {
			means[i] += math.Log(number(t, row, "p_"+class)) / float64(len(rows))
		}
		means[i] = math.Exp(means[i])
		sum += means[i]
	}
	for i := range means {
		means[i] /= sum
	}
	return means
}

// A model directory that says so is predicted with from several turns and flips, without their spread; --samples 1 says
// otherwise.
func TestSamplesOfTheModel(t *testing.T) {
	m := tinyModel(t, 2)
	plain := save(t, m)
	m.Recipe.Samples = 4
	model := save(t, m)
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(7, 2, side, side))
	said := func(model string, samples int) output {
		return mustPredict(t, Options{Model: model, Inputs: []string{name}, Samples: samples, Batch: 1, Workers: 1})
	}
	if got, want := said(model, 1).text, said(plain, 0).text; got != want {
		t.Errorf("--samples 1 gives\n%s, want\n%s", got, want)
	}
	got, spread := said(model, 0), said(plain, 4)
	for _, class := range classes {
		if p, want := got.rows[0]["p_"+class], spread.rows[0]["p_"+class]; p != want {
			t.Errorf("p_%s is %s, with --samples 4 %s", class, p, want)
		}
	}
	if !slices.Equal(got.header, said(plain, 0).header) {
		t.Errorf("columns %q", got.header)
	}
}

func TestSamplesLabelAndColumns(t *testing.T) {
	m := tinyModel(t, 1)
	name := putFITS(t, filepath.Join(t.TempDir(), "tile.fits"), noise(1, 5*side, 5*side))
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}, Samples: 4, Batch: 5, Workers: 2})
	const want = "id_str,file_loc,hdu,x,y,ra,dec,label,p_disc,p_ring,p_smooth,p_disc_sigma,p_ring_sigma,p_smooth_sigma,flags"
	if got := strings.Join(out.header, ","); got != want {
		t.Errorf("columns %s", got)
	}
	for _, row := range out.rows {
		p := make([]float64, len(classes))
		for i, class := range classes {
			p[i] = number(t, row, "p_"+class)
		}
		sameProbabilities(t, row, p)
	}
}

// Neither the batch nor the workers change a bit, of windows of a tile and of
// rows that cannot be read.
func TestSamplesAndEmbeddingsAlone(t *testing.T) {
	dir, model := t.TempDir(), save(t, tinyModel(t, 1))
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 30, 33))
	places := put(t, filepath.Join(dir, "places.csv"), []byte("x,y\n3,3\n100,3\n15,15\n2,29\n20,4\n"))
	objects := put(t, filepath.Join(dir, "objects.csv"), []byte("id,file,x,y\na,tile.fits,9,9\nb,none.fits,1,1\nc,tile.fits,15,15\n"))
	for _, inputs := range []Options{{Inputs: []string{tile, objects}}, {Inputs: []string{tile}, Positions: places}} {
		var first, firstFeatures string
		for _, size := range [][2]int{{1, 1}, {4, 2}, {7, 3}, {1000, 5}} {
			o := inputs
			o.Model, o.Samples, o.Batch, o.Workers = model, 8, size[0], size[1]
			o.Embeddings = filepath.Join(t.TempDir(), "e.csv")
			out := mustPredict(t, o)
			data, err := os.ReadFile(o.Embeddings)
			if err != nil {
				t.Fatal(err)
			}
			features := string(data)
			if first == "" {
				first, firstFeatures = out.text, features
				continue
			}
			if out.text != first || features != firstFeatures {
				t.Errorf("batches of %d on %d workers give other rows", size[0], size[1])
			}
		}
	}
}

func TestSamplesRefused(t *testing.T) {
	square := tinyModel(t, 1)
	c := square.Net.Config
	c.Grid.Shape = []int{side, 2 * side}
	wide := *square
	wide.Net, wide.Recipe.Size, wide.Recipe.Window = random(t, c), [2]int{side, 2 * side}, 0
	dir := t.TempDir()
	name := putFITS(t, filepath.Join(dir, "a.fits"), noise(1, side, 2*side))
	model := save(t, &wide)
	fails(t, Options{Model: save(t, square), Inputs: []string{name}, Samples: 9}, cli.WrongUsage, "--samples is 9", "8 x 8 pixels has 8 turns and flips")
	fails(t, Options{Model: model, Inputs: []string{name}, Samples: 5}, cli.WrongUsage, "16 x 8 pixels has 4")
	fails(t, Options{Model: model, Inputs: []string{name}, Samples: -1}, cli.WrongUsage, "--samples")
	if out := mustPredict(t, Options{Model: model, Inputs: []string{name}, Samples: 4}); !(number(t, out.rows[0], "p_disc_sigma") > 0) {
		t.Errorf("no spread: %v", out.rows[0])
	}
	fails(t, Options{Model: model, Inputs: []string{name}, Embeddings: filepath.Join(dir, "e.txt")}, cli.WrongUsage, "--embeddings", "e.txt", ".parquet")
	fails(t, Options{Model: model, Inputs: []string{name}, Embeddings: name}, cli.WrongUsage, "--embeddings", "input too")
	same := filepath.Join(dir, "same.csv")
	if _, err := predict(t, Options{Model: model, Inputs: []string{name}, Out: same, Embeddings: same}); cli.Code(err) != cli.WrongUsage {
		t.Errorf("two files of one name: %v", err)
	}
}

// A model that was only pretrained gives features, and says why it gives nothing else.
func TestWithoutOutputs(t *testing.T) {
	m, dir := tinyModel(t, 1), t.TempDir()
	whole := save(t, m)
	c := m.Net.Config
	c.Classes = 0
	headless, err := vit.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	copy(headless.Params.Flat, m.Net.Params.Flat)
	model := save(t, &modeldir.Model{Net: headless, Recipe: m.Recipe})
	name := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 30, 33))
	for _, embeddings := range []string{"", filepath.Join(t.TempDir(), "e.csv")} { // with --out
		fails(t, Options{Model: model, Inputs: []string{name}, Embeddings: embeddings}, cli.Failed, "features but no classifier", "vit-train --init", "--embeddings")
	}
	if _, err := predict(t, Options{Model: model, Inputs: []string{name}}); cli.Code(err) != cli.Failed {
		t.Errorf("predictions to standard output: %v", err)
	}
	if _, err := predict(t, Options{Model: model, Inputs: []string{name}, Embeddings: filepath.Join(dir, "e.csv"), Report: dir}); cli.Code(err) != cli.WrongUsage {
		t.Errorf("a page without predictions: %v", err)
	}
	var features []string
	for _, o := range []Options{{Model: whole}, {Model: model}} {
		o.Inputs, o.Embeddings, o.Samples = []string{name}, filepath.Join(t.TempDir(), "e.csv"), 2
		if out := mustPredict(t, o); o.Model == model && out.text != "" {
			t.Errorf("it predicts %q", out.text)
		}
		data, err := os.ReadFile(o.Embeddings)
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, string(data))
	}
	if features[0] != features[1] {
		t.Error("without the head the features are others")
	}
}

// The features are the mean of what torch's classifier sees of the turns and
// flips; a row without a prediction has none.
func TestEmbeddingsAgainstTorch(t *testing.T) {
	m := tinyModel(t, 2)
	dir, model := t.TempDir(), save(t, m)
	const samples = 8
	var raw []float32
	text := "id_str,file_loc\nnone,none.fits\n"
	for i := range 3 {
		im := noise(uint64(i), 2, side, side)
		putFITS(t, filepath.Join(dir, fmt.Sprintf("%d.fits", i)), im)
		text += fmt.Sprintf("J%d,%d.fits\n", i, i)
		for _, v := range variants(im, samples) {
			raw = append(raw, v.Pixels...)
		}
	}
	objects := put(t, filepath.Join(dir, "objects.csv"), []byte(text))
	torch := torchFeatures(t, model, dir, raw)
	for _, n := range []int{1, samples} {
		for _, suffix := range []string{".fits", ".parquet", ".csv"} {
			name := filepath.Join(dir, "features"+suffix)
			mustPredict(t, Options{Model: model, Inputs: []string{objects}, Samples: n, Embeddings: name, Batch: 2, Workers: 2})
			table, err := catalog.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			features, width, err := table.Features()
			table.Close()
			if err != nil || width != m.Net.Config.Dim || len(features) != 4*width {
				t.Fatalf("%d features, %d a row, %v", len(features), width, err)
			}
			for j, v := range features {
				i, k := j/width-1, j%width
				if i < 0 {
					if v == v {
						t.Errorf("a file that is not there has the feature %v", v)
					}
					continue
				}
				want := 0.0
				for _, x := range torch[i*samples:][:n] {
					want += x[k] / float64(n)
				}
				if !near(float64(v), want, 2e-6) {
					t.Errorf("%s, %d samples: feature %d of image %d is %v, torch has %v", suffix, n, k, i, v, want)
				}
			}
		}
	}
}

// torchFeatures are what torch's classifier sees of images, as the model takes them.
func torchFeatures(t *testing.T, model, dir string, images []float32) [][]float64 {
	t.Helper()
	if err := exec.Command(python, "-c", "import torchvision").Run(); err != nil {
		t.Skipf("no %s with torchvision: %v", python, err)
	}
	raw, err := binary.Append(nil, binary.LittleEndian, images)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/torch/check_modeldir.py", model, put(t, filepath.Join(dir, "images.f32"), raw))
	cmd.Dir = filepath.Join("..", "..")
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Features [][]float64 }
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out.Features
}
