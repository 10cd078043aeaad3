package patch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMiddle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		x := make([]float64, 1+r.IntN(40))
		for i := range x {
			x[i] = float64(r.IntN(20))
		}
		sorted := slices.Sorted(slices.Values(x))
		if got, want := middle(x), sorted[len(x)/2]; got != want {
			t.Fatalf("%g, want %g, of %v", got, want, sorted)
		}
	}
}

// The background and the noise of a Gaussian sky are found beside a source, undefined pixels and filled ones.
func TestNoiseOfAnImage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, 64*64)
	for i := range x {
		x[i] = float32(7 + 2*r.NormFloat64())
	}
	for i := range 100 {
		x[i] = 5000
		x[100+i] = float32(math.NaN())
	}
	background, sigma := Noise(x)
	for i := range 1500 {
		x[200+i] = float32(background)
	}
	filled, same := Noise(x)
	for _, got := range [][2]float64{{background, sigma}, {filled, same}} {
		if math.Abs(got[0]-7) > 0.15 || math.Abs(got[1]-2) > 0.15 {
			t.Errorf("background %.3f, sigma %.3f; want 7 and 2", got[0], got[1])
		}
	}
	for _, c := range []struct {
		x    []float32
		want [2]float64
	}{{nil, [2]float64{0, 1}}, {[]float32{float32(math.NaN())}, [2]float64{0, 1}}, {[]float32{3, 3}, [2]float64{3, 1}}} {
		if background, sigma := Noise(c.x); background != c.want[0] || sigma != c.want[1] {
			t.Errorf("%v: %g and %g, want %v", c.x, background, sigma, c.want)
		}
	}
}

// An image in other units, on another sky, is the same, and what is undefined is background.
func TestSNRKnowsNoUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	one, other := NewImage(2, 16, 16), NewImage(2, 16, 16)
	for i := range one.Pixels {
		one.Pixels[i] = float32(math.Exp(2 * r.NormFloat64()))
		other.Pixels[i] = 40*one.Pixels[i] + 300
	}
	one.Pixels[5], other.Pixels[5] = float32(math.NaN()), float32(math.NaN())
	s, err := FitStretch(SNR, Background, [][]float32{{1}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, im := range []Image{one, other} {
		if n, err := s.Fill(im); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		s.Apply(im)
		if im.Pixels[5] != 0 {
			t.Errorf("an undefined pixel becomes %g", im.Pixels[5])
		}
	}
	for i, v := range one.Pixels {
		if math.Abs(float64(v-other.Pixels[i])) > 1e-4 {
			t.Fatalf("pixel %d: %g and %g", i, v, other.Pixels[i])
		}
	}
}
