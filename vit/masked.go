package vit

import (
	"math"

	"github.com/astrovit/astrovit/simd"
)

// patchEps is added to a patch's variance before it is divided by, as in MAE.
const patchEps = 1e-6

// masked is what lies between an autoencoder's two stacks of blocks, and at their ends, for a batch. M = N-S patches of an image
// are not seen.
type masked struct {
	stem   *Workspace // of the encoder, from pixels to the tokens' vectors
	images []float32  // [B, Input] those of a convolutional stem, what is not seen being zero
	target []float32  // [B, N, P] the patches; the batch's own where the stem takes patches
	full   []float32  // [B*T, D] the gradient of all tokens of a convolutional stem

	vectors  []float32 // [B*S, V] of the seen patches
	latent   []float32 // [B*(S+1), D] the encoder's final LayerNorm; its last block's output itself in a post-LN model
	final    moments
	embedded []float32 // [B*(S+1), E] the decoder's projection of it; in backward its gradient

	hidden  []float32 // [B*M, E] the decoder's rows of the patches that are not seen
	moments moments
	normed  []float32 // [B*M, E]
	pixels  []float32 // [B*M, P]
	dpixels []float32 // [B*M, P]
	losses  []float64 // of the decoder's chunks

	embedBack, headBack simd.Packed // the decoder's projections for the gradients of their inputs
}

func newMasked(a *Autoencoder, encoder, decoder *Workspace, images int) *masked {
	c, e := a.Encoder.Config, a.decoder.Config
	rows, hidden := images*a.seen.Config.Tokens(), images*(c.Grid.Patches()-a.Config.Seen)
	numbers := func(n int) []float32 { return make([]float32, n) }
	k := &masked{
		stem:    &Workspace{cfg: c, capacity: images, stem: newStemActivations(c, images), layouts: encoder.layouts},
		vectors: numbers(images * a.Config.Seen * c.vector()), embedded: numbers(rows * e.Dim),
		hidden: numbers(hidden * e.Dim), moments: newMoments(hidden), normed: numbers(hidden * e.Dim),
		pixels: numbers(hidden * c.Grid.Length()), dpixels: numbers(hidden * c.Grid.Length()),
		losses: make([]float64, (images+decoder.grad.chunk-1)/decoder.grad.chunk),
	}
	if !c.PostNorm {
		k.latent, k.final = numbers(rows*c.Dim), newMoments(rows)
	} else {
		k.latent = encoder.x[c.Depth]
	}
	if c.Stem != PatchStem {
		k.images, k.target = numbers(images*c.Input()), numbers(images*c.Grid.Pixels())
		k.full = numbers(images * c.Tokens() * c.Dim)
		k.stem.grad = &gradients{chunk: encoder.grad.chunk, slopes: c.stemOutputs(images), norm1: numbers(images * c.Grid.Patches() * c.Dim)}
		k.stem.stem.outputs = c.stemOutputs(images)
		encoder.layouts.stem = make([]convolutionLayout, len(c.convolutions()))
	}
	return k
}

// order is an image's patches, the S seen ones and the M others.
func (t *MaskedTrainer) order(image int) (seen, hidden []int32) {
	n := t.auto.Config.Encoder.Grid.Patches()
	order := t.batch.Order[image*n:][:n]
	return order[:t.auto.Config.Seen], order[t.auto.Config.Seen:]
}

// embed writes the encoder's input: the class token and the seen patches' tokens.
func (t *MaskedTrainer) embed(s *scratch, chunk int) {
	m, k, ws := t.auto.Encoder, t.masked, t.encoder.ws
	c, seenTokens, v := m.Config, t.auto.seen.Config.Tokens(), m.Config.vector()
	images := ws.chunkOf(chunk)
	if c.Stem != PatchStem {
		for image := images.lo; image < images.hi; image++ {
			_, hidden := t.order(image)
			k.hide(c, t.batch.Patches, image, hidden)
		}
		m.convolve(k.stem, s, images)
	}
	for image := images.lo; image < images.hi; image++ {
		seen, _ := t.order(image)
		all := m.vectors(k.stem, s, image, span{0, c.Grid.Patches()})
		vectors := span{image, image + 1}.of(k.vectors, len(seen)*v)
		positions := s.norm[:len(seen)*c.Dim]
		for j, n := range seen {
			copy(vectors[j*v:][:v], all[int(n)*v:])
			copy(positions[j*c.Dim:][:c.Dim], m.positions[(c.prefix()+int(n))*c.Dim:])
		}
		x := span{image, image + 1}.of(ws.x[0], seenTokens*c.Dim)
		if c.ClassToken {
			simd.Add(x[:c.Dim], m.Params.Class, m.positions[:c.Dim])
		}
		m.Params.Patch.linear(x[c.prefix()*c.Dim:], vectors, &ws.layouts.patch, len(seen), simd.Epilogue{Add: matrix(len(seen), c.Dim, positions)})
	}
}

// hide prepares an image for the convolutions, which must not see what is masked, and its patches for the loss.
func (k *masked) hide(c Config, pixels []float32, image int, hidden []int32) {
	at := span{image, image + 1}
	patches, p := at.of(k.target, c.Grid.Pixels()), c.Grid.Length()
	c.Grid.Extract(patches, at.of(pixels, c.Grid.Pixels()))
	for _, n := range hidden {
		clear(patches[int(n)*p:][:p])
	}
	c.Grid.Assemble(at.of(k.images, c.Grid.Pixels()), patches)
	c.Grid.Extract(patches, at.of(pixels, c.Grid.Pixels()))
}

// cross takes the encoder's output to the decoder's input.
func (t *MaskedTrainer) cross(_ *scratch, chunk int) {
	k, ws, m, d := t.masked, t.encoder.ws, t.auto.Encoder, t.auto.decoder
	c, e := m.Config, d.Config
	images := ws.chunkOf(chunk)
	rows := images.times(t.auto.seen.Config.Tokens())
	latent := rows.of(k.latent, c.Dim)
	if !c.PostNorm {
		m.Params.Norm.norm(latent, rows.of(ws.x[c.Depth], c.Dim), k.final.of(rows), c.Eps)
	}
	d.Params.Patch.linear(rows.of(k.embedded, e.Dim), latent, &t.decoder.ws.layouts.patch, rows.len(), simd.Epilogue{})
	for image := images.lo; image < images.hi; image++ {
		seen, hidden := t.order(image)
		y, x := t.embeddedOf(image), span{image, image + 1}.of(t.decoder.ws.x[0], e.Tokens()*e.Dim)
		put := func(token int, from []float32) {
			simd.Add(x[token*e.Dim:][:e.Dim], from[:e.Dim], d.positions[token*e.Dim:][:e.Dim])
		}
		if e.ClassToken {
			put(0, y)
		}
		for j, n := range seen {
			put(e.prefix()+int(n), y[(e.prefix()+j)*e.Dim:])
		}
		for _, n := range hidden {
			put(e.prefix()+int(n), t.auto.weights.mask)
		}
	}
}

// crossBackward gives the gradient of the encoder's output from that of the decoder's input.
func (t *MaskedTrainer) crossBackward(_ *scratch, chunk int) {
	k, ws, m := t.masked, t.encoder.ws, t.auto.Encoder
	c, e := m.Config, t.auto.decoder.Config
	images := ws.chunkOf(chunk)
	for image := images.lo; image < images.hi; image++ {
		seen, _ := t.order(image)
		dy, dx := t.embeddedOf(image), span{image, image + 1}.of(t.decoder.dx(), e.Tokens()*e.Dim)
		copy(dy, dx[:e.prefix()*e.Dim])
		for j, n := range seen {
			copy(dy[(e.prefix()+j)*e.Dim:][:e.Dim], dx[(e.prefix()+int(n))*e.Dim:])
		}
	}
	rows := images.times(t.auto.seen.Config.Tokens())
	dlatent := rows.of(ws.dout(c.Depth), c.Dim)
	inputGradient(dlatent, rows.of(k.embedded, e.Dim), &k.embedBack, rows.len())
	if !c.PostNorm {
		m.Params.Norm.normBackward(dlatent, ws.grad.final(c, chunk), dlatent, rows.of(ws.x[c.Depth], c.Dim), k.final.of(rows))
	}
}

// embeddedOf is an image's rows of embedded.
func (t *MaskedTrainer) embeddedOf(image int) []float32 {
	return span{image, image + 1}.of(t.masked.embedded, t.auto.seen.Config.Tokens()*t.auto.Config.Dim)
}

// predict takes the decoder's output to the pixels of the patches that are not seen, and to their loss.
func (t *MaskedTrainer) predict(_ *scratch, chunk int) {
	k, ws, d := t.masked, t.decoder.ws, t.auto.decoder
	e, p := d.Config, t.auto.Config.Encoder.Grid.Length()
	images := ws.chunkOf(chunk)
	rows := images.times(e.Grid.Patches() - t.auto.Config.Seen)
	t.hiddenRows(images, func(row, token int) {
		copy(k.hidden[row*e.Dim:][:e.Dim], ws.x[e.Depth][token*e.Dim:])
	})
	normed, pixels, dpixels := rows.of(k.normed, e.Dim), rows.of(k.pixels, p), rows.of(k.dpixels, p)
	d.Params.Norm.norm(normed, rows.of(k.hidden, e.Dim), k.moments.of(rows), e.Eps)
	d.Params.Head.linear(pixels, normed, &ws.layouts.head, rows.len(), simd.Epilogue{})
	loss, at := 0.0, 0
	for image := images.lo; image < images.hi; image++ {
		_, hidden := t.order(image)
		for _, n := range hidden {
			loss += patchLoss(dpixels[at:][:p], pixels[at:][:p], t.patch(image, n), t.scale)
			at += p
		}
	}
	k.losses[chunk] = loss
}

// patchLoss is the sum of (y - t)² over a patch x [P] with t = (x - mean)/σ. It writes scale times its derivative to dy [P].
func patchLoss(dy, y, x []float32, scale float64) float64 {
	mean, sigma := patchMoments(x)
	sum := 0.0
	for i, v := range x {
		off := float64(y[i]) - (float64(v)-mean)/sigma
		sum += off * off
		dy[i] = float32(2 * scale * off)
	}
	return sum
}

// patchMoments is a patch's mean and standard deviation, that of a sample.
func patchMoments(x []float32) (mean, sigma float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	variance := 0.0
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, math.Sqrt(variance/float64(len(x)-1) + patchEps)
}

// predictBackward gives the gradient of the decoder's output.
func (t *MaskedTrainer) predictBackward(s *scratch, chunk int) {
	k, ws, d := t.masked, t.decoder.ws, t.auto.decoder
	e, p := d.Config, t.auto.Config.Encoder.Grid.Length()
	images := ws.chunkOf(chunk)
	rows := images.times(e.Grid.Patches() - t.auto.Config.Seen)
	dhidden := s.norm[:rows.len()*e.Dim]
	inputGradient(dhidden, rows.of(k.dpixels, p), &k.headBack, rows.len())
	d.Params.Norm.normBackward(dhidden, ws.grad.final(e, chunk), dhidden, rows.of(k.hidden, e.Dim), k.moments.of(rows))
	dout := ws.dout(e.Depth)
	clear(images.of(dout, e.Tokens()*e.Dim))
	t.hiddenRows(images, func(row, token int) {
		copy(dout[token*e.Dim:][:e.Dim], dhidden[(row-rows.lo)*e.Dim:])
	})
}

// hiddenRows visits the patches that are not seen of some images: the patch's row among them, and its row among all tokens.
func (t *MaskedTrainer) hiddenRows(images span, visit func(row, token int)) {
	e := t.auto.decoder.Config
	row := images.lo * (e.Grid.Patches() - t.auto.Config.Seen)
	for image := images.lo; image < images.hi; image++ {
		_, hidden := t.order(image)
		for _, n := range hidden {
			visit(row, image*e.Tokens()+e.prefix()+int(n))
			row++
		}
	}
}

// patch is patch n of an image.
func (t *MaskedTrainer) patch(image int, n int32) []float32 {
	p := t.auto.Config.Encoder.Grid.Length()
	return t.masked.target[(image*t.auto.Config.Encoder.Grid.Patches()+int(n))*p:][:p]
}
