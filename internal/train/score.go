package train

import (
	"context"
	"fmt"
	"io"
	"slices"

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

// score is how the model does on a loader's examples.
func (r *run) score(ctx context.Context, what string, l *loader) (scored, error) {
	logits, targets, err := r.predict(ctx, l)
	if err != nil {
		return scored{}, err
	}
	if r.data.task == catalog.Votes {
		return r.scoreVotes(what, logits, targets)
	}
	var p, sigma []float64
	for row := range slices.Chunk(logits, r.loss.Outputs()) {
		values, sigmas := r.model.Predict(row)
		p, sigma = append(p, values...), append(sigma, sigmas...)
	}
	switch r.data.task {
	case catalog.Classify:
		return r.scoreClasses(what, p, targets)
	case catalog.MultiLabel:
		return r.scoreLabels(what, p, targets)
	}
	return r.scoreColumns(what, p, sigma, targets)
}

func (r *run) scoreClasses(what string, p []float64, targets []float32) (scored, error) {
	var labels []int
	for target := range slices.Chunk(targets, len(r.data.labels)) {
		labels = append(labels, argmax(target))
	}
	m, err := metrics.Classification(p, labels, r.data.labels)
	if err != nil {
		return scored{}, err
	}
	fmt.Fprintf(r.Log, "%s: %d images, accuracy %.4f, macro F1 %.4f, AUROC %.4f\n", what, m.N, m.Accuracy, m.MacroF1, m.AUROC)
	curves := m.Curves
	if len(curves) == 2 {
		curves = curves[1:] // the other is its mirror image
	}
	return scored{m, []func(io.Writer) error{
		func(w io.Writer) error { return plots.ROC(w, curves) },
		func(w io.Writer) error { return plots.ConfusionMatrix(w, r.data.labels, m.Confusion) },
	}}, nil
}

func (r *run) scoreLabels(what string, p []float64, targets []float32) (scored, error) {
	m, err := metrics.Multilabel(p, float64s(targets), r.data.labels)
	if err != nil {
		return scored{}, err
	}
	fmt.Fprintf(r.Log, "%s: %d images, all labels right %.4f, macro F1 %.4f, macro AUROC %.4f\n", what, m.N, m.ExactMatch, m.MacroF1, m.MacroAUROC)
	return scored{m, []func(io.Writer) error{func(w io.Writer) error { return plots.ROC(w, m.Curves) }}}, nil
}

func (r *run) scoreColumns(what string, mean, sigma []float64, targets []float32) (scored, error) {
	truth, n := float64s(targets), len(r.data.columns)
	for i := range truth {
		truth[i] = r.data.columns[i%n].Mean + r.data.columns[i%n].Std*truth[i]
	}
	m, err := metrics.Regression(mean, sigma, truth, r.data.labels)
	if err != nil {
		return scored{}, err
	}
	s := scored{figures: m}
	for j, c := range m {
		fmt.Fprintf(r.Log, "%s: %s, %d images, rms error %.4g, R2 %.4f\n", what, c.Name, c.N, c.RMSE, c.R2)
		scatter := plots.Scatter{Name: c.Name, True: column(truth, j, n), Predicted: column(mean, j, n), Sigma: column(sigma, j, n)}
		s.plots = append(s.plots, func(w io.Writer) error { return plots.Regression(w, scatter) })
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
