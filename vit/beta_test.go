package vit_test

import (
	"math"
	"testing"

	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// TestBetaNLL: the gradient of each number is the likelihood's, times its variance to the power of Beta, and the loss is the
// likelihood's.
func TestBetaNLL(t *testing.T) {
	outputs := []float64{0.5, -1, 2, -3, 1, 4, 0.25, 0.125, 1.5, -2, 3, -0.5} // 2 rows of 3 means and 3 logarithms
	targets := []float64{1, math.NaN(), -2, 0, 0.5, 2}
	want, slopes := ref.GaussianNLL(outputs, targets, 2)
	for _, beta := range []float64{0, 0.5, 1} {
		loss := vit.GaussianNLL{Columns: 3, Beta: beta}
		got, scaled := make([]float32, len(outputs)), make([]float64, len(outputs))
		for i, d := range slopes {
			scaled[i] = d * math.Exp(beta*outputs[i/6*6+3+i%3])
		}
		weight := loss.Weight(float32s(targets))
		if value := loss.Gradient(got, float32s(outputs), float32s(targets), 1/weight) / weight; !(math.Abs(value-want) < 1e-12) {
			t.Errorf("beta %g: the loss is %.15g, not %.15g", beta, value, want)
		}
		if e := normalised(got, scaled); !(e < 1e-6) {
			t.Errorf("beta %g: the gradient is %v, not %v", beta, got, scaled)
		}
	}
}
