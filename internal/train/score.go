package train

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/plots"
)

// scored is how the model does on a set: the figures of metrics.json, and the
// plots in the order of plotNames.
type scored struct {
	figures any
	plots   []func(io.Writer) error
}

// caption says in a plot what it is of.
func caption(what string, images int) string { return fmt.Sprintf("%s, %d images", what, images) }

// score is how the model does on a set with such logits and targets.
func (r *run) score(what string, logits, targets []float32, b metrics.Bootstrap) (scored, error) {
	if r.data.task == catalog.Votes {
		return r.scoreVotes(what, logits, targets, b)
	}
	values, sigmas := r.outputs(logits)
	return r.scorePredicted(what, values, sigmas, targets, b)
}

// scorePredicted is how predictions of a set with such targets do.
func (r *run) scorePredicted(what string, values, sigmas []float64, targets []float32, b metrics.Bootstrap) (scored, error) {
	switch r.data.task {
	case catalog.Classify:
		return r.scoreClasses(what, values, targets, b)
	case catalog.MultiLabel:
		return r.scoreLabels(what, values, targets, b)
	}
	return r.scoreColumns(what, values, sigmas, r.truth(targets), b)
}

// outputs are what the model predicts, image by image.
func (r *run) outputs(logits []float32) (values, sigmas []float64) {
	for row := range slices.Chunk(logits, r.loss.Outputs()) {
		v, s := r.model.Predict(row)
		values, sigmas = append(values, v...), append(sigmas, s...)
	}
	return values, sigmas
}

// truth is a regression's targets in the columns' own units.
func (r *run) truth(targets []float32) []float64 {
	truth, n := float64s(targets), len(r.data.columns)
	for i := range truth {
		truth[i] = r.data.columns[i%n].Mean + r.data.columns[i%n].Std*truth[i]
	}
	return truth
}

// calibration is fitted on the validation set.
func (r *run) calibration(logits, targets []float32) calibrate.Calibration {
	switch r.data.task {
	case catalog.Classify:
		// Class weights and balanced sampling make all classes as frequent as each other.
		var shift []float64
		if r.settings.Weighted || r.settings.Balanced {
			for _, weight := range r.data.classWeights() {
				shift = append(shift, -math.Log(weight))
			}
		}
		c := calibrate.Classes(logits, targets, len(r.data.labels), shift)
		for _, n := range r.data.perClass(r.data.train) {
			c.Prior = append(c.Prior, float64(n)/float64(len(r.data.train)))
		}
		return c
	case catalog.MultiLabel:
		return calibrate.Labels(logits, targets)
	case catalog.Votes:
		return calibrate.Calibration{} // the loss fits the spread itself
	}
	means, sigmas := r.outputs(logits)
	return calibrate.Columns(means, sigmas, r.truth(targets), len(r.data.columns))
}

func (r *run) scoreClasses(what string, p []float64, targets []float32, b metrics.Bootstrap) (scored, error) {
	var labels []int
	for target := range slices.Chunk(targets, len(r.data.labels)) {
		labels = append(labels, argmax(target))
	}
	m, err := metrics.Classification(p, labels, r.data.labels, b)
	if err != nil {
		return scored{}, err
	}
	r.Log.Info(fmt.Sprintf("%s: %d images, accuracy %.4f, macro F1 %.4f, AUROC %.4f, log loss %.4f, ECE %.4f", what, m.N, m.Accuracy, m.MacroF1, m.AUROC, m.LogLoss, m.ECE),
		"of", what, "images", m.N, "accuracy", m.Accuracy, "macro_f1", m.MacroF1, "auroc", m.AUROC, "log_loss", m.LogLoss, "ece", m.ECE)
	of := caption(what, m.N)
	return scored{m, []func(io.Writer) error{
		func(w io.Writer) error { return plots.ROC(w, of, m.Curves) },
		func(w io.Writer) error { return plots.LowFPR(w, of, m.Curves) },
		func(w io.Writer) error { return plots.PurityCompleteness(w, of, m.Curves) },
		func(w io.Writer) error { return plots.Reliability(w, of, "Largest probability", m.Reliability) },
		func(w io.Writer) error { return plots.ClassReliability(w, of, r.data.labels, m.ClassReliability) },
		func(w io.Writer) error { return plots.ConfusionMatrix(w, of, r.data.labels, m.Confusion) },
	}}, nil
}

func (r *run) scoreLabels(what string, p []float64, targets []float32, b metrics.Bootstrap) (scored, error) {
	m, err := metrics.Multilabel(p, float64s(targets), r.data.labels, b)
	if err != nil {
		return scored{}, err
	}
	r.Log.Info(fmt.Sprintf("%s: %d images, all labels right %.4f, macro F1 %.4f, macro AUROC %.4f, log loss %.4f, ECE %.4f",
		what, m.N, m.ExactMatch, m.MacroF1, m.MacroAUROC, m.LogLoss, m.ECE),
		"of", what, "images", m.N, "exact_match", m.ExactMatch, "macro_f1", m.MacroF1, "macro_auroc", m.MacroAUROC, "log_loss", m.LogLoss, "ece", m.ECE)
	of := caption(what, m.N)
	return scored{m, []func(io.Writer) error{
		func(w io.Writer) error { return plots.ROC(w, of, m.Curves) },
		func(w io.Writer) error { return plots.LowFPR(w, of, m.Curves) },
		func(w io.Writer) error { return plots.PurityCompleteness(w, of, m.Curves) },
		func(w io.Writer) error { return plots.Reliability(w, of, "Probability of a label", m.Reliability) },
		func(w io.Writer) error { return plots.ClassReliability(w, of, r.data.labels, m.LabelReliability) },
	}}, nil
}

func (r *run) scoreColumns(what string, mean, sigma, truth []float64, b metrics.Bootstrap) (scored, error) {
	m, err := metrics.Regression(mean, sigma, truth, r.data.labels, b)
	if err != nil {
		return scored{}, err
	}
	s, n := scored{figures: m}, len(r.data.columns)
	for j, c := range m {
		r.Log.Info(fmt.Sprintf("%s: %s, %d images, rms error %.4g, R2 %.4f, reduced chi2 %.3f", what, c.Name, c.N, c.RMSE, c.R2, c.ReducedChi2),
			"of", what, "column", c.Name, "images", c.N, "rmse", c.RMSE, "r2", c.R2, "reduced_chi2", c.ReducedChi2)
		scatter := plots.Scatter{Name: c.Name, True: column(truth, j, n), Predicted: column(mean, j, n), Sigma: column(sigma, j, n)}
		s.plots = append(s.plots, func(w io.Writer) error { return plots.Regression(w, caption(what, c.N), scatter) })
	}
	return s, nil
}

// column is column j of rows of n.
func column(x []float64, j, n int) []float64 {
	var y []float64
	for i := j; i < len(x); i += n {
		y = append(y, x[i])
	}
	return y
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
