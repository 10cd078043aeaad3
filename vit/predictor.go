package vit

// Predictor computes the logits of batches on several goroutines. Each image's
// logits depend on that image alone.
type Predictor struct {
	model *Model
	parts []*Workspace
	pool  *workers
	size  int // images in a shard of the call under way

	logits, patches []float32 // of the call under way
}

// NewPredictor prepares inference with m on the given number of goroutines.
// Close ends them.
func NewPredictor(m *Model, workers int) *Predictor {
	p := &Predictor{model: m, parts: make([]*Workspace, workers)}
	for i := range p.parts {
		p.parts[i] = m.NewWorkspace(m.Config.shardImages())
	}
	p.pool = startWorkers(workers, func(worker, shard int) {
		logits := p.model.Forward(p.parts[worker], shardOf(p.patches, m.Config.Grid.Pixels(), shard, p.size))
		copy(shardOf(p.logits, m.Config.Classes, shard, p.size), logits)
	})
	return p
}

// Close ends the predictor's goroutines.
func (p *Predictor) Close() { p.pool.stop() }

// Logits writes the logits [B, N] of patches [B, N patches, P].
func (p *Predictor) Logits(logits, patches []float32) {
	m := p.model
	images := len(patches) / m.Config.Grid.Pixels()
	if len(logits) != images*m.Config.Classes {
		panic("vit: logits do not match patches")
	}
	p.logits, p.patches = logits, patches
	// A small batch is shared by all workers; bits do not depend on the shards.
	p.size = min(m.Config.shardImages(), max(1, (images+len(p.parts)-1)/len(p.parts)))
	p.pool.run((images + p.size - 1) / p.size)
}
