package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Ranks are the figures that follow from the order of the scores alone. All are
// null when every row or none is positive.
//
// AUROC is the trapezoidal area under the receiver operating characteristic, in
// which tied pairs count one half (Mann and Whitney 1947). AveragePrecision is
// the area under the precision-recall curve without interpolation,
// sum_i (recall[i]-recall[i-1]) precision[i], as in scikit-learn.
//
// TPR0 is the highest true positive rate before a single false positive, TPR10
// that with fewer than ten, as the Bologna lens finding challenge has them
// (Metcalf et al. 2019, arXiv:1802.03609). Rows with equal scores are called
// positive together. Both depend on how many negative rows there are: the
// challenge had 100,000 rows.
//
// TPRAt1e4 is the highest true positive rate at which at most one in 10,000 of
// the negative rows is called positive.
//
// PurityAt50 is the purity (precision) at the highest threshold whose
// completeness (recall) is at least 50 %; PurityAt90 is that for 90 %.
type Ranks struct {
	AUROC            Number `json:"auroc"`
	AveragePrecision Number `json:"average_precision"`
	TPR0             Number `json:"tpr0"`
	TPR10            Number `json:"tpr10"`
	TPRAt1e4         Number `json:"tpr_at_fpr_1e-4"`
	PurityAt50       Number `json:"purity_at_50"`
	PurityAt90       Number `json:"purity_at_90"`
}

// Curve is a receiver operating characteristic with the purity that goes with
// it. At Threshold[i] the rows with score >= Threshold[i] are called positive;
// TPR[i] of the positive and FPR[i] of the negative rows are among them, and
// Purity[i] of them are positive. Thresholds fall from +Inf (nothing is called
// positive, 0, 0, purity 1) to the lowest score (everything is, 1, 1), one for
// every distinct score, so that tied rows step together.
type Curve struct {
	Name                        string
	FPR, TPR, Purity, Threshold []float64
	Ranks
}

// ranking is rows in the order of falling scores.
type ranking struct {
	rows     []int
	scores   []float64
	positive []bool
}

// rank sorts rows by their scores, higher meaning more positive; positive is
// their truth. A NaN score or slices of different lengths are programmer errors.
func rank(rows []int, scores []float64, positive []bool) ranking {
	if len(scores) != len(positive) {
		panic("metrics: scores and truth differ in length")
	}
	order := make([]int, len(scores))
	for i, s := range scores {
		if math.IsNaN(s) {
			panic("metrics: NaN score")
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	r := ranking{make([]int, len(order)), make([]float64, len(order)), make([]bool, len(order))}
	for k, i := range order {
		r.rows[k], r.scores[k], r.positive[k] = rows[i], scores[i], positive[i]
	}
	return r
}

// total is the number of positive and of negative rows under their weights.
func (r ranking) total(weight []int) (positives, negatives int) {
	for k, row := range r.rows {
		if r.positive[k] {
			positives += weight[row]
		} else {
			negatives += weight[row]
		}
	}
	return positives, negatives
}

// steps visits the distinct scores, highest first, with the true and the false
// positives of a threshold there.
func (r ranking) steps(weight []int, visit func(score float64, tp, fp int)) {
	tp, fp := 0, 0
	for k, row := range r.rows {
		if r.positive[k] {
			tp += weight[row]
		} else {
			fp += weight[row]
		}
		if k+1 == len(r.rows) || r.scores[k+1] != r.scores[k] {
			visit(r.scores[k], tp, fp)
		}
	}
}

// ranks are the figures when row i counts weight[i] times.
func (r ranking) ranks(weight []int) Ranks {
	positives, negatives := r.total(weight)
	if positives == 0 || negatives == 0 {
		return Ranks{undefined, undefined, undefined, undefined, undefined, undefined, undefined}
	}
	var area, precision float64
	var lastTP, lastFP, before1, before10, within1e4 int
	at50, at90 := undefined, undefined
	r.steps(weight, func(_ float64, tp, fp int) {
		area += float64(fp-lastFP) * float64(tp+lastTP) / 2
		if tp > lastTP {
			precision += float64(tp-lastTP) * float64(tp) / float64(tp+fp)
		}
		if fp < 1 {
			before1 = tp
		}
		if fp < 10 {
			before10 = tp
		}
		if 10_000*fp <= negatives {
			within1e4 = tp
		}
		if !at50.Defined() && 2*tp >= positives {
			at50 = ratio(tp, tp+fp)
		}
		if !at90.Defined() && 10*tp >= 9*positives {
			at90 = ratio(tp, tp+fp)
		}
		lastTP, lastFP = tp, fp
	})
	return Ranks{
		AUROC:            Number(area / (float64(positives) * float64(negatives))),
		AveragePrecision: Number(precision / float64(positives)),
		TPR0:             ratio(before1, positives),
		TPR10:            ratio(before10, positives),
		TPRAt1e4:         ratio(within1e4, positives),
		PurityAt50:       at50,
		PurityAt90:       at90,
	}
}

// curve is the whole curve when row i counts weight[i] times. Without a positive
// or without a negative row there is none: the slices are nil, the figures NaN.
func (r ranking) curve(name string, weight []int) Curve {
	c := Curve{Name: name, Ranks: r.ranks(weight)}
	positives, negatives := r.total(weight)
	if positives == 0 || negatives == 0 {
		return c
	}
	c.FPR, c.TPR, c.Purity, c.Threshold = []float64{0}, []float64{0}, []float64{1}, []float64{math.Inf(1)}
	r.steps(weight, func(score float64, tp, fp int) {
		c.FPR = append(c.FPR, float64(fp)/float64(negatives))
		c.TPR = append(c.TPR, float64(tp)/float64(positives))
		c.Purity = append(c.Purity, float64(tp)/float64(tp+fp))
		c.Threshold = append(c.Threshold, score)
	})
	return c
}

// bins sorts the rows by their scores, which are probabilities, when row i counts weight[i] times.
func (r ranking) bins(weight []int) []Bin {
	return prophecies{r.rows, r.scores, r.positive}.bins(weight)
}

// ones are the weights of n rows that count once each.
func ones(n int) []int { return slices.Repeat([]int{1}, n) }
