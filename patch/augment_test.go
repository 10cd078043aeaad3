package patch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Over many draws every variation that is asked for turns up, and no other: of
// whole pixels nothing is interpolated.
func TestAugmentReachesAll(t *testing.T) {
	square := Image{Shape: []int{1, 3, 3}, Pixels: counting(9)}
	oblong := Image{Shape: []int{1, 2, 3}, Pixels: counting(6)}
	for _, c := range []struct {
		name string
		a    Augment
		im   Image
		want int
	}{
		{"nothing", Augment{}, square, 1},
		{"no turns", Augment{Rotate: NoTurn}, square, 1},
		{"flips", Augment{Flip: true}, square, 2},
		{"turns", Augment{Rotate: QuarterTurns}, square, 4},
		{"the dihedral group", Augment{Flip: true, Rotate: QuarterTurns}, square, 8},
		{"half turns", Augment{Rotate: QuarterTurns}, oblong, 2},
		{"the oblong's group", Augment{Flip: true, Rotate: QuarterTurns}, oblong, 4},
		{"shifts", Augment{Shift: 1}, square, 9},
		{"all", Augment{Flip: true, Rotate: QuarterTurns, Shift: 1}, square, 8 * 9},
		{"what interpolates nothing", Augment{Flip: true, Rotate: AnyAngle, Zoom: 0.2, Shift: 1, Exact: 1}, square, 8 * 9},
		{"no zoom", Augment{Zoom: 0.2, Exact: 1}, square, 1},
	} {
		r := rand.New(rand.NewPCG(11, 12))
		seen := map[string]bool{}
		dst := NewImage(c.im.Shape...)
		for range 4000 {
			c.a.Apply(dst, c.im, new(Scratch), r)
			seen[fmt.Sprint(dst.Pixels)] = true
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d variations, want %d", c.name, len(seen), c.want)
		}
	}
}

// The geometries drawn are spread as the fields say.
func TestPosesDrawn(t *testing.T) {
	a := Augment{Flip: true, Rotate: AnyAngle, Shift: 3, Zoom: 0.25}
	r := rand.New(rand.NewPCG(3, 4))
	const n = 20000
	var u [4][]float64 // each should be uniform from 0 to 1
	flips := 0
	for range n {
		p := a.pose(true, r)
		if p.flip {
			flips++
		}
		for i, v := range []float64{p.angle / (2 * math.Pi), p.dx/6 + 0.5, p.dy/6 + 0.5, math.Log(p.zoom)/(2*math.Log(1.25)) + 0.5} {
			u[i] = append(u[i], v)
		}
	}
	if math.Abs(float64(flips)/n-0.5) > 0.02 {
		t.Errorf("%d of %d are flipped", flips, n)
	}
	for i, name := range []string{"angle", "dx", "dy", "zoom"} {
		if d := fromUniform(u[i]); d > 1.95/math.Sqrt(n) { // 0.1 %
			t.Errorf("%s: Kolmogorov-Smirnov distance %.4f from a uniform distribution", name, d)
		}
	}
}

// Half of the draws interpolate, if half are to be exact.
func TestExact(t *testing.T) {
	a := Augment{Rotate: AnyAngle, Zoom: 0.2, Exact: 0.5}
	r := rand.New(rand.NewPCG(9, 10))
	const n = 10000
	whole := 0
	for range n {
		if p := a.pose(true, r); p.zoom == 1 && math.Mod(p.angle, math.Pi/2) == 0 {
			whole++
		}
	}
	if math.Abs(float64(whole)/n-0.5) > 0.02 {
		t.Errorf("%d of %d are exact", whole, n)
	}
}

// fromUniform is the Kolmogorov-Smirnov distance of x from a uniform distribution over 0 to 1.
func fromUniform(x []float64) float64 {
	slices.Sort(x)
	d, n := 0.0, float64(len(x))
	for i, v := range x {
		d = max(d, math.Abs(v-float64(i)/n), math.Abs(v-float64(i+1)/n))
	}
	return d
}

// Noise has no mean, no correlation, a level that is uniform, and is Gaussian.
func TestNoise(t *testing.T) {
	a := Augment{Noise: 0.5}
	r := rand.New(rand.NewPCG(5, 6))
	src, dst := NewImage(2, 64, 64), NewImage(2, 64, 64)
	set(src.Pixels, 3)
	var levels []float64
	for range 2000 {
		a.Apply(dst, src, nil, r)
		var mean, square, fourth, next float64
		for i, v := range dst.Pixels {
			d := float64(v) - 3
			mean, square, fourth = mean+d, square+d*d, fourth+d*d*d*d
			if i > 0 {
				next += d * (float64(dst.Pixels[i-1]) - 3)
			}
		}
		n := float64(len(dst.Pixels))
		mean, square, fourth, next = mean/n, square/n, fourth/n, next/n
		sigma := math.Sqrt(square)
		if math.Abs(mean) > 5*sigma/math.Sqrt(n) || math.Abs(next) > 5*square/math.Sqrt(n) || math.Abs(fourth/square/square-3) > 5*math.Sqrt(96/n) {
			t.Fatalf("sigma %.3g: mean %.3g, covariance of neighbours %.3g, kurtosis %.3g", sigma, mean, next, fourth/square/square)
		}
		levels = append(levels, sigma/0.5)
	}
	if d := fromUniform(levels); d > 1.95/math.Sqrt(float64(len(levels)))+0.01 {
		t.Errorf("levels are %.3f from a uniform distribution", d)
	}
}

// Erased is one rectangle of all bands, as often and as large as the paper says.
func TestErase(t *testing.T) {
	a := Augment{Erase: 0.3}
	r := rand.New(rand.NewPCG(7, 8))
	const side, draws = 40, 5000
	src, dst := NewImage(2, side, side), NewImage(2, side, side)
	set(src.Pixels, 1)
	erased, tall := 0, 0
	var hits [side * side]int
	for range draws {
		a.Apply(dst, src, nil, r)
		if !slices.Equal(dst.Band(0), dst.Band(1)) {
			t.Fatal("bands are erased in different places")
		}
		n, left, right, top, bottom := 0, side, -1, side, -1
		for i, v := range dst.Band(0) {
			if v == 0 {
				x, y := i%side, i/side
				n, left, right, top, bottom = n+1, min(left, x), max(right, x), min(top, y), max(bottom, y)
				hits[i]++
			} else if v != 1 {
				t.Fatalf("a pixel of 1 is %g", v)
			}
		}
		if n == 0 {
			continue
		}
		erased++
		width, height := right-left+1, bottom-top+1
		if n != width*height {
			t.Fatalf("%d pixels are erased of %d x %d", n, width, height)
		}
		area, aspect := float64(n)/(side*side), float64(height)/float64(width)
		if area < 0.015 || area > 0.42 || aspect < 0.25 || aspect > 4 {
			t.Errorf("%d x %d pixels are erased", width, height)
		}
		if height > width {
			tall++
		}
	}
	if p := float64(erased) / draws; math.Abs(p-0.3) > 0.03 {
		t.Errorf("%.3f of the images are erased, want 0.3", p)
	}
	if p := float64(tall) / float64(erased); p < 0.42 || p > 0.55 { // squares are neither
		t.Errorf("%.3f of the rectangles are tall", p)
	}
	if slices.Min(hits[:]) == 0 {
		t.Error("some pixels are never erased")
	}
}

// everything asks for all there is.
var everything = Augment{Flip: true, Rotate: AnyAngle, Shift: 4, Zoom: 0.2, Exact: 0.3, Blur: 1.5, Noise: 0.2, Erase: 0.5}

// The same state of a generator gives the same variation, whatever the memory
// held before; another gives another.
func TestAugmentIsDeterministic(t *testing.T) {
	im := Image{Shape: []int{3, 8, 8}, Pixels: counting(192)}
	for _, a := range []Augment{{Flip: true, Rotate: QuarterTurns, Shift: 2}, everything} {
		one, two := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
		x, y := NewImage(3, 8, 8), NewImage(3, 8, 8)
		var used Scratch
		last := slices.Clone(x.Pixels)
		changes := 0
		for i := range 50 {
			a.Apply(x, im, &used, one)
			a.Apply(y, im, new(Scratch), two)
			if !slices.Equal(x.Pixels, y.Pixels) {
				t.Fatalf("%+v: draw %d differs", a, i)
			}
			if !slices.Equal(x.Pixels, last) {
				changes++
			}
			copy(last, x.Pixels)
		}
		if changes < 45 {
			t.Errorf("%+v: only %d of 50 draws are new", a, changes)
		}
		if !slices.Equal(im.Pixels, counting(192)) {
			t.Fatalf("%+v: the source was changed", a)
		}
	}
}

func TestAugmentDoesNotAllocate(t *testing.T) {
	im, dst := NewImage(3, 70, 70), NewImage(3, 64, 64)
	r := rand.New(rand.NewPCG(1, 1))
	var s Scratch
	s.blur(dst, everything.Blur) // the most memory that it will need
	if n := testing.AllocsPerRun(200, func() { everything.Apply(dst, im, &s, r) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkAugment(b *testing.B) {
	for _, c := range []struct {
		name string
		a    Augment
	}{
		{"quarter", Augment{Flip: true, Rotate: QuarterTurns, Shift: 4}},
		{"any", Augment{Flip: true, Rotate: AnyAngle, Shift: 4, Zoom: 0.1}},
		{"blur", Augment{Blur: 1}},
		{"noise", Augment{Noise: 0.1}},
		{"all", everything},
	} {
		b.Run(c.name, func(b *testing.B) {
			dst, src := NewImage(3, 64, 64), NewImage(3, 64, 64)
			r := rand.New(rand.NewPCG(1, 2))
			var s Scratch
			b.ReportAllocs()
			for b.Loop() {
				c.a.Apply(dst, src, &s, r)
			}
		})
	}
}
