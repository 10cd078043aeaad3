package vit

import (
	"sync"
	"sync/atomic"
)

// workers runs tasks on goroutines that live as long as it does; the caller of
// run is one of them, number 0. Who is free takes the next task, so that a
// worker whose core is busy with something else holds up the others by one
// task at most.
type workers struct {
	n     int
	wake  chan struct{}
	done  sync.WaitGroup
	next  atomic.Int64
	tasks int
	do    func(worker, task int)
}

// startWorkers starts n-1 goroutines.
func startWorkers(n int) *workers {
	w := &workers{n: n, wake: make(chan struct{}, n)}
	for i := 1; i < n; i++ {
		go func() {
			for range w.wake {
				w.work(i)
				w.done.Done()
			}
		}()
	}
	return w
}

// run does tasks 0 to n-1, started in that order, and waits for them. To
// allocate nothing, do must not be made for the call.
func (w *workers) run(n int, do func(worker, task int)) {
	w.tasks, w.do = n, do
	w.next.Store(0)
	helpers := min(w.n, n) - 1
	w.done.Add(max(0, helpers))
	for range helpers {
		w.wake <- struct{}{}
	}
	w.work(0)
	w.done.Wait()
}

func (w *workers) work(worker int) {
	for {
		task := int(w.next.Add(1)) - 1
		if task >= w.tasks {
			return
		}
		w.do(worker, task)
	}
}

// stop ends the goroutines.
func (w *workers) stop() { close(w.wake) }
