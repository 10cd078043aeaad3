package vit

import "github.com/astrovit/astrovit/simd"

// Batch is B labelled images.
type Batch struct {
	Patches []float32 // [B, N patches, P]
	Targets []float32 // [B, R], as the loss has them
}

// Trainer changes a model batch by batch. The batch is computed in shards of
// a fixed size whose gradients are summed in the shards' order, so that the
// weights are the same to the last bit for every number of workers.
type Trainer struct {
	model     *Model
	loss      Loss
	optimiser optimiser
	pool      *workers
	parts     []trainerPart // one a worker
	grad      *Params
	order     *sequence

	batch Batch // of the step under way
	scale float64
	sum   float64
}

// trainerPart is what one worker owns.
type trainerPart struct {
	ws      *Workspace
	grad    *Params
	dlogits []float32
	sum     float64
	merge   func() // adds this part to the trainer's sums; made once, so that a step allocates nothing
}

// NewTrainer prepares to train m, with AdamW from its first step, on the given
// number of goroutines. Close ends them.
func NewTrainer(m *Model, loss Loss, settings AdamW, workers int) *Trainer {
	if loss.Outputs() != m.Config.Classes {
		panic("vit: the head's outputs are not the loss's")
	}
	t := &Trainer{
		model: m, loss: loss,
		optimiser: optimiser{AdamW: settings, first: NewParams(m.Config), second: NewParams(m.Config)},
		parts:     make([]trainerPart, workers),
		grad:      NewParams(m.Config),
		order:     newSequence(),
	}
	size := m.Config.shardImages()
	for i := range t.parts {
		part := &t.parts[i]
		part.ws = m.NewTrainingWorkspace(size)
		part.grad = NewParams(m.Config)
		part.dlogits = make([]float32, size*m.Config.Classes)
		part.merge = func() {
			simd.Add(t.grad.Flat, t.grad.Flat, part.grad.Flat)
			t.sum += part.sum
		}
	}
	t.pool = startWorkers(workers, t.shard)
	return t
}

// Close ends the trainer's goroutines.
func (t *Trainer) Close() { t.pool.stop() }

// Stats is what a step tells about itself.
type Stats struct {
	Loss     float64 // mean over the batch, before the step
	GradNorm float64 // before clipping
}

// Step changes the weights once, with the learning rate lr. A batch without
// weight (no label known) changes nothing.
func (t *Trainer) Step(b Batch, lr float64) Stats {
	weight := t.loss.Weight(b.Targets)
	if weight == 0 {
		return Stats{}
	}
	t.batch, t.scale, t.sum, t.order.next = b, 1/weight, 0, 0
	clear(t.grad.Flat)
	images, size := len(b.Patches)/t.model.Config.Grid.Pixels(), t.model.Config.shardImages()
	if len(b.Targets) != images*t.loss.Targets() {
		panic("vit: targets do not match patches")
	}
	t.pool.run((images + size - 1) / size)
	norm := t.optimiser.step(t.model.Params, t.grad, lr)
	return Stats{Loss: t.sum / weight, GradNorm: norm}
}

// shard computes the gradients of one shard and adds them in its turn.
func (t *Trainer) shard(worker, shard int) {
	part := &t.parts[worker]
	patches := shardOf(t.batch.Patches, t.model.Config.Grid.Pixels(), shard, t.model.Config.shardImages())
	targets := shardOf(t.batch.Targets, t.loss.Targets(), shard, t.model.Config.shardImages())
	clear(part.grad.Flat)
	logits := t.model.Forward(part.ws, patches)
	dlogits := part.dlogits[:len(logits)]
	part.sum = t.loss.Gradient(dlogits, logits, targets, t.scale)
	t.model.Backward(part.ws, part.grad, dlogits)
	t.order.do(shard, part.merge)
}

// shardOf is the part of x, which has width numbers an image, that shard s of
// size images covers.
func shardOf(x []float32, width, s, size int) []float32 {
	return x[s*size*width : min((s+1)*size*width, len(x))]
}

// State is what a checkpoint must hold beside the weights, to go on as if
// nothing had happened: the optimiser's moments and its count of steps. The
// moments are the trainer's own, not copies.
func (t *Trainer) State() (first, second *Params, steps int) {
	return t.optimiser.first, t.optimiser.second, t.optimiser.steps
}

// SetSteps sets the optimiser's count of steps, for a checkpoint whose moments
// have been read into those of State.
func (t *Trainer) SetSteps(n int) { t.optimiser.steps = n }
