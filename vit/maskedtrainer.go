package vit

import "github.com/astrovit/astrovit/simd"

// MaskedTrainer changes an autoencoder batch by batch, as [Trainer] does a model: any number of workers gives the same bits, and
// a step allocates nothing. Where [Batch] has targets for a Trainer, it has the patches' order for this one.
type MaskedTrainer struct {
	auto             *Autoencoder
	optimiser        optimiser
	pool             *simd.Workers
	grad             *autoencoderParams
	encoder, decoder stack
	masked           *masked // grows to the largest batch

	// The step under way.
	batch Batch
	scale float64

	ends, stem, last, norm, update func(worker, task int)
}

// NewMaskedTrainer prepares to train a, with AdamW from its first step, on the given number of goroutines. Close ends them.
func NewMaskedTrainer(a *Autoencoder, settings AdamW, workers int) *MaskedTrainer {
	t := &MaskedTrainer{
		auto:      a,
		optimiser: newOptimiser(settings, a.Params, a.Encoder.Config.Depth, func() *Params { return a.Config.params().all }),
		pool:      simd.StartWorkers(workers),
		grad:      a.Config.params(),
	}
	t.encoder.begin(a.seen, t.grad.encoder, t.pool, workers)
	t.decoder.begin(a.decoder, t.grad.decoder, t.pool, workers)
	for _, s := range t.encoder.scratch {
		s.stem = newStemScratch(a.Encoder.Config, true)
	}
	t.encoder.enter, t.encoder.leave, t.encoder.turn = t.embed, t.cross, t.crossBackward
	t.decoder.enter, t.decoder.leave, t.decoder.turn = func(*scratch, int) {}, t.predict, t.predictBackward
	t.ends, t.stem, t.last, t.norm, t.update = t.doEnds, t.doStem, t.doLast, t.doNorm, t.doUpdate
	return t
}

// Close ends the trainer's goroutines.
func (t *MaskedTrainer) Close() { t.pool.Stop() }

// Step changes the weights once, with the learning rate lr.
func (t *MaskedTrainer) Step(b Batch, lr float64) Stats {
	loss, _ := t.Gradient(b)
	t.pool.Run(len(t.optimiser.pieces), t.norm)
	norm := t.optimiser.begin(lr, 1)
	t.pool.Run(len(t.optimiser.pieces), t.update)
	return Stats{Loss: loss, GradNorm: norm}
}

// Loss is the loss of a batch: per number of the patches that are not seen, 1 for who always says the patch's mean.
func (t *MaskedTrainer) Loss(b Batch) float64 {
	c := t.auto.Encoder.Config
	images := len(b.Patches) / c.Input()
	if images == 0 || len(b.Patches)%c.Input() != 0 || len(b.Order) != images*c.Grid.Patches() {
		panic("vit: patches are not a whole number of images, or their order does not match")
	}
	if t.masked == nil || images > t.encoder.ws.capacity {
		t.encoder.plan(images)
		t.decoder.plan(images)
		t.masked = newMasked(t.auto, t.encoder.ws, t.decoder.ws, images)
	}
	k := t.masked
	numbers := float64(images * (c.Grid.Patches() - t.auto.Config.Seen) * c.Grid.Length())
	t.batch, t.scale = b, 1/numbers
	t.encoder.ws.batch, t.encoder.ws.patches, t.decoder.ws.batch = images, k.vectors[:images*t.auto.seen.Config.Input()], images
	k.stem.batch, k.stem.patches = images, k.images
	if c.Stem == PatchStem {
		k.stem.patches, k.target = b.Patches, b.Patches
	}
	t.pool.Run(2, t.ends)
	t.encoder.forward()
	t.decoder.forward()
	sum := 0.0
	for _, loss := range k.losses[:t.decoder.ws.chunks()] {
		sum += loss
	}
	return sum / numbers
}

// Gradient is the loss of a batch and its gradient, which is the trainer's own and holds until its next use.
func (t *MaskedTrainer) Gradient(b Batch) (float64, *Params) {
	loss := t.Loss(b)
	clear(t.grad.all.Flat)
	t.decoder.backward()
	t.encoder.backward()
	if t.auto.Encoder.Config.Stem != PatchStem {
		t.pool.Run(t.encoder.ws.chunks(), t.stem)
	}
	t.pool.Run(3, t.last)
	return loss, t.grad.all
}

// doEnds lays out the projections before and after the blocks.
func (t *MaskedTrainer) doEnds(_, task int) {
	if task == 0 {
		t.auto.Encoder.layOutEnds(t.encoder.ws.layouts)
		return
	}
	l, p, k := t.decoder.ws.layouts, t.auto.decoder.Params, t.masked
	embed, head := p.Patch.matrix(t.auto.Encoder.Config.Dim), p.Head.matrix(t.auto.Config.Dim)
	l.patch.Pack(embed, simd.TransB)
	l.head.Pack(head, simd.TransB)
	k.embedBack.Pack(embed, 0)
	k.headBack.Pack(head, 0)
}

// doStem is the backward of a convolutional stem for a chunk.
func (t *MaskedTrainer) doStem(worker, chunk int) {
	m, k := t.auto.Encoder, t.masked
	images := t.encoder.ws.chunkOf(chunk)
	clear(images.of(k.full, m.Config.Tokens()*m.Config.Dim))
	t.eachSeen(images, func(to, from int) { copy(k.full[to:][:m.Config.Dim], t.dtokens()[from:]) })
	m.stemBackward(k.stem, t.encoder.scratch[worker], chunk, k.full)
}

// dtokens is the gradient [B*(S+1), D] of the encoder's input.
func (t *MaskedTrainer) dtokens() []float32 {
	return t.encoder.ws.dx(2*t.auto.Encoder.Config.Depth - 1)
}

// eachSeen visits the tokens of some images that the encoder sees: where a token's row begins among all, and among the seen.
func (t *MaskedTrainer) eachSeen(images span, visit func(all, seen int)) {
	c, tokens := t.auto.Encoder.Config, t.auto.seen.Config.Tokens()
	for image := images.lo; image < images.hi; image++ {
		if c.ClassToken {
			visit(image*c.Tokens()*c.Dim, image*tokens*c.Dim)
		}
		seen, _ := t.order(image)
		for j, n := range seen {
			visit((image*c.Tokens()+c.prefix()+int(n))*c.Dim, (image*tokens+c.prefix()+j)*c.Dim)
		}
	}
}

// doLast accumulates the gradients before, between and after the blocks.
func (t *MaskedTrainer) doLast(_, task int) {
	k, c, e := t.masked, t.auto.Encoder.Config, t.auto.decoder.Config
	encoder, decoder := t.encoder.ws, t.decoder.ws
	hidden := encoder.batch * (c.Grid.Patches() - t.auto.Config.Seen)
	switch task {
	case 0:
		t.embeddingGradient()
	case 1:
		rows := encoder.batch * t.auto.seen.Config.Tokens()
		t.grad.decoder.Patch.gradient(k.embedded[:rows*e.Dim], k.latent[:rows*c.Dim], rows)
		dx := decoder.dx(2*e.Depth - 1)
		t.hiddenRows(span{0, encoder.batch}, func(_, token int) { simd.Add(t.grad.mask, t.grad.mask, dx[token*e.Dim:][:e.Dim]) })
		if !c.PostNorm {
			encoder.finalGradient(t.grad.encoder.Norm)
		}
	case 2:
		t.grad.decoder.Head.gradient(k.dpixels[:hidden*c.Grid.Length()], k.normed[:hidden*e.Dim], hidden)
		decoder.finalGradient(t.grad.decoder.Norm)
	}
}

// embeddingGradient accumulates the gradients of the encoder's embedding.
func (t *MaskedTrainer) embeddingGradient() {
	m, k, grad := t.auto.Encoder, t.masked, t.grad.encoder
	if m.Config.Stem != PatchStem {
		m.embedBackward(k.stem, grad, k.full[:k.stem.batch*m.Config.Tokens()*m.Config.Dim])
		return
	}
	t.auto.seen.embedBackward(t.encoder.ws, grad, t.dtokens())
	if m.Config.Positions != Learned {
		return
	}
	d, image := m.Config.Dim, len(grad.Positions)
	t.eachSeen(span{0, t.encoder.ws.batch}, func(all, seen int) {
		row := grad.Positions[all%image:][:d]
		simd.Add(row, row, t.dtokens()[seen:][:d])
	})
}

func (t *MaskedTrainer) doNorm(_, task int)   { t.optimiser.addSquares(t.grad.all, task) }
func (t *MaskedTrainer) doUpdate(_, task int) { t.optimiser.update(t.auto.Params, t.grad.all, task) }

// Reconstruct writes the patches [B, N, P] of a batch, those that are not seen being what the decoder makes of the others. It
// tells them in units of a patch's own mean and standard deviation only, which are the true patch's here.
func (t *MaskedTrainer) Reconstruct(patches []float32, b Batch) {
	t.Loss(b)
	p, row := t.auto.Config.Encoder.Grid.Length(), 0
	copy(patches, t.masked.target)
	for image := range t.encoder.ws.batch {
		_, hidden := t.order(image)
		for _, n := range hidden {
			mean, sigma := patchMoments(t.patch(image, n))
			to := patches[(image*t.auto.Config.Encoder.Grid.Patches()+int(n))*p:][:p]
			for i, v := range t.masked.pixels[row*p:][:p] {
				to[i] = float32(mean + sigma*float64(v))
			}
			row++
		}
	}
}

// State is what a checkpoint must hold beside the weights, as that of [Trainer.State].
func (t *MaskedTrainer) State() (first, second *Params, steps int) {
	return t.optimiser.first, t.optimiser.second, t.optimiser.steps
}

// SetSteps is [Trainer.SetSteps].
func (t *MaskedTrainer) SetSteps(n int) { t.optimiser.steps = n }
