package patch

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// pixelSample is make_stretch.py's function sample: noise about 10 of sigma 1
// and, of some pixels, a source.
func pixelSample(kind string, n int) []float32 {
	state := uint64(n)
	uniform := func() float64 {
		state = (state*1103515245 + 12345) % (1 << 31)
		return float64(state) / (1 << 31)
	}
	tail := map[string]int{"field": 10, "crowded": 2, "steps": 10}[kind]
	x := make([]float32, n)
	for i := range x {
		sum := 0.0
		for range 12 {
			sum += uniform()
		}
		v := 10 + sum - 6
		if tail > 0 && i%tail == 0 {
			v += 1 / (uniform() + 0.001)
		}
		if kind == "steps" {
			v = math.Floor(v)
		}
		x[i] = float32(v)
	}
	return x
}

type stretchGolden struct {
	ZScale []struct {
		Kind      string
		N         int
		Low, High float64
	}
	Curves struct {
		Low, High, Soft float64
		Asinh, Log      []float64
	}
	Lupton struct {
		Minimum    []float64
		Stretch, Q float64
		RGB        [3][]float64
	}
}

func TestZScaleAgainstAstropy(t *testing.T) {
	var g stretchGolden
	golden(t, "stretch.json", &g)
	for _, c := range g.ZScale {
		x := pixelSample(c.Kind, c.N)
		low, high := zscale(finite(x))
		tolerance := 1e-6 * (1 + math.Abs(c.High-c.Low))
		if math.Abs(low-c.Low) > tolerance || math.Abs(high-c.High) > tolerance {
			t.Errorf("%s of %d: %g..%g, want %g..%g", c.Kind, c.N, low, high, c.Low, c.High)
		}
	}
}

func TestCurvesAgainstAstropy(t *testing.T) {
	var g stretchGolden
	golden(t, "stretch.json", &g)
	c := g.Curves
	for kind, want := range map[string][]float64{Asinh: c.Asinh, Log: c.Log} {
		s := Stretch{Kind: kind, NaN: Zero, Low: []float64{c.Low}, High: []float64{c.High}}
		if kind == Asinh {
			s.Soft = []float64{c.Soft}
		}
		if err := s.Validate(1); err != nil {
			t.Fatal(err)
		}
		im := Image{Shape: []int{1, 10, 20}, Pixels: pixelSample("field", 200)}
		s.Apply(im)
		for i, v := range im.Pixels {
			if math.Abs(float64(v)-want[i]) > 1e-6 {
				t.Fatalf("%s: pixel %d is %g, want %g", kind, i, v, want[i])
			}
		}
	}
}

// make_lupton_rgb gives whole numbers, cut off below.
func TestLuptonAgainstAstropy(t *testing.T) {
	var g stretchGolden
	golden(t, "stretch.json", &g)
	s := Stretch{Kind: Lupton, NaN: Zero, Low: g.Lupton.Minimum, Soft: []float64{g.Lupton.Stretch}, Q: g.Lupton.Q}
	if err := s.Validate(3); err != nil {
		t.Fatal(err)
	}
	im := Image{Shape: []int{3, 10, 10}, Pixels: pixelSample("crowded", 300)}
	s.Apply(im)
	clipped := 0
	for c := range 3 {
		for i, v := range im.Band(c) {
			if got, want := 255*float64(v), g.Lupton.RGB[c][i]; got < want-1e-4 || got > want+1+1e-4 {
				t.Errorf("band %d, pixel %d is %g, want %g", c, i, got, want)
			}
			if v == 1 {
				clipped++
			}
		}
	}
	if clipped == 0 {
		t.Error("no pixel was clipped: the sample does not try that")
	}
}

func TestLuptonKeepsColour(t *testing.T) {
	s, err := FitStretch(Lupton, Zero, [][]float32{pixelSample("field", 4000), pixelSample("field", 4001), pixelSample("noise", 4002)})
	if err != nil {
		t.Fatal(err)
	}
	for _, bright := range []float64{0.5, 3, 50, 1e4, 1e30} {
		im := NewImage(3, 1, 1)
		for c, share := range []float64{1, 0.5, 0.25} {
			im.Pixels[c] = float32(s.Low[c] + share*bright)
		}
		s.Apply(im)
		r, g, b := float64(im.Pixels[0]), float64(im.Pixels[1]), float64(im.Pixels[2])
		if !(r > 0 && r <= 1) || math.Abs(g/r-0.5) > 1e-4 || math.Abs(b/r-0.25) > 1e-4 {
			t.Errorf("colour 1 : 0.5 : 0.25 of brightness %g became %g, %g, %g", bright, r, g, b)
		}
	}
}

func TestFitStretch(t *testing.T) {
	// 1001 values 0..1000 in an order that is not theirs, with undefined ones
	// between: median 500, MAD 250, percentiles p/100·1000.
	var x []float32
	for i := range 1001 {
		x = append(x, float32(i*8%1001), float32(math.NaN()), float32(math.Inf(1-i%2*2)))
	}
	soft := 3 * 1.4826 * 250
	for _, c := range []struct {
		kind            string
		low, high, soft float64
	}{
		{Linear, 1, 999, 0},
		{Percentile, 5, 995, 0},
		{Log, 5, 995, 0},
		{Asinh, 500, 995, soft},
		{ZScale, 0, 1000, 0},
	} {
		s, err := FitStretch(c.kind, Background, [][]float32{x, x})
		if err != nil {
			t.Fatal(err)
		}
		near := func(got []float64, want float64) bool {
			return len(got) == 2 && got[0] == got[1] && math.Abs(got[0]-want) < 1e-9*(1+want)
		}
		if !near(s.Low, c.low) && c.kind != ZScale || !near(s.High, c.high) && c.kind != ZScale || c.soft > 0 && !near(s.Soft, c.soft) || !near(s.Background, 500) {
			t.Errorf("%s: low %v, high %v, soft %v, background %v; want %g, %g, %g, 500", c.kind, s.Low, s.High, s.Soft, s.Background, c.low, c.high, c.soft)
		}
		// Low becomes 0, high 1.
		im := NewImage(2, 1, 2)
		im.Pixels[0], im.Pixels[1] = float32(s.Low[0]), float32(s.High[0])
		s.Apply(im)
		if math.Abs(float64(im.Pixels[0])) > 1e-6 || math.Abs(float64(im.Pixels[1])-1) > 1e-6 {
			t.Errorf("%s maps its low and high to %v", c.kind, im.Pixels[:2])
		}
	}
	s, err := FitStretch(None, Reject, [][]float32{x})
	if err != nil || !reflect.DeepEqual(s, Stretch{Kind: None, NaN: Reject}) {
		t.Errorf("none: %+v, %v", s, err)
	}
}

// Lupton's curve, fitted, is the one of asinh with the mean band's numbers.
func TestFitLupton(t *testing.T) {
	sample := [][]float32{pixelSample("field", 5000), pixelSample("field", 5000), pixelSample("field", 5000)}
	l, err := FitStretch(Lupton, Zero, sample)
	if err != nil {
		t.Fatal(err)
	}
	a, err := FitStretch(Asinh, Zero, sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, above := range []float64{0.1, 1, 10, a.High[0] - a.Low[0]} {
		im := NewImage(3, 1, 1)
		set(im.Pixels, float32(a.Low[0]+above))
		grey := Image{Shape: im.Shape, Pixels: slices.Clone(im.Pixels)}
		l.Apply(im)
		a.Apply(grey)
		for c := range 3 {
			if math.Abs(float64(im.Pixels[c]-grey.Pixels[c])) > 1e-5 {
				t.Errorf("%g above the background: band %d is %g by lupton, %g by asinh", above, c, im.Pixels[c], grey.Pixels[c])
			}
		}
	}
}

// Whatever a band is like, what is fitted on it maps its pixels to numbers.
func TestFitStretchIsRobust(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	repeat := func(n int, v ...float32) []float32 { return slices.Repeat(v, n) }
	noise := make([]float32, 1000)
	for i := range noise {
		noise[i] = float32(r.NormFloat64())
	}
	for name, x := range map[string][]float32{
		"nothing":            nil,
		"only undefined":     repeat(50, nan, inf, -inf),
		"zeros":              repeat(100, 0),
		"a constant":         repeat(100, -7.5),
		"a large constant":   repeat(100, 3e38),
		"one pixel":          {3},
		"two pixels":         {3, 4},
		"mostly zero":        append(repeat(10000, 0), 255),
		"two values":         repeat(50, 1, 2),
		"the largest values": repeat(50, math.MaxFloat32, -math.MaxFloat32),
		"the least values":   append(repeat(50, 0), repeat(50, math.SmallestNonzeroFloat32)...),
		"noise with holes":   append(slices.Clone(noise), repeat(5000, nan)...),
		"mask of -99":        append(slices.Clone(noise), repeat(700, -99)...),
		"noise on a step":    {1e8, 1e8 + 8, 1e8 + 16, 1e8, 1e8, 1e8},
	} {
		for _, kind := range Stretches {
			sample := [][]float32{x, noise, x}
			s, err := FitStretch(kind, Background, sample)
			if err != nil {
				t.Errorf("%s of %s: %v", kind, name, err)
				continue
			}
			im := NewImage(3, 1, len(x)+1)
			for c := range 3 {
				copy(im.Band(c), x)
			}
			s.Fill(im)
			s.Apply(im)
			for i, v := range im.Pixels {
				if v-v != 0 {
					t.Errorf("%s of %s: pixel %d became %g (%+v)", kind, name, i, v, s)
					break
				}
			}
		}
	}
}

// The wanted number of bands, kinds and policies; the rest is a user's mistake.
func TestFitStretchRefuses(t *testing.T) {
	x := []float32{1, 2, 3}
	for _, c := range []struct {
		kind, nan string
		bands     int
		want      string
	}{
		{"cubic", Zero, 1, `no stretch "cubic"`},
		{Asinh, "ignore", 1, `no policy "ignore"`},
		{Lupton, Zero, 2, "3 bands, not 2"},
	} {
		if _, err := FitStretch(c.kind, c.nan, slices.Repeat([][]float32{x}, c.bands)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestStretchValidate(t *testing.T) {
	one := []float64{1}
	for _, c := range []struct {
		s    Stretch
		want string
	}{
		{Stretch{Kind: Linear, NaN: Zero, Low: []float64{0}, High: one}, ""},
		{Stretch{Kind: Linear, NaN: Zero, High: one}, `0 values of "low"`},
		{Stretch{Kind: Linear, NaN: Zero, Low: []float64{0, 0}, High: one}, `2 values of "low"`},
		{Stretch{Kind: Linear, NaN: Background, Low: []float64{0}, High: one}, `0 values of "background"`},
		{Stretch{Kind: Linear, NaN: Zero, Low: one, High: one}, "not above low"},
		{Stretch{Kind: Linear, NaN: Zero, Low: []float64{math.NaN()}, High: one}, "NaN"},
		{Stretch{Kind: Linear, NaN: Zero, Low: []float64{-math.MaxFloat64}, High: []float64{math.MaxFloat64}}, "out of range"},
		{Stretch{Kind: Linear, NaN: Zero, Low: []float64{0}, High: []float64{5e-324}}, "not above low"},
		{Stretch{Kind: Asinh, NaN: Zero, Low: []float64{0}, High: one}, `0 values of "soft"`},
		{Stretch{Kind: Asinh, NaN: Zero, Low: []float64{0}, High: one, Soft: []float64{0}}, "above 0"},
		{Stretch{Kind: Asinh, NaN: Zero, Low: []float64{0}, High: one, Soft: []float64{1e200}}, "range"},
		{Stretch{Kind: Lupton, NaN: Zero, Low: []float64{0}, Soft: one, Q: 1}, "3 bands"},
		{Stretch{Kind: None, NaN: ""}, "no policy"},
		{Stretch{}, "no stretch"},
	} {
		err := c.s.Validate(1)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%+v: %v, want %q", c.s, err, c.want)
		}
	}
}

func TestStretchSurvivesJSON(t *testing.T) {
	sample := [][]float32{pixelSample("field", 999), pixelSample("crowded", 999), pixelSample("noise", 999)}
	for _, kind := range Stretches {
		for _, nan := range []string{Background, Zero, Reject} {
			want, err := FitStretch(kind, nan, sample)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got Stretch
			if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s came back as %+v (%v), was %+v", text, got, err, want)
			}
		}
	}
}

func TestFill(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, c := range []struct {
		policy string
		want   []float32
		err    error
	}{
		{Background, []float32{1, 5, 5, 7}, nil},
		{Zero, []float32{1, 0, 5, 0}, nil},
		{Reject, nil, ErrUndefined},
	} {
		im := Image{Shape: []int{2, 1, 2}, Pixels: []float32{1, nan, 5, inf}}
		s := Stretch{Kind: None, NaN: c.policy}
		if c.policy == Background {
			s.Background = []float64{5, 7}
		}
		n, err := s.Fill(im)
		if n != 2 || !errors.Is(err, c.err) {
			t.Errorf("%s: %d undefined, %v", c.policy, n, err)
		}
		if err == nil && !slices.Equal(im.Pixels, c.want) {
			t.Errorf("%s: %v, want %v", c.policy, im.Pixels, c.want)
		}
	}
}
