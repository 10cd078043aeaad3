package vit

import "github.com/astrovit/astrovit/simd"

// layout is one block's four matrices in the order that the kernels read:
// transposed for the forward, as they are for the gradients of the inputs.
type layout struct{ qkv, proj, fc1, fc2 simd.Packed }

// layoutParts is the number of matrices of a layout.
const layoutParts = 4

// pack lays out matrix i of b.
func (l *layout) pack(b *Block, i int, mode simd.Mode) {
	w := [layoutParts]struct {
		to   *simd.Packed
		from Linear
	}{{&l.qkv, b.QKV}, {&l.proj, b.Proj}, {&l.fc1, b.FC1}, {&l.fc2, b.FC2}}[i]
	out := len(b.Proj.B)
	if i == 2 {
		out = len(b.FC1.B)
	} else if i == 0 {
		out = 3 * out
	}
	w.to.Pack(matrix(out, len(w.from.W)/out, w.from.W), mode)
}

// layouts are a model's weights laid out: all of them for inference, where one
// set serves every goroutine, or those of the stage under way and of the next.
type layouts struct {
	patch, head simd.Packed
	blocks      []layout // one a block; empty: stages has those of two
	stages      [2]layout
}

// layOut prepares the weights for any number of forwards. It holds until the
// weights change.
func (m *Model) layOut() *layouts {
	l := &layouts{blocks: make([]layout, m.Config.Depth)}
	m.layOutEnds(l)
	for i := range l.blocks {
		for part := range layoutParts {
			l.blocks[i].pack(&m.Params.Blocks[i], part, simd.TransB)
		}
	}
	return l
}

// layOutEnds prepares the projection of the patches and the head.
func (m *Model) layOutEnds(l *layouts) {
	c := m.Config
	l.patch.Pack(matrix(c.Dim, c.Grid.Length(), m.Params.Patch.W), simd.TransB)
	l.head.Pack(matrix(c.Classes, c.Dim, m.Params.Head.W), simd.TransB)
}

// Stages 0 to Depth-1 are the forwards of the blocks, those up to 2*Depth-1
// their backwards, last block first.

// layOutStage prepares matrix i for a stage, unless all is prepared.
func (m *Model) layOutStage(l *layouts, stage, i int) {
	if len(l.blocks) > 0 {
		return
	}
	block, mode := stage, simd.TransB
	if stage >= m.Config.Depth {
		block, mode = 2*m.Config.Depth-1-stage, 0
	}
	l.stages[stage%2].pack(&m.Params.Blocks[block], i, mode)
}

// stage is the layout for a stage.
func (l *layouts) stage(stage int) *layout {
	if len(l.blocks) > 0 {
		return &l.blocks[stage]
	}
	return &l.stages[stage%2]
}
