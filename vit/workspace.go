package vit

import "github.com/astrovit/astrovit/simd"

// Workspace holds the activations of up to a fixed number of images. A forward
// and its backward run on one workspace; several goroutines may share the work,
// each on images or rows of its own and with its own scratch.
type Workspace struct {
	cfg      Config
	capacity int  // images
	batch    int  // images in the last forward
	keep     bool // every block's activations are kept, for backward or rollout

	patches []float32 // [B, Input] the last forward's; the caller's
	stem    stemActivations
	x       [][]float32    // Depth+1 of [B*T, D]: the blocks' inputs and the last one's output [B*Q, D]
	blocks  []*activations // Depth of them, all the same memory unless keep
	pooled  []float32      // [B, D]; the last block's output itself where that is only the class tokens
	normed  []float32      // [B, D] LayerNorm of pooled; pooled itself in a post-LN model
	final   moments        // of pooled
	logits  []float32      // [B, N]

	layouts *layouts
	scratch *scratch   // of a forward and backward on the calling goroutine
	grad    *gradients // nil in a workspace for inference
}

// activations are what one block computes, in that order. Q is T, or 1 in the
// last block of a model whose head sees only the class token: nothing else of
// that block's output is computed.
type activations struct {
	tokens  int          // Q
	kept    [][2]float32 // [B] what each image's branches are multiplied by, in training with [DropPath]; nil: by 1
	moment1 moments      // of LN1's input
	qkv     []float32    // [B*T, 3D]
	context []float32    // [B*Q, D] the heads side by side
	sum1    []float32    // [B*Q, D] post-LN: x + attention, the input of LN1
	mid     []float32    // [B*Q, D] the input of the MLP's half
	moment2 moments
	hidden  []float32 // [B*Q, F] fc1's output; in inference GELU of it
	sum2    []float32 // [B*Q, D] post-LN: mid + mlp, the input of LN2
}

// scratch is what one goroutine needs for some rows of a forward or backward.
type scratch struct {
	stem   stemScratch
	norm   []float32 // [rows, D] a LayerNorm's output
	gelu   []float32 // [rows, F]; nil in inference
	keys   simd.Packed
	values simd.Packed
	plain  simd.Packed // keys once more, in backward
	scores []float32   // [rows of a query block, T]
	slopes []float32   // the same, for their gradient
}

// newScratch is scratch for up to the given number of token rows.
func (c Config) newScratch(rows int, training bool) *scratch {
	block := min(queryRows, c.Tokens())
	s := &scratch{stem: newStemScratch(c, training), norm: make([]float32, rows*c.Dim), scores: make([]float32, block*c.Tokens())}
	if training {
		s.gelu = make([]float32, rows*c.Hidden)
		s.slopes = make([]float32, len(s.scores))
	}
	return s
}

// NewWorkspace plans the memory for inference on up to batch images.
func (m *Model) NewWorkspace(batch int) *Workspace {
	ws := newWorkspace(m.Config, batch, false)
	ws.scratch = m.Config.newScratch(batch*m.Config.Tokens(), false)
	return ws
}

// NewTrainingWorkspace plans the memory for forward and backward on up to batch images.
func (m *Model) NewTrainingWorkspace(batch int) *Workspace {
	ws := newTrainingWorkspace(m.Config, batch, batch)
	ws.scratch = m.Config.newScratch(batch*m.Config.Tokens(), true)
	return ws
}

// NewRolloutWorkspace plans the memory for a forward on up to batch images
// whose attention is asked for by [Model.Rollout].
func (m *Model) NewRolloutWorkspace(batch int) *Workspace {
	ws := newWorkspace(m.Config, batch, true)
	ws.scratch = m.Config.newScratch(batch*m.Config.Tokens(), false)
	return ws
}

// newTrainingWorkspace is a workspace with gradients, for backwards of up to
// chunk images at a time.
func newTrainingWorkspace(cfg Config, batch, chunk int) *Workspace {
	ws := newWorkspace(cfg, batch, true)
	ws.grad = newGradients(cfg, batch, chunk)
	ws.layouts.training, ws.stem.outputs = true, cfg.stemOutputs(batch)
	return ws
}

func newWorkspace(cfg Config, batch int, keep bool) *Workspace {
	rows := batch * cfg.Tokens()
	ws := &Workspace{
		cfg: cfg, capacity: batch, keep: keep,
		x:       make([][]float32, cfg.Depth+1),
		blocks:  make([]*activations, cfg.Depth),
		final:   newMoments(batch),
		logits:  make([]float32, batch*cfg.Classes),
		layouts: newLayouts(cfg),
		stem:    newStemActivations(cfg, batch),
	}
	for i := range ws.x {
		switch {
		case i < 2 || keep && i < cfg.Depth:
			ws.x[i] = make([]float32, rows*cfg.Dim)
		case keep:
			ws.x[i] = make([]float32, batch*cfg.outputTokens(i-1)*cfg.Dim)
		default:
			ws.x[i] = ws.x[i-2]
		}
	}
	for i := range ws.blocks {
		if keep || i == 0 {
			ws.blocks[i] = newActivations(cfg, batch, i, keep)
			continue
		}
		shared := *ws.blocks[0]
		shared.tokens = cfg.outputTokens(i)
		ws.blocks[i] = &shared
	}
	if cfg.classOnly() {
		ws.pooled = ws.x[cfg.Depth]
	} else {
		ws.pooled = make([]float32, batch*cfg.Dim)
	}
	ws.normed = ws.pooled
	if !cfg.PostNorm {
		ws.normed = make([]float32, batch*cfg.Dim)
	}
	return ws
}

// newActivations are those of block i alone, or in inference of all blocks.
func newActivations(cfg Config, batch, i int, keep bool) *activations {
	tokens := cfg.Tokens()
	if keep {
		tokens = cfg.outputTokens(i)
	}
	rows := batch * tokens
	a := &activations{
		tokens:  cfg.outputTokens(i),
		moment1: newMoments(batch * cfg.Tokens()),
		qkv:     make([]float32, batch*cfg.Tokens()*3*cfg.Dim),
		context: make([]float32, rows*cfg.Dim),
		mid:     make([]float32, rows*cfg.Dim),
		moment2: newMoments(rows),
		hidden:  make([]float32, rows*cfg.Hidden),
	}
	if cfg.PostNorm {
		a.sum1, a.sum2 = make([]float32, rows*cfg.Dim), make([]float32, rows*cfg.Dim)
	}
	return a
}

// classOnly tells whether the head sees nothing but the class token.
func (c Config) classOnly() bool { return c.Pool == PoolClass }

// outputTokens is Q of block i.
func (c Config) outputTokens(i int) int {
	if i == c.Depth-1 && c.classOnly() {
		return 1
	}
	return c.Tokens()
}
