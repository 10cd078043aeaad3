package vit

import "github.com/astrovit/astrovit/simd"

// Precision is how a predictor holds the matrices of the blocks. Activations,
// sums, the projection of the patches and the head are float32 in any case.
type Precision string

const (
	F32  Precision = "f32"  // as they are
	BF16 Precision = "bf16" // bfloat16: half the memory
	INT8 Precision = "int8" // bytes with a scale a channel, times activations in bytes with a scale a token
)

// Precisions lists them, the default first.
var Precisions = []Precision{F32, BF16, INT8}

// pack lays out a matrix for the forward.
func (p Precision) pack(w simd.Matrix) simd.Factor {
	switch p {
	case F32:
		return simd.Pack(w, simd.TransB)
	case BF16:
		return simd.PackBF16(w, simd.TransB)
	case INT8:
		return simd.PackInt8(w, simd.TransB)
	}
	panic("vit: unknown precision")
}

// layout is one block's matrices in the order that the kernels read: transposed
// for the forward, as they are for the gradients of the inputs.
type layout [layoutParts]simd.Factor

// The parts of a layout.
const (
	partQKV = iota
	partProj
	partFC1
	partFC2
	layoutParts
)

// part is a block's matrix [out, in] that a layout has at i.
func (b *Block) part(i int) Linear { return [layoutParts]Linear{b.QKV, b.Proj, b.FC1, b.FC2}[i] }

// matrix is the weights as a matrix [out, in] for inputs of so many numbers.
func (l Linear) matrix(in int) simd.Matrix { return matrix(len(l.W)/in, in, l.W) }

// inputs is the length of the input of a block's part.
func (c Config) inputs(part int) int {
	if part == partFC2 {
		return c.Hidden
	}
	return c.Dim
}

// layouts are a model's weights laid out: all of them for inference, where one
// set serves every goroutine, or those of the stage under way and of the next.
type layouts struct {
	patch, head simd.Packed
	kernels     [][]float32   // of the stem's convolutions
	stem        []simd.Packed // the same, laid out
	stemBack    []simd.Packed // for the gradients of the convolutions' inputs, or of the projection's; none in inference
	blocks      []layout      // one a block; empty: stages has those of two
	stages      [2]layout
}

func newLayouts() *layouts {
	l := new(layouts)
	for i := range l.stages {
		for part := range l.stages[i] {
			l.stages[i][part] = new(simd.Packed)
		}
	}
	return l
}

// layOut prepares the weights for any number of forwards, the blocks' matrices
// by pack. It holds until the weights change.
func (m *Model) layOut(pack func(w simd.Matrix) simd.Factor) *layouts {
	l := &layouts{blocks: make([]layout, m.Config.Depth)}
	m.layOutEnds(l)
	for i := range l.blocks {
		for part := range layoutParts {
			w := m.Params.Blocks[i].part(part).matrix(m.Config.inputs(part))
			l.blocks[i][part] = pack(w)
		}
	}
	return l
}

// layOutInPlace is layOut in float32 in the memory of the matrices themselves,
// which are gone then.
func (m *Model) layOutInPlace() *layouts {
	c := m.Config
	scratch := make([]float32, max(3*c.Dim, c.Hidden)*c.Dim)
	l := m.layOut(func(w simd.Matrix) simd.Factor { return simd.PackInPlace(w, simd.TransB, scratch) })
	for i := range m.Params.Blocks {
		b := &m.Params.Blocks[i]
		b.QKV.W, b.Proj.W, b.FC1.W, b.FC2.W = nil, nil, nil, nil
	}
	return l
}

// layOutEnds prepares the projection of the patches and the head.
func (m *Model) layOutEnds(l *layouts) {
	l.patch.Pack(m.Params.Patch.matrix(m.Config.vector()), simd.TransB)
	if m.Config.Classes > 0 {
		l.head.Pack(m.Params.Head.matrix(m.Config.Dim), simd.TransB)
	}
	m.layOutStem(l)
}

// layOutStem prepares the stem.
func (m *Model) layOutStem(l *layouts) {
	training := l.stemBack != nil && m.Config.Stem != PatchStem
	if l.stem == nil {
		l.stem = make([]simd.Packed, len(m.Params.Layers))
		for _, layer := range m.Params.Layers {
			l.kernels = append(l.kernels, make([]float32, len(layer.W)))
		}
	}
	for i, layer := range m.Params.Layers {
		layer.kernels(l.kernels[i])
		w := Linear{W: l.kernels[i]}.matrix(m.convolutions[i].length())
		l.stem[i].Pack(w, simd.TransB)
		if training && i > 0 {
			l.stemBack[i].Pack(w, 0)
		}
	}
	if training {
		l.stemBack[len(l.stem)].Pack(m.Params.Patch.matrix(m.Config.vector()), 0)
	}
}

// Stages 0 to Depth-1 are the forwards of the blocks, those up to 2*Depth-1
// their backwards, last block first.

// layOutStage prepares a part of a stage's layout.
func (m *Model) layOutStage(l *layouts, stage, part int) {
	block, mode := stage, simd.TransB
	if stage >= m.Config.Depth {
		block, mode = 2*m.Config.Depth-1-stage, 0
	}
	w := m.Params.Blocks[block].part(part).matrix(m.Config.inputs(part))
	l.stages[stage%2][part].(*simd.Packed).Pack(w, mode)
}

// stage is the layout for a stage.
func (l *layouts) stage(stage int) *layout {
	if len(l.blocks) > 0 {
		return &l.blocks[stage]
	}
	return &l.stages[stage%2]
}
