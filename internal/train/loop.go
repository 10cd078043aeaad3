package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

// train runs the epochs that are left, and writes the models after each and
// checkpoints now and then. When ctx ends it writes one after the current step
// and returns errInterrupted.
func (r *run) train(ctx context.Context) (err error) {
	r.meter = unread()
	if err := r.byFirst(func() (err error) {
		r.meter, err = openMeter(filepath.Join(r.Out, stepsFile), r.state.Steps)
		return err
	}); err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, r.meter.close()) }()
	for !r.finished() {
		if err := r.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// finished tells whether the last epoch is done. Patience begins when the warm-up has ended: before, a loss that does not
// fall says nothing yet.
func (r *run) finished() bool {
	s, warm := r.state, int(math.Ceil(r.settings.Warmup))
	return s.Epoch >= r.settings.Epochs || r.settings.Patience > 0 && s.Epoch-max(s.BestEpoch, warm) >= r.settings.Patience
}

func (r *run) epoch(ctx context.Context) error {
	s := &r.state
	start := time.Now()
	bar := progress.New(r.Log.With("epoch", s.Epoch+1), len(r.trainSet.examples)-s.Batch*r.settings.Batch, fmt.Sprintf("epoch %d/%d", s.Epoch+1, r.settings.Epochs))
	defer bar.Finish()
	if r.draw != nil {
		r.draw(s.Epoch)
	}
	images := 0 // of the step
	r.pace.begin()
	for batch, err := range r.meter.timed(r.trainSet.epoch(s.Epoch, s.Batch)) {
		if err != nil {
			return err
		}
		var stats vit.Stats
		step := s.Epoch*r.steps() + s.Batch/r.settings.Accumulate
		lr := r.schedule.LR(step)
		last := (s.Batch+1)%r.settings.Accumulate == 0 || s.Batch+1 == r.trainSet.batches()
		if last {
			stats = r.trainer.Step(batch, lr)
		} else {
			r.trainer.Accumulate(batch)
		}
		bar.Add(batch.Total)
		images += batch.Total
		s.Batch++
		if !last {
			continue
		}
		if sum := stats.Loss + stats.GradNorm; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("the loss is %g, its gradient %g in epoch %d, batch %d: try a smaller --lr", stats.Loss, stats.GradNorm, s.Epoch+1, s.Batch)
		}
		s.LossSum += stats.Loss * float64(images)
		s.GradSum += stats.GradNorm
		if err := r.meter.add(stepLine{Step: step + 1, Epoch: s.Epoch + 1, Loss: stats.Loss, LR: lr, GradNorm: stats.GradNorm, Images: images}); err != nil {
			return err
		}
		bar.Tell("step", step+1, "loss", stats.Loss, "lr", lr, "grad_norm", stats.GradNorm)
		images = 0
		r.pace.stepped()
		if r.ends(ctx, 0) {
			bar.Finish()
			return r.interrupted()
		}
		if r.pace.due() {
			if err := r.checkpoint(); err != nil {
				return err
			}
		}
	}
	bar.Finish()
	if r.ends(ctx, r.pace.judging) {
		return r.interrupted() // a resumed run validates first
	}
	r.pace.begin()
	h := entry{
		Epoch: s.Epoch + 1, LR: r.schedule.LR((s.Epoch+1)*r.steps() - 1),
		TrainLoss: s.LossSum / float64(len(r.trainSet.examples)), GradNorm: s.GradSum / float64(r.steps()),
	}
	var err error
	if h.ValLoss, h.ValScore, err = r.judge(ctx); errors.Is(err, errInterrupted) {
		return r.interrupted()
	} else if err != nil {
		return err
	}
	if math.IsNaN(h.ValLoss) || math.IsInf(h.ValLoss, 0) {
		return fmt.Errorf("the validation loss is %g after epoch %d: try a smaller --lr", h.ValLoss, s.Epoch+1)
	}
	r.pace.judged()
	h.Seconds = time.Since(start).Seconds()
	s.History = append(s.History, h)
	s.Epoch, s.Batch, s.LossSum, s.GradSum = s.Epoch+1, 0, 0, 0
	// Without early stopping the validation set chooses nothing: the weights of the last epoch, where the learning rate has
	// come down, are better than what a small set's noise picks.
	best := r.settings.Patience == 0 || s.BestEpoch == 0 || h.ValLoss < s.BestLoss
	score := ""
	if name := r.scoreName(); name != "" {
		score = fmt.Sprintf(", %s %.4f", name, h.ValScore)
	}
	r.Log.Info(fmt.Sprintf("epoch %d: training loss %.4f, validation loss %.4f%s%s",
		s.Epoch, h.TrainLoss, h.ValLoss, score, map[bool]string{true: " (best)"}[best && r.settings.Patience > 0]),
		"epoch", s.Epoch, "step", s.Epoch*r.steps(), "lr", h.LR, "train_loss", h.TrainLoss, "val_loss", h.ValLoss, "val_score", h.ValScore, "grad_norm", h.GradNorm, "seconds", h.Seconds)
	if best {
		s.BestEpoch, s.BestLoss = s.Epoch, h.ValLoss
		if err := r.save("best"); err != nil {
			return err
		}
	}
	if err := r.save("last"); err != nil {
		return err
	}
	if err := r.writeHistory(); err != nil {
		return err
	}
	r.pace.wrote()
	// The checkpoint is last: a run that goes on from one before writes the same
	// files once more.
	switch {
	case r.finished():
		return r.checkpoint()
	case r.ends(ctx, 0):
		return r.interrupted()
	case r.pace.due():
		return r.checkpoint()
	}
	return nil
}

// ends tells whether the run is to stop here, for whichever rank: since ctx has
// ended, or since there is no room for what comes next, unless a process would get
// nowhere then.
func (r *run) ends(ctx context.Context, next time.Duration) bool {
	return r.world().Any(ctx.Err() != nil || r.pace.got && !r.pace.room(next))
}

// interrupted saves where the run stands.
func (r *run) interrupted() error {
	if err := r.checkpoint(); err != nil {
		return err
	}
	return errInterrupted
}

// scoreName is what the second validation figure of an epoch is; empty if there is none.
func (r *run) scoreName() string {
	switch r.data.task {
	case "":
		return ""
	case catalog.Regress:
		return "standardised rms error"
	case catalog.Votes:
		return "agreement" // with most volunteers
	}
	return "accuracy"
}

// validate is the loss and the score over the validation set: the fraction of
// images (multilabel: of known labels, votes: of answered questions) that are
// right, or for a regression the root mean square error in units of the columns'
// standard deviations.
func (r *run) validate(ctx context.Context) (loss, score float64, err error) {
	logits, targets, err := r.predict(ctx, r.val, 1)
	if err != nil {
		return 0, 0, err
	}
	loss = r.valLoss.Gradient(nil, logits, targets, 1) / r.valLoss.Weight(targets)
	var sum, n float64
	outputs, labels := r.loss.Outputs(), r.loss.Targets()
	for i := range len(targets) / labels {
		row, target := logits[i*outputs:][:outputs], targets[i*labels:][:labels]
		if r.data.task == catalog.Classify {
			n++
			if target[argmax(row)] == 1 {
				sum++
			}
			continue
		}
		if r.data.task == catalog.Votes {
			right, asked := agreement(r.data.questions, row, target)
			sum, n = sum+right, n+asked
			continue
		}
		for j, y := range target {
			switch {
			case y != y:
			case r.data.task == catalog.Regress:
				n, sum = n+1, sum+float64((row[j]-y)*(row[j]-y))
			default:
				n++
				if (row[j] >= 0) == (y >= 0.5) {
					sum++
				}
			}
		}
	}
	if r.data.task == catalog.Regress {
		return loss, math.Sqrt(sum / n), nil
	}
	return loss, sum / n, nil
}

// predict is the logits [n, N], means over so many turns and flips, and the targets
// [n, R] of a loader's examples, which ranks share; when ctx ends, errInterrupted.
func (r *run) predict(ctx context.Context, l *loader, samples int) (logits, targets []float32, err error) {
	logits = make([]float32, len(l.examples)*r.loss.Outputs())
	if err := r.agreed(r.predictShare(ctx, l, samples, logits)); err != nil {
		return nil, nil, err
	}
	r.world().Sum(logits)()
	for _, e := range l.examples {
		targets = append(targets, e.target...)
	}
	return logits, targets, nil
}

// predictShare writes the logits of this rank's share of each batch.
func (r *run) predictShare(ctx context.Context, l *loader, samples int, logits []float32) error {
	predictor := vit.NewPredictor(r.model.Net, vit.F32, r.Workers)
	defer predictor.Close()
	for k := range samples {
		at := logits // those of the batch and what follows
		for batch, err := range l.epoch(-1-k, 0) {
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return errInterrupted
			}
			rows := make([]float32, len(batch.Targets)/r.loss.Targets()*r.loss.Outputs())
			if len(rows) > 0 {
				predictor.Logits(rows, batch.Patches)
			}
			simd.Axpy(1/float32(samples), rows, at[batch.First*r.loss.Outputs():][:len(rows)])
			at = at[batch.Total*r.loss.Outputs():]
		}
	}
	return nil
}

func argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
