package vit

// Model is a Vision Transformer: its shape and its weights. Forward reads the
// weights only, so any number of goroutines may use one model, each with its
// own [Workspace].
type Model struct {
	Config Config
	Params *Params

	positions    []float32 // [T, D] added to the tokens: Params.Positions, or a fixed table
	convolutions []convolution
}

// New makes a model with random weights from seed. The error is that of
// [Config.Validate].
func New(cfg Config, seed uint64) (*Model, error) {
	m, err := Blank(cfg)
	if err != nil {
		return nil, err
	}
	m.Params.initialise(cfg, seed)
	return m, nil
}

// Blank makes a model whose weights are zero, to be read from a file.
func Blank(cfg Config) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m := &Model{Config: cfg, Params: NewParams(cfg), convolutions: cfg.convolutions()}
	m.positions = m.Params.Positions
	if cfg.Positions != Learned {
		m.positions = fixedPositions(cfg)
	}
	return m, nil
}

// With is a model of the same shape whose weights are p.
func (m *Model) With(p *Params) *Model {
	other := *m
	other.Params = p
	if m.Config.Positions == Learned {
		other.positions = p.Positions
	}
	return &other
}

// Forward computes the logits [B, N] of B images as [Config.Arrange] writes them. The result belongs to ws and holds until
// its next use; ws keeps patches until then too.
func (m *Model) Forward(ws *Workspace, patches []float32) []float32 {
	m.begin(ws, patches)
	for task := range m.endTasks() {
		m.layOutEnds(ws.layouts, task)
	}
	all := span{0, ws.batch}
	for stage := range m.Config.Depth {
		for part := range layoutParts {
			m.layOutStage(ws.layouts, stage, part)
		}
		m.forward(ws, ws.scratch, stage, all)
	}
	return ws.logits[:ws.batch*m.Config.Classes]
}

// begin takes a batch.
func (m *Model) begin(ws *Workspace, patches []float32) {
	image := m.Config.Input()
	ws.batch = len(patches) / image
	if ws.batch == 0 || len(patches)%image != 0 {
		panic("vit: patches are not a whole number of images")
	}
	if ws.batch > ws.capacity {
		panic("vit: more images than the workspace holds")
	}
	ws.patches = patches
}

// forward runs block i for some images, with what comes before the first and
// after the last.
func (m *Model) forward(ws *Workspace, s *scratch, i int, images span) {
	if i == 0 {
		m.embed(ws, s, images.times(m.Config.Tokens()))
	}
	m.blockForward(ws, s, i, images)
	if i == m.Config.Depth-1 {
		m.head(ws, images)
	}
}

// blockForward runs block i alone.
func (m *Model) blockForward(ws *Workspace, s *scratch, i int, images span) {
	b, a, w := &m.Params.Blocks[i], ws.blocks[i], ws.layouts.stage(i)
	b.project(ws, w, a, ws.x[i], s, images.times(m.Config.Tokens()))
	b.transform(ws, w, a, ws.x[i+1], ws.x[i], s, images.times(a.tokens))
}

// Backward accumulates into grad the gradients of every parameter, given
// dlogits [B, N] for the last Forward on ws, which must be a training workspace.
// It uses up what that Forward has left: there is one Backward for a Forward.
func (m *Model) Backward(ws *Workspace, grad *Params, dlogits []float32) {
	if ws.grad == nil {
		panic("vit: backward needs a training workspace")
	}
	if len(dlogits) != ws.batch*m.Config.Classes {
		panic("vit: dlogits do not match the last forward")
	}
	c := m.Config
	for stage := c.Depth; stage < 2*c.Depth; stage++ {
		for part := range layoutParts {
			m.layOutStage(ws.layouts, stage, part)
		}
		for chunk := range ws.chunks() {
			if stage == c.Depth {
				m.headBackward(ws, dlogits, chunk)
			}
			m.blockBackward(ws, ws.scratch, stage, chunk)
		}
		for _, t := range c.matrixTasks(c.Dim) {
			m.weightGradient(ws, grad, stage, t)
		}
		for i := range sumTasks {
			m.sums(ws, grad, stage, i)
		}
	}
	m.headGradients(ws, grad, dlogits)
	if c.Stem != PatchStem {
		for chunk := range ws.chunks() {
			m.stemBackward(ws, ws.scratch, chunk, ws.dx(2*c.Depth-1))
		}
	}
	for i := range m.convolutions {
		m.kernelGradient(ws, ws.scratch, grad, i)
	}
	m.embedBackward(ws, grad, ws.dx(2*c.Depth-1))
}

// dout and dx are the gradients of a stage's block's output and input.
func (ws *Workspace) dout(stage int) []float32 { return ws.grad.x[stage%2] }
func (ws *Workspace) dx(stage int) []float32   { return ws.grad.x[(stage+1)%2] }

// blockBackward runs a stage's block backward for the images of a chunk.
func (m *Model) blockBackward(ws *Workspace, s *scratch, stage, chunk int) {
	images, i := ws.chunkOf(chunk), 2*m.Config.Depth-1-stage
	m.Params.Blocks[i].backward(ws, ws.layouts.stage(stage), ws.blocks[i], ws.dx(stage), ws.dout(stage), ws.x[i], s, chunk, images)
}

// weightGradient does one task of a stage's block, after its backward.
func (m *Model) weightGradient(ws *Workspace, grad *Params, stage int, t matrixTask) {
	i := 2*m.Config.Depth - 1 - stage
	ws.weightGradient(t, &grad.Blocks[i], ws.blocks[i], ws.dout(stage))
}

// sumTasks is the number of sums over rows: four biases and the norms.
const sumTasks = layoutParts + 1

// sums does one of them.
func (m *Model) sums(ws *Workspace, grad *Params, stage, task int) {
	i := 2*m.Config.Depth - 1 - stage
	if task < layoutParts {
		ws.biasGradient(task, &grad.Blocks[i], ws.blocks[i], ws.dout(stage))
	} else {
		ws.normGradients(&grad.Blocks[i])
	}
}
