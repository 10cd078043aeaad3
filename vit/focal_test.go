package vit_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// focalCase is one of testdata/focal.json, which testdata/make_focal.py writes.
type focalCase struct {
	Name                      string
	Gamma, Smoothing, Loss    float64
	Weights                   []float64
	Logits, Targets, Gradient ref.Numbers
}

// TestFocalAgainstTorch holds the focal losses and their gradients to torch's, and what Focus 0 gives to cross-entropy.
func TestFocalAgainstTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/focal.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Classes, Labels []focalCase }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Classes {
		t.Run("classes/"+c.Name, func(t *testing.T) {
			c.holds(t, vit.CrossEntropy{Weights: c.Weights, Smoothing: c.Smoothing, Focus: c.Gamma})
		})
	}
	for _, c := range golden.Labels {
		t.Run("labels/"+c.Name, func(t *testing.T) { c.holds(t, vit.BinaryCrossEntropy{Labels: 3, Focus: c.Gamma}) })
	}
}

func (c focalCase) holds(t *testing.T, loss vit.Loss) {
	targets := float32s(c.Targets)
	weight, got := loss.Weight(targets), make([]float32, len(c.Logits))
	if value := loss.Gradient(got, float32s(c.Logits), targets, 1/weight) / weight; !(math.Abs(value-c.Loss) <= 1e-12*c.Loss) {
		t.Errorf("the loss is %.15g, torch has %.15g", value, c.Loss)
	}
	if e := normalised(got, c.Gradient); !(e < 1e-7) {
		t.Errorf("the gradient %v has the normalised error %g of torch's %v", got, e, c.Gradient)
	}
}

// TestFocalAtItsLimits: where a probability rounds to 0 or 1 nothing is lost to a division by zero.
func TestFocalAtItsLimits(t *testing.T) {
	for _, gamma := range []float64{0, 0.5, 1, 2} {
		for name, c := range map[string]struct {
			loss    vit.Loss
			targets []float32
			logits  []float32
			value   float64
			slopes  []float32
		}{
			"a class, sure and right": {vit.CrossEntropy{Weights: []float64{1, 1}, Focus: gamma}, []float32{1, 0}, []float32{2000, 0}, 0, []float32{0, 0}},
			"a class, sure and wrong": {vit.CrossEntropy{Weights: []float64{1, 1}, Focus: gamma}, []float32{0, 1}, []float32{2000, 0}, 2000, []float32{1, -1}},
			"labels":                  {vit.BinaryCrossEntropy{Labels: 4, Focus: gamma}, []float32{1, 0, 1, 0}, []float32{2000, -2000, -2000, 2000}, 4000, []float32{0, 0, -1, 1}},
		} {
			got := slices.Repeat([]float32{99}, len(c.logits))
			if value := c.loss.Gradient(got, c.logits, c.targets, 1); value != c.value || !slices.Equal(got, c.slopes) {
				t.Errorf("%s, gamma %g: %g with the gradient %v, want %g with %v", name, gamma, value, got, c.value, c.slopes)
			}
		}
	}
}
