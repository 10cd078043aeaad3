// Package ref is the Vision Transformer of package vit once more, in float64 and
// in loops that can be read against the papers. It is the oracle of the float32
// model's tests and is imported by nothing else: it imports nothing of the
// project, allocates freely, and is slow.
//
// It is itself held to two oracles: central finite differences for every
// gradient, and torch (testdata/torch) for logits, losses, gradients and AdamW.
//
// Letters as in package vit: B batch, T tokens (class token included), D width,
// H heads, K = D/H, F MLP width, P patch length, N classes. A slice of shape
// [B,T,D] is row-major, and functions return new slices instead of writing into
// old ones.
package ref

import "fmt"

// Config is everything that shapes the model. New panics if it makes no sense.
type Config struct {
	Channels   int     `json:"channels"`    // bands of the image
	Shape      []int   `json:"shape"`       // pixels along each axis, slowest first: 1-D spectrum, 2-D image, 3-D cube
	Patch      []int   `json:"patch"`       // pixels of a patch along each axis; divides Shape
	Stem       string  `json:"stem"`        // "conv" or "shifted"; empty for patches
	Dim        int     `json:"dim"`         // D
	Depth      int     `json:"depth"`       // number of encoder blocks
	Heads      int     `json:"heads"`       // H; divides D
	Hidden     int     `json:"hidden"`      // F
	Classes    int     `json:"classes"`     // outputs of the head; 2R for a regression of R targets; 0 for no head
	Eps        float64 `json:"eps"`         // of every LayerNorm
	PostNorm   bool    `json:"post_norm"`   // LayerNorm after each skip (Vaswani et al. 2017) instead of before
	Positions  string  `json:"positions"`   // "learned", "sinusoidal" or "sincos2d"
	ClassToken bool    `json:"class_token"` // a learned token in front of the patches
	Pool       string  `json:"pool"`        // "cls" or "mean"
	QKVBias    bool    `json:"qkv_bias"`    // biases on query, key and value; usual
	Act        string  `json:"act"`         // "gelu" (exact erf) or empty, which means the same
}

// Patches is the number of patches of an image.
func (c Config) Patches() int {
	n := 1
	for a := range c.Shape {
		n *= c.Shape[a] / c.Patch[a]
	}
	return n
}

// Tokens is T: the patches and the class token if there is one.
func (c Config) Tokens() int {
	if c.ClassToken {
		return c.Patches() + 1
	}
	return c.Patches()
}

// PatchLength is P: the pixels of one patch in all bands.
func (c Config) PatchLength() int { return c.Channels * product(c.Patch) }

// Pixels is the number of pixels of one image in all bands.
func (c Config) Pixels() int { return c.Channels * product(c.Shape) }

func product(x []int) int {
	n := 1
	for _, v := range x {
		n *= v
	}
	return n
}

func (c Config) check() {
	if c.Channels < 1 || len(c.Shape) < 1 || len(c.Shape) != len(c.Patch) {
		panic("ref: shape and patch must have the same number of axes, and channels be positive")
	}
	for a := range c.Shape {
		if c.Patch[a] < 1 || c.Shape[a] < 1 || c.Shape[a]%c.Patch[a] != 0 {
			panic("ref: patch must divide shape along every axis")
		}
	}
	if c.Heads < 1 || c.Dim%c.Heads != 0 {
		panic("ref: heads must divide dim")
	}
	switch {
	case c.Positions == "learned", c.Positions == "sinusoidal" && c.Dim%2 == 0:
	case c.Positions == "sincos2d" && c.Dim%4 == 0 && len(c.Shape) == 2:
	default:
		panic("ref: positions are learned, sinusoidal (even dim), or sincos2d (2-D, dim a multiple of 4)")
	}
	if !(c.Pool == "mean" || c.Pool == "cls" && c.ClassToken) {
		panic("ref: pool is mean, or cls with a class token")
	}
	if c.Act != "" && c.Act != "gelu" {
		panic("ref: the only activation is gelu")
	}
}

// Model is a configuration with its parameters, under their Hugging Face names.
type Model struct {
	Config
	Names  []string             // in the order of the computation
	Shapes map[string][]int     // e.g. [D,C,patch...] for the patch projection
	Params map[string][]float64 // free to be filled or changed between calls

	// Kept is what the residual branches of each block are multiplied by for each image: attention's and the MLP's
	// (stochastic depth, Huang et al. 2016). Nil: by 1.
	Kept [][2][]float64

	acts acts                 // of the latest Forward
	grad map[string][]float64 // being built by Backward
}

// New returns a model whose parameters are all zero; see Fill.
func New(cfg Config) *Model {
	cfg.check()
	m := &Model{Config: cfg, Shapes: map[string][]int{}, Params: map[string][]float64{}}
	add := func(name string, shape ...int) {
		m.Names = append(m.Names, name)
		m.Shapes[name] = shape
		m.Params[name] = make([]float64, product(shape))
	}
	linear := func(name string, out, in int, bias bool) {
		add(name+".weight", out, in)
		if bias {
			add(name+".bias", out)
		}
	}
	norm := func(name string) { add(name+".weight", cfg.Dim); add(name+".bias", cfg.Dim) }

	if cfg.ClassToken {
		add(clsToken, 1, 1, cfg.Dim)
	}
	if cfg.Positions == "learned" {
		add(positions, 1, cfg.Tokens(), cfg.Dim)
	}
	kernel := append([]int{cfg.Dim, cfg.Channels}, cfg.Patch...)
	switch cfg.Stem {
	case "conv":
		for i, l := range cfg.stemLayers() {
			add(stemConv(i)+".weight", l.out, 3, 3, l.in)
			add(stemConv(i)+".bias", l.out)
			add(stemGain(i), l.out)
		}
		kernel = []int{cfg.Dim, cfg.Dim}
	case "shifted":
		kernel = []int{cfg.Dim, cfg.VectorLength()}
		add(shiftedNorm+".weight", cfg.VectorLength())
		add(shiftedNorm+".bias", cfg.VectorLength())
	}
	add(projection+".weight", kernel...)
	add(projection+".bias", cfg.Dim)
	for i := range cfg.Depth {
		p := layer(i)
		norm(p + "layernorm_before")
		linear(p+"attention.attention.query", cfg.Dim, cfg.Dim, cfg.QKVBias)
		linear(p+"attention.attention.key", cfg.Dim, cfg.Dim, cfg.QKVBias)
		linear(p+"attention.attention.value", cfg.Dim, cfg.Dim, cfg.QKVBias)
		linear(p+"attention.output.dense", cfg.Dim, cfg.Dim, true)
		norm(p + "layernorm_after")
		linear(p+"intermediate.dense", cfg.Hidden, cfg.Dim, true)
		linear(p+"output.dense", cfg.Dim, cfg.Hidden, true)
	}
	if !cfg.PostNorm {
		norm(finalNorm)
	}
	if cfg.Classes > 0 {
		linear(head, cfg.Classes, cfg.Dim, true)
	}
	return m
}

const (
	clsToken   = "vit.embeddings.cls_token"
	positions  = "vit.embeddings.position_embeddings"
	projection = "vit.embeddings.patch_embeddings.projection"
	finalNorm  = "vit.layernorm"
	head       = "classifier"
)

func layer(i int) string { return fmt.Sprintf("vit.encoder.layer.%d.", i) }
