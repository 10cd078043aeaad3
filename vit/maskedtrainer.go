package vit

import "github.com/astrovit/astrovit/simd"

// MaskedTrainer changes an autoencoder batch by batch, as [Trainer] does a model: any number of workers gives the same bits, and
// a step allocates nothing. Where [Batch] has targets for a Trainer, it has the patches' order for this one.
type MaskedTrainer struct {
	descent
	auto             *Autoencoder
	grads            *autoencoderParams // views of descent's
	encoder, decoder stack
	masked           *masked // grows to the largest batch

	// The batch under way, and those of its images that are being computed.
	given Batch
	batch Batch
	scale float64 // of the gradient of the sum of its losses

	stem, ends func(worker, task int)
}

// NewMaskedTrainer prepares to train a, with AdamW from its first step, on the given number of goroutines. Close ends them.
func NewMaskedTrainer(a *Autoencoder, settings AdamW, workers int) *MaskedTrainer {
	t := &MaskedTrainer{auto: a, grads: a.Config.params()}
	t.prepare(settings, a.Params, t.grads.all, a.Encoder.Config.Depth, a.Encoder.Config.trainingImages(), func() *Params { return a.Config.params().all }, workers)
	t.add = t.addImages
	t.encoder.begin(a.seen, t.grads.encoder, &t.descent, workers)
	t.decoder.begin(a.decoder, t.grads.decoder, &t.descent, workers)
	for _, s := range t.encoder.scratch {
		s.stem = newStemScratch(a.Encoder.Config, true)
	}
	t.encoder.enter, t.encoder.leave, t.encoder.turn = t.embed, t.cross, t.crossBackward
	t.decoder.enter, t.decoder.leave, t.decoder.turn = func(*scratch, int) {}, t.predict, t.predictBackward
	t.encoder.ends, t.encoder.endTasks = t.layOutEnds, a.Encoder.endTasks()
	t.stem, t.ends = t.doStem, t.doEnds
	return t
}

// Step is [Trainer.Step].
func (t *MaskedTrainer) Step(b Batch, lr float64) Stats {
	t.last = true
	t.Accumulate(b)
	return t.Update(lr)
}

// Accumulate is [Trainer.Accumulate].
func (t *MaskedTrainer) Accumulate(b Batch) {
	t.given = b
	t.accumulate(b, t.imagesOf(b))
}

// addImages adds the gradient of some images of the batch under way.
func (t *MaskedTrainer) addImages(images span) (sum, weight float64) {
	if images.len() == 0 {
		return 0, 0
	}
	c, b := t.auto.Encoder.Config, t.given
	n := c.Grid.Patches()
	sum = t.forward(Batch{Patches: images.of(b.Patches, c.Input()), Order: b.Order[images.lo*n : images.hi*n]}, 1/t.unit)
	t.decoder.backward()
	t.encoder.backward()
	if t.auto.Encoder.Config.Stem != PatchStem {
		t.pool.Run(t.encoder.ws.chunks(), t.stem)
	}
	t.pool.Run(len(t.auto.Encoder.convolutions)+3, t.ends)
	return sum, t.hiddenNumbers(images.len())
}

// Loss is the loss of a batch: per number of the patches that are not seen, 1 for who always says the patch's mean.
func (t *MaskedTrainer) Loss(b Batch) float64 {
	return t.forward(b, 0) / t.hiddenNumbers(t.imagesOf(b))
}

// imagesOf is how many are in a batch.
func (t *MaskedTrainer) imagesOf(b Batch) int {
	c := t.auto.Encoder.Config
	images := len(b.Patches) / c.Input()
	if len(b.Patches)%c.Input() != 0 || len(b.Order) != images*c.Grid.Patches() {
		panic("vit: patches are not a whole number of images, or their order does not match")
	}
	return images
}

// hiddenNumbers is how many numbers are in those patches of so many images that are not seen.
func (t *MaskedTrainer) hiddenNumbers(images int) float64 {
	c := t.auto.Encoder.Config
	return float64(images * (c.Grid.Patches() - t.auto.Config.Seen) * c.Grid.Length())
}

// forward is the sum of a batch's losses; a backward gives scale times its gradient.
func (t *MaskedTrainer) forward(b Batch, scale float64) (sum float64) {
	c := t.auto.Encoder.Config
	images := len(b.Patches) / c.Input()
	if t.encoder.plan(images) {
		t.decoder.plan(images)
		t.masked = newMasked(t.auto, t.encoder.ws, t.decoder.ws, images)
	}
	k := t.masked
	t.batch, t.scale = b, scale
	t.encoder.ws.batch, t.encoder.ws.patches, t.decoder.ws.batch = images, k.vectors[:images*t.auto.seen.Config.Input()], images
	k.stem.batch, k.stem.patches = images, k.images
	if c.Stem == PatchStem {
		k.stem.patches, k.target = b.Patches, b.Patches
	}
	t.encoder.forward()
	t.decoder.forward()
	for _, loss := range k.losses[:t.decoder.ws.chunks()] {
		sum += loss
	}
	return sum
}

// layOutEnds lays out the projections before and after the blocks of both, or one of the encoder's convolutions.
func (t *MaskedTrainer) layOutEnds(task int) {
	t.auto.Encoder.layOutEnds(t.encoder.ws.layouts, task)
	if task > 0 {
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
	t.eachSeen(images, func(to, from int) { copy(k.full[to:][:m.Config.Dim], t.encoder.dx()[from:]) })
	m.stemBackward(k.stem, t.encoder.scratch[worker], chunk, k.full)
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

// doEnds accumulates the gradients before, between and after the blocks.
func (t *MaskedTrainer) doEnds(worker, task int) {
	convolutions := len(t.auto.Encoder.convolutions)
	if task < convolutions {
		t.auto.Encoder.kernelGradient(t.masked.stem, t.encoder.scratch[worker], t.grads.encoder, task)
		return
	}
	k, c, e := t.masked, t.auto.Encoder.Config, t.auto.decoder.Config
	encoder, decoder := t.encoder.ws, t.decoder.ws
	hidden := encoder.batch * (c.Grid.Patches() - t.auto.Config.Seen)
	switch task - convolutions {
	case 0:
		t.embeddingGradient()
	case 1:
		rows := encoder.batch * t.auto.seen.Config.Tokens()
		t.grads.decoder.Patch.gradient(k.embedded[:rows*e.Dim], k.latent[:rows*c.Dim], rows)
		dx := t.decoder.dx()
		t.hiddenRows(span{0, encoder.batch}, func(_, token int) { simd.Add(t.grads.mask, t.grads.mask, dx[token*e.Dim:][:e.Dim]) })
		if !c.PostNorm {
			encoder.finalGradient(t.grads.encoder.Norm)
		}
	case 2:
		t.grads.decoder.Head.gradient(k.dpixels[:hidden*c.Grid.Length()], k.normed[:hidden*e.Dim], hidden)
		decoder.finalGradient(t.grads.decoder.Norm)
	}
}

// embeddingGradient accumulates the gradients of the encoder's embedding.
func (t *MaskedTrainer) embeddingGradient() {
	m, k, grad := t.auto.Encoder, t.masked, t.grads.encoder
	if m.Config.Stem != PatchStem {
		m.embedBackward(k.stem, grad, k.full[:k.stem.batch*m.Config.Tokens()*m.Config.Dim])
		return
	}
	t.auto.seen.embedBackward(t.encoder.ws, grad, t.encoder.dx())
	if m.Config.Positions != Learned {
		return
	}
	d, image := m.Config.Dim, len(grad.Positions)
	t.eachSeen(span{0, t.encoder.ws.batch}, func(all, seen int) {
		row := grad.Positions[all%image:][:d]
		simd.Add(row, row, t.encoder.dx()[seen:][:d])
	})
}

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
