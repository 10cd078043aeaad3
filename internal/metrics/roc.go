package metrics

import (
	"math"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/stat"
)

// Curve is a receiver operating characteristic. At Threshold[i] the rows with
// score >= Threshold[i] are called positive; TPR[i] of the positive and FPR[i]
// of the negative rows are among them. Thresholds fall from +Inf (nothing is
// called positive, 0, 0) to the lowest score (everything is, 1, 1), one for
// every distinct score, so that tied rows step together.
type Curve struct {
	Name                string
	FPR, TPR, Threshold []float64
	AUROC               Number
	AveragePrecision    Number
}

// ROC is the curve of the scores, higher meaning more positive. Without a
// positive or without a negative row there is none: the slices are nil, the
// areas NaN. A NaN score or slices of different lengths are programmer errors.
//
// AUROC is the trapezoidal area, in which tied pairs count one half (Mann and
// Whitney 1947). AveragePrecision is sum_i (TPR[i]-TPR[i-1]) precision[i],
// without interpolation, as in sklearn.metrics.average_precision_score.
func ROC(name string, scores []float64, positive []bool) Curve {
	if len(scores) != len(positive) {
		panic("metrics: scores and truth differ in length")
	}
	curve := Curve{Name: name, AUROC: undefined, AveragePrecision: undefined}
	positives := 0
	for i, s := range scores {
		if math.IsNaN(s) {
			panic("metrics: NaN score")
		}
		if positive[i] {
			positives++
		}
	}
	negatives := len(scores) - positives
	if positives == 0 || negatives == 0 {
		return curve
	}
	sorted := append([]float64(nil), scores...)
	truth := append([]bool(nil), positive...)
	stat.SortWeightedLabeled(sorted, truth, nil)
	curve.TPR, curve.FPR, curve.Threshold = stat.ROC(nil, sorted, truth, nil)
	curve.AUROC = Number(integrate.Trapezoidal(curve.FPR, curve.TPR))
	curve.AveragePrecision = Number(averagePrecision(curve.TPR, curve.FPR, float64(positives), float64(negatives)))
	return curve
}

func averagePrecision(tpr, fpr []float64, positives, negatives float64) float64 {
	sum := 0.0
	for i := 1; i < len(tpr); i++ { // tpr[0] = 0: nothing called positive
		tp, fp := tpr[i]*positives, fpr[i]*negatives
		sum += (tpr[i] - tpr[i-1]) * tp / (tp + fp)
	}
	return sum
}

// classCurve treats class c of n as positive and all others as negative.
func classCurve(name string, p []float64, labels []int, c, n int) Curve {
	scores := make([]float64, len(labels))
	positive := make([]bool, len(labels))
	for i, label := range labels {
		scores[i] = p[i*n+c]
		positive[i] = label == c
	}
	return ROC(name, scores, positive)
}
