package metrics

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

var nan = math.NaN()

// roc is the curve of rows that count once each.
func roc(scores []float64, positive []bool) Curve {
	rows := make([]int, len(scores))
	for i := range rows {
		rows[i] = i
	}
	return rank(rows, scores, positive).curve("", ones(len(scores)))
}

// A perfect and a hopeless ranking, and one that is all ties.
func TestROCByHand(t *testing.T) {
	truth := []bool{false, false, true, true}
	for _, c := range []struct {
		name      string
		scores    []float64
		auroc, ap Number
		points    int
	}{
		{"perfect", []float64{1, 2, 3, 4}, 1, 1, 5},
		{"reversed", []float64{4, 3, 2, 1}, 0, (1./3 + 2./4) / 2, 5},
		{"all tied", []float64{7, 7, 7, 7}, 0.5, 0.5, 2},
		{"half tied", []float64{1, 2, 2, 3}, 0.875, (1 + 2./3) / 2, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := roc(c.scores, truth)
			requireSame(t, "auroc", reflect.ValueOf(got.AUROC), reflect.ValueOf(c.auroc))
			requireSame(t, "average precision", reflect.ValueOf(got.AveragePrecision), reflect.ValueOf(c.ap))
			if n := len(got.TPR); n != c.points || got.FPR[0] != 0 || got.TPR[0] != 0 || got.FPR[n-1] != 1 || got.TPR[n-1] != 1 {
				t.Errorf("curve runs %v %v, want %d points from (0, 0) to (1, 1)", got.FPR, got.TPR, c.points)
			}
		})
	}
}

// The operating points of the lens finding challenge, and the purity on the way.
// Rows are written best first, a letter each: P positive, n negative; those in
// brackets have equal scores.
func TestRanksByHand(t *testing.T) {
	for _, c := range []struct {
		rows                    string
		tpr0, tpr10, at50, at90 Number
	}{
		{"PPnPPn", 0.5, 1, 1, 4. / 5},
		{"nPPPP", 0, 1, 2. / 3, 4. / 5},
		{"P(Pn)PP", 0.25, 1, 2. / 3, 4. / 5}, // the tied pair is called together
		{"(PPn)PP", 0, 1, 2. / 3, 4. / 5},    // a coarse ranking loses its best level to one negative
		{"(PPPPn)", 0, 1, 4. / 5, 4. / 5},
		{"PnnnnnnnnnPnP", 1. / 3, 2. / 3, 2. / 11, 3. / 13},        // nine false positives are fewer than ten, ten are not
		{"PnnnnnnnnPnPnP", 1. / 4, 3. / 4, 2. / 10, 4. / 14},       // nor is it the tenth point of the curve
		{"Pnnnnnnnn(PnnP)P", 1. / 4, 1. / 4, 3. / 13, 4. / 14},     // the tie steps over the tenth
		{"PPPPPPPPPnPn", 0.9, 1, 1, 1},                             // 90 % is reached with nine of ten
		{"PPPPPPPPnPPPPPPPPPPnPn", 8. / 19, 1, 10. / 11, 18. / 19}, // of 19, eighteen are 94.7 %
		{"nnnnnnnnnnPP", 0, 0, 1. / 11, 2. / 12},
	} {
		var scores []float64
		var positive []bool
		tied, score := false, 0.0
		for _, row := range c.rows {
			switch row {
			case '(':
				tied = true
				score--
				continue
			case ')':
				tied = false
				continue
			}
			if !tied {
				score--
			}
			scores, positive = append(scores, score), append(positive, row == 'P')
		}
		got := roc(scores, positive).Ranks
		want := Ranks{got.AUROC, got.AveragePrecision, c.tpr0, c.tpr10, c.tpr0, c.at50, c.at90} // below 10,000 negatives 1e-4 of them is none
		requireSame(t, c.rows, reflect.ValueOf(got), reflect.ValueOf(want))
	}
}

// Of 20,000 negatives two may be called positive, of 19,999 one.
func TestRateAt1e4(t *testing.T) {
	for negatives, want := range map[int]Number{20_000: 0.75, 19_999: 0.5} {
		scores, positive := []float64{9, 8, 7, 6, 5, 4, 3}, []bool{true, false, true, false, true, false, true}
		for range negatives - 3 {
			scores, positive = append(scores, 0), append(positive, false)
		}
		if got := roc(scores, positive).TPRAt1e4; got != want {
			t.Errorf("%d negatives: %v of the positives, want %v", negatives, got, want)
		}
	}
}

// Three of four were right at a mean of 0.85, neither of two at 0.35.
func TestReliabilityByHand(t *testing.T) {
	var f prophecies
	for _, came := range []bool{true, true, true, false} {
		f.add(0, 0.85, came)
	}
	f.add(0, 0.34, false)
	f.add(0, 0.36, false)
	f.add(1, 0.9, false) // does not count
	bins := f.bins([]int{1, 0})
	if got, want := ECE(bins), (4*0.10+2*0.35)/6; math.Abs(float64(got)-want) > 1e-15 {
		t.Errorf("error of calibration %v, want %v", got, want)
	}
	requireSame(t, "bin", reflect.ValueOf(bins[12]), reflect.ValueOf(Bin{4, 0.85, 0.75}))
	requireSame(t, "empty bin", reflect.ValueOf(bins[3]), reflect.ValueOf(Bin{0, undefined, undefined}))
	if ECE(f.bins([]int{0, 0})).Defined() {
		t.Error("nothing has an error of calibration")
	}
}

// Bins are open below and closed above, and hold what lies a little outside of 0 to 1.
func TestBinEdges(t *testing.T) {
	for p, want := range map[float64]int{0: 0, 1.0 / 15: 0, 0.2: 2, 0.2000001: 3, 1: 14, 1.000001: 14} {
		var f prophecies
		f.add(0, p, true)
		if bins := f.bins([]int{1}); bins[want].N != 1 {
			t.Errorf("%v is not in bin %d: %v", p, want, bins)
		}
	}
}

func TestROCLeavesItsInputAlone(t *testing.T) {
	scores, truth := []float64{3, 1, 2}, []bool{true, false, true}
	roc(scores, truth)
	if !reflect.DeepEqual(scores, []float64{3, 1, 2}) || !reflect.DeepEqual(truth, []bool{true, false, true}) {
		t.Errorf("input changed to %v %v", scores, truth)
	}
}

// What is undefined is null in JSON and comes back as NaN; nothing fails on NaN.
func TestReportJSON(t *testing.T) {
	r, err := Classification([]float64{0.9, 0.1, 0, 0.2, 0.8, 0}, []int{0, 1}, []string{"FRI", "FRII", "hybrid"}, Bootstrap{Resamples: 10})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	absent := `{"name":"hybrid","support":0,"precision":null,"recall":null,"f1":null,"auroc":null,"average_precision":null,"tpr0":null,"tpr10":null,"tpr_at_fpr_1e-4":null,"purity_at_50":null,"purity_at_90":null,"ece":0,"intervals":{"ece":[0,0]}}`
	if !strings.Contains(string(b), absent) {
		t.Errorf("%s\nlacks %s", b, absent)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	r.Curves, r.Reliability, r.ClassReliability = nil, nil, nil // are for plots
	requireSame(t, "report", reflect.ValueOf(&back), reflect.ValueOf(r))
}

func TestNothingToScore(t *testing.T) {
	r, err := Classification(nil, nil, []string{"a", "b"}, Bootstrap{Resamples: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []Number{r.Accuracy, r.BalancedAccuracy, r.MacroF1, r.LogLoss, r.AUROC} {
		if x.Defined() {
			t.Errorf("figure %v of no rows, want none", x)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	m, err := Multilabel([]float64{0.5}, []float64{nan}, []string{"a"}, Bootstrap{Resamples: 10})
	if err != nil || m.ExactMatch.Defined() || m.LogLoss.Defined() || m.Labels[0].Known != 0 {
		t.Errorf("all unknown: %+v, %v", m, err)
	}
	s, err := Regression([]float64{1}, nil, []float64{nan}, []string{"z"}, Bootstrap{Resamples: 10})
	if err != nil || s[0].N != 0 || s[0].RMSE.Defined() || s[0].ReducedChi2.Defined() {
		t.Errorf("all unknown: %+v, %v", s, err)
	}
}

func TestConfusion(t *testing.T) {
	c := Confusion{{3, 1, 0}, {0, 0, 0}, {2, 0, 4}}
	if c.Correct() != 7 || c.Support(2) != 6 || c.Predicted(0) != 5 {
		t.Errorf("correct %d support %d predicted %d", c.Correct(), c.Support(2), c.Predicted(0))
	}
	want := [][]float64{{0.75, 0.25, 0}, {nan, nan, nan}, {1. / 3, 0, 2. / 3}}
	requireSame(t, "normalised", reflect.ValueOf(c.Normalised()), reflect.ValueOf(want))
}

func TestRefusals(t *testing.T) {
	two := []string{"a", "b"}
	classify := func(p []float64, labels []int, classes []string) error {
		_, err := Classification(p, labels, classes, Bootstrap{})
		return err
	}
	multilabel := func(p, y []float64) error { _, err := Multilabel(p, y, two, Bootstrap{}); return err }
	regress := func(mu, sigma, y []float64) error { _, err := Regression(mu, sigma, y, two, Bootstrap{}); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{classify(nil, nil, nil), "no classes"},
		{classify([]float64{1, 0, 1}, []int{0}, two), "3 probabilities, want 1 rows x 2 classes"},
		{classify([]float64{1, 0, 1, 0}, []int{0, 2}, two), "row 1: label 2"},
		{classify([]float64{1, 0, 1, 0}, []int{0, -1}, two), "row 1: label -1"},
		{classify([]float64{1, 0, 1, nan}, []int{0, 0}, two), "row 1: probability of b is NaN"},
		{classify([]float64{1, 0, 1.1, 0}, []int{0, 0}, two), "row 1: probability of a is 1.1"},
		{multilabel([]float64{1, 0}, []float64{1}), "2 probabilities for 1 truths"},
		{multilabel([]float64{1}, []float64{1}), "rows of 2 labels"},
		{multilabel([]float64{1, 0}, []float64{1, 0.5}), "row 0: label b is 0.5"},
		{multilabel([]float64{1, -1}, []float64{1, 0}), "row 0: probability of b is -1"},
		{regress([]float64{1, 2}, nil, []float64{1}), "2 predictions for 1 truths"},
		{regress([]float64{1, 2}, []float64{1}, []float64{1, 2}), "1 standard deviations"},
		{regress([]float64{1, nan}, nil, []float64{1, 2}), "row 0: prediction of b is NaN"},
		{regress([]float64{1, 2}, []float64{1, 0}, []float64{1, 2}), "row 0: sigma of b is 0"},
		{regress([]float64{1, 2}, nil, []float64{1, math.Inf(1)}), "row 0: b is +Inf"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", c.err, c.want)
		}
	}
}
