package vit_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/astrovit/astrovit/vit"
)

// TestVotesAreAProbability: the probabilities of all ways in which votes can fall add up to one.
func TestVotesAreAProbability(t *testing.T) {
	for _, logits := range [][]float32{{0, 0, 0}, {-1.5, 2, 0.25}, {-80, 80, 0}} {
		const n = 40
		sum := 0.0
		for i := range n + 1 {
			for j := range n + 1 - i {
				votes := []float32{float32(i), float32(j), float32(n - i - j)}
				sum += math.Exp(-vit.DirichletMultinomial{Answers: []int{3}}.Gradient(nil, logits, votes, 1))
			}
		}
		if math.Abs(sum-1) > 1e-10 {
			t.Errorf("logits %v: the probabilities add up to %.12g", logits, sum)
		}
	}
}

// TestVotesGradient holds the gradient to finite differences of the loss in each logit, also where the sigmoid is
// flat, and a question without a vote to a loss and a gradient of exactly nothing.
func TestVotesGradient(t *testing.T) {
	l := vit.DirichletMultinomial{Answers: []int{2, 3}}
	logits := []float32{0.5, -2, 1, 12, -15, -0.25, 3, 0, 0, 0}
	votes := []float32{33, 0, 0.25, 4000, 1, 0, 0, 0, 0, 7}
	if w := l.Weight(votes); w != 3 {
		t.Errorf("%g questions have votes, want 3", w)
	}
	const scale = 0.5
	got := slices.Repeat([]float32{99}, len(logits))
	loss := l.Gradient(got, logits, votes, scale)
	if without := l.Gradient(nil, logits, votes, scale); without != loss {
		t.Errorf("loss %g with its gradient and %g without", loss, without)
	}
	for i := range logits {
		at := slices.Clone(logits)
		want := scale * fd.Derivative(func(z float64) float64 {
			at[i] = float32(z)
			return l.Gradient(nil, at, votes, 1)
		}, float64(logits[i]), &fd.Settings{Formula: fd.Central, Step: 1.0 / 256}) // exact in float32
		if math.Abs(float64(got[i])-want) > 1e-4*(math.Abs(want)+1e-3) {
			t.Errorf("derivative of logit %d is %g, finite differences give %g", i, got[i], want)
		}
	}
	if got[5] != 0 || got[6] != 0 || l.Gradient(nil, logits[5:], make([]float32, 5), 1) != 0 {
		t.Error("a question without a vote has a loss")
	}
	if n := testing.AllocsPerRun(5, func() { l.Gradient(got, logits, votes, scale) }); n != 0 {
		t.Errorf("the gradient allocates %g times", n)
	}
}

// TestVoteFractions: concentrations of 51, 1 and 101, whose marginals are beta distributions.
func TestVoteFractions(t *testing.T) {
	p, sigma := make([]float64, 3), make([]float64, 3)
	vit.VoteFractions(p, sigma, []float32{0, -200, 200})
	for i, a := range []float64{51, 1, 101} {
		beta := distuv.Beta{Alpha: a, Beta: 153 - a}
		if math.Abs(p[i]-beta.Mean()) > 1e-15 || math.Abs(sigma[i]-beta.StdDev()) > 1e-15 {
			t.Errorf("%g±%g, want %g±%g", p[i], sigma[i], beta.Mean(), beta.StdDev())
		}
	}
}
