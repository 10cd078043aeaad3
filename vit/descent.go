package vit

import "github.com/astrovit/astrovit/simd"

// descent is what trainers share: a step's way from the gradient of its batches to other weights.
type descent struct {
	optimiser optimiser
	pool      *simd.Workers
	weights   *Params
	grad      *Params // the sum of the step's batches' gradients, divided by unit

	add func(images span) (sum, weight float64) // the gradient of some images of the batch under way; their loss and its weight

	// The step under way, of the batches that have been accumulated.
	images int     // in them, on all ranks
	before int     // the number in the step of the first image of the batch under way
	sum    float64 // of the loss
	weight float64 // of what it is summed over
	unit   float64 // the first batch's images, by which the gradient is divided until all weights are known
	last   bool    // no batch comes after the one under way

	// The ranks, and how far a step's gradient has gone out.
	ranks      Ranks
	buckets    [][]float32
	sent       int
	waits      []func()
	inOrder    bool
	partImages int
	levels     [][]float32 // partial sums of parts' gradients
	total      []float32   // of batches' gradients

	norm, update func(worker, task int) // made once, so that a step allocates nothing
}

// prepare makes a descent of the weights of a model with so many blocks, by chunks of so many images; zeros makes as many numbers.
func (d *descent) prepare(settings AdamW, weights, grad *Params, depth, chunk int, zeros func() *Params, workers int) {
	d.optimiser = newOptimiser(settings, weights, depth, zeros)
	d.pool, d.weights, d.grad = simd.StartWorkers(workers), weights, grad
	d.ranks, d.buckets, d.partImages = Alone{}, grad.buckets(), chunk
	d.norm = func(_, task int) { d.optimiser.addSquares(d.grad, task) }
	d.update = func(_, task int) { d.optimiser.update(d.weights, d.grad, task) }
}

// Close ends the trainer's goroutines.
func (d *descent) Close() { d.pool.Stop() }

// Stats is what a step tells about itself.
type Stats struct {
	Loss     float64 // mean over the step's batches, before it
	GradNorm float64 // before clipping
}

// accumulate adds a batch, of which so many images are here.
func (d *descent) accumulate(b Batch, images int) {
	total := max(images, b.Total)
	if lo, hi := d.Share(total); b.First != lo || images != hi-lo {
		panic("vit: the images of a batch are not this rank's share")
	}
	if d.images == 0 {
		d.unit = float64(total)
		clear(d.grad.Flat)
		clear(d.total)
	}
	d.before, d.images = d.images+b.First, d.images+total
	if d.inOrder {
		d.accumulateInOrder(total, b.First)
		return
	}
	sum, weight := d.add(span{0, images})
	d.sum, d.weight = d.sum+sum, d.weight+weight
}

// Update changes the weights once, with the learning rate lr, along the
// gradient of the batches accumulated since the last one. If they have no weight
// it changes nothing.
func (d *descent) Update(lr float64) (stats Stats) {
	d.exchange()
	if d.weight > 0 {
		d.pool.Run(len(d.optimiser.pieces), d.norm)
		stats = Stats{Loss: d.sum / d.weight, GradNorm: d.optimiser.begin(lr, d.unit/d.weight)}
		d.pool.Run(len(d.optimiser.pieces), d.update)
	}
	d.images, d.sum, d.weight, d.last = 0, 0, 0, false
	return stats
}

// State is what a checkpoint must hold beside the weights, to go on as if
// nothing had happened: the optimiser's moments and its count of steps. The
// moments are the trainer's own, not copies.
func (d *descent) State() (first, second *Params, steps int) {
	return d.optimiser.first, d.optimiser.second, d.optimiser.steps
}

// Average is the moving average of the weights, the trainer's own; nil when the
// settings ask for none.
func (d *descent) Average() *Params { return d.optimiser.average }

// SetSteps sets the optimiser's count of steps, for a checkpoint whose moments
// have been read into those of State.
func (d *descent) SetSteps(n int) { d.optimiser.steps = n }
