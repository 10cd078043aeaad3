package modeldir

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// small is a class-token classifier of 3 bands x 8 x 10 pixels, 4 x 5 patches.
var small = vit.Config{
	Grid: patch.Grid{Channels: 3, Shape: []int{8, 10}, Patch: []int{2, 2}},
	Dim:  4, Depth: 2, Heads: 2, Hidden: 6, Classes: 3,
	Stem: vit.PatchStem, ClassToken: true, Pool: vit.PoolClass, Positions: vit.Learned, QKVBias: true, Eps: 1e-6,
}

// changed is small with a change.
func changed(change func(*vit.Config)) vit.Config {
	c := small
	change(&c)
	return c
}

// model has random numbers in all parameters: fresh heads and biases are zero.
func model(t *testing.T, c vit.Config) *Model {
	t.Helper()
	net, err := vit.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range net.Params.Flat {
		net.Params.Flat[i] += 0.2 * float32(r.NormFloat64())
	}
	m := &Model{Net: net, Task: catalog.Classify, Recipe: plainRecipe([2]int(c.Grid.Shape))}
	m.Recipe.Photo = 0
	for i := range c.Classes {
		m.Labels = append(m.Labels, string(rune('a'+i)))
	}
	return m
}

// logits of images [B, C, shape...].
func logits(m *vit.Model, images []float32) []float32 {
	var out []float32
	ws, input := m.NewWorkspace(1), make([]float32, m.Config.Input())
	for one := range slices.Chunk(images, m.Config.Grid.Pixels()) {
		m.Config.Arrange(input, one)
		out = append(out, m.Forward(ws, input)...)
	}
	return out
}

func randoms(n int, seed uint64) []float32 {
	r, x := rand.New(rand.NewPCG(seed, 1)), make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// spread is the largest error over the spread of the expected values.
func spread(got []float32, want []float64) float64 {
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-want[i]))
	}
	return worst / (slices.Max(want) - slices.Min(want))
}

// python runs Debian's, at the root of the repository, or skips the test where a
// module is not there.
func python(t *testing.T, module string, args ...string) []byte {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if exec.Command(interpreter, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('"+module+"') is None)").Run() != nil {
		t.Skipf("%s with %s is not there to compare with", interpreter, module)
	}
	cmd := exec.Command(interpreter, args...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.Bytes())
	}
	return out
}

// sky is a recipe as vit-train fits it, with numbers of no short decimal form.
func sky(size [2]int) prepare.Recipe {
	third := 1.0 / 3
	return prepare.Recipe{
		Bands: []string{"g", "r", "z"}, Size: size, Window: 65, Filter: patch.Bicubic, PixelScale: 0.262 * third,
		Stretch: patch.Stretch{
			Kind: patch.Asinh, NaN: patch.Background,
			Low: []float64{third, -1e-9 * third, 1e20 * third}, High: []float64{1, third, 2e20}, Soft: []float64{0.1 * third, 1e-12, 7}, Background: []float64{0, third, math.Pi},
		},
		Rescale: 1.0 / 65535, Mean: []float64{third, 0.5, -third}, Std: []float64{math.E, third, 5e-10}, Photo: 1.0 / 255,
	}
}

func readConfig(t *testing.T, dir string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, configFile))
	var config map[string]any
	if err := cmp.Or(err, json.Unmarshal(data, &config)); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestWrittenReadsBack(t *testing.T) {
	for name, c := range map[string]struct {
		config  vit.Config
		task    catalog.Task
		variant bool // model_type is "astrovit"
	}{
		"plain":           {config: small},
		"multilabel":      {config: small, task: catalog.MultiLabel},
		"no qkv bias":     {config: changed(func(c *vit.Config) { c.QKVBias = false })},
		"other eps":       {config: changed(func(c *vit.Config) { c.Eps = 1e-12 })},
		"rectangle patch": {config: changed(func(c *vit.Config) { c.Grid.Patch = []int{4, 5} })},
		"mean pool":       {config: changed(func(c *vit.Config) { c.Pool = vit.PoolMean }), variant: true},
		"no class token":  {config: changed(func(c *vit.Config) { c.Pool, c.ClassToken = vit.PoolMean, false }), variant: true},
		"conv stem":       {config: changed(func(c *vit.Config) { c.Stem = vit.ConvStem }), variant: true},
		"shifted stem":    {config: changed(func(c *vit.Config) { c.Stem = vit.ShiftedStem }), variant: true},
		"post-norm":       {config: changed(func(c *vit.Config) { c.PostNorm = true }), variant: true},
		"sinusoidal":      {config: changed(func(c *vit.Config) { c.Positions = vit.Sinusoidal }), variant: true},
		"sincos2d":        {config: changed(func(c *vit.Config) { c.Positions = vit.SinCos2D }), variant: true},
		"regression":      {config: changed(func(c *vit.Config) { c.Classes = 4 }), task: catalog.Regress, variant: true},
		"votes":           {config: changed(func(c *vit.Config) { c.Classes = 5 }), task: catalog.Votes, variant: true},
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := model(t, c.config), t.TempDir()
			m.Recipe = sky([2]int(c.config.Grid.Shape))
			m.Calibration = calibrate.Calibration{Temperature: 1.0 / 3, PriorShift: []float64{math.E, 0, -1e-9}}
			if c.task != "" {
				m.Task = c.task
			}
			if c.task == catalog.Regress {
				m.Columns = []Column{{"redshift", 1.0 / 3, math.Pi}, {"<mass>", -1e30, 1e-30}}
				m.Labels = columnNames(m.Columns)
				m.Calibration = calibrate.Calibration{SigmaScale: []float64{math.Pi, 1e-9}}
			}
			if c.task == catalog.Votes {
				m.Questions = []catalog.Question{{Name: "bar", Answers: []string{"bar_yes", "bar_no"}},
					{Name: "bar-size", Answers: []string{"bar-size_0", "bar-size_1", "bar-size_<2>"}, AskedAfter: "bar_yes"}}
				m.Labels = catalog.AnswerColumns(m.Questions)
				m.Calibration = calibrate.Calibration{}
			}
			if err := m.Write(dir, safetensors.F32); err != nil {
				t.Fatal(err)
			}
			got, err := Read(os.DirFS(dir), dir)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Net.Config, m.Net.Config) {
				t.Errorf("configuration %+v, want %+v", got.Net.Config, m.Net.Config)
			}
			if !slices.EqualFunc(got.Net.Params.Flat, m.Net.Params.Flat, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
				t.Error("the weights have other bits")
			}
			if !reflect.DeepEqual(got.Recipe, m.Recipe) {
				t.Errorf("recipe %+v, want %+v", got.Recipe, m.Recipe)
			}
			if got.Task != m.Task || !slices.Equal(got.Labels, m.Labels) || !slices.Equal(got.Columns, m.Columns) || !reflect.DeepEqual(got.Questions, m.Questions) {
				t.Errorf("task %q, labels %q, columns %v, questions %v", got.Task, got.Labels, got.Columns, got.Questions)
			}
			if !reflect.DeepEqual(got.Calibration, m.Calibration) {
				t.Errorf("calibration %+v, want %+v", got.Calibration, m.Calibration)
			}
			images := randoms(2*c.config.Grid.Pixels(), 3)
			if a, b := logits(got.Net, images), logits(m.Net, images); !slices.Equal(a, b) {
				t.Errorf("logits %v, want %v", a, b)
			}
			want := map[bool]string{false: "vit", true: "astrovit"}[c.variant]
			if kind := readConfig(t, dir)["model_type"]; kind != want {
				t.Errorf("model_type %q, want %q", kind, want)
			}
		})
	}
}

// A model without outputs is written as Hugging Face's ViTModel, or as a variant, and read back.
func TestWithoutOutputs(t *testing.T) {
	for name, c := range map[string]vit.Config{
		"vit":      changed(func(c *vit.Config) { c.Classes = 0 }),
		"astrovit": changed(func(c *vit.Config) { c.Classes, c.Pool, c.Positions = 0, vit.PoolMean, vit.SinCos2D }),
	} {
		m, dir := model(t, c), t.TempDir()
		m.Task = ""
		if err := m.Write(dir, safetensors.F32); err != nil {
			t.Fatal(err)
		}
		config := readConfig(t, dir)
		if _, labels := config["id2label"]; labels || config["model_type"] != name || name == "vit" && config["architectures"].([]any)[0] != "ViTModel" {
			t.Errorf("%s: config.json is %v", name, config)
		}
		back, err := Read(os.DirFS(dir), "dir")
		if err != nil {
			t.Fatal(err)
		}
		if back.Task != "" || back.Labels != nil || !reflect.DeepEqual(back.Net.Config, c) || !slices.Equal(back.Net.Params.Flat, m.Net.Params.Flat) {
			t.Errorf("%s: another model comes back", name)
		}
		if tuned, err := FineTune(os.DirFS(dir), "dir", 0, nil, 3); err != nil || tuned.Config.Classes != 3 {
			t.Errorf("%s: fine-tuning it: %v", name, err)
		}
	}
}

// What is written without an "astrovit" object, torch must read as the same
// model, from the files alone.
func TestTorchReadsOurs(t *testing.T) {
	for name, c := range map[string]vit.Config{
		"torchvision": changed(func(c *vit.Config) { c.Grid.Shape = []int{8, 8} }), // squares are all that it takes
		"encoder":     changed(func(c *vit.Config) { c.QKVBias, c.Eps = false, 1e-3 }),
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := model(t, c), t.TempDir()
			m.Calibration = calibrate.Calibration{Temperature: 3, PriorShift: []float64{1, 0, -1}} // logits are what they were
			if err := m.Write(dir, safetensors.F32); err != nil {
				t.Fatal(err)
			}
			images := randoms(3*c.Grid.Pixels(), 4)
			raw, err := binary.Append(nil, binary.LittleEndian, images)
			input := filepath.Join(dir, "input.f32")
			if err := cmp.Or(err, os.WriteFile(input, raw, 0o666)); err != nil {
				t.Fatal(err)
			}
			var torch struct {
				Labels []string
				Logits [][]float64
			}
			if err := json.Unmarshal(python(t, "torchvision", "testdata/torch/check_modeldir.py", dir, input), &torch); err != nil {
				t.Fatal(err)
			}
			if e := spread(logits(m.Net, images), slices.Concat(torch.Logits...)); !(e < 1e-4) {
				t.Errorf("logits are off by %g of their spread", e)
			}
			if !slices.Equal(torch.Labels, m.Labels) {
				t.Errorf("labels %q, want %q", torch.Labels, m.Labels)
			}
		})
	}
}

// Half-width weights are those that were rounded.
func TestWriteNarrow(t *testing.T) {
	m, dir := model(t, small), t.TempDir()
	if err := m.Write(dir, safetensors.BF16); err != nil {
		t.Fatal(err)
	}
	got, err := Read(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range m.Net.Params.Flat {
		if math.Abs(float64(got.Net.Params.Flat[i]-want)) > math.Abs(float64(want))/256 {
			t.Fatalf("weight %d is %g, want %g to 8 bits", i, got.Net.Params.Flat[i], want)
		}
	}
	images := randoms(4*m.Net.Config.Grid.Pixels(), 4)
	var want []float64
	for _, z := range logits(m.Net, images) {
		want = append(want, float64(z))
	}
	if e := spread(logits(got.Net, images), want); !(e > 0 && e < 0.02) {
		t.Errorf("logits are off by %g of their spread", e)
	}
}

func TestPredict(t *testing.T) {
	classes := &Model{Task: catalog.Classify, Labels: []string{"a", "b"}}
	if p, sigmas := classes.Predict([]float32{0, float32(math.Log(3))}); math.Abs(p[1]-0.75) > 1e-7 || math.Abs(p[0]+p[1]-1) > 1e-15 || sigmas != nil {
		t.Errorf("classes: %v %v", p, sigmas)
	}
	labels := &Model{Task: catalog.MultiLabel, Labels: []string{"a", "b"}}
	if p, _ := labels.Predict([]float32{0, float32(-math.Log(3))}); p[0] != 0.5 || math.Abs(p[1]-0.25) > 1e-7 {
		t.Errorf("labels: %v", p)
	}
	votes := &Model{Task: catalog.Votes, Labels: []string{"a_x", "a_y", "b_x", "b_y", "b_z"},
		Questions: []catalog.Question{{Name: "a", Answers: []string{"a_x", "a_y"}}, {Name: "b", Answers: []string{"b_x", "b_y", "b_z"}}}}
	// Concentrations of 51 and 26, and of 101, 1 and 51.
	p, sigmas := votes.Predict([]float32{0, float32(-math.Log(3)), 99, -99, 0})
	for i, want := range []float64{51. / 77, 26. / 77, 101. / 153, 1. / 153, 51. / 153} {
		total := []float64{77, 77, 153, 153, 153}[i]
		if math.Abs(p[i]-want) > 1e-7 || math.Abs(sigmas[i]-math.Sqrt(want*(1-want)/(total+1))) > 1e-7 {
			t.Errorf("fraction %d is %g±%g, want %g", i, p[i], sigmas[i], want)
		}
	}
	numbers := &Model{Task: catalog.Regress, Labels: []string{"x", "y"}, Columns: []Column{{"x", 10, 2}, {"y", 0, 3}}}
	values, sigmas := numbers.Predict([]float32{1.5, -1, 0, float32(math.Log(4))})
	if values[0] != 13 || values[1] != -3 || sigmas[0] != 2 || math.Abs(sigmas[1]-6) > 1e-6 {
		t.Errorf("numbers: %v %v", values, sigmas)
	}
	if _, sigmas := numbers.Predict([]float32{0, 0, -1e30, 1e30}); !(sigmas[0] > 0) || math.IsInf(sigmas[1], 0) {
		t.Errorf("sigmas of extreme logits: %v", sigmas)
	}
	classes.Calibration = calibrate.Calibration{Temperature: 2, PriorShift: []float64{math.Log(4), math.Log(2)}}
	if p, _ := classes.Predict([]float32{0, 2 * float32(math.Log(3))}); math.Abs(p[1]-0.6) > 1e-7 {
		t.Errorf("calibrated classes: %v", p)
	}
	labels.Calibration.Temperature = 0.5
	if p, _ := labels.Predict([]float32{0, float32(-math.Log(3))}); p[0] != 0.5 || math.Abs(p[1]-0.1) > 1e-7 {
		t.Errorf("calibrated labels: %v", p)
	}
	numbers.Calibration.SigmaScale = []float64{3, 0.5}
	if values, sigmas := numbers.Predict([]float32{1.5, -1, 0, float32(math.Log(4))}); values[0] != 13 || sigmas[0] != 6 || math.Abs(sigmas[1]-3) > 1e-6 {
		t.Errorf("calibrated numbers: %v %v", values, sigmas)
	}
}
