package metrics

import (
	"fmt"
	"math"
)

// LabelScore is how one label fares on the Known rows, those where its truth is given.
type LabelScore struct {
	Score
	Known int `json:"known"`
}

// MultilabelReport holds the scores of labels that may be set together. A
// label counts as predicted at a probability of 0.5 and above. The macro
// figures are the plain means over the labels that define them. LogLoss, Brier
// and ECE are over the known entries, whatever their label.
type MultilabelReport struct {
	N                     int          `json:"n"`
	ExactMatch            Number       `json:"exact_match"` // fraction of the rows with a known label whose known labels are all right
	MacroF1               Number       `json:"macro_f1"`
	MacroAUROC            Number       `json:"macro_auroc"`
	MacroAveragePrecision Number       `json:"macro_average_precision"`
	LogLoss               Number       `json:"log_loss"` // mean binary cross-entropy, nats
	Brier                 Number       `json:"brier"`    // mean of (p - y)^2
	ECE                   Number       `json:"ece"`      // of the probability that the label is set
	Intervals             Intervals    `json:"intervals,omitempty"`
	Labels                []LabelScore `json:"labels"`
	Curves                []Curve      `json:"-"` // of each label, over the rows where it is known
	Reliability           []Bin        `json:"-"` // of the probability that a label is set, whichever
	LabelReliability      [][]Bin      `json:"-"` // of the probability that each label is set
}

func (r *MultilabelReport) parts() []any {
	list := []any{r}
	for i := range r.Labels {
		list = append(list, &r.Labels[i].Score)
	}
	return list
}

// Multilabel scores p [n, N], the probability of each label, against y [n, N]
// of 0, 1 or NaN, which means unknown and takes the entry out of every figure.
// Mismatched lengths and other values are errors that name the row.
func Multilabel(p, y []float64, labels []string, b Bootstrap) (*MultilabelReport, error) {
	if err := checkLabels(p, y, labels); err != nil {
		return nil, err
	}
	l := newLabelled(p, y, labels)
	rows := len(p) / len(labels)
	r := bootstrapped(b, rows, l.report)
	all := ones(rows)
	r.Reliability = l.entries.bins(all)
	for i, name := range labels {
		r.Curves = append(r.Curves, l.rankings[i].curve(name, all))
		r.LabelReliability = append(r.LabelReliability, l.rankings[i].bins(all))
	}
	return r, nil
}

// labelled is predictions beside the truth, ready to be scored under any weights.
type labelled struct {
	names        []string
	known, right []bool     // [n] whether a row has a known label, and all of those right
	entries      prophecies // the known ones
	loss         []float64  // what each entry adds to LogLoss
	rankings     []ranking  // a label each
}

func newLabelled(p, y []float64, names []string) *labelled {
	n := len(names)
	rows := len(p) / n
	l := &labelled{names: names, known: make([]bool, rows), right: make([]bool, rows)}
	for i := range l.right {
		l.right[i] = true
	}
	for c := range names {
		var of prophecies
		for k := c; k < len(p); k += n {
			if row, set := k/n, y[k] == 1; !math.IsNaN(y[k]) {
				of.add(row, p[k], set)
				l.entries.add(row, p[k], set)
				right := p[k]
				if !set {
					right = 1 - p[k]
				}
				l.loss = append(l.loss, surprise(right))
				l.known[row] = true
				l.right[row] = l.right[row] && (p[k] >= 0.5) == set
			}
		}
		l.rankings = append(l.rankings, rank(of.rows, of.p, of.true))
	}
	return l
}

// report scores when row i counts weight[i] times.
func (l *labelled) report(weight []int) *MultilabelReport {
	r := &MultilabelReport{ECE: ECE(l.entries.bins(weight))}
	known, right := 0, 0
	for i, w := range weight {
		r.N += w
		if l.known[i] {
			known += w
			if l.right[i] {
				right += w
			}
		}
	}
	r.ExactMatch = ratio(right, known)
	l.losses(r, weight)
	for c, name := range l.names {
		r.Labels = append(r.Labels, labelScore(name, l.rankings[c], weight))
	}
	r.average()
	return r
}

func labelScore(name string, r ranking, weight []int) LabelScore {
	var tp, fp int
	positives, negatives := r.total(weight)
	r.steps(weight, func(score float64, truly, falsely int) {
		if score >= 0.5 {
			tp, fp = truly, falsely
		}
	})
	return LabelScore{Score: newScore(name, tp, fp, positives-tp, r, weight), Known: positives + negatives}
}

// losses fills in the means over the known entries.
func (l *labelled) losses(r *MultilabelReport, weight []int) {
	n, loss, square := 0, 0.0, 0.0
	for k, row := range l.entries.rows {
		p := l.entries.p[k]
		if l.entries.true[k] {
			p = 1 - p
		}
		n += weight[row]
		loss += float64(weight[row]) * l.loss[k]
		square += float64(weight[row]) * p * p
	}
	r.LogLoss, r.Brier = quotient(loss, n), quotient(square, n)
}

func (r *MultilabelReport) average() {
	var f1, auroc, precision []Number
	for _, l := range r.Labels {
		f1 = append(f1, l.F1)
		auroc = append(auroc, l.AUROC)
		precision = append(precision, l.AveragePrecision)
	}
	r.MacroF1, r.MacroAUROC, r.MacroAveragePrecision = mean(f1), mean(auroc), mean(precision)
}

func checkLabels(p, y []float64, labels []string) error {
	n := len(labels)
	switch {
	case n == 0:
		return fmt.Errorf("metrics: no labels")
	case len(p) != len(y):
		return fmt.Errorf("metrics: %d probabilities for %d truths", len(p), len(y))
	case len(p)%n != 0:
		return fmt.Errorf("metrics: %d probabilities do not make rows of %d labels", len(p), n)
	}
	for k := range p {
		if !IsProbability(p[k]) {
			return fmt.Errorf("metrics: row %d: probability of %s is %g, want 0 to 1", k/n, labels[k%n], p[k])
		}
		if y[k] != 0 && y[k] != 1 && !math.IsNaN(y[k]) {
			return fmt.Errorf("metrics: row %d: label %s is %g, want 0, 1 or nothing", k/n, labels[k%n], y[k])
		}
	}
	return nil
}
