package metrics

import (
	"maps"
	"math"
	"slices"
	"testing"
)

// Ends are quantiles of 5,000 random resamples there and 20,000 here: they agree
// to a twentieth of the interval.
func TestIntervalsAgainstSciPy(t *testing.T) {
	golden := readGolden(t).Intervals
	for name, c := range map[string]struct {
		groups []int
		want   Intervals
	}{"rows": {nil, golden.OfRows}, "groups": {golden.Groups, golden.OfGroups}} {
		r, err := Classification(golden.P, golden.Labels, []string{"a", "b"}, Bootstrap{Resamples: 20000, Seed: 3, Groups: c.groups})
		if err != nil {
			t.Fatal(err)
		}
		for figure, want := range c.want {
			got := r.Intervals[figure]
			for end := range got {
				if off := math.Abs(float64(got[end] - want[end])); !(off < 0.05*float64(want[1]-want[0])) {
					t.Errorf("%s: the interval of %s is %v, want %v", name, figure, got, want)
				}
			}
		}
	}
}

// Every figure that is defined has an interval around it, and the same seed gives
// the same one.
func TestIntervalsOfEverything(t *testing.T) {
	golden := readGolden(t)
	var reports [2][]any
	for i := range reports {
		b := Bootstrap{Resamples: 200, Seed: 5}
		c := golden.Classification[0]
		classes, err := Classification(c.Probabilities, c.Labels, c.Classes, b)
		if err != nil {
			t.Fatal(err)
		}
		labels, err := Multilabel(golden.Multilabel.P, floats(golden.Multilabel.Y), golden.Multilabel.Labels, b)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := Regression(golden.Regression.Mu, golden.Regression.Sigma, floats(golden.Regression.Y), golden.Regression.Columns, b)
		if err != nil {
			t.Fatal(err)
		}
		reports[i] = slices.Concat(classes.parts(), labels.parts(), columnScores(columns).parts())
	}
	for i, part := range reports[0] {
		got, again := intervalsOf(part), intervalsOf(reports[1][i])
		if !maps.Equal(got, again) {
			t.Errorf("%v and then %v", got, again)
		}
		for name, x := range figures(part) {
			ends, ok := got[name]
			if ok != x.Defined() || ok && !(ends[0] <= ends[1]) {
				t.Errorf("%s is %v, its interval %v", name, x, ends)
			}
			// A resample repeats rows, which can only raise the error of calibration.
			if ok && name != "ece" && !(ends[0] <= x && x <= ends[1]) {
				t.Errorf("%s is %v, outside of %v", name, x, ends)
			}
		}
	}
}

func intervalsOf(part any) Intervals {
	switch p := part.(type) {
	case *Report:
		return p.Intervals
	case *MultilabelReport:
		return p.Intervals
	case *VotesReport:
		return p.Intervals
	case *QuestionScore:
		return p.Intervals
	case *Score:
		return p.Intervals
	}
	return part.(*ColumnScore).Intervals
}

// BenchmarkIntervals is what the intervals of 10,000 rows of 10 classes cost.
func BenchmarkIntervals(b *testing.B) {
	const n, classes = 10000, 10
	p, labels, names := make([]float64, n*classes), make([]int, n), make([]string, classes)
	for i := range labels {
		labels[i] = i % classes
		for c := range classes {
			p[i*classes+c] = 0.5 + 0.5*math.Sin(float64(i*classes+c))
		}
	}
	for b.Loop() {
		if _, err := Classification(p, labels, names, Bootstrap{Resamples: 1000}); err != nil {
			b.Fatal(err)
		}
	}
}
