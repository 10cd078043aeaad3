package patch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pair is two images of one value each, and the targets of two classes.
func pair(shape ...int) (a, b Image, targetA, targetB []float32) {
	a, b = NewImage(shape...), NewImage(shape...)
	set(a.Pixels, 1)
	set(b.Pixels, -1)
	return a, b, []float32{1, 0, 0}, []float32{0, 0, 1}
}

// Targets are probabilities after mixing too, and say what part of an image is
// whose: of a mean the weight, of a rectangle the area.
func TestMixTargetsTellTheParts(t *testing.T) {
	for _, m := range []Mix{{Mixup: 1, MixupAlpha: 0.3}, {Cutmix: 1, CutmixAlpha: 1}, {Mixup: 0.5, MixupAlpha: 1, Cutmix: 0.5, CutmixAlpha: 0.5}} {
		r := rand.New(rand.NewPCG(1, 2))
		for range 500 {
			a, b, targetA, targetB := pair(2, 7, 10)
			m.Apply(a, b, targetA, targetB, r)
			for i, im := range []Image{a, b} {
				target := [][]float32{targetA, targetB}[i]
				sum, mean := 0.0, 0.0
				for _, p := range target {
					sum += float64(p)
					if p < 0 || p > 1 {
						t.Fatalf("%+v: target %v", m, target)
					}
				}
				if math.Abs(sum-1) > 1e-6 {
					t.Fatalf("%+v: target %v", m, target)
				}
				for _, v := range im.Pixels {
					mean += float64(v) / float64(len(im.Pixels))
				}
				if want := float64(target[0] - target[2]); math.Abs(mean-want) > 1e-5 {
					t.Fatalf("%+v: target %v, but the image says %g", m, target, mean)
				}
			}
			for i, p := range targetA {
				if sum := p + targetB[i]; sum != []float32{1, 0, 1}[i] {
					t.Fatalf("%+v: class %d sums to %g", m, i, sum)
				}
			}
		}
	}
}

// Cutmix exchanges one rectangle of all bands.
func TestCutmixIsARectangle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const h, w = 9, 12
	for range 500 {
		a, b, targetA, targetB := pair(2, h, w)
		Mix{Cutmix: 1, CutmixAlpha: 1}.Apply(a, b, targetA, targetB, r)
		if !slices.Equal(a.Band(0), a.Band(1)) {
			t.Fatal("bands are cut in different places")
		}
		n, left, right, top, bottom := 0, w, -1, h, -1
		for i, v := range a.Band(0) {
			if b.Band(0)[i] != -v {
				t.Fatal("what one gave the other did not get")
			}
			if v < 0 {
				n, left, right, top, bottom = n+1, min(left, i%w), max(right, i%w), min(top, i/w), max(bottom, i/w)
			}
		}
		if n > 0 && n != (right-left+1)*(bottom-top+1) {
			t.Fatalf("%d pixels are exchanged, no rectangle", n)
		}
	}
}

// As many pairs are mixed in either way as was asked, and Beta(alpha, alpha) has
// the variance 1/(4(2 alpha + 1)).
func TestMixChances(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	m := Mix{Mixup: 0.3, MixupAlpha: 0.4, Cutmix: 0.2, CutmixAlpha: 1}
	const n = 10000
	var none, mixed, cut, square float64
	for range n {
		a, b, targetA, targetB := pair(1, 16, 16)
		m.Apply(a, b, targetA, targetB, r)
		switch {
		case targetA[0] == 1:
			none++
		case slices.Contains(a.Pixels, -1) || slices.Contains(a.Pixels, 1):
			cut++
		default:
			mixed++
			square += math.Pow(float64(targetA[0])-0.5, 2)
		}
	}
	// Rectangles of no pixel and weights of 0 are left out by chance.
	if math.Abs(none/n-0.5) > 0.03 || math.Abs(mixed/n-0.3) > 0.02 || math.Abs(cut/n-0.2) > 0.02 {
		t.Errorf("mixup %.3f, cutmix %.3f, neither %.3f", mixed/n, cut/n, none/n)
	}
	if got, want := square/mixed, 1/(4*(2*0.4+1)); math.Abs(got/want-1) > 0.05 {
		t.Errorf("the variance of the weights is %.4f, want %.4f", got, want)
	}
}

// What is not known of one is not known of a mixture, and stays known elsewhere.
func TestMixUnknown(t *testing.T) {
	nan := float32(math.NaN())
	r := rand.New(rand.NewPCG(7, 8))
	a, b, _, _ := pair(1, 4, 4)
	x, y := []float32{nan, 1, 0}, []float32{1, 0, nan}
	Mix{Mixup: 1, MixupAlpha: 1}.Apply(a, b, x, y, r)
	for _, target := range [][]float32{x, y} {
		if target[0] == target[0] || target[2] == target[2] || !(target[1] > 0 && target[1] < 1) {
			t.Errorf("the target is %v", target)
		}
	}
	z := []float32{nan, 1}
	blend(z, []float32{1, 0}, 0)
	if z[1] != 1 {
		t.Errorf("what is not mixed is %v", z)
	}
}

func TestMixIsDeterministic(t *testing.T) {
	m := Mix{Mixup: 0.4, MixupAlpha: 0.2, Cutmix: 0.4, CutmixAlpha: 1}
	one, two := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
	changed := 0
	for i := range 50 {
		a, b, x, y := pair(2, 6, 6)
		c, d, u, v := pair(2, 6, 6)
		m.Apply(a, b, x, y, one)
		m.Apply(c, d, u, v, two)
		if !slices.Equal(slices.Concat(a.Pixels, b.Pixels, x, y), slices.Concat(c.Pixels, d.Pixels, u, v)) {
			t.Fatalf("draw %d differs", i)
		}
		if x[0] != 1 {
			changed++
		}
	}
	if changed < 20 {
		t.Errorf("only %d of 50 pairs were mixed", changed)
	}
	// Without probabilities nothing is drawn.
	a, b, x, y := pair(1, 2, 2)
	Mix{MixupAlpha: 1}.Apply(a, b, x, y, nil)
	if x[0] != 1 || a.Pixels[0] != 1 {
		t.Error("nothing was asked for, and something was mixed")
	}
}
