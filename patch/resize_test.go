package patch

import (
	"math"
	"slices"
	"testing"
)

func TestResizeAgainstTorchAndPillow(t *testing.T) {
	var cases []struct {
		From, To [2]int
		Pixels   []float32
		Results  []struct {
			Who       string
			Filter    Filter
			Antialias bool
			Want      []float64
		}
	}
	golden(t, "resize.json", &cases)
	for _, c := range cases {
		// Two bands, the second turned over, tell whether planes are kept apart.
		other := slices.Clone(c.Pixels)
		for i := range other {
			other[i] *= -1
		}
		im := Image{Shape: []int{2, c.From[0], c.From[1]}, Pixels: slices.Concat(c.Pixels, other)}
		for _, r := range c.Results {
			got := Resize(im, c.To[0], c.To[1], r.Filter, r.Antialias)
			if !slices.Equal(got.Shape, []int{2, c.To[0], c.To[1]}) {
				t.Fatalf("shape %v, want %v", got.Shape, c.To)
			}
			worst := 0.0
			for i, want := range r.Want {
				worst = max(worst, math.Abs(float64(got.Band(0)[i])-want), math.Abs(float64(got.Band(1)[i])+want))
			}
			if worst > 1e-6 || worst != worst {
				t.Errorf("%v to %v, %s of %s, antialias %v: off by %.2g", c.From, c.To, r.Filter, r.Who, r.Antialias, worst)
			}
		}
	}
}

func TestResizePartAgainstPillow(t *testing.T) {
	var cases []struct {
		From, To     [2]int
		Part         Part
		Filter       Filter
		Pixels, Want []float32
	}
	golden(t, "part.json", &cases)
	for _, c := range cases {
		im := Image{Shape: []int{1, c.From[0], c.From[1]}, Pixels: c.Pixels}
		for i, v := range ResizePart(im, c.Part, c.To[0], c.To[1], c.Filter, true).Pixels {
			if math.Abs(float64(v-c.Want[i])) > 2e-6 { // Pillow's sums are of float32
				t.Errorf("%+v of %v to %v, %s: pixel %d is %g, want %g", c.Part, c.From, c.To, c.Filter, i, v, c.Want[i])
			}
		}
	}
}

var filters = []Filter{Bilinear, Bicubic, Bicubic75}

func TestResizeKeepsConstant(t *testing.T) {
	im := NewImage(1, 9, 4)
	set(im.Pixels, 0.3)
	for _, f := range filters {
		for _, antialias := range []bool{false, true} {
			for _, size := range []int{1, 2, 5, 9, 40} {
				for i, v := range Resize(im, size, size, f, antialias).Pixels {
					if math.Abs(float64(v)-0.3) > 1e-7 {
						t.Fatalf("%s, antialias %v, to %d: pixel %d of a constant 0.3 is %g", f, antialias, size, i, v)
					}
				}
			}
		}
	}
}

func TestResizeToSameSizeIsIdentity(t *testing.T) {
	im := Image{Shape: []int{2, 3, 5}, Pixels: counting(30)}
	for _, f := range filters {
		if got := Resize(im, 3, 5, f, true); !slices.Equal(got.Pixels, im.Pixels) {
			t.Errorf("%s: %v", f, got.Pixels)
		}
	}
}

// An undefined pixel reaches as far as the kernel, and no further.
func TestResizeSpreadsNaN(t *testing.T) {
	im := NewImage(1, 16, 16)
	im.Pixels[8*16+8] = float32(math.NaN())
	got := Resize(im, 32, 32, Bilinear, false)
	n := 0
	for i, v := range got.Pixels {
		if v != v {
			n++
			if y, x := i/32, i%32; y < 15 || y > 18 || x < 15 || x > 18 {
				t.Errorf("pixel (%d, %d) is undefined", x, y)
			}
		}
	}
	if n != 16 {
		t.Errorf("%d pixels are undefined, want 16", n)
	}
}

func BenchmarkResize(b *testing.B) {
	im := NewImage(3, 128, 128)
	for b.Loop() {
		Resize(im, 64, 64, Bilinear, true)
	}
}
