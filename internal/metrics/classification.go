package metrics

import (
	"fmt"
	"math"
)

// Score is how one class or label fares against all the rest.
type Score struct {
	Name             string `json:"name"`
	Support          int    `json:"support"`           // rows that truly are of it
	Precision        Number `json:"precision"`         // null when it was never predicted
	Recall           Number `json:"recall"`            // null when Support is 0
	F1               Number `json:"f1"`                // 2TP/(2TP+FP+FN); null when neither true nor predicted anywhere
	AUROC            Number `json:"auroc"`             // null when every row or none is of it
	AveragePrecision Number `json:"average_precision"` // null when every row or none is of it
}

// Report holds the scores of a classifier whose classes exclude each other.
//
// MacroPrecision, MacroRecall and MacroF1 are the plain means over the classes
// that occur in the truth or among the predictions, where an undefined
// precision or recall counts as 0: scikit-learn's average="macro" with
// zero_division=0. A class met in neither is left out, as it is there.
type Report struct {
	N                int       `json:"n"`
	Accuracy         Number    `json:"accuracy"`
	BalancedAccuracy Number    `json:"balanced_accuracy"` // mean recall of the classes that occur in the truth
	MacroPrecision   Number    `json:"macro_precision"`
	MacroRecall      Number    `json:"macro_recall"`
	MacroF1          Number    `json:"macro_f1"`
	LogLoss          Number    `json:"log_loss"`  // mean of -ln p(true class), nats; p is kept above 2^-52, which bounds it by 36.04
	AUROC            Number    `json:"auroc"`     // two classes: of the second; more: mean one-versus-rest over the classes that have one
	Confusion        Confusion `json:"confusion"` // rows true, columns predicted
	Classes          []Score   `json:"classes"`
	Curves           []Curve   `json:"-"` // one versus the rest, a class each
}

// Classification scores p [n, N], the probability of each class, against
// labels [n], the index of the true one. The prediction is the most probable
// class, the first of equals. Mismatched lengths, a label outside 0..N-1 and a
// probability that is not within [0, 1] are errors that name the row. No rows
// at all give a report whose figures are undefined.
func Classification(p []float64, labels []int, classes []string) (*Report, error) {
	if err := checkClasses(p, labels, classes); err != nil {
		return nil, err
	}
	n := len(classes)
	confusion := NewConfusion(n)
	loss := 0.0
	for i, label := range labels {
		row := p[i*n : (i+1)*n]
		confusion[label][argmax(row)]++
		loss -= math.Log(min(max(row[label], epsilon), 1))
	}
	r := &Report{
		N:         len(labels),
		Accuracy:  ratio(confusion.Correct(), len(labels)),
		LogLoss:   undefined,
		Confusion: confusion,
		Classes:   make([]Score, n),
		Curves:    make([]Curve, n),
	}
	if r.N > 0 {
		r.LogLoss = Number(loss / float64(r.N))
	}
	for c, name := range classes {
		r.Curves[c] = classCurve(name, p, labels, c, n)
		tp := confusion[c][c]
		r.Classes[c] = newScore(r.Curves[c], tp, confusion.Predicted(c)-tp, confusion.Support(c)-tp)
	}
	r.average()
	return r, nil
}

// average fills in the means over classes.
func (r *Report) average() {
	var precision, recall, f1, balanced, auroc []Number
	for c, s := range r.Classes {
		balanced = append(balanced, s.Recall)
		auroc = append(auroc, s.AUROC)
		if s.Support > 0 || r.Confusion.Predicted(c) > 0 {
			precision = append(precision, orZero(s.Precision))
			recall = append(recall, orZero(s.Recall))
			f1 = append(f1, orZero(s.F1))
		}
	}
	r.BalancedAccuracy = mean(balanced)
	r.MacroPrecision, r.MacroRecall, r.MacroF1 = mean(precision), mean(recall), mean(f1)
	r.AUROC = mean(auroc)
	if len(r.Classes) == 2 {
		r.AUROC = r.Classes[1].AUROC
	}
}

// newScore makes a score from true positives, false positives and false negatives.
func newScore(curve Curve, tp, fp, fn int) Score {
	return Score{
		Name:             curve.Name,
		Support:          tp + fn,
		Precision:        ratio(tp, tp+fp),
		Recall:           ratio(tp, tp+fn),
		F1:               ratio(2*tp, 2*tp+fp+fn),
		AUROC:            curve.AUROC,
		AveragePrecision: curve.AveragePrecision,
	}
}

const (
	epsilon = 0x1p-52 // the least probability that log loss takes: float64 eps, as scikit-learn does

	// slack admits the rounding of a float32 softmax above 1.
	slack = 1e-5
)

func checkClasses(p []float64, labels []int, classes []string) error {
	n := len(classes)
	if n == 0 {
		return fmt.Errorf("metrics: no classes")
	}
	if len(p) != len(labels)*n {
		return fmt.Errorf("metrics: %d probabilities, want %d rows x %d classes = %d", len(p), len(labels), n, len(labels)*n)
	}
	for i, label := range labels {
		if label < 0 || label >= n {
			return fmt.Errorf("metrics: row %d: label %d, want 0 to %d", i, label, n-1)
		}
	}
	for k, x := range p {
		if !isProbability(x) {
			return fmt.Errorf("metrics: row %d: probability of %s is %g, want 0 to 1", k/n, classes[k%n], x)
		}
	}
	return nil
}

func isProbability(x float64) bool { return x >= 0 && x <= 1+slack }

// argmax is the index of the largest entry, the first of equals.
func argmax(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
