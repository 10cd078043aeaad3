package ref

import (
	"fmt"
	"math"
)

const (
	maskToken    = "decoder.mask_token"
	decoderEmbed = "decoder.decoder_embed"
	decoderNorm  = "decoder.decoder_norm"
	decoderHead  = "decoder.decoder_pred"
)

// Autoencoder is the masked autoencoder of He et al. 2021 (arXiv:2111.06377) around the blocks of a model without a head: an
// encoder of S patches of an image, and a decoder of all, whose positions are fixed. The parameters of both are those of Model.
type Autoencoder struct {
	*Model
	decoder *Model
	acts    autoencoderActs
}

// autoencoderActs are what a Forward leaves for Backward.
type autoencoderActs struct {
	vectors, last, latent []float64 // [B,S,V], [B,S+1,D] before and after the final norm
	hidden, normed        []float64 // [B,M,E] of the patches that are not seen, before and after the decoder's norm
	dpixels               []float64 // [B,M,P]
	order                 [][]int
	seen                  int
}

// NewAutoencoder returns an autoencoder whose parameters are all zero; dim, depth and heads are the decoder's.
func NewAutoencoder(cfg Config, dim, depth, heads int) *Autoencoder {
	a := &Autoencoder{Model: New(cfg)}
	d := &Model{Config: Config{
		Channels: cfg.Channels, Shape: cfg.Shape, Patch: cfg.Patch, Dim: dim, Depth: depth, Heads: heads, Hidden: 4 * dim,
		Eps: cfg.Eps, ClassToken: cfg.ClassToken, Positions: "sinusoidal",
	}, Shapes: a.Shapes, Params: a.Params}
	if len(cfg.Shape) == 2 {
		d.Positions = "sincos2d"
	}
	a.decoder = d
	add := func(name string, shape ...int) {
		a.Names = append(a.Names, name)
		a.Shapes[name] = shape
		a.Params[name] = make([]float64, product(shape))
	}
	linear := func(name string, out, in int) { add(name+".weight", out, in); add(name+".bias", out) }
	norm := func(name string) { add(name+".weight", dim); add(name+".bias", dim) }
	add(maskToken, 1, 1, dim)
	linear(decoderEmbed, dim, cfg.Dim)
	for i := range depth {
		p := decoderLayer(i)
		norm(p + "layernorm_before")
		for _, part := range []string{"query", "key", "value"} {
			linear(p+"attention.attention."+part, dim, dim)
		}
		linear(p+"attention.output.dense", dim, dim)
		norm(p + "layernorm_after")
		linear(p+"intermediate.dense", 4*dim, dim)
		linear(p+"output.dense", dim, 4*dim)
	}
	norm(decoderNorm)
	linear(decoderHead, cfg.PatchLength(), dim)
	return a
}

func decoderLayer(i int) string { return fmt.Sprintf("decoder.decoder_layers.%d.", i) }

// Forward returns the loss of images [B,C,shape...] of which the encoder sees the first patches of each order.
func (a *Autoencoder) Forward(images []float64, order [][]int, seen int) (loss float64) {
	batch, n, prefix := len(order), a.Patches(), a.Tokens()-a.Patches()
	a.acts = autoencoderActs{order: order, seen: seen}
	a.Model.acts, a.decoder.acts = acts{batch: batch}, acts{batch: batch}
	all := a.vectors(a.shown(images), batch)
	table := a.positionTable()
	var positions []float64
	for b := range batch {
		positions = append(positions, table[:prefix*a.Dim]...)
		for _, i := range order[b][:seen] {
			a.acts.vectors = append(a.acts.vectors, row(all, b*n+i, a.VectorLength())...)
			positions = append(positions, row(table, prefix+i, a.Dim)...)
		}
	}
	tokens := a.linear(projection, a.acts.vectors, a.VectorLength(), a.Dim)
	var x []float64
	for b := range batch {
		x = append(x, a.Params[clsToken]...)
		x = append(x, row(tokens, b, seen*a.Dim)...)
	}
	x = plus(x, positions)
	for i := range a.Depth {
		x = a.block(layer(i), x)
	}
	a.acts.last, a.acts.latent = x, x
	if !a.PostNorm {
		a.acts.latent = a.norm(finalNorm, x)
	}

	d := a.decoder
	y := make([]float64, batch*d.Tokens()*d.Dim)
	embedded := a.linear(decoderEmbed, a.acts.latent, a.Dim, d.Dim)
	a.eachToken(func(from, to int) {
		token := a.Params[maskToken]
		if from >= 0 {
			token = row(embedded, from, d.Dim)
		}
		copy(row(y, to, d.Dim), token)
	})
	for b := range batch {
		copy(row(y, b, d.Tokens()*d.Dim), plus(row(y, b, d.Tokens()*d.Dim), d.positionTable()))
	}
	for i := range d.Depth {
		y = d.block(decoderLayer(i), y)
	}
	for b := range batch {
		for _, i := range order[b][seen:] {
			a.acts.hidden = append(a.acts.hidden, row(y, b*d.Tokens()+prefix+i, d.Dim)...)
		}
	}
	a.acts.normed = d.norm(decoderNorm, a.acts.hidden)
	return a.loss(images, d.linear(decoderHead, a.acts.normed, d.Dim, a.PatchLength()))
}

// loss is the mean of (pixels - target)², the target being a patch less its mean, in units of the standard deviation of a
// sample (models_mae.py, forward_loss). It leaves its derivative.
func (a *Autoencoder) loss(images, pixels []float64) (loss float64) {
	p, at := a.PatchLength(), 0
	patches := Extract(images, a.Channels, a.Shape, a.Patch)
	a.acts.dpixels = make([]float64, len(pixels))
	for b, order := range a.acts.order {
		for _, i := range order[a.acts.seen:] {
			x := row(patches, b*a.Patches()+i, p)
			var mean, variance float64
			for _, v := range x {
				mean += v / float64(p)
			}
			for _, v := range x {
				variance += (v - mean) * (v - mean) / float64(p-1)
			}
			for _, v := range x {
				off := pixels[at] - (v-mean)/math.Sqrt(variance+1e-6)
				loss += off * off / float64(len(pixels))
				a.acts.dpixels[at] = 2 * off / float64(len(pixels))
				at++
			}
		}
	}
	return loss
}

// shown is the images with zeros where they are not seen, for a stem whose vectors look beyond their patch.
func (a *Autoencoder) shown(images []float64) []float64 {
	shown := append([]float64{}, images...)
	at := make([]float64, a.Pixels())
	for i := range at {
		at[i] = float64(i)
	}
	at = Extract(at, a.Channels, a.Shape, a.Patch) // where each patch's numbers are
	for b, order := range a.acts.order {
		for _, i := range order[a.acts.seen:] {
			for _, pixel := range row(at, i, a.PatchLength()) {
				shown[b*a.Pixels()+int(pixel)] = 0
			}
		}
	}
	return shown
}

// eachToken visits the decoder's tokens: the row of the encoder's that it is made of, -1 for none, and its own.
func (a *Autoencoder) eachToken(visit func(from, to int)) {
	prefix := a.Tokens() - a.Patches()
	for b, order := range a.acts.order {
		for i := range prefix {
			visit(b*(prefix+a.acts.seen)+i, b*a.Tokens()+i)
		}
		for j, i := range order {
			from := -1
			if j < a.acts.seen {
				from = b*(prefix+a.acts.seen) + prefix + j
			}
			visit(from, b*a.Tokens()+prefix+i)
		}
	}
}

// Backward returns the gradient of every parameter for the loss of the latest Forward.
func (a *Autoencoder) Backward() (grads map[string][]float64) {
	d, batch, prefix := a.decoder, len(a.acts.order), a.Tokens()-a.Patches()
	a.grad = map[string][]float64{}
	for _, name := range a.Names {
		a.grad[name] = make([]float64, len(a.Params[name]))
	}
	d.grad = a.grad
	dhidden := d.normBackward(decoderNorm, d.linearBackward(decoderHead, a.acts.dpixels, a.acts.normed, d.Dim, a.PatchLength()), a.acts.hidden)
	dy := make([]float64, batch*d.Tokens()*d.Dim)
	at := 0
	for b, order := range a.acts.order {
		for _, i := range order[a.acts.seen:] {
			copy(row(dy, b*d.Tokens()+prefix+i, d.Dim), row(dhidden, at, d.Dim))
			at++
		}
	}
	for i := d.Depth - 1; i >= 0; i-- {
		dy = d.blockBackward(decoderLayer(i), dy, d.acts.layers[i])
	}
	dembedded := make([]float64, batch*(prefix+a.acts.seen)*d.Dim)
	a.eachToken(func(from, to int) {
		if from >= 0 {
			copy(row(dembedded, from, d.Dim), row(dy, to, d.Dim))
		} else {
			a.accumulate(maskToken, row(dy, to, d.Dim))
		}
	})
	dx := a.linearBackward(decoderEmbed, dembedded, a.acts.latent, a.Dim, d.Dim)
	if !a.PostNorm {
		dx = a.normBackward(finalNorm, dx, a.acts.last)
	}
	for i := a.Depth - 1; i >= 0; i-- {
		dx = a.blockBackward(layer(i), dx, a.Model.acts.layers[i])
	}
	return a.embeddingBackward(dx)
}

// embeddingBackward ends a Backward with the gradients of what made the encoder's tokens.
func (a *Autoencoder) embeddingBackward(dx []float64) (grads map[string][]float64) {
	n, prefix := a.Patches(), a.Tokens()-a.Patches()
	dpositions, at := make([]float64, a.Tokens()*a.Dim), 0
	var dtokens []float64
	for _, order := range a.acts.order {
		for i := range prefix {
			a.accumulate(clsToken, row(dx, at, a.Dim))
			axpy(1, row(dx, at, a.Dim), row(dpositions, i, a.Dim))
			at++
		}
		for _, i := range order[:a.acts.seen] {
			dtokens = append(dtokens, row(dx, at, a.Dim)...)
			axpy(1, row(dx, at, a.Dim), row(dpositions, prefix+i, a.Dim))
			at++
		}
	}
	a.accumulate(positions, dpositions)
	dvectors := a.linearBackward(projection, dtokens, a.acts.vectors, a.VectorLength(), a.Dim)
	all := make([]float64, len(a.acts.order)*n*a.VectorLength())
	at = 0
	for b, order := range a.acts.order {
		for _, i := range order[:a.acts.seen] {
			copy(row(all, b*n+i, a.VectorLength()), row(dvectors, at, a.VectorLength()))
			at++
		}
	}
	a.vectorsBackward(all)
	return a.grad
}

// row is row i of x, whose rows have width numbers.
func row(x []float64, i, width int) []float64 { return x[i*width:][:width] }
