package vit

// Model is a Vision Transformer: its shape and its weights. Forward reads the
// weights only, so any number of goroutines may use one model, each with its
// own [Workspace].
type Model struct {
	Config Config
	Params *Params

	positions []float32 // [T, D] added to the tokens: Params.Positions, or a fixed table
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
	m := &Model{Config: cfg, Params: NewParams(cfg)}
	m.positions = m.Params.Positions
	if cfg.Positions != Learned {
		m.positions = fixedPositions(cfg)
	}
	return m, nil
}

// Forward computes the logits [B, N] of patches [B, N patches, P] as
// [patch.Grid.Extract] writes them. The result belongs to ws and holds until
// its next use; ws keeps patches until then too.
func (m *Model) Forward(ws *Workspace, patches []float32) []float32 {
	image := m.Config.Grid.Pixels()
	ws.batch = len(patches) / image
	if ws.batch == 0 || len(patches)%image != 0 {
		panic("vit: patches are not a whole number of images")
	}
	if ws.batch > ws.capacity {
		panic("vit: more images than the workspace holds")
	}
	ws.patches = patches
	n := ws.rows() * m.Config.Dim
	m.embed(ws, ws.x[0][:n])
	for i := range m.Params.Blocks {
		m.Params.Blocks[i].block(ws, ws.blocks[i], ws.x[i+1][:n], ws.x[i][:n])
	}
	m.head(ws, ws.x[m.Config.Depth][:n])
	return ws.logits[:ws.batch*m.Config.Classes]
}

// Backward accumulates into grad the gradients of every parameter, given
// dlogits [B, N] for the last Forward on ws, which must be a training workspace.
func (m *Model) Backward(ws *Workspace, grad *Params, dlogits []float32) {
	if ws.grad.x == nil {
		panic("vit: backward needs a training workspace")
	}
	if len(dlogits) != ws.batch*m.Config.Classes {
		panic("vit: dlogits do not match the last forward")
	}
	n := ws.rows() * m.Config.Dim
	m.headBackward(ws, grad, ws.grad.x[:n], dlogits)
	for i := m.Config.Depth - 1; i >= 0; i-- {
		m.Params.Blocks[i].blockBackward(ws, &grad.Blocks[i], ws.blocks[i], ws.x[i][:n])
	}
	m.embedBackward(ws, grad, ws.grad.x[:n])
}
