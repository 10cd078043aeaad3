package vit_test

import (
	"cmp"
	"fmt"
	"math"
	"testing"

	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// production is the reference's model in float32.
func production(t *testing.T, m *ref.Model) *vit.Model {
	t.Helper()
	p, err := vit.New(configOf(m.Config), 1)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, p.Params, m)
	return p
}

// configOf is the reference's configuration.
func configOf(c ref.Config) vit.Config {
	return vit.Config{
		Grid: patch.Grid{Channels: c.Channels, Shape: c.Shape, Patch: c.Patch},
		Stem: vit.Stem(cmp.Or(c.Stem, "patch")),
		Dim:  c.Dim, Depth: c.Depth, Heads: c.Heads, Hidden: c.Hidden, Classes: c.Classes,
		ClassToken: c.ClassToken, Pool: vit.Pool(c.Pool), Positions: vit.Positions(c.Positions),
		PostNorm: c.PostNorm, QKVBias: c.QKVBias, Eps: float32(c.Eps),
	}
}

// fill copies the reference's parameters, which must have the same names and shapes.
func fill(t *testing.T, p *vit.Params, m *ref.Model) {
	t.Helper()
	if len(p.Tensors()) != len(m.Names) {
		t.Fatalf("%d tensors, the reference has %d", len(p.Tensors()), len(m.Names))
	}
	for _, name := range m.Names {
		tensor, ok := p.Tensor(name)
		if !ok || fmt.Sprint(tensor.Shape) != fmt.Sprint(m.Shapes[name]) {
			t.Fatalf("the reference has %s %v, this model %v", name, m.Shapes[name], tensor.Shape)
		}
		copy(tensor.Data, float32s(m.Params[name]))
	}
}

func float32s(x []float64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return y
}

// arrange is the images as a forward takes them.
func arrange(c vit.Config, images []float32) []float32 {
	pixels := c.Grid.Pixels()
	input := make([]float32, len(images)/pixels*c.Input())
	for i := range len(images) / pixels {
		c.Arrange(input[i*c.Input():][:c.Input()], images[i*pixels:][:pixels])
	}
	return input
}

// normalised is the error |got-want|/|want|, infinite where it is not a number.
func normalised(got []float32, want []float64) float64 {
	var diff, norm float64
	for i := range want {
		d := float64(got[i]) - want[i]
		diff += d * d
		norm += want[i] * want[i]
	}
	if e := math.Sqrt(diff / norm); e == e {
		return e
	}
	return math.Inf(1)
}

// spread is the largest |got-want| in units of want's range.
func spread(got []float32, want []float64) float64 {
	low, high, worst := math.Inf(1), math.Inf(-1), 0.0
	for i, w := range want {
		low, high = min(low, w), max(high, w)
		worst = max(worst, math.Abs(float64(got[i])-w))
	}
	return worst / (high - low)
}

var shapes = map[string]ref.Config{
	"1 band, 2-D":         {Channels: 1, Shape: []int{12, 12}, Patch: []int{4, 4}, Dim: 12, Depth: 2, Heads: 3, Hidden: 20, Classes: 3, Eps: 1e-6},
	"5 bands, odd sizes":  {Channels: 5, Shape: []int{21, 15}, Patch: []int{7, 5}, Dim: 20, Depth: 3, Heads: 5, Hidden: 33, Classes: 4, Eps: 1e-12},
	"a spectrum":          {Channels: 1, Shape: []int{96}, Patch: []int{8}, Dim: 16, Depth: 2, Heads: 2, Hidden: 32, Classes: 2, Eps: 1e-6},
	"a small cube":        {Channels: 2, Shape: []int{6, 4, 8}, Patch: []int{3, 2, 4}, Dim: 8, Depth: 2, Heads: 1, Hidden: 16, Classes: 2, Eps: 1e-6},
	"the cutout preset's": {Channels: 3, Shape: []int{64, 64}, Patch: []int{8, 8}, Dim: 192, Depth: 2, Heads: 3, Hidden: 768, Classes: 4, Eps: 1e-6},
}

// TestAgainstReference holds logits, features, the attention rollout and the
// gradient of every parameter to the float64 reference, for every option of the model.
func TestAgainstReference(t *testing.T) {
	for name, base := range shapes {
		if testing.Short() && base.Dim > 100 {
			t.Logf("SKIPPED %s: the reference takes minutes under the race detector", name)
			continue
		}
		for _, option := range []struct {
			positions  string
			classToken bool
			pool       string
			post, bias bool
		}{
			{"learned", true, "cls", false, true},
			{"learned", true, "mean", false, false},
			{"learned", false, "mean", true, true},
			{"sinusoidal", true, "cls", true, true},
			{"sinusoidal", false, "mean", false, true},
			{"sincos2d", true, "cls", false, true},
			{"sincos2d", false, "mean", false, true},
		} {
			if option.positions == "sincos2d" && len(base.Shape) != 2 {
				continue
			}
			cfg := base
			cfg.Positions, cfg.ClassToken, cfg.Pool, cfg.PostNorm, cfg.QKVBias = option.positions, option.classToken, option.pool, option.post, option.bias
			for _, stem := range stemsOf(cfg) {
				cfg.Stem = stem
				t.Run(fmt.Sprintf("%s/%+v/%s", name, option, stem), func(t *testing.T) {
					m := ref.New(cfg)
					m.Fill(7)
					compare(t, m, 3)
				})
			}
		}
	}
}

// stemsOf are the stems that a shape can have; with one way to make the tokens' positions and to pool them, which do not
// see where tokens come from.
func stemsOf(c ref.Config) []string {
	switch {
	case len(c.Shape) != 2, c.Positions == "sinusoidal", c.Pool == "cls":
		return []string{""}
	case c.Patch[0] != c.Patch[1]:
		return []string{"", "shifted"}
	}
	return []string{"", "conv", "shifted"}
}

// TestConvolutionsOfManyImages: images pass the convolutions some at a time, and rows of several images at once.
func TestConvolutionsOfManyImages(t *testing.T) {
	c := shapes["1 band, 2-D"]
	c.Stem, c.Positions, c.Pool, c.QKVBias = "conv", "learned", "mean", true
	m := ref.New(c)
	m.Fill(8)
	compare(t, m, 9)
}

func compare(t *testing.T, m *ref.Model, batch int) {
	images := ref.Uniform(11, "images", batch*m.Pixels(), 1)
	dlogits := ref.Uniform(11, "dlogits", batch*m.Classes, 1)
	want := m.Forward(images, batch)
	wantGrads := m.Backward(dlogits)

	p := production(t, m)
	ws, grads := p.NewTrainingWorkspace(batch), vit.NewParams(p.Config)
	patches := arrange(p.Config, float32s(images))
	if e := spread(p.Forward(ws, patches), want); e > 1e-4 {
		t.Errorf("logits are off by %g of their spread", e)
	}
	if e := spread(p.Forward(p.NewWorkspace(batch), patches), want); e > 1e-4 {
		t.Errorf("logits of the inference workspace are off by %g of their spread", e)
	}
	for _, workers := range []int{1, 2} { // whole images, and row by row
		predictor := vit.NewPredictor(p, vit.F32, workers)
		logits, features := make([]float32, len(want)), make([]float32, batch*p.Config.Dim)
		predictor.LogitsAndFeatures(logits, features, patches)
		predictor.Close()
		if e := spread(logits, want); e > 1e-4 {
			t.Errorf("%d workers: logits are off by %g of their spread", workers, e)
		}
		if e := normalised(features, m.Features()); e > 1e-5 {
			t.Errorf("%d workers: features have the normalised error %g", workers, e)
		}
	}
	p.Backward(ws, grads, float32s(dlogits))
	compareGradients(t, grads, wantGrads)
	rollout := p.NewRolloutWorkspace(batch)
	p.Forward(rollout, patches)
	maps := make([]float32, batch*p.Config.Grid.Patches())
	p.Rollout(rollout, maps)
	if e := normalised(maps, m.Rollout()); e > 1e-5 {
		t.Errorf("attention rollout has the normalised error %g", e)
	}
}

// compareGradients holds gradients to the reference's.
func compareGradients(t *testing.T, grads *vit.Params, wantGrads map[string][]float64) {
	t.Helper()
	for _, tensor := range grads.Tensors() {
		want := wantGrads[tensor.Name]
		// A key's bias has no effect: softmax does not see a shift common to a
		// row. Its gradient is rounding, so that it is compared with the query's.
		if at := len(tensor.Name) - len("key.bias"); at > 0 && tensor.Name[at:] == "key.bias" {
			scale := normOf(wantGrads[tensor.Name[:at]+"query.bias"])
			for i, g := range tensor.Data {
				if math.Abs(float64(g)) > 1e-5*scale {
					t.Errorf("%s[%d] is %g; it must vanish beside %g", tensor.Name, i, g, scale)
				}
			}
			continue
		}
		if e := normalised(tensor.Data, want); e > 1e-5 {
			t.Errorf("gradient of %s has the normalised error %g", tensor.Name, e)
		}
	}
}

func normOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// TestBackwardAccumulates: two backwards give twice the gradient of one.
func TestBackwardAccumulates(t *testing.T) {
	m := ref.New(withOptions(shapes["a small cube"]))
	m.Fill(3)
	p := production(t, m)
	ws, once, twice := p.NewTrainingWorkspace(2), vit.NewParams(p.Config), vit.NewParams(p.Config)
	patches := arrange(p.Config, float32s(ref.Uniform(1, "images", 2*m.Pixels(), 1)))
	dlogits := float32s(ref.Uniform(1, "dlogits", 2*m.Classes, 1))
	for range 2 {
		p.Forward(ws, patches)
		p.Backward(ws, twice, dlogits)
	}
	p.Forward(ws, patches)
	p.Backward(ws, once, dlogits)
	for i, g := range once.Flat {
		if math.Abs(float64(twice.Flat[i]-2*g)) > 1e-6*(1+math.Abs(float64(g))) {
			t.Fatalf("gradient %d is %g after two backwards, want 2 x %g", i, twice.Flat[i], g)
		}
	}
}

func withOptions(c ref.Config) ref.Config {
	c.Positions, c.ClassToken, c.Pool, c.QKVBias = "learned", true, "cls", true
	return c
}

// TestPermutedPatches: with its position embeddings permuted alike, a model
// that pools the mean does not see the order of the patches.
func TestPermutedPatches(t *testing.T) {
	c := shapes["1 band, 2-D"]
	c.Positions, c.Pool, c.QKVBias = "learned", "mean", true
	m := ref.New(c)
	m.Fill(5)
	p := production(t, m)
	ws := p.NewWorkspace(1)
	patches := arrange(p.Config, float32s(ref.Uniform(2, "images", m.Pixels(), 1)))
	before := append([]float32(nil), p.Forward(ws, patches)...)
	n, length, d := p.Config.Grid.Patches(), p.Config.Grid.Length(), p.Config.Dim
	for i := range n / 2 {
		swap(patches[i*length:][:length], patches[(n-1-i)*length:][:length])
		swap(p.Params.Positions[i*d:][:d], p.Params.Positions[(n-1-i)*d:][:d])
	}
	for i, z := range p.Forward(ws, patches) {
		if math.Abs(float64(z-before[i])) > 1e-5 {
			t.Errorf("logit %d changed from %g to %g", i, before[i], z)
		}
	}
}

func swap(x, y []float32) {
	for i := range x {
		x[i], y[i] = y[i], x[i]
	}
}
