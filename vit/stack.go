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

	// What is not the blocks': laying out the other weights and, for the images of a chunk, what is done before the first
	// block, after the last, and before the last one's backward, which takes its output's gradient from ws.dout(Depth).
	ends               func(task int)
	endTasks           int
	enter, leave, turn func(s *scratch, chunk int)
	complete           func() // after the gradient of each block's weights

	tasks stackTasks
}

// stackTasks are made once, so that a step allocates nothing.
type stackTasks struct{ layOut, forward, backward, weights func(worker, task int) }

// begin prepares a stack for its workers.
func (k *stack) begin(m *Model, grad *Params, d *descent, workers int) {
	c := m.Config
	k.model, k.grad, k.pool, k.complete, k.matrices = m, grad, d.pool, d.sendCompleted, c.matrixTasksFor(workers)
	for range workers {
		k.scratch = append(k.scratch, c.newScratch(c.trainingImages()*c.Tokens(), true))
	}
	k.tasks = stackTasks{k.doLayOut, k.doForward, k.doBackward, k.doWeights}
}

// plan makes room for a batch, and tells whether it had to.
func (k *stack) plan(images int) bool {
	if k.ws != nil && images <= k.ws.capacity {
		return false
	}
	k.ws = newTrainingWorkspace(k.model.Config, images, k.model.Config.trainingImages())
	return true
}

// forward leaves the last block's output in ws.x[Depth].
func (k *stack) forward() {
	k.pool.Run(layoutParts+k.endTasks, k.tasks.layOut)
	for k.stage = range k.model.Config.Depth {
		k.pool.Run(k.ws.chunks()+layoutParts, k.tasks.forward)
	}
}

// backward leaves the gradient of the first block's input in dx.
func (k *stack) backward() {
	depth := k.model.Config.Depth
	for k.stage = depth; k.stage < 2*depth; k.stage++ {
		tasks := k.ws.chunks()
		if k.stage < 2*depth-1 {
			tasks += layoutParts // for the stage after this one
		}
		k.pool.Run(tasks, k.tasks.backward)
		k.pool.Run(len(k.matrices)+sumTasks, k.tasks.weights)
		k.complete()
	}
}

// dx is the gradient of the first block's input, after a backward.
func (k *stack) dx() []float32 { return k.ws.dx(2*k.model.Config.Depth - 1) }

// doLayOut lays out what the first stage needs.
func (k *stack) doLayOut(_, task int) {
	if task >= layoutParts {
		k.ends(task - layoutParts)
	} else {
		k.model.layOutStage(k.ws.layouts, 0, task)
	}
}

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
	k.model.blockForward(k.ws, s, k.stage, k.ws.chunkOf(task))
	if k.stage == k.model.Config.Depth-1 {
		k.leave(s, task)
	}
}

// doBackward is doForward for the stages of backward.
func (k *stack) doBackward(worker, task int) {
	if chunks := k.ws.chunks(); task >= chunks {
		k.model.layOutStage(k.ws.layouts, k.stage+1, task-chunks)
		return
	}
	s := k.scratch[worker]
	if k.stage == k.model.Config.Depth {
		k.turn(s, task)
	}
	k.model.blockBackward(k.ws, s, k.stage, task)
}

func (k *stack) doWeights(_, task int) {
	if task < len(k.matrices) {
		k.model.weightGradient(k.ws, k.grad, k.stage, k.matrices[task])
	} else {
		k.model.sums(k.ws, k.grad, k.stage, task-len(k.matrices))
	}
}
