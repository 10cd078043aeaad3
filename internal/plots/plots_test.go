package plots

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/metrics"
	"gonum.org/v1/plot/vg"
)

var samples = flag.String("samples", "", "also write the test figures into this folder, to be looked at")

var nan = math.NaN()

// decay is a made-up history of n epochs from a to b.
func decay(r *rand.Rand, n int, a, b, noise float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = b + (a-b)*math.Exp(-4*float64(i)/float64(n)) + noise*r.NormFloat64()
	}
	return x
}

// predictions are probabilities [n, len(classes)] with some skill, and labels
// of which the absent class has none.
func predictions(r *rand.Rand, n, classes, absent int) (p []float64, labels []int) {
	for range n {
		label := r.IntN(classes)
		for label == absent {
			label = r.IntN(classes)
		}
		sum, row := 0.0, make([]float64, classes)
		for c := range row {
			row[c] = math.Exp(1.3 * r.NormFloat64())
			if c == label {
				row[c] *= 9
			}
			sum += row[c]
		}
		for c := range row {
			p = append(p, row[c]/sum)
		}
		labels = append(labels, label)
	}
	return p, labels
}

var galaxies = []string{"Disturbed", "Merging", "Round Smooth", "In-between Round Smooth", "Cigar Shaped Smooth", "Barred Spiral",
	"Unbarred Tight Spiral", "Unbarred Loose Spiral", "Edge-on without Bulge", "Edge-on with a Bulge seen from the Side"}

func names(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("class %d", i)
	}
	return s
}

type figureCase struct {
	name string
	draw func(io.Writer) error
}

func curveCases(r *rand.Rand) []figureCase {
	loss, accuracy := "Cross-entropy (nats)", "Accuracy"
	gap := decay(r, 100, 1.4, 0.3, 0.02)
	gap[20], gap[40], gap[41], gap[43] = nan, nan, nan, math.Inf(1)
	both := func(n int) []Panel {
		return []Panel{
			{loss, decay(r, n, 1.5, 0.1, 0.01), decay(r, n, 1.4, 0.3, 0.02)},
			{accuracy, decay(r, n, 0.3, 0.97, 0.005), decay(r, n, 0.35, 0.92, 0.01)},
		}
	}
	curves := func(best int, panels ...Panel) func(io.Writer) error {
		return func(w io.Writer) error { return Curves(w, best, panels...) }
	}
	return []figureCase{
		{"curves-100", curves(73, both(100)...)},
		{"curves-1", curves(1, both(1)...)},
		{"curves-3", curves(2, both(3)...)},
		{"curves-nan", curves(90, Panel{loss, decay(r, 100, 1.5, 0.1, 0.01), gap})},
		{"curves-all-nan", curves(0, Panel{loss, []float64{nan, nan}, nil})},
		{"curves-empty", curves(0, Panel{Title: loss}, Panel{Title: accuracy})},
		{"curves-three-panels", curves(12, append(both(12), Panel{"Learning rate", decay(r, 12, 1e-3, 0, 0), nil})...)},
	}
}

func classCases(t *testing.T, r *rand.Rand) []figureCase {
	var cases []figureCase
	for _, c := range []struct {
		name    string
		rows    int
		absent  int
		classes []string
	}{
		{"2", 400, -1, []string{"FRI", "FRII"}},
		{"4", 3000, -1, []string{"elliptical", "spiral", "edge-on", "merger"}},
		{"4-absent", 200, 2, []string{"lens", "galaxy", "quasar", "empty"}},
		{"10", 20000, -1, galaxies},
		{"40", 4000, -1, names(40)},
		{"1", 10, -1, []string{"only"}},
		{"none", 0, -1, []string{"a", "b"}},
	} {
		p, labels := predictions(r, c.rows, len(c.classes), c.absent)
		report, err := metrics.Classification(p, labels, c.classes, metrics.Bootstrap{})
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases,
			figureCase{"confusion-" + c.name, func(w io.Writer) error { return ConfusionMatrix(w, "test, 60 images", c.classes, report.Confusion) }},
			figureCase{"roc-" + c.name, func(w io.Writer) error { return ROC(w, "test, 60 images", report.Curves) }},
			figureCase{"roc-log-" + c.name, func(w io.Writer) error { return LowFPR(w, "test, 60 images", report.Curves) }},
			figureCase{"pr-" + c.name, func(w io.Writer) error { return PurityCompleteness(w, "test, 60 images", report.Curves) }},
			figureCase{"reliability-" + c.name, func(w io.Writer) error {
				return Reliability(w, "test, 60 images", "Largest probability", report.Reliability)
			}},
			figureCase{"class-reliability-" + c.name, func(w io.Writer) error {
				return ClassReliability(w, "test, 60 images", c.classes, report.ClassReliability)
			}})
	}
	return append(cases, figureCase{"roc-empty", func(w io.Writer) error { return ROC(w, "", nil) }}, figureCase{"roc-log-empty", func(w io.Writer) error { return LowFPR(w, "", nil) }})
}

func regressionCases(r *rand.Rand) []figureCase {
	var cases []figureCase
	for _, n := range []int{0, 1, 120, 20000} {
		s := Scatter{Name: "effective radius (arcsec)"}
		for range n {
			y, sigma := 2+r.ExpFloat64(), 0.1+0.2*r.Float64()
			s.True = append(s.True, y)
			s.Predicted = append(s.Predicted, y+sigma*r.NormFloat64())
			s.Sigma = append(s.Sigma, sigma)
		}
		cases = append(cases, figureCase{fmt.Sprintf("regression-%d", n), func(w io.Writer) error { return Regression(w, "test, 60 images", s) }})
	}
	constant := Scatter{Name: "z", True: []float64{0, 0, nan}, Predicted: []float64{0, 0, 1}, Sigma: []float64{nan, 1e9, 1}}
	return append(cases, figureCase{"regression-constant", func(w io.Writer) error { return Regression(w, "", constant) }})
}

func galleryCases() []figureCase {
	var cases []figureCase
	for _, c := range []struct{ n, side int }{{8, 64}, {2, 16}, {8, 224}} {
		row := Row{Title: "pictures"}
		for range c.n {
			row.Pictures = append(row.Pictures, image.NewGray(image.Rect(0, 0, c.side, c.side)))
		}
		cases = append(cases, figureCase{fmt.Sprintf("gallery-%d-%d", c.n, c.side), func(w io.Writer) error { return Gallery(w, []Row{row, row, row}) }})
	}
	return cases
}

// Every figure, of healthy and of degenerate data, is a PNG of the
// stated width and of a height that fits a page.
func TestFigures(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range slices.Concat(curveCases(r), classCases(t, r), regressionCases(r), galleryCases()) {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.draw(&b); err != nil {
				t.Fatal(err)
			}
			if *samples != "" {
				if err := os.WriteFile(filepath.Join(*samples, c.name+".png"), b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			img, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			if size := img.Bounds().Size(); size.X != Width || size.Y < Width/3 || size.Y > Width+40 {
				t.Errorf("size %v, want %d wide and 400 to 1240 high", size, Width)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	two := []string{"a", "b"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{Curves(io.Discard, 0), "no panels"},
		{Curves(io.Discard, 0, Panel{"Loss", []float64{1, 2}, []float64{1}}), "Loss has 1 epochs, another series 2"},
		{Curves(io.Discard, 0, Panel{"Loss", []float64{1, 2}, nil}, Panel{"Accuracy", nil, []float64{1}}), "Accuracy has 1 epochs"},
		{Curves(io.Discard, 3, Panel{"Loss", []float64{1, 2}, nil}), "best epoch 3, want one of 1 to 2"},
		{Gallery(io.Discard, nil), "no pictures"},
		{Gallery(io.Discard, []Row{{"a", []image.Image{image.NewGray(image.Rect(0, 0, 4, 4))}}, {"b", nil}}), "b has 0 pictures, a has 1"},
		{ConfusionMatrix(io.Discard, "", nil, nil), "no classes"},
		{ConfusionMatrix(io.Discard, "", two, metrics.NewConfusion(3)), "3 rows, want 2"},
		{ConfusionMatrix(io.Discard, "", two, metrics.Confusion{{1, 2}, {1}}), "row b of the confusion matrix has 1 columns"},
		{ROC(io.Discard, "", []metrics.Curve{{Name: "a", FPR: []float64{0}}}), "curve of a has 1 false and 0 true positive rates and 0 purities"},
		{LowFPR(io.Discard, "", []metrics.Curve{{Name: "a", FPR: []float64{0}}}), "curve of a has 1 false"},
		{PurityCompleteness(io.Discard, "", []metrics.Curve{{Name: "a", FPR: []float64{0}, TPR: []float64{0}}}), "0 purities"},
		{ClassReliability(io.Discard, "", two, nil), "bins of 0 classes, of which 2 have names"},
		{Regression(io.Discard, "", Scatter{Name: "z", True: []float64{1}}), "z has 1 true and 0 predicted"},
		{Regression(io.Discard, "", Scatter{Name: "z", True: []float64{1}, Predicted: []float64{1}, Sigma: []float64{}}), "0 standard deviations"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", c.err, c.want)
		}
	}
}

// Of more classes than there is room for, the note counts those that are drawn.
func TestCurvesOfManyClasses(t *testing.T) {
	for _, c := range []struct {
		classes, absent int
		errors          bool
		first, note     string
	}{
		{18, 3, false, "class 0", ""}, {40, 0, false, "class 39", "lowest 18 of 40 classes"},
		{20, 7, false, "class 12", "lowest 13 of 20 classes"}, {20, 7, true, "class 0", "greatest 13 of 20 classes"},
	} {
		var lines []line
		for i, name := range names(c.classes) {
			figure := metrics.Number(1 - float64(i)/100)
			if i >= c.classes-c.absent {
				figure = metrics.Number(nan)
			}
			lines = append(lines, line{name: name, figure: figure})
		}
		shown, note := characteristics{errors: c.errors, lines: lines}.shown()
		if shown[0].name != c.first || note != c.note {
			t.Errorf("%d classes, %d of them absent: %s first, %q; want %s, %q", c.classes, c.absent, shown[0].name, note, c.first, c.note)
		}
	}
}

// A corner that is there twice is one, not the inside of a stretch up and of one along.
func TestCorners(t *testing.T) {
	stairs := []vg.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}, {X: 1, Y: 2}, {X: 1, Y: 2}, {X: 2, Y: 2}, {X: 3, Y: 2}}
	want := []vg.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 2}, {X: 3, Y: 2}}
	if got := corners(stairs); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// 3 and 17 right at the top make 20; what is left below goes to the last that is full.
func TestMergedBins(t *testing.T) {
	empty := metrics.Bin{Probability: metrics.Number(nan), Observed: metrics.Number(nan)}
	got := merged([]metrics.Bin{{N: 5, Probability: 0.02, Observed: 0}, empty, {N: 45, Probability: 0.12, Observed: 0.2}, {N: 17, Probability: 0.5, Observed: 1}, {N: 3, Probability: 0.9, Observed: 1}})
	want := []metrics.Bin{{N: 20, Probability: 0.56, Observed: 1}, {N: 50, Probability: 0.11, Observed: 0.18}}
	if len(got) != 2 {
		t.Fatalf("%v, want %v", got, want)
	}
	for i, b := range got {
		if b.N != want[i].N || math.Abs(float64(b.Probability-want[i].Probability)) > 1e-12 || math.Abs(float64(b.Observed-want[i].Observed)) > 1e-12 {
			t.Errorf("%v, want %v", b, want[i])
		}
	}
	if got := merged([]metrics.Bin{{N: 2, Probability: 0.4, Observed: 0.5}}); len(got) != 1 || got[0].N != 2 {
		t.Errorf("%v of two predictions in one bin", got)
	}
}

// Numbers in cells stay readable on every shade: WCAG asks a ratio of 4.5 for text.
func TestCellTextContrast(t *testing.T) {
	last := 1.0
	for i := range 101 {
		c := shade(float64(i) / 100)
		if ratio := contrast(c, contrasting(c)); ratio < 4.5 {
			t.Errorf("contrast %.2f on the shade of %d %%", ratio, i)
		}
		if l := luminance(c); l > last {
			t.Errorf("the shade of %d %% is lighter than the one before", i)
		} else {
			last = l
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		ticks  ticks
		want   string
	}{
		{0, 1, ticks{most: 6}, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0.29, 0.99, ticks{most: 6}, "0.4 0.6 0.8"},
		{-3, 3, ticks{most: 6}, "−3 −2 −1 0 1 2 3"},
		{0, 1e-3, ticks{most: 6}, "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010"},
		{0, 3e9, ticks{most: 6}, "0 5e+08 1e+09 1.5e+09 2e+09 2.5e+09 3e+09"},
		{0.9, 1.1, ticks{6, true}, "1"},
		{0.95, 2.05, ticks{6, true}, "1 2"},
		{-4, 105, ticks{6, true}, "20 40 60 80 100"},
	} {
		var got []string
		for _, tick := range c.ticks.Ticks(c.lo, c.hi) {
			got = append(got, tick.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks of %g..%g: %s, want %s", c.lo, c.hi, s, c.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u2009000", 1234567: "1\u2009234\u2009567"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
