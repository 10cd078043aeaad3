package ref

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
)

func TestAutoencoderGradientsAgainstFiniteDifferences(t *testing.T) {
	conv := variant(square, "learned", "mean", true, false)
	conv.Stem = "conv"
	for _, c := range []Config{
		variant(image, "learned", "cls", true, false),
		variant(image, "sincos2d", "mean", false, true),
		variant(spectrum, "sinusoidal", "mean", true, false),
		conv,
	} {
		t.Run(fmt.Sprintf("%dD/%s%s/cls=%v/post=%v", len(c.Shape), c.Stem, c.Positions, c.ClassToken, c.PostNorm), func(t *testing.T) {
			const seen = 2
			a := NewAutoencoder(c, 4, 1, 2)
			a.Fill(1)
			order := [][]int{{2, 0, 1}, {1, 2, 0}}
			for b := range order {
				for i := 3; i < c.Patches(); i++ {
					order[b] = append(order[b], i)
				}
			}
			images := Uniform(1, "images", len(order)*c.Pixels(), 1)
			a.Forward(images, order, seen)
			grads := a.Backward()
			if len(grads) != len(a.Names) {
				t.Fatalf("%d gradients for %d parameters", len(grads), len(a.Names))
			}
			for _, name := range a.Names {
				w := append([]float64{}, a.Params[name]...)
				want := fd.Gradient(nil, func(x []float64) float64 {
					copy(a.Params[name], x)
					return a.Forward(images, order, seen)
				}, w, &fd.Settings{Formula: fd.Central})
				copy(a.Params[name], w)
				if off := floats.Distance(grads[name], want, 2); !(off <= 1e-6*floats.Norm(want, 2)+1e-8) {
					t.Errorf("%s: %.3g off in %.3g", name, off, floats.Norm(want, 2))
				}
			}
		})
	}
}

// What the encoder does not see changes the target only.
func TestMaskedPixelsAreNotSeen(t *testing.T) {
	conv := variant(square, "learned", "mean", true, false)
	conv.Stem = "conv"
	for _, c := range []Config{variant(image, "learned", "cls", true, false), conv} {
		a := NewAutoencoder(c, 4, 1, 2)
		a.Fill(1)
		order := [][]int{make([]int, c.Patches())}
		for i := range order[0] {
			order[0][i] = i
		}
		images := Uniform(1, "images", c.Pixels(), 1)
		a.Forward(images, order, 1)
		latent := a.acts.latent
		images[len(images)-1] += 5 // in the last patch
		a.Forward(images, order, 1)
		if floats.Distance(latent, a.acts.latent, math.Inf(1)) != 0 {
			t.Errorf("stem %q: the encoder saw a masked pixel", c.Stem)
		}
	}
}
