package vit

// Workspace holds the activations of up to a fixed number of images and the
// scratch of forward and backward. Each goroutine has its own.
type Workspace struct {
	cfg      Config
	capacity int  // images
	batch    int  // images in the last forward
	keep     bool // every block's activations are kept, for backward or rollout

	patches []float32      // [B*N, P] the input of the last forward; the caller's
	embed   []float32      // [B*N, D] projected patches; in backward their gradient
	x       [][]float32    // Depth+1 of [B*T, D]: the blocks' inputs and the last one's output
	blocks  []*activations // Depth of them, all the same one unless keep
	pooled  []float32      // [B, D]
	normed  []float32      // [B, D] LayerNorm of pooled; pooled itself in a post-LN model
	final   moments        // of pooled
	logits  []float32      // [B, N]

	grad gradients // empty in a workspace for inference
}

// activations are what one block computes, in that order.
type activations struct {
	norm1   []float32 // [B*T, D] pre-LN: LN1(x); post-LN: x + attention, the input of LN1
	moment1 moments
	qkv     []float32 // [B*T, 3D]
	weights []float32 // [B, H, T, T] attention after the softmax; [T, T] unless kept
	context []float32 // [B*T, D] the heads side by side
	mid     []float32 // [B*T, D] the input of the MLP's half
	norm2   []float32 // [B*T, D] pre-LN: LN2(mid); post-LN: mid + mlp, the input of LN2
	moment2 moments
	hidden  []float32 // [B*T, F] fc1's output
	gelu    []float32 // [B*T, F]
}

// gradients are those of one block's activations, used again block after block.
type gradients struct {
	x, mid  []float32 // [B*T, D]
	sub     []float32 // [B*T, D] of a sublayer's output or input
	qkv     []float32 // [B*T, 3D]
	weights []float32 // [T, T]
	hidden  []float32 // [B*T, F]
	pooled  []float32 // [B, D]
}

// NewWorkspace plans the memory for inference on up to batch images.
func (m *Model) NewWorkspace(batch int) *Workspace { return newWorkspace(m.Config, batch, false) }

// NewTrainingWorkspace plans the memory for forward and backward on up to batch images.
func (m *Model) NewTrainingWorkspace(batch int) *Workspace {
	ws := newWorkspace(m.Config, batch, true)
	rows, cfg := batch*m.Config.Tokens(), m.Config
	ws.grad = gradients{
		x:       make([]float32, rows*cfg.Dim),
		mid:     make([]float32, rows*cfg.Dim),
		sub:     make([]float32, rows*cfg.Dim),
		qkv:     make([]float32, rows*3*cfg.Dim),
		weights: make([]float32, cfg.Tokens()*cfg.Tokens()),
		hidden:  make([]float32, rows*cfg.Hidden),
		pooled:  make([]float32, batch*cfg.Dim),
	}
	return ws
}

// NewRolloutWorkspace plans the memory for a forward on up to batch images
// whose attention weights are kept for [Model.Rollout].
func (m *Model) NewRolloutWorkspace(batch int) *Workspace { return newWorkspace(m.Config, batch, true) }

func newWorkspace(cfg Config, batch int, keep bool) *Workspace {
	rows := batch * cfg.Tokens()
	ws := &Workspace{
		cfg: cfg, capacity: batch, keep: keep,
		embed:  make([]float32, batch*cfg.Grid.Patches()*cfg.Dim),
		x:      make([][]float32, cfg.Depth+1),
		blocks: make([]*activations, cfg.Depth),
		pooled: make([]float32, batch*cfg.Dim),
		final:  newMoments(batch),
		logits: make([]float32, batch*cfg.Classes),
	}
	ws.normed = ws.pooled
	if !cfg.PostNorm {
		ws.normed = make([]float32, batch*cfg.Dim)
	}
	for i := range ws.x {
		if keep || i < 2 {
			ws.x[i] = make([]float32, rows*cfg.Dim)
		} else {
			ws.x[i] = ws.x[i-2]
		}
	}
	for i := range ws.blocks {
		if keep || i == 0 {
			ws.blocks[i] = newActivations(cfg, batch, keep)
		} else {
			ws.blocks[i] = ws.blocks[0]
		}
	}
	return ws
}

func newActivations(cfg Config, batch int, keep bool) *activations {
	rows, square := batch*cfg.Tokens(), cfg.Tokens()*cfg.Tokens()
	if keep {
		square *= batch * cfg.Heads
	}
	return &activations{
		norm1:   make([]float32, rows*cfg.Dim),
		moment1: newMoments(rows),
		qkv:     make([]float32, rows*3*cfg.Dim),
		weights: make([]float32, square),
		context: make([]float32, rows*cfg.Dim),
		mid:     make([]float32, rows*cfg.Dim),
		norm2:   make([]float32, rows*cfg.Dim),
		moment2: newMoments(rows),
		hidden:  make([]float32, rows*cfg.Hidden),
		gelu:    make([]float32, rows*cfg.Hidden),
	}
}

// rows is B*T of the last forward.
func (ws *Workspace) rows() int { return ws.batch * ws.cfg.Tokens() }

// head is the place of one image's one head in a.weights: [T, T].
func (ws *Workspace) head(a *activations, image, head int) []float32 {
	square := ws.cfg.Tokens() * ws.cfg.Tokens()
	if !ws.keep {
		return a.weights
	}
	return a.weights[(image*ws.cfg.Heads+head)*square:][:square]
}
