package vit

import "github.com/astrovit/astrovit/simd"

// stack runs a model's blocks over the batch in its workspace, stage by stage, on a trainer's workers: the chunks' forward
// or backward of one block and, in backward, the pieces of its weights' gradients.
type stack struct {
	model    *Model
	grad     *Params
	ws       *Workspace
	pool     *simd.Workers
	scratch  []*scratch // one a worker
	matrices []matrixTask
	stage    int

	// What is done for the images of a chunk before the first block, after the last, and before the last one's backward, which
	// takes its output's gradient from ws.dout(Depth).
	enter, leave, turn func(s *scratch, chunk int)

	tasks stackTasks
}

// stackTasks are made once, so that a step allocates nothing.
type stackTasks struct{ layOut, forward, backward, weights func(worker, task int) }

// begin prepares a stack for its workers.
func (k *stack) begin(m *Model, grad *Params, pool *simd.Workers, workers int) {
	c := m.Config
	k.model, k.grad, k.pool, k.matrices = m, grad, pool, c.matrixTasksFor(workers)
	for range workers {
		k.scratch = append(k.scratch, c.newScratch(c.trainingImages()*c.Tokens(), true))
	}
	k.tasks = stackTasks{k.doLayOut, k.doForward, k.doBackward, k.doWeights}
}

// plan makes room for a batch.
func (k *stack) plan(images int) {
	k.ws = newTrainingWorkspace(k.model.Config, images, k.model.Config.trainingImages())
}

// forward leaves the last block's output in ws.x[Depth].
func (k *stack) forward() {
	k.stage = 0
	k.pool.Run(layoutParts, k.tasks.layOut)
	for k.stage = range k.model.Config.Depth {
		k.pool.Run(k.ws.chunks()+layoutParts, k.tasks.forward)
	}
}

// backward leaves the gradient of the first block's input in ws.dx(2*Depth-1).
func (k *stack) backward() {
	depth := k.model.Config.Depth
	for k.stage = depth; k.stage < 2*depth; k.stage++ {
		tasks := k.ws.chunks()
		if k.stage < 2*depth-1 {
			tasks += layoutParts
		}
		k.pool.Run(tasks, k.tasks.backward)
		k.pool.Run(len(k.matrices)+sumTasks, k.tasks.weights)
	}
}

func (k *stack) doLayOut(_, part int) { k.model.layOutStage(k.ws.layouts, k.stage, part) }

// doForward runs a chunk through the stage's block; the tasks after those of the chunks lay out the next stage's weights.
func (k *stack) doForward(worker, task int) {
	if chunks := k.ws.chunks(); task >= chunks {
		k.model.layOutStage(k.ws.layouts, k.stage+1, task-chunks)
		return
	}
	s := k.scratch[worker]
	if k.stage == 0 {
		k.enter(s, task)
	}
	c, images := k.model.Config, k.ws.chunkOf(task)
	b, a, w, x := &k.model.Params.Blocks[k.stage], k.ws.blocks[k.stage], k.ws.layouts.stage(k.stage), k.ws.x[k.stage:]
	b.project(k.ws, w, a, x[0], s, images.times(c.Tokens()))
	b.transform(k.ws, w, a, x[1], x[0], s, images.times(a.tokens))
	if k.stage == c.Depth-1 {
		k.leave(s, task)
	}
}

// doBackward is doForward for the stages of backward.
func (k *stack) doBackward(worker, task int) {
	if chunks := k.ws.chunks(); task >= chunks {
		k.model.layOutStage(k.ws.layouts, k.stage+1, task-chunks)
		return
	}
	ws, s, i := k.ws, k.scratch[worker], 2*k.model.Config.Depth-1-k.stage
	if k.stage == k.model.Config.Depth {
		k.turn(s, task)
	}
	k.model.Params.Blocks[i].backward(ws, ws.layouts.stage(k.stage), ws.blocks[i], ws.dx(k.stage), ws.dout(k.stage), ws.x[i], s, task, ws.chunkOf(task))
}

func (k *stack) doWeights(_, task int) {
	if task < len(k.matrices) {
		k.model.weightGradient(k.ws, k.grad, k.stage, k.matrices[task])
	} else {
		k.model.sums(k.ws, k.grad, k.stage, task-len(k.matrices))
	}
}
