package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// ColumnScore is how the prediction mu of one column fares, in the column's own
// units, over the N rows where its truth y is given.
type ColumnScore struct {
	Name        string    `json:"name"`
	N           int       `json:"n"`
	RMSE        Number    `json:"rmse"`         // root mean square of mu - y
	MAE         Number    `json:"mae"`          // mean of |mu - y|
	Bias        Number    `json:"bias"`         // mean of mu - y
	R2          Number    `json:"r2"`           // 1 - sum (mu-y)^2 / sum (y-mean y)^2; null when y does not vary
	ReducedChi2 Number    `json:"reduced_chi2"` // mean of ((mu-y)/sigma)^2: 1 for honest errors, above for bold ones; null without sigma
	NLL         Number    `json:"nll"`          // mean of -ln of the normal density of y about mu, nats; null without sigma
	Intervals   Intervals `json:"intervals,omitempty"`
}

// columnScores are a regression's, a column each.
type columnScores []ColumnScore

func (s columnScores) parts() []any {
	var list []any
	for i := range s {
		list = append(list, &s[i])
	}
	return list
}

// Regression scores mu [n, K] and its standard deviations sigma [n, K] (nil:
// none) against y [n, K], where NaN means unknown. Mismatched lengths, a
// prediction that is not finite and a sigma that is not positive and finite
// are errors that name the row. A truth must be finite or NaN.
func Regression(mu, sigma, y []float64, columns []string, b Bootstrap) ([]ColumnScore, error) {
	if err := checkColumns(mu, sigma, y, columns); err != nil {
		return nil, err
	}
	return bootstrapped(b, len(mu)/len(columns), func(weight []int) columnScores {
		scores := make(columnScores, len(columns))
		for c, name := range columns {
			scores[c] = columnScore(name, mu, sigma, y, c, len(columns), weight)
		}
		return scores
	}), nil
}

// columnScore scores column c of k when row i counts weight[i] times.
func columnScore(name string, mu, sigma, y []float64, c, k int, weight []int) ColumnScore {
	s := ColumnScore{Name: name, R2: undefined, ReducedChi2: undefined, NLL: undefined}
	var estimates, values, weights []float64
	var square, absolute, bias, chi2, logs float64
	for row, count := range weight {
		i := row*k + c
		if math.IsNaN(y[i]) || count == 0 {
			continue
		}
		w := float64(count)
		estimates, values, weights = append(estimates, mu[i]), append(values, y[i]), append(weights, w)
		s.N += count
		residual := mu[i] - y[i]
		square += w * residual * residual
		absolute += w * math.Abs(residual)
		bias += w * residual
		if sigma != nil {
			chi2 += w * residual / sigma[i] * (residual / sigma[i])
			logs += w * math.Log(sigma[i])
		}
	}
	mean := func(sum float64) Number { return quotient(sum, s.N) }
	s.RMSE, s.MAE, s.Bias = Number(math.Sqrt(float64(mean(square)))), mean(absolute), mean(bias)
	if varies(values) {
		s.R2 = Number(stat.RSquaredFrom(estimates, values, weights))
	}
	if sigma != nil {
		s.ReducedChi2 = mean(chi2)
		s.NLL = mean(chi2/2 + logs + float64(s.N)*math.Log(2*math.Pi)/2)
	}
	return s
}

// varies tells whether x holds two different numbers. The sum of squares about
// the mean cannot tell: it rounds to something above zero for equal ones.
func varies(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return true
		}
	}
	return false
}

func checkColumns(mu, sigma, y []float64, columns []string) error {
	k := len(columns)
	switch {
	case k == 0:
		return fmt.Errorf("metrics: no columns")
	case len(mu) != len(y):
		return fmt.Errorf("metrics: %d predictions for %d truths", len(mu), len(y))
	case sigma != nil && len(sigma) != len(mu):
		return fmt.Errorf("metrics: %d standard deviations for %d predictions", len(sigma), len(mu))
	case len(mu)%k != 0:
		return fmt.Errorf("metrics: %d predictions do not make rows of %d columns", len(mu), k)
	}
	for i := range mu {
		row, name := i/k, columns[i%k]
		if !IsFinite(mu[i]) {
			return fmt.Errorf("metrics: row %d: prediction of %s is %g", row, name, mu[i])
		}
		if math.IsInf(y[i], 0) {
			return fmt.Errorf("metrics: row %d: %s is %g", row, name, y[i])
		}
		if sigma != nil && !(sigma[i] > 0 && IsFinite(sigma[i])) {
			return fmt.Errorf("metrics: row %d: sigma of %s is %g, want a positive number", row, name, sigma[i])
		}
	}
	return nil
}

// IsFinite tells whether x is a number, and no infinity.
func IsFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
