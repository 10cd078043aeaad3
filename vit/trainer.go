package vit

// Batch is B images and what is to be learned of them. Where [Ranks] train together, they are a rank's share of a batch.
type Batch struct {
	Patches []float32 // [B, Input] as Config.Arrange has them
	Targets []float32 // [B, R], as the loss of a Trainer has them
	Order   []int32   // [B, N] each image's patches, those first that a MaskedTrainer's encoder sees

	First int // the number of the first image in the batch of all ranks
	Total int // how many images that has; 0: none but these
}

// Trainer changes a model batch by batch. Its workers share the images of a
// forward and backward, and then the gradient of each weight, which is summed
// over the whole batch in one product. So the weights are the same to the last
// bit for every number of workers, a worker needs memory for its own images
// only, and there are no gradients to add up between workers.
type Trainer struct {
	descent
	model    *Model
	loss     Loss
	dropPath DropPath
	stack    stack

	// The batch under way, and those of its images whose gradient is being added.
	given   Batch
	batch   Batch
	dlogits []float32 // [B, N]
	sums    []float64 // of the loss, one a chunk

	stem, ends func(worker, task int) // made once, so that a step allocates nothing
}

// trainingTokens is about how many tokens are computed at once in training,
// mostImages bounds the images: workers are to share a small batch.
const (
	trainingTokens = 256
	mostImages     = 8
)

// trainingImages is the number of images in a chunk. It is part of the result's
// bits: the gradients of the norms are summed chunk by chunk.
func (c Config) trainingImages() int { return max(1, min(trainingTokens/c.Tokens(), mostImages)) }

// NewTrainer prepares to train m, with AdamW from its first step, on the given
// number of goroutines. Close ends them.
func NewTrainer(m *Model, loss Loss, settings AdamW, workers int) *Trainer {
	if loss.Outputs() != m.Config.Classes {
		panic("vit: the head's outputs are not the loss's")
	}
	c := m.Config
	t := &Trainer{model: m, loss: loss}
	t.prepare(settings, m.Params, NewParams(c), c.Depth, c.trainingImages(), func() *Params { return NewParams(c) }, workers)
	t.add = t.addImages
	t.stack.begin(m, t.grad, &t.descent, workers)
	t.stack.ends, t.stack.endTasks = func(task int) { m.layOutEnds(t.stack.ws.layouts, task) }, m.endTasks()
	t.stack.enter, t.stack.leave, t.stack.turn = t.enter, t.leave, t.turn
	t.stem, t.ends = t.doStem, t.doEnds
	return t
}

// Step changes the weights once, by this batch and those accumulated before: [Trainer.Accumulate] and Update, whose
// exchange with other ranks begins during backward.
func (t *Trainer) Step(b Batch, lr float64) Stats {
	t.last = true
	t.Accumulate(b)
	return t.Update(lr)
}

// Accumulate adds a batch to those of the next Update, whose gradient
// is that of one batch of them all, in the memory of the largest. A batch
// without weight (no label known) adds nothing. It panics if the sizes of
// patches and targets do not agree.
func (t *Trainer) Accumulate(b Batch) {
	images := len(b.Patches) / t.model.Config.Input()
	if len(b.Patches)%t.model.Config.Input() != 0 || len(b.Targets) != images*t.loss.Targets() {
		panic("vit: patches are not a whole number of images, or targets do not match")
	}
	t.given = b
	t.accumulate(b, images)
}

// addImages adds the gradient of some images of the batch under way.
func (t *Trainer) addImages(images span) (sum, weight float64) {
	c := t.model.Config
	t.batch = Batch{Patches: images.of(t.given.Patches, c.Input()), Targets: images.of(t.given.Targets, t.loss.Targets())}
	if weight = t.loss.Weight(t.batch.Targets); weight == 0 {
		return 0, 0
	}
	t.plan(images.len())
	ws := t.stack.ws
	if t.dropPath.Rate > 0 {
		for image := range images.len() {
			t.dropPath.draw(ws.blocks, image, t.optimiser.steps, t.before+images.lo+image)
		}
	}
	t.model.begin(ws, t.batch.Patches)
	t.stack.forward()
	t.stack.backward()
	if c.Stem != PatchStem {
		t.pool.Run(ws.chunks(), t.stem)
	}
	t.pool.Run(len(t.model.convolutions)+2, t.ends)
	for _, s := range t.sums[:ws.chunks()] {
		sum += s
	}
	return sum, weight
}

// plan makes room for a batch.
func (t *Trainer) plan(images int) {
	if !t.stack.plan(images) {
		return
	}
	c := t.model.Config
	t.dlogits = make([]float32, images*c.Classes)
	t.sums = make([]float64, (images+c.trainingImages()-1)/c.trainingImages())
	if t.dropPath.Rate > 0 {
		for _, a := range t.stack.ws.blocks {
			a.kept = make([][2]float32, images)
		}
	}
}

// enter, leave and turn are what the stack asks for.
func (t *Trainer) enter(s *scratch, chunk int) {
	t.model.embed(t.stack.ws, s, t.stack.ws.chunkOf(chunk).times(t.model.Config.Tokens()))
}

func (t *Trainer) leave(_ *scratch, chunk int) {
	c, ws := t.model.Config, t.stack.ws
	images := ws.chunkOf(chunk)
	t.model.head(ws, images)
	t.sums[chunk] = t.loss.Gradient(images.of(t.dlogits, c.Classes), images.of(ws.logits, c.Classes),
		images.of(t.batch.Targets, t.loss.Targets()), 1/t.unit)
}

func (t *Trainer) turn(_ *scratch, chunk int) { t.model.headBackward(t.stack.ws, t.dlogits, chunk) }

func (t *Trainer) doStem(worker, chunk int) {
	t.model.stemBackward(t.stack.ws, t.stack.scratch[worker], chunk, t.stack.dx())
}

func (t *Trainer) doEnds(worker, task int) {
	ws := t.stack.ws
	convolutions := len(t.model.convolutions)
	switch {
	case task < convolutions:
		t.model.kernelGradient(ws, t.stack.scratch[worker], t.grad, task)
	case task == convolutions:
		t.model.embedBackward(ws, t.grad, t.stack.dx())
	default:
		t.model.headGradients(ws, t.grad, t.dlogits[:ws.batch*t.model.Config.Classes])
	}
}
