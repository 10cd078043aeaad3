package vit_test

import (
	"math"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// TestTorchvisionGoldens holds logits, loss and gradients to what torchvision's
// VisionTransformer and torch's losses gave (testdata/torch/make_goldens.py).
func TestTorchvisionGoldens(t *testing.T) {
	goldens, err := ref.Goldens()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range goldens {
		t.Run(g.Name, func(t *testing.T) {
			if testing.Short() && g.Config.Dim > 100 {
				t.Skip("a large model, for minutes under the race detector")
			}
			p := production(t, g.Model())
			ws, grads := p.NewTrainingWorkspace(g.Batch), vit.NewParams(p.Config)
			logits := p.Forward(ws, arrange(p.Config, float32s(g.Images())))
			if e := spread(logits, g.Logits); e > 1e-4 {
				t.Errorf("logits are off by %g of their spread", e)
			}
			loss, targets := objective(g.Target, g.Batch, p.Config.Classes)
			weight, dlogits := loss.Weight(targets), make([]float32, len(logits))
			value := loss.Gradient(dlogits, logits, targets, 1/weight) / weight
			if math.Abs(value-g.Value) > 1e-5*(1+math.Abs(g.Value)) {
				t.Errorf("loss is %.9g, torch has %.9g", value, g.Value)
			}
			p.Backward(ws, grads, dlogits)
			for name, want := range g.Gradients {
				got, ok := grads.Tensor(name)
				if !ok {
					t.Errorf("no gradient of %s", name)
					continue
				}
				compareDigest(t, name, got.Data, want, 1e-4)
			}
		})
	}
}

// objective is a golden's loss and targets as package vit has them.
func objective(g ref.Target, batch, outputs int) (vit.Loss, []float32) {
	switch g.Loss {
	case "bce":
		return vit.BinaryCrossEntropy{Labels: outputs}, float32s(g.Values)
	case "gaussian_nll":
		return vit.GaussianNLL{Columns: outputs / 2}, float32s(g.Values)
	case "votes":
		return vit.DirichletMultinomial{Answers: g.Answers}, float32s(g.Values)
	}
	weights := append([]float64(nil), g.Weight...)
	if weights == nil {
		weights = make([]float64, outputs)
		for i := range weights {
			weights[i] = 1
		}
	}
	return vit.CrossEntropy{Weights: weights, Smoothing: g.Smoothing}, oneHot(g.Labels, outputs)
}

func oneHot(labels []int, classes int) []float32 {
	targets := make([]float32, len(labels)*classes)
	for i, label := range labels {
		targets[i*classes+label] = 1
	}
	return targets
}

// compareDigest allows an error of tolerance times the tensor's root mean square.
func compareDigest(t *testing.T, name string, got []float32, want ref.Digest, tolerance float64) {
	t.Helper()
	sum := 0.0
	for _, g := range got {
		sum += float64(g) * float64(g)
	}
	scale := want.Norm / math.Sqrt(float64(len(got)))
	// Where the exact value is zero (a key's bias) there is only rounding.
	allowed := tolerance*scale + 1e-7
	if math.Abs(math.Sqrt(sum)-want.Norm) > allowed*math.Sqrt(float64(len(got))) {
		t.Errorf("%s has the norm %.9g, torch %.9g", name, math.Sqrt(sum), want.Norm)
	}
	for j, at := range ref.SampleIndices(len(got)) {
		if math.Abs(float64(got[at])-want.Samples[j]) > 20*allowed {
			t.Errorf("%s[%d] is %.9g, torch has %.9g", name, at, got[at], want.Samples[j])
		}
	}
}

// TestTenStepsOfTorchAdamW holds ten training steps (losses, gradient norms,
// final weights) to torch.optim.AdamW with clip_grad_norm_ on the same weights
// and batches (testdata/torch/make_adamw.py), for one worker and for two.
func TestTenStepsOfTorchAdamW(t *testing.T) {
	g, err := ref.AdamWGolden()
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		p := production(t, g.Model())
		loss, _ := objective(ref.Target{Loss: "cross_entropy", Smoothing: g.Smoothing}, g.Batch, p.Config.Classes)
		trainer := vit.NewTrainer(p, loss, vit.AdamW{Beta1: g.Beta1, Beta2: g.Beta2, Eps: g.Eps, Decay: g.Decay, Clip: g.Clip}, workers)
		defer trainer.Close()
		for step, labels := range g.Labels {
			stats := trainer.Step(vit.Batch{
				Patches: arrange(p.Config, float32s(g.Images(step))),
				Targets: oneHot(labels, p.Config.Classes),
			}, g.LR)
			if math.Abs(stats.Loss-g.Losses[step]) > 1e-4*g.Losses[step] {
				t.Errorf("loss of step %d is %.9g, torch has %.9g", step, stats.Loss, g.Losses[step])
			}
			if math.Abs(stats.GradNorm-g.Norms[step]) > 1e-3*g.Norms[step] {
				t.Errorf("gradient norm of step %d is %.9g, torch has %.9g", step, stats.GradNorm, g.Norms[step])
			}
		}
		for name, want := range g.Params {
			got, ok := p.Params.Tensor(name)
			if !ok {
				t.Errorf("no parameter %s", name)
				continue
			}
			tolerance := 1e-3
			if strings.HasSuffix(name, "key.bias") {
				// Its exact gradient is zero (see TestAgainstReference): each
				// program's own rounding, divided by its own size, walks by up to
				// the learning rate a step.
				tolerance = 2 * g.LR * float64(len(g.Labels)) * math.Sqrt(float64(len(got.Data))) / want.Norm
			}
			compareDigest(t, name, got.Data, want, tolerance)
		}
	}
}
