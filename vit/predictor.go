package vit

import "github.com/astrovit/astrovit/simd"

// chunkTokens is about how many tokens one worker computes at once in
// inference: enough rows for each strip of the weights that a core loads, few
// enough for the activations to stay near it.
const chunkTokens = 512

// Predictor computes the logits of batches on several goroutines. Each image's
// logits depend on that image alone. The model's weights must not change.
type Predictor struct {
	model   *Model
	layouts *layouts
	pool    *simd.Workers
	parts   []*Workspace // one a worker
	shared  *Workspace   // of all workers, for few images; nil until needed

	// The call under way.
	logits, features, patches []float32 // features may be nil
	images, chunks            int
	stage                     int

	chunk, embed, project, transform func(worker, task int) // made once, so that a call allocates nothing
}

// NewPredictor prepares inference with m in a precision on the given number of
// goroutines. Close ends them.
func NewPredictor(m *Model, precision Precision, workers int) *Predictor {
	return newPredictor(m, m.layOut(precision.pack), workers)
}

// NewPredictorInPlace is [NewPredictor] for a model that nothing else needs: in
// F32 its matrices become the predictor's, so that they are in memory once.
func NewPredictorInPlace(m *Model, precision Precision, workers int) *Predictor {
	if precision == F32 {
		return newPredictor(m, m.layOutInPlace(), workers)
	}
	return NewPredictor(m, precision, workers)
}

func newPredictor(m *Model, l *layouts, workers int) *Predictor {
	p := &Predictor{model: m, layouts: l, pool: simd.StartWorkers(workers), parts: make([]*Workspace, workers)}
	for i := range p.parts {
		p.parts[i] = p.workspace(p.chunkImages())
		p.parts[i].scratch = m.Config.newScratch(max(p.chunkImages(), sharedImages)*m.Config.Tokens(), false)
	}
	p.chunk, p.embed, p.project, p.transform = p.doChunk, p.doEmbed, p.doProject, p.doTransform
	return p
}

// sharedImages bounds the images a worker that are computed row by row.
const sharedImages = 4

func (p *Predictor) chunkImages() int { return max(1, chunkTokens/p.model.Config.Tokens()) }

func (p *Predictor) workspace(images int) *Workspace {
	ws := newWorkspace(p.model.Config, images, false)
	ws.layouts = p.layouts
	return ws
}

// Close ends the predictor's goroutines.
func (p *Predictor) Close() { p.pool.Stop() }

// Logits writes the logits [B, N] of B images as [Config.Arrange] writes them.
func (p *Predictor) Logits(logits, patches []float32) { p.LogitsAndFeatures(logits, nil, patches) }

// LogitsAndFeatures writes what [Predictor.Logits] does and, where features is
// not nil, the features [B, D] that the head makes them of: the output of the
// last block, pooled, and normalised in a pre-LN model (the class token's row of
// Hugging Face's last_hidden_state, timm's pre_logits).
func (p *Predictor) LogitsAndFeatures(logits, features, patches []float32) {
	c := p.model.Config
	p.images = len(patches) / c.Input()
	if len(logits) != p.images*c.Classes || features != nil && len(features) != p.images*c.Dim {
		panic("vit: logits or features do not match patches")
	}
	p.logits, p.features, p.patches = logits, features, patches
	n := len(p.parts)
	if p.images%n != 0 && p.images < sharedImages*n {
		p.together()
		return
	}
	rounds := (p.images + n*p.chunkImages() - 1) / (n * p.chunkImages())
	p.chunks = min(p.images, rounds*n)
	p.pool.Run(p.chunks, p.chunk)
}

// doChunk computes whole images.
func (p *Predictor) doChunk(worker, task int) {
	c, ws, images := p.model.Config, p.parts[worker], part(p.images, p.chunks, task)
	p.model.begin(ws, images.of(p.patches, c.Input()))
	for stage := range c.Depth {
		p.model.forward(ws, ws.scratch, stage, span{0, ws.batch})
	}
	p.deliver(ws, images)
}

// together computes images, too few to go around, row by row: a block's rows
// depend on each other in the attention alone.
func (p *Predictor) together() {
	m := p.model
	if p.shared == nil {
		p.shared = p.workspace(sharedImages * len(p.parts))
	}
	ws := p.shared
	m.begin(ws, p.patches)
	p.pool.Run(p.shares(m.Config.embedded()), p.embed)
	for p.stage = range m.Config.Depth {
		p.pool.Run(p.shares(m.Config.Tokens()), p.project)
		p.pool.Run(p.shares(ws.blocks[p.stage].tokens), p.transform)
	}
	m.head(ws, span{0, ws.batch})
	p.deliver(ws, span{0, ws.batch})
}

// deliver hands out what the head made of the images, which ws alone has.
func (p *Predictor) deliver(ws *Workspace, images span) {
	c := p.model.Config
	copy(images.of(p.logits, c.Classes), ws.logits)
	if p.features != nil {
		copy(images.of(p.features, c.Dim), ws.normed)
	}
}

// shares is in how many parts the rows of the images are computed, each of
// which has the given number.
func (p *Predictor) shares(tokens int) int { return min(len(p.parts), p.images*tokens) }

func (p *Predictor) share(tokens, task int) span {
	return part(p.images*tokens, p.shares(tokens), task)
}

func (p *Predictor) doEmbed(worker, task int) {
	c := p.model.Config
	rows := p.share(c.embedded(), task).times(c.Tokens() / c.embedded())
	p.model.embed(p.shared, p.parts[worker].scratch, rows)
}

// embedded is in how many parts an image's tokens can be embedded.
func (c Config) embedded() int {
	if c.Stem == ConvStem {
		return 1
	}
	return c.Tokens()
}

func (p *Predictor) doProject(worker, task int) {
	ws, i := p.shared, p.stage
	p.model.Params.Blocks[i].project(ws, p.layouts.stage(i), ws.blocks[i], ws.x[i], p.parts[worker].scratch, p.share(p.model.Config.Tokens(), task))
}

func (p *Predictor) doTransform(worker, task int) {
	ws, i := p.shared, p.stage
	p.model.Params.Blocks[i].transform(ws, p.layouts.stage(i), ws.blocks[i], ws.x[i+1], ws.x[i], p.parts[worker].scratch, p.share(ws.blocks[i].tokens, task))
}
