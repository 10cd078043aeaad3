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
	Embedding
	Blocks []Block
	Norm   Norm   // empty in a post-LN model
	Head   Linear // [N, D]; empty without outputs

	tensors []Tensor
}

// Tensor is one named piece of a Params.
type Tensor struct {
	Name  string // as in Hugging Face's ViTForImageClassification
	Shape []int
	Data  []float32
	Decay bool // a matrix: weight decay applies

	layer int // 0 for the embedding, from 1 for the blocks, then the final norm and the head
	block int // its number in the order of all blocks, from 1; 0: of none
}

// NewParams makes the parameters of cfg, all zero.
func NewParams(cfg Config) *Params {
	p := &Params{Blocks: make([]Block, cfg.Depth)}
	p.Flat, p.tensors = allocate(p.layout(cfg))
	return p
}

// allocate makes memory for fields, one after another.
func allocate(fields []field) (flat []float32, tensors []Tensor) {
	size := 0
	for _, f := range fields {
		size += f.size()
	}
	flat, tensors = make([]float32, size), make([]Tensor, len(fields))
	offset := 0
	for i, f := range fields {
		end := offset + f.size()
		// A second tensor for the same field extends it: query, key and value
		// are three tensors in a file and one matrix here.
		start := offset - len(*f.view)
		*f.view = flat[start:end:end]
		tensors[i] = Tensor{Name: f.name, Shape: f.shape, Data: flat[offset:end:end], Decay: f.decay, layer: f.layer, block: f.block}
		offset = end
	}
	return flat, tensors
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
	layer int
	block int
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
	var f fields
	if cfg.ClassToken {
		f.add(&p.Class, false, "vit.embeddings.cls_token", 1, 1, cfg.Dim)
	}
	if cfg.Positions == Learned {
		f.add(&p.Positions, false, "vit.embeddings.position_embeddings", 1, cfg.Tokens(), cfg.Dim)
	}
	p.Embedding.layout(&f, cfg)
	for i := range p.Blocks {
		f.layer = i + 1
		f.addBlock(&p.Blocks[i], fmt.Sprintf("vit.encoder.layer.%d.", i), cfg)
	}
	f.layer = cfg.Depth + 1
	if !cfg.PostNorm {
		f.norm(&p.Norm, "vit.layernorm", cfg.Dim)
	}
	if cfg.Classes > 0 {
		f.linear(&p.Head, "classifier", cfg.Classes, cfg.Dim)
	}
	return f.list
}

// layout is the embedding's part of it. Kernels of a convolutional stem have the channels last.
func (e *Embedding) layout(f *fields, cfg Config) {
	const projection = "vit.embeddings.patch_embeddings.projection"
	switch cfg.Stem {
	case ConvStem:
		convolutions := cfg.convolutions()
		e.Layers = make([]StemLayer, len(convolutions))
		for i, c := range convolutions {
			name := fmt.Sprintf("vit.embeddings.stem.%d.", i)
			f.linear(&e.Layers[i].Linear, name+"convolution", c.out, 3, 3, c.in)
			f.add(&e.Layers[i].Gain, false, name+"gain", c.out)
		}
		f.linear(&e.Patch, projection, cfg.Dim, cfg.vector())
	case ShiftedStem:
		f.norm(&e.TokenNorm, "vit.embeddings.patch_embeddings.layernorm", cfg.vector())
		f.linear(&e.Patch, projection, cfg.Dim, cfg.vector())
	default:
		f.linear(&e.Patch, projection, cfg.Dim, append([]int{cfg.Grid.Channels}, cfg.Grid.Patch...)...)
	}
}

// fields is a list of tensors to be.
type fields struct {
	list  []field
	layer int // of the next

	blocks int // so far
	block  int // of the next; 0: none
}

func (f *fields) add(view *[]float32, decay bool, name string, shape ...int) {
	f.list = append(f.list, field{name, shape, decay, view, f.layer, f.block})
}

func (f *fields) linear(l *Linear, name string, out int, in ...int) {
	f.add(&l.W, true, name+".weight", append([]int{out}, in...)...)
	f.add(&l.B, false, name+".bias", out)
}

func (f *fields) addBlock(b *Block, prefix string, cfg Config) {
	f.blocks++
	f.block = f.blocks
	f.norm(&b.Norm1, prefix+"layernorm_before", cfg.Dim)
	qkv := []string{"query", "key", "value"}
	for _, name := range qkv {
		f.add(&b.QKV.W, true, prefix+"attention.attention."+name+".weight", cfg.Dim, cfg.Dim)
	}
	if cfg.QKVBias {
		for _, name := range qkv {
			f.add(&b.QKV.B, false, prefix+"attention.attention."+name+".bias", cfg.Dim)
		}
	}
	f.linear(&b.Proj, prefix+"attention.output.dense", cfg.Dim, cfg.Dim)
	f.norm(&b.Norm2, prefix+"layernorm_after", cfg.Dim)
	f.linear(&b.FC1, prefix+"intermediate.dense", cfg.Hidden, cfg.Dim)
	f.linear(&b.FC2, prefix+"output.dense", cfg.Dim, cfg.Hidden)
	f.block = 0
}

func (f *fields) norm(n *Norm, name string, width int) {
	f.add(&n.Gamma, false, name+".weight", width)
	f.add(&n.Beta, false, name+".bias", width)
}
