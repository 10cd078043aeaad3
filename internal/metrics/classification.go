package metrics

import (
	"fmt"
	"math"
)

// Score is how one class or label fares against all the rest.
type Score struct {
	Name      string `json:"name"`
	Support   int    `json:"support"`   // rows that truly are of it
	Precision Number `json:"precision"` // null when it was never predicted
	Recall    Number `json:"recall"`    // null when Support is 0
	F1        Number `json:"f1"`        // 2TP/(2TP+FP+FN); null when neither true nor predicted anywhere
	Ranks
	ECE       Number    `json:"ece"` // of the probability of being of it
	Intervals Intervals `json:"intervals,omitempty"`
}

// Report holds the scores of a classifier whose classes exclude each other.
//
// MacroPrecision, MacroRecall and MacroF1 are the plain means over the classes
// that occur in the truth or among the predictions, where an undefined
// precision or recall counts as 0: scikit-learn's average="macro" with
// zero_division=0. A class met in neither is left out, as it is there.
//
// AUROC and AveragePrecision are the mean over the classes that have one, of two
// classes as of more: neither is the one that is looked for.
type Report struct {
	N                int       `json:"n"`
	Accuracy         Number    `json:"accuracy"`
	BalancedAccuracy Number    `json:"balanced_accuracy"` // mean recall of the classes that occur in the truth
	MacroPrecision   Number    `json:"macro_precision"`
	MacroRecall      Number    `json:"macro_recall"`
	MacroF1          Number    `json:"macro_f1"`
	AUROC            Number    `json:"auroc"`
	AveragePrecision Number    `json:"average_precision"`
	LogLoss          Number    `json:"log_loss"` // mean of -ln p(true class), nats; p is kept above 2^-52, which bounds it by 36.04
	Brier            Number    `json:"brier"`    // mean of sum_c (p_c - y_c)^2 (Brier 1950), 0 to 2; half of it for two classes, as scikit-learn has it
	ECE              Number    `json:"ece"`      // of the largest probability
	Intervals        Intervals `json:"intervals,omitempty"`
	Confusion        Confusion `json:"confusion"` // rows true, columns predicted
	Classes          []Score   `json:"classes"`
	Curves           []Curve   `json:"-"` // one versus the rest, a class each
	Reliability      []Bin     `json:"-"` // of the largest probability
	ClassReliability [][]Bin   `json:"-"` // of the probability of each class
}

func (r *Report) parts() []any {
	list := []any{r}
	for i := range r.Classes {
		list = append(list, &r.Classes[i])
	}
	return list
}

// Classification scores p [n, N], the probability of each class, against
// labels [n], the index of the true one. The prediction is the most probable
// class, the first of equals. Mismatched lengths, a label outside 0..N-1 and a
// probability that is not within [0, 1] are errors that name the row. No rows
// at all give a report whose figures are undefined.
func Classification(p []float64, labels []int, classes []string, b Bootstrap) (*Report, error) {
	if err := checkClasses(p, labels, classes); err != nil {
		return nil, err
	}
	c := newClassified(p, labels, classes)
	r := bootstrapped(b, len(labels), c.report)
	all := ones(len(labels))
	r.Reliability = c.top.bins(all)
	for i, name := range classes {
		r.Curves = append(r.Curves, c.rankings[i].curve(name, all))
		r.ClassReliability = append(r.ClassReliability, c.rankings[i].bins(all))
	}
	return r, nil
}

// classified is predictions beside the truth, ready to be scored under any weights.
type classified struct {
	classes     []string
	labels      []int
	predicted   []int
	loss, brier []float64  // [n] what each row adds
	top         prophecies // the largest probability of each row
	rankings    []ranking  // a class each
}

func newClassified(p []float64, labels []int, classes []string) *classified {
	n := len(classes)
	c := &classified{classes: classes, labels: labels}
	rows := make([]int, len(labels))
	for i, label := range labels {
		row := p[i*n : (i+1)*n]
		best := argmax(row)
		rows[i] = i
		c.predicted = append(c.predicted, best)
		c.top.add(i, row[best], best == label)
		c.loss = append(c.loss, surprise(row[label]))
		c.brier = append(c.brier, brier(row, label))
	}
	for k := range classes {
		scores, positive := make([]float64, len(labels)), make([]bool, len(labels))
		for i, label := range labels {
			scores[i], positive[i] = p[i*n+k], label == k
		}
		c.rankings = append(c.rankings, rank(rows, scores, positive))
	}
	return c
}

// report scores when row i counts weight[i] times.
func (c *classified) report(weight []int) *Report {
	confusion := NewConfusion(len(c.classes))
	n, loss, square := 0, 0.0, 0.0
	for i, w := range weight {
		confusion[c.labels[i]][c.predicted[i]] += w
		loss += float64(w) * c.loss[i]
		square += float64(w) * c.brier[i]
		n += w
	}
	r := &Report{
		N:         n,
		Accuracy:  ratio(confusion.Correct(), n),
		LogLoss:   quotient(loss, n),
		Brier:     quotient(square, n),
		ECE:       ECE(c.top.bins(weight)),
		Confusion: confusion,
	}
	for k, name := range c.classes {
		tp := confusion[k][k]
		r.Classes = append(r.Classes, newScore(name, tp, confusion.Predicted(k)-tp, confusion.Support(k)-tp, c.rankings[k], weight))
	}
	r.average()
	return r
}

// average fills in the means over classes.
func (r *Report) average() {
	var precision, recall, f1, balanced, auroc, average []Number
	for c, s := range r.Classes {
		balanced = append(balanced, s.Recall)
		auroc = append(auroc, s.AUROC)
		average = append(average, s.AveragePrecision)
		if s.Support > 0 || r.Confusion.Predicted(c) > 0 {
			precision = append(precision, orZero(s.Precision))
			recall = append(recall, orZero(s.Recall))
			f1 = append(f1, orZero(s.F1))
		}
	}
	r.BalancedAccuracy = mean(balanced)
	r.MacroPrecision, r.MacroRecall, r.MacroF1 = mean(precision), mean(recall), mean(f1)
	r.AUROC, r.AveragePrecision = mean(auroc), mean(average)
}

// newScore makes a score from true positives, false positives and false negatives.
func newScore(name string, tp, fp, fn int, r ranking, weight []int) Score {
	return Score{
		Name:      name,
		Support:   tp + fn,
		Precision: ratio(tp, tp+fp),
		Recall:    ratio(tp, tp+fn),
		F1:        ratio(2*tp, 2*tp+fp+fn),
		Ranks:     r.ranks(weight),
		ECE:       ECE(r.bins(weight)),
	}
}

const (
	epsilon = 0x1p-52 // the least probability that log loss takes: float64 eps, as scikit-learn does

	// slack admits the rounding of a float32 softmax above 1.
	slack = 1e-5
)

// surprise is -ln p of what came true.
func surprise(p float64) float64 { return -math.Log(min(max(p, epsilon), 1)) }

func brier(p []float64, label int) float64 {
	sum := 0.0
	for c, x := range p {
		if c == label {
			x--
		}
		sum += x * x
	}
	if len(p) == 2 {
		return sum / 2
	}
	return sum
}

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
		if !IsProbability(x) {
			return fmt.Errorf("metrics: row %d: probability of %s is %g, want 0 to 1", k/n, classes[k%n], x)
		}
	}
	return nil
}

// IsProbability tells whether x is from 0 to 1, but for the rounding of a float32 softmax.
func IsProbability(x float64) bool { return x >= 0 && x <= 1+slack }

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
