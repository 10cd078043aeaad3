package vit

import "github.com/astrovit/astrovit/simd"

// Batch is B images and what is to be learned of them.
type Batch struct {
	Patches []float32 // [B, Input] as Config.Arrange has them
	Targets []float32 // [B, R], as the loss of a Trainer has them
	Order   []int32   // [B, N] each image's patches, those first that a MaskedTrainer's encoder sees
}

// Trainer changes a model batch by batch. Its workers share the images of a
// forward and backward, and then the gradient of each weight, which is summed
// over the whole batch in one product. So the weights are the same to the last
// bit for every number of workers, a worker needs memory for its own images
// only, and there are no gradients to add up between workers.
type Trainer struct {
	model     *Model
	loss      Loss
	optimiser optimiser
	dropPath  DropPath
	pool      *simd.Workers
	ws        *Workspace // grows to the largest batch
	scratch   []*scratch // one a worker
	grad      *Params
	matrices  []matrixTask

	// The step under way, of the batches that have been accumulated.
	images int     // in them
	sum    float64 // of the loss
	weight float64 // of their targets
	unit   float64 // the first batch's weight, by which the gradient is divided until all are known

	// The batch under way.
	batch   Batch
	dlogits []float32 // [B, N]
	sums    []float64 // of the loss, one a chunk
	stage   int

	tasks trainerTasks
}

// trainerTasks are made once, so that a step allocates nothing.
type trainerTasks struct {
	ends, forward, backward, weights, stem, last, norm, update func(worker, task int)
}

// trainingTokens is about how many tokens are computed at once in training.
const trainingTokens = 256

// trainingImages is the number of images in a chunk. It is part of the result's
// bits: the gradients of the norms are summed chunk by chunk.
func (c Config) trainingImages() int { return max(1, trainingTokens/c.Tokens()) }

// NewTrainer prepares to train m, with AdamW from its first step, on the given
// number of goroutines. Close ends them.
func NewTrainer(m *Model, loss Loss, settings AdamW, workers int) *Trainer {
	if loss.Outputs() != m.Config.Classes {
		panic("vit: the head's outputs are not the loss's")
	}
	c := m.Config
	t := &Trainer{
		model: m, loss: loss,
		optimiser: newOptimiser(settings, m.Params, c.Depth, func() *Params { return NewParams(c) }),
		pool:      simd.StartWorkers(workers),
		grad:      NewParams(c),
	}
	for range workers {
		t.scratch = append(t.scratch, c.newScratch(c.trainingImages()*c.Tokens(), true))
	}
	t.matrices = c.matrixTasksFor(workers)
	t.tasks = trainerTasks{t.doEnds, t.doForward, t.doBackward, t.doWeights, t.doStem, t.doLast, t.doNorm, t.doUpdate}
	return t
}

// Close ends the trainer's goroutines.
func (t *Trainer) Close() { t.pool.Stop() }

// Stats is what a step tells about itself.
type Stats struct {
	Loss     float64 // mean over the step's batches, before it
	GradNorm float64 // before clipping
}

// Step changes the weights once for one batch: [Trainer.Accumulate] and [Trainer.Update].
func (t *Trainer) Step(b Batch, lr float64) Stats {
	t.Accumulate(b)
	return t.Update(lr)
}

// Accumulate adds a batch to those of the next [Trainer.Update], whose gradient
// is that of one batch of them all, in the memory of the largest. A batch
// without weight (no label known) adds nothing. It panics if the sizes of
// patches and targets do not agree.
func (t *Trainer) Accumulate(b Batch) {
	c := t.model.Config
	first, images := t.images, len(b.Patches)/c.Input()
	if len(b.Targets) != images*t.loss.Targets() {
		panic("vit: targets do not match patches")
	}
	t.images += images
	weight := t.loss.Weight(b.Targets)
	if weight == 0 {
		return
	}
	t.plan(images)
	if t.dropPath.Rate > 0 {
		for image := range images {
			t.dropPath.draw(t.ws.blocks, image, t.optimiser.steps, first+image)
		}
	}
	t.model.begin(t.ws, b.Patches)
	t.batch = b
	if t.weight == 0 {
		t.unit = weight
		clear(t.grad.Flat)
	}
	t.pool.Run(1+layoutParts, t.tasks.ends)
	chunks := t.ws.chunks()
	for t.stage = range 2 * c.Depth {
		tasks := chunks
		if t.stage < 2*c.Depth-1 {
			tasks += layoutParts // for the stage after this one
		}
		if t.stage < c.Depth {
			t.pool.Run(tasks, t.tasks.forward)
			continue
		}
		t.pool.Run(tasks, t.tasks.backward)
		t.pool.Run(len(t.matrices)+sumTasks, t.tasks.weights)
	}
	if c.Stem != PatchStem {
		t.pool.Run(chunks, t.tasks.stem)
	}
	t.pool.Run(2, t.tasks.last)
	for _, s := range t.sums[:chunks] {
		t.sum += s
	}
	t.weight += weight
}

// Update changes the weights once, with the learning rate lr, along the
// gradient of the batches accumulated since the last one. If they have no weight
// it changes nothing.
func (t *Trainer) Update(lr float64) (stats Stats) {
	if t.weight > 0 {
		t.pool.Run(len(t.optimiser.pieces), t.tasks.norm)
		stats = Stats{Loss: t.sum / t.weight, GradNorm: t.optimiser.begin(lr, t.unit/t.weight)}
		t.pool.Run(len(t.optimiser.pieces), t.tasks.update)
	}
	t.images, t.sum, t.weight = 0, 0, 0
	return stats
}

// plan makes room for a batch.
func (t *Trainer) plan(images int) {
	if t.ws != nil && images <= t.ws.capacity {
		return
	}
	c := t.model.Config
	t.ws = newTrainingWorkspace(c, images, c.trainingImages())
	t.dlogits = make([]float32, images*c.Classes)
	t.sums = make([]float64, (images+c.trainingImages()-1)/c.trainingImages())
	if t.dropPath.Rate > 0 {
		for _, a := range t.ws.blocks {
			a.kept = make([][2]float32, images)
		}
	}
}

// doEnds lays out what the first stage needs.
func (t *Trainer) doEnds(_, task int) {
	if task == layoutParts {
		t.model.layOutEnds(t.ws.layouts)
	} else {
		t.model.layOutStage(t.ws.layouts, 0, task)
	}
}

// doForward runs a chunk through the stage's block and, after the last, the
// loss; the tasks after those of the chunks lay out the next stage's weights.
func (t *Trainer) doForward(worker, task int) {
	chunks := t.ws.chunks()
	if task >= chunks {
		t.model.layOutStage(t.ws.layouts, t.stage+1, task-chunks)
		return
	}
	c, images := t.model.Config, t.ws.chunkOf(task)
	t.model.forward(t.ws, t.scratch[worker], t.stage, images)
	if t.stage == c.Depth-1 {
		t.sums[task] = t.loss.Gradient(images.of(t.dlogits, c.Classes), images.of(t.ws.logits, c.Classes),
			images.of(t.batch.Targets, t.loss.Targets()), 1/t.unit)
	}
}

// doBackward is doForward for the stages of backward.
func (t *Trainer) doBackward(worker, task int) {
	if chunks := t.ws.chunks(); task >= chunks {
		t.model.layOutStage(t.ws.layouts, t.stage+1, task-chunks)
	} else {
		t.model.backward(t.ws, t.scratch[worker], t.stage, t.dlogits, task)
	}
}

func (t *Trainer) doWeights(_, task int) {
	if task < len(t.matrices) {
		t.model.weightGradient(t.ws, t.grad, t.stage, t.matrices[task])
	} else {
		t.model.sums(t.ws, t.grad, t.stage, task-len(t.matrices))
	}
}

func (t *Trainer) doStem(worker, task int) {
	t.model.stemBackward(t.ws, t.scratch[worker], task, t.ws.dx(2*t.model.Config.Depth-1))
}

func (t *Trainer) doLast(_, task int) {
	if task == 0 {
		t.model.embedBackward(t.ws, t.grad, t.ws.dx(2*t.model.Config.Depth-1))
	} else {
		t.model.headGradients(t.ws, t.grad, t.dlogits[:t.ws.batch*t.model.Config.Classes])
	}
}

func (t *Trainer) doNorm(_, task int)   { t.optimiser.addSquares(t.grad, task) }
func (t *Trainer) doUpdate(_, task int) { t.optimiser.update(t.model.Params, t.grad, task) }

// State is what a checkpoint must hold beside the weights, to go on as if
// nothing had happened: the optimiser's moments and its count of steps. The
// moments are the trainer's own, not copies.
func (t *Trainer) State() (first, second *Params, steps int) {
	return t.optimiser.first, t.optimiser.second, t.optimiser.steps
}

// Average is the moving average of the weights, the trainer's own; nil when the
// settings ask for none.
func (t *Trainer) Average() *Params { return t.optimiser.average }

// SetSteps sets the optimiser's count of steps, for a checkpoint whose moments
// have been read into those of State.
func (t *Trainer) SetSteps(n int) { t.optimiser.steps = n }
