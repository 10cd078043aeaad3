package modeldir

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// fineTuneGolden is testdata/finetune.json, made by testdata/make_finetune.py.
type fineTuneGolden struct {
	Counts            []int
	Positions, Kernel []float32
	Resized           []struct {
		Counts   []int
		HF, Timm []float32
	}
	Adapted []struct {
		Bands  int
		Kernel []float32
	}
}

func golden(t *testing.T) (g fineTuneGolden) {
	t.Helper()
	data, err := os.ReadFile("testdata/finetune.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// timmTensors gives a model's tensors timm's names and its one qkv.
func timmTensors(tensors []safetensors.Tensor, pool vit.Pool) []safetensors.Tensor {
	var out []safetensors.Tensor
	for _, t := range tensors {
		name, part := timmName(t.Name, pool)
		at := slices.IndexFunc(out, func(o safetensors.Tensor) bool { return o.Name == name })
		if part <= 0 {
			t.Name = name
			out = append(out, t)
			continue
		}
		out[at].Data = slices.Concat(out[at].Data, t.Data)
		out[at].Shape = slices.Clone(out[at].Shape)
		out[at].Shape[0] += t.Shape[0]
	}
	return out
}

const timmSmall = `{"architecture":"vit_odd_patch2_8","global_pool":"token","model_args":{"num_heads":2,"img_size":[8,10]},
	"pretrained_cfg":{"input_size":[3,8,10],"mean":[0.5,0.5,0.5],"std":[0.25,0.25,0.25],"crop_pct":1.0,"interpolation":"bicubic"}}`

// pretrained is the model small with a golden's positions and patch projection,
// as Hugging Face ("hf") or timm writes it.
func pretrained(t *testing.T, kind string) (*vit.Model, fstest.MapFS) {
	t.Helper()
	m, g := model(t, small), golden(t)
	copy(m.Net.Params.Positions, g.Positions)
	copy(m.Net.Params.Patch.W, g.Kernel)
	config, err := description{config: small, task: m.Task, labels: m.Labels}.encode()
	if err != nil {
		t.Fatal(err)
	}
	tensors := Tensors(m.Net.Params, "", safetensors.F32)
	if kind == "timm" {
		config, tensors = []byte(timmSmall), timmTensors(tensors, vit.PoolClass)
	}
	return m.Net, directory(t, string(config), tensors)
}

func directory(t *testing.T, config string, tensors []safetensors.Tensor) fstest.MapFS {
	t.Helper()
	var weights strings.Builder
	if err := safetensors.Write(&weights, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{configFile: {Data: []byte(config)}, weightsFile: {Data: []byte(weights.String())}}
}

func near(got, want []float32, tolerance float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= tolerance) {
			return fmt.Errorf("number %d is %g, want %g", i, got[i], want[i])
		}
	}
	return nil
}

func TestFineTuneResizesPositions(t *testing.T) {
	for _, kind := range []string{"hf", "timm"} {
		stored, dir := pretrained(t, kind)
		for _, want := range golden(t).Resized {
			m, err := FineTune(dir, "dir", 0, []int{2 * want.Counts[0], 2 * want.Counts[1]}, 7)
			if err != nil {
				t.Fatal(err)
			}
			positions := map[string][]float32{"hf": want.HF, "timm": want.Timm}[kind]
			if err := near(m.Params.Positions, positions, 4e-6); err != nil {
				t.Errorf("%s, %v patches: positions: %v", kind, want.Counts, err)
			}
			if !slices.Equal(m.Params.Patch.W, stored.Params.Patch.W) || !slices.Equal(m.Params.Blocks[1].QKV.W, stored.Params.Blocks[1].QKV.W) {
				t.Errorf("%s, %v patches: other weights have changed", kind, want.Counts)
			}
			if m.Config.Classes != 7 || m.Config.Eps != 1e-6 {
				t.Errorf("%s: configuration %+v", kind, m.Config)
			}
		}
	}
}

func TestFineTuneAdaptsBands(t *testing.T) {
	for _, kind := range []string{"hf", "timm"} {
		stored, dir := pretrained(t, kind)
		for _, want := range golden(t).Adapted {
			m, err := FineTune(dir, "dir", want.Bands, nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			if err := near(m.Params.Patch.W, want.Kernel, 1e-6); err != nil {
				t.Errorf("%s, %d bands: %v", kind, want.Bands, err)
			}
			if !slices.Equal(m.Params.Positions, stored.Params.Positions) {
				t.Errorf("%s, %d bands: the positions have changed", kind, want.Bands)
			}
		}
	}
}

// A picture whose bands are all the same has the same features whatever the number of bands.
func TestAdaptedBandsKeepStrength(t *testing.T) {
	for _, c := range []vit.Config{
		small,
		changed(func(c *vit.Config) { c.Stem = vit.ConvStem }),
		changed(func(c *vit.Config) { c.Stem, c.Grid.Shape, c.Grid.Patch = vit.ConvStem, []int{8, 12}, []int{4, 4} }),
	} {
		m := model(t, c)
		config, err := description{config: c, task: m.Task, labels: m.Labels}.encode()
		if err != nil {
			t.Fatal(err)
		}
		dir := directory(t, string(config), Tensors(m.Net.Params, "", safetensors.F32))
		band := randoms(c.Grid.Shape[0]*c.Grid.Shape[1], 5)
		want := features(m.Net, band)
		for _, bands := range []int{1, 6, 12} {
			adapted, err := FineTune(dir, "dir", bands, nil, 1)
			if err != nil {
				t.Fatal(err)
			}
			if err := near(features(adapted, band), want, 1e-5); err != nil {
				t.Errorf("%s stem, patches %v: features in %d bands and in 3: %v", c.Stem, c.Grid.Patch, bands, err)
			}
		}
	}
}

// features are those of a picture that is the same in every band.
func features(m *vit.Model, band []float32) []float32 {
	c := m.Config
	p := vit.NewPredictor(m, vit.F32, 1)
	defer p.Close()
	input, out := make([]float32, c.Input()), make([]float32, c.Dim)
	c.Arrange(input, slices.Repeat(band, c.Grid.Channels))
	p.LogitsAndFeatures(make([]float32, c.Classes), out, input)
	return out
}

// A fresh head is a new model's, whatever head the file has or has not.
func TestFineTuneReplacesHead(t *testing.T) {
	fresh, err := vit.New(changed(func(c *vit.Config) { c.Classes = 5 }), 9)
	if err != nil {
		t.Fatal(err)
	}
	net := model(t, small).Net
	full := Tensors(net.Params, "", safetensors.F32)
	headless := full[:len(full)-2]
	bare := slices.Clone(headless) // as ViTModel names them
	for i := range bare {
		bare[i].Name = strings.TrimPrefix(bare[i].Name, "vit.")
	}
	bare = append(bare,
		safetensors.Tensor{Name: "pooler.dense.weight", Shape: []int{4, 4}, Data: make([]float32, 16)},
		safetensors.Tensor{Name: "pooler.dense.bias", Shape: []int{4}, Data: make([]float32, 4)},
		safetensors.Tensor{Name: "embeddings.mask_token", Shape: []int{1, 1, 4}, Data: make([]float32, 4)})
	hf, err := description{config: small}.encode()
	if err != nil {
		t.Fatal(err)
	}
	lost, err := description{config: small, task: catalog.Regress, columns: []Column{{Name: "z", Std: 1}}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]fstest.MapFS{
		"lost":          directory(t, string(lost), headless),
		"with":          directory(t, string(hf), full),
		"without":       directory(t, string(hf), headless),
		"ViTModel":      directory(t, string(hf), bare),
		"timm":          directory(t, timmSmall, timmTensors(full, vit.PoolClass)),
		"timm, without": directory(t, timmSmall, timmTensors(headless, vit.PoolClass)),
	} {
		m, err := FineTune(dir, "dir", 0, nil, 5)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body := len(net.Params.Flat) - 3*4 - 3
		if !slices.Equal(m.Params.Flat[:body], net.Params.Flat[:body]) {
			t.Errorf("%s: the body is not the stored one", name)
		}
		if !slices.Equal(m.Params.Head.W, fresh.Params.Head.W) || !slices.Equal(m.Params.Head.B, fresh.Params.Head.B) {
			t.Errorf("%s: the head is not fresh", name)
		}
	}
	if _, err := Read(directory(t, string(lost), headless), "dir"); err == nil || !strings.Contains(err.Error(), `dir/model.safetensors: tensor "classifier.weight" is missing`) {
		t.Errorf("a regression without its head: %v", err)
	}
	m, err := Read(directory(t, string(hf), headless), "dir")
	if err != nil {
		t.Fatal(err)
	}
	if m.Task != "" || m.Labels != nil || m.Net.Config.Classes != 0 || !slices.Equal(m.Net.Params.Flat, net.Params.Flat[:len(net.Params.Flat)-3*4-3]) {
		t.Errorf("a model without a head is read as %+v", m)
	}
}

func TestFineTuneRefuses(t *testing.T) {
	_, dir := pretrained(t, "hf")
	for name, c := range map[string]struct {
		shape []int
		want  string
	}{
		"not a multiple": {[]int{9, 10}, "multiple of the patch"},
		"other axes":     {[]int{8}, "same number of axes"},
	} {
		if _, err := FineTune(dir, "dir", 0, c.shape, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

// A model is tuned on inputs of its own, whatever preprocessing it had.
func TestFineTuneNeedsNoPreprocessing(t *testing.T) {
	_, hf := pretrained(t, "hf")
	hf[preprocessorFile] = &fstest.MapFile{Data: []byte(`{"resample":1}`)}
	_, timm := pretrained(t, "timm")
	timm[configFile].Data = []byte(strings.Replace(timmSmall, "bicubic", "lanczos", 1))
	for name, dir := range map[string]fstest.MapFS{"hf": hf, "timm": timm} {
		if _, err := FineTune(dir, "dir", 0, nil, 2); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
