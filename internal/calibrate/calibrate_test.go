package calibrate

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/vit"
)

// golden is testdata/calibrate.json, written by testdata/make_calibrate.py.
type golden struct {
	Classes []struct {
		Case            string
		N               int
		Logits, Targets []float32
		Shift           []float64
		Temperature     float64
		Before, After   float64
	}
	Labels struct {
		Logits      []float32
		Targets     []*float32
		Temperature float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/calibrate.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

func TestClassesAgainstTorch(t *testing.T) {
	for _, c := range readGolden(t).Classes {
		got := Classes(c.Logits, c.Targets, c.N, c.Shift)
		if !near(got.Temperature, c.Temperature, 1e-6) || !slices.Equal(got.PriorShift, c.Shift) {
			t.Errorf("%s: %+v, want temperature %v and shift %v", c.Case, got, c.Temperature, c.Shift)
		}
		loss := vit.CrossEntropy{Weights: slices.Repeat([]float64{1}, c.N)}
		for _, stage := range []struct {
			of   Calibration
			want float64
		}{{Calibration{PriorShift: c.Shift}, c.Before}, {got, c.After}} {
			var logits []float32
			for row := range slices.Chunk(c.Logits, c.N) {
				logits = append(logits, stage.of.Logits(row)...)
			}
			if mean := loss.Gradient(nil, logits, c.Targets, 1) / loss.Weight(c.Targets); !near(mean, stage.want, 1e-5) {
				t.Errorf("%s: %+v has a loss of %v, want %v", c.Case, stage.of, mean, stage.want)
			}
		}
	}
}

func TestLabelsAgainstTorch(t *testing.T) {
	g := readGolden(t).Labels
	targets := make([]float32, len(g.Targets))
	for i, y := range g.Targets {
		targets[i] = float32(math.NaN())
		if y != nil {
			targets[i] = *y
		}
	}
	if got := Labels(g.Logits, targets); !near(got.Temperature, g.Temperature, 1e-6) {
		t.Errorf("%+v, want temperature %v", got, g.Temperature)
	}
}

// A model that knows nothing, or the opposite, gets a temperature that does no harm.
func TestDegenerateLogits(t *testing.T) {
	targets := []float32{1, 0, 0, 1}
	for name, c := range map[string]struct {
		logits []float32
		lo, hi float64
	}{
		"nothing":      {[]float32{0, 0, 0, 0}, 1, 1},
		"all the same": {[]float32{3, 3, -2, -2}, 1, 1},
		"the opposite": {[]float32{-1, 1, 1, -1}, 999, 1001},
		"barely":       {[]float32{1e-5, 0, 0, 1e-5}, 1e-3, 2e-3},
		"huge":         {[]float32{1e30, 0, 0, 1e30}, 1, 1},
	} {
		got := Classes(c.logits, targets, 2, nil)
		if !(got.Temperature >= c.lo*(1-1e-9) && got.Temperature <= c.hi*(1+1e-9)) {
			t.Errorf("%s: %v, want %g to %g", name, got.Temperature, c.lo, c.hi)
		}
		if err := got.Validate(2); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	unknown := float32(math.NaN())
	if got := Labels([]float32{1, -1}, []float32{unknown, unknown}); got.Temperature != 1 {
		t.Errorf("no label is known: %v, want 1", got)
	}
}

// Errors twice as large as they should be halve nothing but the likelihood.
func TestColumns(t *testing.T) {
	nan := math.NaN()
	means := []float64{1, 5, 0, 2, 5, 0, 3, 5, 0}
	sigmas := []float64{0.5, 1, 1, 1, 1, 1, 2, 1, 1}
	y := []float64{2, 5, nan, nan, 5, nan, 7, 5, nan} // off by 2 sigmas twice; exact; unknown
	got := Columns(means, sigmas, y, 3)
	if want := []float64{2, 1, 1}; !slices.Equal(got.SigmaScale, want) {
		t.Errorf("%v, want %v", got.SigmaScale, want)
	}
	if s := got.Sigma(0, 0.5); s != 1 {
		t.Errorf("sigma %v, want 1", s)
	}
}

func TestNothingChangesNothing(t *testing.T) {
	logits := []float32{1.5, -2, 0}
	if got := (Calibration{}).Logits(logits); !slices.Equal(got, logits) {
		t.Errorf("%v, want %v", got, logits)
	}
	if s := (Calibration{}).Sigma(1, 0.25); s != 0.25 {
		t.Errorf("sigma %v, want 0.25", s)
	}
	if got := (Calibration{Temperature: 2, PriorShift: []float64{0, 1, -1}}).Logits(logits); !slices.Equal(got, []float32{0.75, 0, -1}) {
		t.Errorf("%v, want the halves, shifted", got)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		of   Calibration
		want string
	}{
		{Calibration{Temperature: -1}, "temperature is -1"},
		{Calibration{Temperature: math.Inf(1)}, "temperature is +Inf"},
		{Calibration{PriorShift: []float64{0}}, "prior_shift has 1 numbers; the model has 2"},
		{Calibration{SigmaScale: []float64{1, 1, 1}}, "sigma_scale has 3 numbers"},
		{Calibration{SigmaScale: []float64{1, 0}}, "sigma_scale has 0"},
		{Calibration{Prior: []float64{1}}, "prior has 1 numbers"},
		{Calibration{Prior: []float64{1, 0}}, "prior has 1; it must be between"},
	} {
		if err := c.of.Validate(2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", c.of, err, c.want)
		}
	}
	if err := (Calibration{Temperature: 0.5, PriorShift: []float64{1, -1}, SigmaScale: []float64{2, 3}}).Validate(2); err != nil {
		t.Error(err)
	}
}

// Bayes: the odds of two classes change as those of their fractions do; what is not named keeps its proportion.
func TestWithPrior(t *testing.T) {
	nan := math.NaN()
	c := Calibration{Temperature: 2, PriorShift: []float64{1, 0, -1}, Prior: []float64{0.4, 0.4, 0.2}}
	logits := []float32{3, -1, 0.5}
	for _, c2 := range []struct{ prior, want []float64 }{
		{[]float64{0.001, nan, nan}, []float64{0.001, 0.666, 0.333}},
		{[]float64{0.1, 0.7, 0.2}, []float64{0.1, 0.7, 0.2}},
		{[]float64{nan, nan, nan}, c.Prior},
	} {
		got, err := c.WithPrior(c2.prior)
		if err != nil {
			t.Fatal(err)
		}
		before, after := c.Logits(logits), got.Logits(logits)
		for i, want := range c2.want {
			if math.Abs(got.Prior[i]-want) > 1e-12 {
				t.Errorf("prior %v, want %v", got.Prior, c2.want)
			}
			odds := float64(after[i]-after[0]) - float64(before[i]-before[0])
			if want := math.Log(c2.want[i] / c2.want[0] * c.Prior[0] / c.Prior[i]); math.Abs(odds-want) > 1e-5 {
				t.Errorf("%v: class %d gains %g over the first, want %g", c2.prior, i, odds, want)
			}
		}
	}
	if !slices.Equal(c.PriorShift, []float64{1, 0, -1}) || !slices.Equal(c.Prior, []float64{0.4, 0.4, 0.2}) {
		t.Errorf("the calibration itself has changed: %+v", c)
	}
	for _, r := range []struct {
		c     Calibration
		prior []float64
		want  string
	}{
		{Calibration{}, []float64{0.5, nan, nan}, "does not say how frequent"},
		{c, []float64{0, nan, nan}, "a fraction is 0"},
		{c, []float64{0.5, 0.5, nan}, "add up to 1"},
		{c, []float64{0.5, 0.4, 0.2}, "add up to 1.1"},
	} {
		if _, err := r.c.WithPrior(r.prior); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%v: %v, want an error with %q", r.prior, err, r.want)
		}
	}
}
