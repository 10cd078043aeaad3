package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/plots"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/simd"
)

// summary is metrics.json. Validation chose the epoch and the calibration, so
// that its figures are a little too good; test, where there is one, was looked
// at once, with the calibrated model.
type summary struct {
	Task         catalog.Task          `json:"task"`
	Labels       []string              `json:"labels"`
	Parameters   int                   `json:"parameters"`
	Kernels      string                `json:"kernels"`
	Seed         uint64                `json:"seed"`
	Epochs       int                   `json:"epochs"`
	BestEpoch    int                   `json:"best_epoch"`
	Training     int                   `json:"training_images"`
	Calibration  calibrate.Calibration `json:"calibration"`
	Uncalibrated any                   `json:"validation_uncalibrated"` // what validation is without it
	Validation   any                   `json:"validation"`
	Test         any                   `json:"test,omitempty"`
}

// resamples is how many the intervals in metrics.json are of.
const resamples = 1000

// writeHistory writes history.csv.
func (r *run) writeHistory() error {
	var b strings.Builder
	name := r.scoreName()
	if name != "" {
		name = ",val_" + strings.ReplaceAll(name, " ", "_")
	}
	fmt.Fprintf(&b, "epoch,lr,train_loss,val_loss%s,grad_norm,seconds\n", name)
	for _, h := range r.state.History {
		score := ""
		if name != "" {
			score = fmt.Sprintf(",%.6g", h.ValScore)
		}
		fmt.Fprintf(&b, "%d,%.6g,%.6g,%.6g%s,%.6g,%.1f\n", h.Epoch, h.LR, h.TrainLoss, h.ValLoss, score, h.GradNorm, h.Seconds)
	}
	return r.byFirst(func() error { return whole.WriteBytes(filepath.Join(r.Out, historyFile), []byte(b.String())) })
}

// report calibrates and scores the best model, and writes metrics.json and the
// plots, and in the end what it predicts of the test part, if there is one.
func (r *run) report(ctx context.Context) error {
	best, err := modeldir.Read(os.DirFS(filepath.Join(r.Out, "best")), filepath.Join(r.Out, "best"))
	if err != nil {
		return err
	}
	r.model = best
	best.Calibration = calibrate.Calibration{} // of a run that was finished before
	s := summary{
		Task: r.data.task, Labels: r.data.labels, Parameters: best.Net.Config.Count(), Kernels: simd.Level(), Seed: r.Seed,
		Epochs: r.state.Epoch, BestEpoch: r.state.BestEpoch, Training: len(r.data.train),
	}
	samples := max(best.Recipe.Samples, 1)
	logits, targets, err := r.predict(ctx, r.val, samples)
	if err != nil {
		return err
	}
	judged, err := r.score("validation, uncalibrated", logits, targets, metrics.Bootstrap{})
	if err != nil {
		return err
	}
	s.Uncalibrated = judged.figures
	best.Calibration = r.calibration(logits, targets)
	s.Calibration = best.Calibration
	if err := r.save("best"); err != nil {
		return err
	}
	// The plots show the set that was looked at once, if there is one.
	intervals := metrics.Bootstrap{Resamples: resamples, Seed: r.Seed, Groups: resampled(r.data.val)}
	if judged, err = r.score("validation", logits, targets, intervals); err != nil {
		return err
	}
	s.Validation = judged.figures
	if len(r.data.test) > 0 {
		test := *r.val
		test.examples = r.data.test
		if logits, targets, err = r.predict(ctx, &test, samples); err != nil {
			return err
		}
		intervals.Groups = resampled(r.data.test)
		if judged, err = r.score("test", logits, targets, intervals); err != nil {
			return err
		}
		s.Test = judged.figures
	}
	if err := writeFigures(r.Out, s, r.data.plotNames(), append([]func(io.Writer) error{r.curves}, judged.plots...)); err != nil {
		return err
	}
	if len(r.data.test) > 0 {
		if err := r.writePredictions(logits); err != nil {
			return err
		}
	}
	r.Log.Info(fmt.Sprintf("the calibrated model of the %s is in %s", r.kept(), filepath.Join(r.Out, "best")), "epoch", s.BestEpoch)
	return nil
}

// kept says of which epoch best/ is.
func (r *run) kept() string {
	if r.settings.Patience > 0 {
		return fmt.Sprintf("best epoch (%d of %d)", r.state.BestEpoch, r.state.Epoch)
	}
	return fmt.Sprintf("last epoch (%d)", r.state.Epoch)
}

// writeFigures writes metrics.json and then, since without a plot the numbers are still a result, the plots.
func writeFigures(dir string, figures any, names []string, plots []func(io.Writer) error) error {
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	if err := whole.WriteBytes(filepath.Join(dir, metricsFile), append(text, '\n')); err != nil {
		return err
	}
	for i, draw := range plots {
		if err := whole.Write(filepath.Join(dir, names[i]), draw); err != nil {
			return err
		}
	}
	return nil
}

// writePredictions writes what the model says of the test part, in which what could not be read keeps its place.
func (r *run) writePredictions(logits []float32) error {
	layout, err := catalog.Predictions(r.data.task, r.data.labels, false, r.data.questions...)
	if err != nil {
		return err
	}
	w, err := catalog.NewWriter(filepath.Join(r.Out, predictionsFile), layout)
	if err != nil {
		return err
	}
	defer w.Abort()
	read := 0
	for i := range r.data.rows {
		row := r.data.rows[i]
		if read < len(r.data.test) && r.data.test[read].object.ID == row.ID {
			row.Values, row.Sigmas = r.model.Predict(logits[read*r.loss.Outputs():][:r.loss.Outputs()])
			read++
		}
		if err := w.Write(&row); err != nil {
			return err
		}
	}
	return w.Close()
}

// plotNames are the files of the plots: the curves of the training, then those
// of the task's scores. A column of a regression may be called log M/Msun.
func (l *labelled) plotNames() []string {
	switch l.task {
	case "":
		return []string{"curves.png", reconstructionsFile}
	case catalog.Classify:
		return []string{"curves.png", "roc.png", "roc_log.png", "pr.png", "reliability.png", "class_reliability.png", "confusion.png"}
	case catalog.MultiLabel:
		return []string{"curves.png", "roc.png", "roc_log.png", "pr.png", "reliability.png", "class_reliability.png"}
	}
	names, files := []string{"curves.png"}, whole.Names{}
	if l.task == catalog.Votes {
		for _, q := range l.questions {
			names = append(names, "votes_"+files.Of(q.Name)+".png")
		}
		return names
	}
	for _, column := range l.labels {
		names = append(names, "regression_"+files.Of(column)+".png")
	}
	return names
}

func (r *run) curves(w io.Writer) error {
	var training, validation, score []float64
	for _, h := range r.state.History {
		training, validation, score = append(training, h.TrainLoss), append(validation, h.ValLoss), append(score, h.ValScore)
	}
	panels := []plots.Panel{{Title: "Loss", Training: training, Validation: validation}}
	if name := r.scoreName(); name != "" {
		panels = append(panels, plots.Panel{Title: strings.ToUpper(name[:1]) + name[1:], Validation: score})
	}
	best := 0 // nobody has looked for it
	if r.settings.Patience > 0 {
		best = r.state.BestEpoch
	}
	return plots.Curves(w, best, panels...)
}
