package train

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/plots"
	"github.com/astrovit/astrovit/simd"
)

// summary is metrics.json. Validation chose the epoch, so that its figures
// are a little too good; test, where there is one, was looked at once.
type summary struct {
	Task       catalog.Task `json:"task"`
	Labels     []string     `json:"labels"`
	Parameters int          `json:"parameters"`
	Kernels    string       `json:"kernels"`
	Seed       uint64       `json:"seed"`
	Epochs     int          `json:"epochs"`
	BestEpoch  int          `json:"best_epoch"`
	Training   int          `json:"training_images"`
	Validation any          `json:"validation"`
	Test       any          `json:"test,omitempty"`
}

// writeHistory writes history.csv.
func (r *run) writeHistory() error {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch,lr,train_loss,val_loss,val_%s,grad_norm,seconds\n", strings.ReplaceAll(r.scoreName(), " ", "_"))
	for _, h := range r.state.History {
		fmt.Fprintf(&b, "%d,%.6g,%.6g,%.6g,%.6g,%.6g,%.1f\n", h.Epoch, h.LR, h.TrainLoss, h.ValLoss, h.ValScore, h.GradNorm, h.Seconds)
	}
	name := filepath.Join(r.Out, historyFile)
	if err := renameio.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// report scores the best model and writes metrics.json and the plots.
func (r *run) report() error {
	best, err := modeldir.Read(os.DirFS(filepath.Join(r.Out, "best")), filepath.Join(r.Out, "best"))
	if err != nil {
		return err
	}
	r.model = best
	s := summary{
		Task: r.data.task, Labels: r.data.labels, Parameters: best.Net.Config.Count(), Kernels: simd.Level(), Seed: r.Seed,
		Epochs: r.state.Epoch, BestEpoch: r.state.BestEpoch, Training: len(r.data.train),
	}
	if s.Validation, err = r.score("validation", r.val, len(r.data.test) == 0); err != nil {
		return err
	}
	if len(r.data.test) > 0 {
		test := *r.val
		test.examples = r.data.test
		if s.Test, err = r.score("test", &test, true); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := r.draw("curves.png", r.curves); err != nil {
		return err
	}
	name := filepath.Join(r.Out, metricsFile)
	if err := renameio.WriteFile(name, append(text, '\n'), 0o666); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	fmt.Fprintf(r.Log, "best model (epoch %d of %d) in %s\n", s.BestEpoch, s.Epochs, filepath.Join(r.Out, "best"))
	return nil
}

func (r *run) curves(w io.Writer) error {
	var training, validation, score []float64
	for _, h := range r.state.History {
		training, validation, score = append(training, h.TrainLoss), append(validation, h.ValLoss), append(score, h.ValScore)
	}
	name := r.scoreName()
	return plots.Curves(w, r.state.BestEpoch,
		plots.Panel{Title: "Loss", Training: training, Validation: validation},
		plots.Panel{Title: strings.ToUpper(name[:1]) + name[1:], Validation: score})
}

// draw writes a plot into the run folder.
func (r *run) draw(name string, plot func(io.Writer) error) error {
	return modeldir.WriteFile(filepath.Join(r.Out, name), plot)
}

// score is the metrics of the model on a loader's examples; with pictures, the
// task's plots are drawn from them too.
func (r *run) score(what string, l *loader, pictures bool) (any, error) {
	logits, targets, err := r.predict(l)
	if err != nil {
		return nil, err
	}
	var p, sigma []float64
	for row := range slices.Chunk(logits, r.loss.Outputs()) {
		values, sigmas := r.model.Predict(row)
		p, sigma = append(p, values...), append(sigma, sigmas...)
	}
	switch r.data.task {
	case catalog.Classify:
		return r.scoreClasses(what, p, targets, pictures)
	case catalog.MultiLabel:
		m, err := metrics.Multilabel(p, float64s(targets), r.data.labels)
		if err == nil {
			fmt.Fprintf(r.Log, "%s: %d images, all labels right %.4f, macro F1 %.4f, macro AUROC %.4f\n", what, m.N, m.ExactMatch, m.MacroF1, m.MacroAUROC)
		}
		if err == nil && pictures {
			err = r.draw("roc.png", func(w io.Writer) error { return plots.ROC(w, r.labelCurves(p, targets)) })
		}
		return m, err
	}
	return r.scoreColumns(what, p, sigma, targets, pictures)
}

func (r *run) scoreClasses(what string, p []float64, targets []float32, pictures bool) (any, error) {
	var labels []int
	for target := range slices.Chunk(targets, len(r.data.labels)) {
		labels = append(labels, argmax(target))
	}
	m, err := metrics.Classification(p, labels, r.data.labels)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(r.Log, "%s: %d images, accuracy %.4f, macro F1 %.4f, AUROC %.4f\n", what, m.N, m.Accuracy, m.MacroF1, m.AUROC)
	if !pictures {
		return m, nil
	}
	curves, err := metrics.Curves(p, labels, r.data.labels)
	if err != nil {
		return nil, err
	}
	if len(curves) == 2 {
		curves = curves[1:] // the other is its mirror image
	}
	if err := r.draw("roc.png", func(w io.Writer) error { return plots.ROC(w, curves) }); err != nil {
		return nil, err
	}
	return m, r.draw("confusion.png", func(w io.Writer) error { return plots.ConfusionMatrix(w, r.data.labels, m.Confusion) })
}

// labelCurves is the ROC of each label over the images for which it is known.
func (r *run) labelCurves(p []float64, targets []float32) []metrics.Curve {
	var curves []metrics.Curve
	n := len(r.data.labels)
	for j, label := range r.data.labels {
		var scores []float64
		var positive []bool
		for i := j; i < len(p); i += n {
			if y := targets[i]; y == y {
				scores, positive = append(scores, p[i]), append(positive, y >= 0.5)
			}
		}
		curves = append(curves, metrics.ROC(label, scores, positive))
	}
	return curves
}

func (r *run) scoreColumns(what string, mean, sigma []float64, targets []float32, pictures bool) (any, error) {
	truth, n := float64s(targets), len(r.data.columns)
	for i := range truth {
		truth[i] = r.data.columns[i%n].Mean + r.data.columns[i%n].Std*truth[i]
	}
	m, err := metrics.Regression(mean, sigma, truth, r.data.labels)
	if err != nil {
		return nil, err
	}
	for j, c := range m {
		fmt.Fprintf(r.Log, "%s: %s, %d images, rms error %.4g, R2 %.4f\n", what, c.Name, c.N, c.RMSE, c.R2)
		if !pictures {
			continue
		}
		scatter := plots.Scatter{Name: c.Name, True: column(truth, j, n), Predicted: column(mean, j, n), Sigma: column(sigma, j, n)}
		if err := r.draw("regression_"+c.Name+".png", func(w io.Writer) error { return plots.Regression(w, scatter) }); err != nil {
			return nil, err
		}
	}
	return m, nil
}

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
