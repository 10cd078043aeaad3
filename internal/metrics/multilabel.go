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
// figures are the plain means over the labels that define them.
type MultilabelReport struct {
	N                     int          `json:"n"`
	ExactMatch            Number       `json:"exact_match"` // fraction of the rows with a known label whose known labels are all right
	LogLoss               Number       `json:"log_loss"`    // mean binary cross-entropy of the known entries, nats
	MacroF1               Number       `json:"macro_f1"`
	MacroAUROC            Number       `json:"macro_auroc"`
	MacroAveragePrecision Number       `json:"macro_average_precision"`
	Labels                []LabelScore `json:"labels"`
	Curves                []Curve      `json:"-"` // of each label, over the rows where it is known
}

// Multilabel scores p [n, N], the probability of each label, against y [n, N]
// of 0, 1 or NaN, which means unknown and takes the entry out of every figure.
// Mismatched lengths and other values are errors that name the row.
func Multilabel(p, y []float64, labels []string) (*MultilabelReport, error) {
	n := len(labels)
	if err := checkLabels(p, y, labels); err != nil {
		return nil, err
	}
	rows := len(p) / n
	r := &MultilabelReport{N: rows, LogLoss: undefined, Labels: make([]LabelScore, n), Curves: make([]Curve, n)}
	loss, known := 0.0, 0
	for l, name := range labels {
		var scores []float64
		var truth []bool
		var tp, fp, fn int
		for k := l; k < len(p); k += n {
			if math.IsNaN(y[k]) {
				continue
			}
			set := y[k] == 1
			scores, truth = append(scores, p[k]), append(truth, set)
			switch called := p[k] >= 0.5; {
			case called && set:
				tp++
			case called:
				fp++
			case set:
				fn++
			}
			right := p[k]
			if !set {
				right = 1 - p[k]
			}
			loss -= math.Log(min(max(right, epsilon), 1))
		}
		known += len(scores)
		r.Curves[l] = ROC(name, scores, truth)
		r.Labels[l] = LabelScore{Score: newScore(r.Curves[l], tp, fp, fn), Known: len(scores)}
	}
	if known > 0 {
		r.LogLoss = Number(loss / float64(known))
	}
	r.ExactMatch = exactMatch(p, y, n)
	r.average()
	return r, nil
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

// exactMatch is over the rows that have a known label: one without would be
// right whatever was predicted.
func exactMatch(p, y []float64, n int) Number {
	rows, right := 0, 0
	for i := 0; i < len(p); i += n {
		known, wrong := 0, 0
		for k := i; k < i+n; k++ {
			if math.IsNaN(y[k]) {
				continue
			}
			known++
			if (p[k] >= 0.5) != (y[k] == 1) {
				wrong++
			}
		}
		if known > 0 {
			rows++
			if wrong == 0 {
				right++
			}
		}
	}
	return ratio(right, rows)
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
		if !isProbability(p[k]) {
			return fmt.Errorf("metrics: row %d: probability of %s is %g, want 0 to 1", k/n, labels[k%n], p[k])
		}
		if y[k] != 0 && y[k] != 1 && !math.IsNaN(y[k]) {
			return fmt.Errorf("metrics: row %d: label %s is %g, want 0, 1 or nothing", k/n, labels[k%n], y[k])
		}
	}
	return nil
}
