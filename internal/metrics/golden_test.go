package metrics

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
)

// golden is testdata/metrics.json, written by scikit-learn through
// testdata/make_metrics.py. null is NaN.
type golden struct {
	Classification []struct {
		Case          string
		Probabilities []float64
		Labels        []int
		Classes       []string
		CurveOfClass1 *struct{ FPR, TPR, Purity, Threshold []float64 } `json:"curve_of_class_1"`
		Report        *Report
	}
	Multilabel struct {
		P      []float64
		Y      []Number
		Labels []string
		Report *MultilabelReport
	}
	Regression struct {
		Mu, Sigma []float64
		Y         []Number
		Columns   []string
		Scores    []ColumnScore
	}
	Intervals struct {
		P        []float64
		Labels   []int
		Groups   []int
		OfRows   Intervals `json:"of_rows"`
		OfGroups Intervals `json:"of_groups"`
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func floats(x []Number) []float64 {
	f := make([]float64, len(x))
	for i, v := range x {
		f[i] = float64(v)
	}
	return f
}

// requireSame walks two values of one type; numbers agree to 1e-12, undefined
// with undefined only, all else exactly.
func requireSame(t *testing.T, path string, got, want reflect.Value) {
	t.Helper()
	switch got.Kind() {
	case reflect.Pointer:
		requireSame(t, path, got.Elem(), want.Elem())
	case reflect.Struct:
		for i := range got.NumField() {
			requireSame(t, path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if got.Len() != want.Len() {
			t.Errorf("%s: %d entries, want %d", path, got.Len(), want.Len())
			return
		}
		for i := range got.Len() {
			requireSame(t, path, got.Index(i), want.Index(i))
		}
	case reflect.Map:
		if got.Len() != want.Len() {
			t.Errorf("%s: %d entries, want %d", path, got.Len(), want.Len())
			return
		}
		for _, key := range got.MapKeys() {
			requireSame(t, path+"."+key.String(), got.MapIndex(key), want.MapIndex(key))
		}
	case reflect.Float64:
		g, w := got.Float(), want.Float()
		if math.IsNaN(g) != math.IsNaN(w) || !math.IsNaN(g) && !scalar.EqualWithinAbsOrRel(g, w, 1e-12, 1e-12) {
			t.Errorf("%s: got %v, want %v", path, g, w)
		}
	default:
		if !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestClassificationAgainstScikitLearn(t *testing.T) {
	for _, c := range readGolden(t).Classification {
		t.Run(c.Case, func(t *testing.T) {
			got, err := Classification(c.Probabilities, c.Labels, c.Classes, Bootstrap{})
			if err != nil {
				t.Fatal(err)
			}
			got.Curves, got.Reliability, got.ClassReliability = nil, nil, nil // the curves are held to scikit-learn below
			requireSame(t, "report", reflect.ValueOf(got), reflect.ValueOf(c.Report))
		})
	}
}

func TestCurveAgainstScikitLearn(t *testing.T) {
	for _, c := range readGolden(t).Classification {
		t.Run(c.Case, func(t *testing.T) {
			report, err := Classification(c.Probabilities, c.Labels, c.Classes, Bootstrap{})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Curves[1]
			if c.CurveOfClass1 == nil {
				if got.TPR != nil || got.AUROC.Defined() {
					t.Fatalf("got %v, want no curve", got)
				}
				return
			}
			if !math.IsInf(got.Threshold[0], 1) {
				t.Errorf("first threshold %v, want +Inf", got.Threshold[0])
			}
			got.Threshold = got.Threshold[1:]
			want := Curve{Name: got.Name, FPR: c.CurveOfClass1.FPR, TPR: c.CurveOfClass1.TPR, Purity: c.CurveOfClass1.Purity,
				Threshold: c.CurveOfClass1.Threshold, Ranks: c.Report.Classes[1].Ranks}
			requireSame(t, "curve", reflect.ValueOf(got), reflect.ValueOf(want))
		})
	}
}

func TestMultilabelAgainstScikitLearn(t *testing.T) {
	m := readGolden(t).Multilabel
	got, err := Multilabel(m.P, floats(m.Y), m.Labels, Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	got.Curves, got.Reliability, got.LabelReliability = nil, nil, nil
	requireSame(t, "report", reflect.ValueOf(got), reflect.ValueOf(m.Report))
}

func TestRegressionAgainstScikitLearn(t *testing.T) {
	r := readGolden(t).Regression
	got, err := Regression(r.Mu, r.Sigma, floats(r.Y), r.Columns, Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	requireSame(t, "scores", reflect.ValueOf(got), reflect.ValueOf(r.Scores))
}
