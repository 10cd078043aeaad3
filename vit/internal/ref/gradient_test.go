package ref

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
)

var (
	spectrum = Config{Channels: 1, Shape: []int{12}, Patch: []int{4}, Dim: 6, Depth: 2, Heads: 2, Hidden: 7, Eps: 1e-6}
	image    = Config{Channels: 2, Shape: []int{4, 9}, Patch: []int{2, 3}, Dim: 8, Depth: 2, Heads: 2, Hidden: 9, Eps: 1e-6}
	square   = Config{Channels: 2, Shape: []int{8, 16}, Patch: []int{4, 4}, Dim: 6, Depth: 1, Heads: 2, Hidden: 9, Eps: 1e-6}
	cube     = Config{Channels: 1, Shape: []int{4, 2, 4}, Patch: []int{2, 1, 2}, Dim: 6, Depth: 1, Heads: 3, Hidden: 5, Eps: 1e-6}
)

// variant completes a configuration.
func variant(c Config, positions, pool string, classToken, postNorm bool) Config {
	c.Positions, c.Pool, c.ClassToken, c.PostNorm, c.QKVBias = positions, pool, classToken, postNorm, true
	return c
}

func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	nan := math.NaN()
	classes := Target{Loss: "cross_entropy", Labels: []int{2, 0}}
	weighted := Target{Loss: "cross_entropy", Labels: []int{1, 3}, Weight: []float64{1, 0.5, 3, 2}, Smoothing: 0.1}
	several := Target{Loss: "bce", Values: []float64{1, 0, nan, 0.25, nan, 1, 0, 1}}
	regression := Target{Loss: "gaussian_nll", Values: []float64{0.5, nan, -1, 2}}
	votes := Target{Loss: "votes", Values: []float64{2, 0, 3, 1.5, 0, 0, 1, 0}, Answers: []int{2, 2}}

	conv, shifted := variant(square, "learned", "mean", false, false), variant(image, "learned", "cls", true, false)
	conv.Stem, shifted.Stem = "conv", "shifted"
	noBias := variant(image, "learned", "cls", true, false)
	noBias.QKVBias = false
	for _, test := range []struct {
		config Config
		target Target
	}{
		{variant(spectrum, "learned", "cls", true, false), classes},
		{variant(spectrum, "sinusoidal", "mean", false, false), several},
		{variant(spectrum, "learned", "mean", true, true), regression},
		{variant(image, "learned", "cls", true, false), weighted},
		{variant(image, "sincos2d", "mean", true, false), classes},
		{variant(image, "sincos2d", "mean", false, true), regression},
		{variant(image, "sinusoidal", "cls", true, true), several},
		{variant(image, "learned", "mean", true, false), votes},
		{noBias, several},
		{conv, classes},
		{shifted, classes},
		{variant(cube, "learned", "mean", false, false), weighted},
		{variant(cube, "sinusoidal", "cls", true, true), regression},
	} {
		c := test.config
		c.Classes = 4
		name := fmt.Sprintf("%dD/%s%s/%s/cls=%v/post=%v/bias=%v/%s",
			len(c.Shape), c.Stem, c.Positions, c.Pool, c.ClassToken, c.PostNorm, c.QKVBias, test.target.Loss)
		t.Run(name, func(t *testing.T) {
			differentiate(t, New(c), test.target)
		})
	}
}

// Gradients where some branches are dropped (stochastic depth), of each image others.
func TestGradientsOfDroppedBranches(t *testing.T) {
	for _, c := range []Config{variant(image, "learned", "cls", true, false), variant(spectrum, "learned", "mean", false, true)} {
		c.Classes = 4
		m := New(c)
		m.Kept = [][2][]float64{{{1, 1}, {2, 0}}, {{0, 2}, {2, 0}}}
		differentiate(t, m, Target{Loss: "cross_entropy", Labels: []int{2, 0}})
	}
}

// differentiate holds the gradients of a model, on two images, to finite differences.
func differentiate(t *testing.T, m *Model, target Target) {
	t.Helper()
	const batch = 2
	m.Fill(1)
	images := Uniform(1, "images", batch*m.Pixels(), 1)
	_, dlogits := target.Of(m.Forward(images, batch), batch)
	grads := m.Backward(dlogits)
	if len(grads) != len(m.Names) {
		t.Fatalf("%d gradients for %d parameters", len(grads), len(m.Names))
	}
	for _, name := range m.Names {
		w := append([]float64{}, m.Params[name]...)
		want := fd.Gradient(nil, func(x []float64) float64 {
			copy(m.Params[name], x)
			loss, _ := target.Of(m.Forward(images, batch), batch)
			return loss
		}, w, &fd.Settings{Formula: fd.Central})
		copy(m.Params[name], w)
		// The floor is for the key's bias, which moves all scores of a
		// query alike and so has no gradient at all.
		if off := floats.Distance(grads[name], want, 2); !(off <= 1e-6*floats.Norm(want, 2)+1e-8) {
			t.Errorf("%s: %.3g off in %.3g", name, off, floats.Norm(want, 2))
		}
	}
}

// The class token is no patch: it must not enter the mean.
func TestMeanPoolLeavesClassTokenOut(t *testing.T) {
	m := New(variant(spectrum, "learned", "mean", true, false))
	x := make([]float64, m.Tokens()*m.Dim)
	for i := range m.Dim {
		x[i] = 1e9
	}
	if got := m.pool(x, 1); floats.Norm(got, math.Inf(1)) != 0 {
		t.Errorf("mean of zero patches is %v", got)
	}
}

func TestExtract(t *testing.T) {
	for _, test := range []struct {
		name         string
		channels     int
		shape, patch []int
		want         []float64 // pixels are numbered from zero
	}{
		{"spectrum", 2, []int{4}, []int{2}, []float64{0, 1, 4, 5, 2, 3, 6, 7}},
		{"image", 1, []int{2, 6}, []int{2, 3}, []float64{0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11}},
		{"cube", 1, []int{2, 2, 2}, []int{1, 2, 1}, []float64{0, 2, 1, 3, 4, 6, 5, 7}},
		{"batch", 1, []int{2}, []int{1}, []float64{0, 1, 2, 3}},
	} {
		pixels := make([]float64, len(test.want))
		for i := range pixels {
			pixels[i] = float64(i)
		}
		if got := Extract(pixels, test.channels, test.shape, test.patch); !floats.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
