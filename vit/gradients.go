package vit

import "github.com/astrovit/astrovit/simd"

// gradients are those of one block's activations, used again block after block,
// and what else the gradients of its weights are made of.
type gradients struct {
	x       [2][]float32 // [B*T, D] of the blocks' inputs and outputs, in turn
	context []float32    // [B*T, D]
	mid     []float32    // [B*T, D]
	qkv     []float32    // [B*T, 3D]
	hidden  []float32    // [B*T, F]
	gelu    []float32    // [B*T, F] GELU's output
	norm1   []float32    // [B*T, D] pre-LN: LN1's output; post-LN: the block's input
	norm2   []float32    // [B*T, D] the MLP's input
	pooled  []float32    // [B, D]

	chunk     int                 // images whose norms' gradients are summed in one place
	normParts []float32           // [chunks, 4D] LN1's gamma and beta, LN2's gamma and beta
	finalPart []float32           // [chunks, 2D] the final norm's
	stems     []embeddingGradient // of a shifted stem, one a chunk
	slopes    [][]float32         // [B*rows, channels] of the outputs of a stem's convolutions
}

func newGradients(cfg Config, batch, chunk int) *gradients {
	rows := batch * cfg.Tokens()
	chunks := (batch + chunk - 1) / chunk
	g := &gradients{
		x:         [2][]float32{make([]float32, rows*cfg.Dim), make([]float32, rows*cfg.Dim)},
		context:   make([]float32, rows*cfg.Dim),
		mid:       make([]float32, rows*cfg.Dim),
		qkv:       make([]float32, rows*3*cfg.Dim),
		hidden:    make([]float32, rows*cfg.Hidden),
		gelu:      make([]float32, rows*cfg.Hidden),
		norm1:     make([]float32, rows*cfg.Dim),
		norm2:     make([]float32, rows*cfg.Dim),
		pooled:    make([]float32, batch*cfg.Dim),
		chunk:     chunk,
		normParts: make([]float32, chunks*4*cfg.Dim),
		finalPart: make([]float32, chunks*2*cfg.Dim),
		slopes:    cfg.stemOutputs(batch),
	}
	if cfg.Stem == ShiftedStem {
		g.stems = make([]embeddingGradient, chunks)
		for i := range g.stems {
			g.stems[i] = newEmbeddingGradient(cfg)
		}
	}
	return g
}

// norms is a chunk's place for the gradients of a block's norms, zero.
func (g *gradients) norms(c Config, chunk int) (norm1, norm2 Norm) {
	part := g.normParts[chunk*4*c.Dim:][:4*c.Dim]
	clear(part)
	return normOf(part[:2*c.Dim]), normOf(part[2*c.Dim:])
}

// final is a chunk's place for the gradient of the final norm, zero.
func (g *gradients) final(c Config, chunk int) Norm {
	part := g.finalPart[chunk*2*c.Dim:][:2*c.Dim]
	clear(part)
	return normOf(part)
}

// normOf is the scale and shift in 2D numbers.
func normOf(x []float32) Norm { return Norm{x[:len(x)/2], x[len(x)/2:]} }

// The gradients of a block's weights are made in tasks, which may run at the
// same time: pieces of the four matrices, each summed over the whole batch in
// one product, and what is summed over rows.

// matrixTask is a piece of the gradient of a block's part.
type matrixTask struct {
	part            int
	outputs, inputs span
}

// matrixTasks cuts the gradients of a block's matrices into about square pieces
// of at most side x side. A piece's bits do not depend on how the rest is cut.
func (c Config) matrixTasks(side int) []matrixTask {
	var tasks []matrixTask
	for part, shape := range [layoutParts][2]int{partQKV: {3 * c.Dim, c.Dim}, partProj: {c.Dim, c.Dim}, partFC1: {c.Hidden, c.Dim}, partFC2: {c.Dim, c.Hidden}} {
		for outputs := range (span{0, shape[0]}).blocks(side) {
			for inputs := range (span{0, shape[1]}).blocks(side) {
				tasks = append(tasks, matrixTask{part, outputs, inputs})
			}
		}
	}
	return tasks
}

// smallestPiece is the least side of a piece of a weight's gradient.
const smallestPiece = 64

// matrixTasksFor cuts them into more pieces than workers, but few: larger ones read their inputs less often.
func (c Config) matrixTasksFor(workers int) []matrixTask {
	for side := c.Dim; ; side = (side + 1) / 2 {
		if tasks := c.matrixTasks(side); 2*len(tasks) >= 3*workers || side <= smallestPiece {
			return tasks
		}
	}
}

// weightGradient does a task for the block with activations a, output gradient
// dout and weight gradients grad.
func (ws *Workspace) weightGradient(t matrixTask, grad *Block, a *activations, dout []float32) {
	rows := ws.batch * a.tokens
	dy, x := ws.matrixOf(t.part, a, dout)
	if t.part == partQKV {
		rows = ws.batch * ws.cfg.Tokens()
	}
	weightGradient(grad.part(t.part).W, dy, x, rows, t.outputs, t.inputs)
}

// matrixOf is the gradient dy of a part's output and its input x, over the
// whole batch.
func (ws *Workspace) matrixOf(part int, a *activations, dout []float32) (dy, x []float32) {
	c, g := ws.cfg, ws.grad
	rows, all := span{0, ws.batch * a.tokens}, span{0, ws.batch * c.Tokens()}
	switch part {
	case partQKV:
		return all.of(g.qkv, 3*c.Dim), all.of(g.norm1, c.Dim)
	case partProj:
		return rows.of(g.mid, c.Dim), rows.of(a.context, c.Dim)
	case partFC1:
		return rows.of(g.hidden, c.Hidden), rows.of(g.norm2, c.Dim)
	}
	return rows.of(dout, c.Dim), rows.of(g.gelu, c.Hidden)
}

// biasGradient is the gradient of a part's bias.
func (ws *Workspace) biasGradient(part int, grad *Block, a *activations, dout []float32) {
	if b := grad.part(part).B; len(b) > 0 {
		dy, _ := ws.matrixOf(part, a, dout)
		simd.SumRows(b, dy)
	}
}

// normGradients adds up the chunks' gradients of a block's norms.
func (ws *Workspace) normGradients(grad *Block) {
	c := ws.cfg
	for chunk := range ws.chunks() {
		part := ws.grad.normParts[chunk*4*c.Dim:][:4*c.Dim]
		for i, to := range [...][]float32{grad.Norm1.Gamma, grad.Norm1.Beta, grad.Norm2.Gamma, grad.Norm2.Beta} {
			simd.Add(to, to, part[i*c.Dim:][:c.Dim])
		}
	}
}

// finalGradient adds up the chunks' gradients of the final norm.
func (ws *Workspace) finalGradient(grad Norm) {
	for chunk := range ws.chunks() {
		part := normOf(ws.grad.finalPart[chunk*2*ws.cfg.Dim:][:2*ws.cfg.Dim])
		simd.Add(grad.Gamma, grad.Gamma, part.Gamma)
		simd.Add(grad.Beta, grad.Beta, part.Beta)
	}
}

// chunks is the number of chunks in the batch.
func (ws *Workspace) chunks() int { return (ws.batch + ws.grad.chunk - 1) / ws.grad.chunk }

// chunkOf is the images of a chunk.
func (ws *Workspace) chunkOf(i int) span {
	return span{i * ws.grad.chunk, min((i+1)*ws.grad.chunk, ws.batch)}
}
