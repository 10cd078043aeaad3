package vit

import (
	"fmt"
	"slices"
)

// Linear is y = x·Wᵀ + B.
type Linear struct {
	W []float32 // [out, in]
	B []float32 // [out]; empty: no bias
}

// Norm is a LayerNorm's scale and shift.
type Norm struct {
	Gamma, Beta []float32 // [D]
}

// Block is the weights of one encoder block.
type Block struct {
	Norm1 Norm
	QKV   Linear // [3D, D]: the queries', keys' and values' rows one after another
	Proj  Linear // [D, D]
	Norm2 Norm
	FC1   Linear // [F, D]
	FC2   Linear // [D, F]
}

// Params is one number for each parameter of a model: the weights, their
// gradients, or a moment of the optimiser. The named fields are views of Flat.
type Params struct {
	Flat      []float32
	Class     []float32 // [D]; empty without a class token
	Positions []float32 // [T, D]; empty where positions are fixed
	Patch     Linear    // [D, P]
	Blocks    []Block
	Norm      Norm   // empty in a post-LN model
	Head      Linear // [N, D]

	tensors []Tensor
}

// Tensor is one named piece of a Params.
type Tensor struct {
	Name  string // as in Hugging Face's ViTForImageClassification
	Shape []int
	Data  []float32
	Decay bool // a matrix: weight decay applies
}

// NewParams makes the parameters of cfg, all zero.
func NewParams(cfg Config) *Params {
	p := &Params{Blocks: make([]Block, cfg.Depth)}
	fields := p.layout(cfg)
	size := 0
	for _, f := range fields {
		size += f.size()
	}
	p.Flat = make([]float32, size)
	p.tensors = make([]Tensor, len(fields))
	offset := 0
	for i, f := range fields {
		end := offset + f.size()
		// A second tensor for the same field extends it: query, key and value
		// are three tensors in a file and one matrix here.
		start := offset - len(*f.view)
		*f.view = p.Flat[start:end:end]
		p.tensors[i] = Tensor{Name: f.name, Shape: f.shape, Data: p.Flat[offset:end:end], Decay: f.decay}
		offset = end
	}
	return p
}

// Tensors lists the parameters in their one order: that of Flat, of files, of
// counts, and of every sum over parameters.
func (p *Params) Tensors() []Tensor { return p.tensors }

// Tensor finds a parameter by its name.
func (p *Params) Tensor(name string) (Tensor, bool) {
	i := slices.IndexFunc(p.tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		return Tensor{}, false
	}
	return p.tensors[i], true
}

// Count is the number of parameters of cfg.
func (c Config) Count() int {
	p := &Params{Blocks: make([]Block, c.Depth)}
	n := 0
	for _, f := range p.layout(c) {
		n += f.size()
	}
	return n
}

// field is a tensor that has no memory yet.
type field struct {
	name  string
	shape []int
	decay bool
	view  *[]float32
}

func (f field) size() int {
	n := 1
	for _, s := range f.shape {
		n *= s
	}
	return n
}

// layout is the one place where names, shapes and order of the parameters are
// written. Vectors, the class token and positions are not decayed.
func (p *Params) layout(cfg Config) []field {
	var fields []field
	add := func(view *[]float32, decay bool, name string, shape ...int) {
		fields = append(fields, field{name, shape, decay, view})
	}
	linear := func(l *Linear, name string, out, in int) {
		add(&l.W, true, name+".weight", out, in)
		add(&l.B, false, name+".bias", out)
	}
	norm := func(n *Norm, name string) {
		add(&n.Gamma, false, name+".weight", cfg.Dim)
		add(&n.Beta, false, name+".bias", cfg.Dim)
	}
	if cfg.ClassToken {
		add(&p.Class, false, "vit.embeddings.cls_token", 1, 1, cfg.Dim)
	}
	if cfg.Positions == Learned {
		add(&p.Positions, false, "vit.embeddings.position_embeddings", 1, cfg.Tokens(), cfg.Dim)
	}
	kernel := append([]int{cfg.Dim, cfg.Grid.Channels}, cfg.Grid.Patch...)
	add(&p.Patch.W, true, "vit.embeddings.patch_embeddings.projection.weight", kernel...)
	add(&p.Patch.B, false, "vit.embeddings.patch_embeddings.projection.bias", cfg.Dim)
	for i := range p.Blocks {
		b := &p.Blocks[i]
		prefix := fmt.Sprintf("vit.encoder.layer.%d.", i)
		norm(&b.Norm1, prefix+"layernorm_before")
		qkv := []string{"query", "key", "value"}
		for _, name := range qkv {
			add(&b.QKV.W, true, prefix+"attention.attention."+name+".weight", cfg.Dim, cfg.Dim)
		}
		if cfg.QKVBias {
			for _, name := range qkv {
				add(&b.QKV.B, false, prefix+"attention.attention."+name+".bias", cfg.Dim)
			}
		}
		linear(&b.Proj, prefix+"attention.output.dense", cfg.Dim, cfg.Dim)
		norm(&b.Norm2, prefix+"layernorm_after")
		linear(&b.FC1, prefix+"intermediate.dense", cfg.Hidden, cfg.Dim)
		linear(&b.FC2, prefix+"output.dense", cfg.Dim, cfg.Hidden)
	}
	if !cfg.PostNorm {
		norm(&p.Norm, "vit.layernorm")
	}
	linear(&p.Head, "classifier", cfg.Classes, cfg.Dim)
	return fields
}
