package vit

import (
	"errors"
	"fmt"

	"github.com/astrovit/astrovit/patch"
)

// Autoencoder is a masked autoencoder (He et al. 2021, arXiv:2111.06377): a model's blocks see S patches of an image, and a
// lighter decoder tells from their tokens what is in the others. For one image of N patches,
//
//	z = LN(blocks([class; the seen patches' tokens]))       S+1 x D
//	y = z·Wᵀ + b, and the mask token for each other patch   T x E, in the patches' order, with positions
//	p = LN(blocks(y))·Wᵀ + b                                P numbers for each patch that is not seen
//
// The loss is the mean of (p - t)² over those patches, t being the patch less its mean, in units of its own standard deviation
// (section 4.2, "pixels with normalization"). What is learned is the encoder; the decoder is thrown away.
type Autoencoder struct {
	Config  AutoencoderConfig
	Encoder *Model  // without a head
	Params  *Params // Flat and Tensors of all weights, the encoder's first

	weights *autoencoderParams
	seen    *Model // the encoder of S patches
	decoder *Model // of N patches; its Patch takes the encoder's tokens, its Head gives the pixels
}

// AutoencoderConfig is the shape of an autoencoder.
type AutoencoderConfig struct {
	Encoder           Config // without outputs; its stem is of patches or convolutional
	Seen              int    // S, fewer than the patches of an image
	Dim, Depth, Heads int    // of the decoder: its width E, its blocks and their heads
}

// autoencoderParams is one number for each parameter of an autoencoder.
type autoencoderParams struct {
	all              *Params // Flat, the tensors and the encoder's embedding
	encoder, decoder *Params // views
	mask             []float32
}

// NewAutoencoder makes an autoencoder with random weights from seed; the encoder's are those of [New]. The decoder's positions
// are fixed: sincos2d for images, else sinusoidal.
func NewAutoencoder(cfg AutoencoderConfig, seed uint64) (*Autoencoder, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	blank, err := Blank(cfg.Encoder)
	if err != nil {
		return nil, err
	}
	p := cfg.params()
	p.all.initialise(cfg.Encoder, seed)
	a := &Autoencoder{Config: cfg, Encoder: blank.With(p.encoder), Params: p.all, weights: p}
	seen := *a.Encoder
	seen.Config = cfg.seen()
	a.seen = &seen
	decoder := cfg.decoder()
	a.decoder = &Model{Config: decoder, Params: p.decoder, positions: fixedPositions(decoder)}
	return a, nil
}

func (c AutoencoderConfig) validate() error {
	e := c.Encoder
	if err := e.Validate(); err != nil {
		return err
	}
	if err := c.decoder().Validate(); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	switch n := e.Grid.Patches(); {
	case e.Classes != 0:
		return errors.New("the encoder of an autoencoder has no outputs")
	case e.Stem == ShiftedStem:
		return fmt.Errorf("the stem %q cannot be pretrained: its patches show what their masked neighbours hide", e.Stem)
	case c.Seen < 1 || c.Seen >= n:
		return fmt.Errorf("%d of %d patches cannot be seen; at least one must be, and one not", c.Seen, n)
	case e.Grid.Length() < 2:
		return errors.New("a patch of one number has no standard deviation to be measured by")
	}
	return nil
}

// seen is the encoder's configuration for the patches that it sees: to its blocks, a row of S tokens' vectors.
func (c AutoencoderConfig) seen() Config {
	s := c.Encoder
	length := s.vector()
	s.Grid = patch.Grid{Channels: 1, Shape: []int{c.Seen * length}, Patch: []int{length}}
	s.Stem, s.Pool = PatchStem, PoolMean // all rows of the last block are asked for
	s.Positions = Sinusoidal             // those that are added are the image's, see embed
	return s
}

// decoder is the configuration of the decoder's blocks.
func (c AutoencoderConfig) decoder() Config {
	d := Config{
		Grid: c.Encoder.Grid, Dim: c.Dim, Depth: c.Depth, Heads: c.Heads, Hidden: 4 * c.Dim, Stem: PatchStem,
		ClassToken: c.Encoder.ClassToken, Pool: PoolMean, Positions: Sinusoidal, QKVBias: true, Eps: c.Encoder.Eps,
	}
	if len(d.Grid.Shape) == 2 {
		d.Positions = SinCos2D
	}
	return d
}

// params makes the parameters, all zero. The names are those of Hugging Face's ViTMAEForPreTraining.
func (c AutoencoderConfig) params() *autoencoderParams {
	decoder := c.decoder()
	p := &autoencoderParams{
		encoder: &Params{Blocks: make([]Block, c.Encoder.Depth)},
		decoder: &Params{Blocks: make([]Block, c.Depth)},
	}
	encoder := p.encoder.layout(c.Encoder)
	f := fields{list: encoder, layer: c.Encoder.Depth + 1, blocks: c.Encoder.Depth}
	f.add(&p.mask, false, "decoder.mask_token", 1, 1, c.Dim)
	f.linear(&p.decoder.Patch, "decoder.decoder_embed", c.Dim, c.Encoder.Dim)
	for i := range p.decoder.Blocks {
		f.addBlock(&p.decoder.Blocks[i], fmt.Sprintf("decoder.decoder_layers.%d.", i), decoder)
	}
	f.norm(&p.decoder.Norm, "decoder.decoder_norm", c.Dim)
	f.linear(&p.decoder.Head, "decoder.decoder_pred", c.Encoder.Grid.Length(), c.Dim)
	flat, tensors := allocate(f.list)
	p.all = &Params{Flat: flat, tensors: tensors, Embedding: p.encoder.Embedding}
	p.encoder.Flat, p.encoder.tensors = flat[:c.Encoder.Count()], tensors[:len(encoder)]
	return p
}
