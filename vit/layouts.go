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
	patchBack   simd.Packed         // for the gradient of the projection's input, which a stem needs
	stem        []convolutionLayout // of a convolutional stem
	training    bool                // patchBack and what else only a backward reads is laid out, too
	blocks      []layout            // one a block; empty: stages has those of two
	stages      [2]layout
}

func newLayouts(c Config) *layouts {
	l := &layouts{stem: make([]convolutionLayout, len(c.convolutions()))}
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
	l := newLayouts(m.Config)
	l.blocks = make([]layout, m.Config.Depth)
	for task := range m.endTasks() {
		m.layOutEnds(l, task)
	}
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

// endTasks is in how many tasks the weights before and after the blocks are laid out.
func (m *Model) endTasks() int { return 1 + len(m.convolutions) }

// layOutEnds does one of them: the projection of the patches and the head, or a convolution.
func (m *Model) layOutEnds(l *layouts, task int) {
	if task > 0 {
		m.layOutConvolution(l, task-1)
		return
	}
	projection := m.Params.Patch.matrix(m.Config.vector())
	l.patch.Pack(projection, simd.TransB)
	if l.training && m.Config.Stem != PatchStem {
		l.patchBack.Pack(projection, 0)
	}
	if m.Config.Classes > 0 {
		l.head.Pack(m.Params.Head.matrix(m.Config.Dim), simd.TransB)
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
