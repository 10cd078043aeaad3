package ref

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// tolerance is for two float64 computations that differ in the order of sums.
const tolerance = 1e-10

func closeTo(got, want []float64) bool {
	return len(got) == len(want) && floats.Distance(got, want, 2) <= tolerance*floats.Norm(want, 2)
}

// sameDigest allows a little, relative to scale, where the tensor is zero but for rounding.
func sameDigest(got []float64, want Digest, scale float64) bool {
	allowed := tolerance * (want.Norm + 1e-3*scale)
	same := math.Abs(floats.Norm(got, 2)-want.Norm) <= allowed
	for j, i := range SampleIndices(len(got)) {
		same = same && math.Abs(got[i]-want.Samples[j]) <= allowed
	}
	return same && len(want.Samples) == len(SampleIndices(len(got)))
}

func TestGoldens(t *testing.T) {
	goldens, err := Goldens()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range goldens {
		t.Run(g.Name, func(t *testing.T) {
			if testing.Short() && g.Config.Dim > 100 {
				t.Skip("takes seconds; left out by -short")
			}
			m := g.Model()
			logits := m.Forward(g.Images(), g.Batch)
			if !closeTo(logits, g.Logits) {
				t.Errorf("logits %v, torch has %v", logits, g.Logits)
			}
			loss, dlogits := g.Target.Of(logits, g.Batch)
			if !closeTo([]float64{loss}, []float64{g.Value}) {
				t.Errorf("loss %v, torch has %v", loss, g.Value)
			}
			if got := m.Rollout(); !closeTo(got, g.Rollout) {
				t.Errorf("rollout %v, torch has %v", got, g.Rollout)
			}
			grads := m.Backward(dlogits)
			if len(grads) != len(g.Gradients) {
				t.Errorf("%d gradients, torch has %d", len(grads), len(g.Gradients))
			}
			var scale float64
			for _, want := range g.Gradients {
				scale = math.Hypot(scale, want.Norm)
			}
			for _, name := range m.Names {
				if !sameDigest(grads[name], g.Gradients[name], scale) {
					t.Errorf("gradient of %s differs from torch's %v", name, g.Gradients[name])
				}
			}
		})
	}
}

// 5,717,416 is the published size of ViT-Ti/16 at 224 pixels with 1000 classes.
func TestParameterCount(t *testing.T) {
	m := New(Config{Channels: 3, Shape: []int{224, 224}, Patch: []int{16, 16}, Dim: 192, Depth: 12, Heads: 3,
		Hidden: 768, Classes: 1000, Positions: "learned", ClassToken: true, Pool: "cls", QKVBias: true})
	var count int
	for _, name := range m.Names {
		count += product(m.Shapes[name])
	}
	if count != 5717416 {
		t.Errorf("%d parameters", count)
	}
}

func TestAdamWAgainstTorch(t *testing.T) {
	train, err := AdamWGolden()
	if err != nil {
		t.Fatal(err)
	}
	m := train.Model()
	optimizer := AdamW{LR: train.LR, Beta1: train.Beta1, Beta2: train.Beta2, Eps: train.Eps, Decay: train.Decay}
	for step, labels := range train.Labels {
		loss, dlogits := CrossEntropy(m.Forward(train.Images(step), train.Batch), labels, nil, train.Smoothing)
		if math.Abs(loss-train.Losses[step]) > 1e-9 {
			t.Errorf("step %d: loss %v, torch has %v", step, loss, train.Losses[step])
		}
		grads := m.Backward(dlogits)
		if norm := ClipNorm(grads, train.Clip); math.Abs(norm-train.Norms[step]) > 1e-9*norm {
			t.Errorf("step %d: gradient norm %v, torch has %v", step, norm, train.Norms[step])
		}
		optimizer.Step(m.Params, grads, m.Decays)
	}
	if len(m.Names) != len(train.Params) {
		t.Errorf("%d parameters, torch has %d", len(m.Names), len(train.Params))
	}
	for _, name := range m.Names {
		want := train.Params[name]
		got := append([]float64{}, m.Params[name]...)
		if off := math.Abs(floats.Norm(got, 2) - want.Norm); off > 1e-9*want.Norm {
			t.Errorf("%s: norm off by %v", name, off)
		}
		for j, i := range SampleIndices(len(got)) {
			if math.Abs(got[i]-want.Samples[j]) > 1e-9 {
				t.Errorf("%s[%d] = %v, torch has %v", name, i, got[i], want.Samples[j])
			}
		}
	}
}

// The weights that goldens leave out are the same numbers in Go and in Python,
// and the same in float32.
func TestUniform(t *testing.T) {
	for _, x := range Uniform(1, "images", 1000, 0.25) {
		if one := float32(1 + x); float64(one) != 1+x || math.Abs(x) > 0.25 {
			t.Fatalf("1%+g is not exact in float32, or out of range", x)
		}
	}
	if got, want := SampleIndices(20), []int{0, 2, 5, 8, 10, 13, 16, 19}; !slices.Equal(got, want) {
		t.Errorf("samples at %v, want %v", got, want)
	}
}

func TestLossesAtTheirLimits(t *testing.T) {
	nan := math.NaN()
	if loss, d := BCE([]float64{1, 2}, []float64{nan, nan}); loss != 0 || floats.Norm(d, 1) != 0 {
		t.Errorf("nothing known: loss %v, gradient %v", loss, d)
	}
	if loss, d := BCE([]float64{-2000, 2000}, []float64{1, 1}); loss != 1000 || d[0] != -0.5 || d[1] != 0 {
		t.Errorf("sure and wrong: loss %v, gradient %v", loss, d)
	}
	if loss, d := CrossEntropy([]float64{2000, 0}, []int{1}, nil, 0); loss != 2000 || d[0] != 1 || d[1] != -1 {
		t.Errorf("sure and wrong: loss %v, gradient %v", loss, d)
	}
	if loss, d := GaussianNLL([]float64{1, 2, 3, 4}, []float64{nan, nan}, 1); loss != 0 || floats.Norm(d, 1) != 0 {
		t.Errorf("nothing known: loss %v, gradient %v", loss, d)
	}
}
