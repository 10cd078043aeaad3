package vit

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// workers runs tasks on goroutines that live as long as it does; the caller of
// run is one of them, number 0. Who is free takes the next task, and run waits
// for tasks, not for workers: one whose core is busy with something else holds
// up the others by the task that it has begun at most. Between two runs that
// follow closely, workers look out for the next one before they sleep.
type workers struct {
	ticket    atomic.Uint64 // the run under way: its number, its tasks, the next of them
	completed atomic.Int64  // tasks of the run under way
	do        func(worker, task int)

	mutex    sync.Mutex
	started  sync.Cond // a run, or stopped
	finished sync.Cond // all tasks of a run
	stopped  bool
}

// A ticket has 24 bits for the number of the run and 20 for each of the others,
// so that a worker that wakes up late takes no task of another run for its own.
const ticketBits = 20

func newTicket(run uint64, tasks int) uint64 { return run<<(2*ticketBits) | uint64(tasks)<<ticketBits }

func splitTicket(t uint64) (run uint64, tasks, next int) {
	const mask = 1<<ticketBits - 1
	return t >> (2 * ticketBits), int(t >> ticketBits & mask), int(t & mask)
}

// looks is how often a worker looks out before it sleeps: some ten microseconds,
// about as long as waking it takes.
const looks = 200

// startWorkers starts n-1 goroutines.
func startWorkers(n int) *workers {
	w := new(workers)
	w.started.L, w.finished.L = &w.mutex, &w.mutex
	for i := 1; i < n; i++ {
		go func() {
			for run := uint64(0); w.await(&run); {
				w.work(i, run)
			}
		}()
	}
	return w
}

// run does tasks 0 to n-1, started in that order, and waits for them. To
// allocate nothing, do must not be made for the call.
func (w *workers) run(n int, do func(worker, task int)) {
	if n >= 1<<ticketBits {
		panic("vit: too many tasks for a run")
	}
	run, _, _ := splitTicket(w.ticket.Load())
	run = (run + 1) & (1<<24 - 1)
	w.completed.Store(0)
	w.do = do
	w.mutex.Lock()
	w.ticket.Store(newTicket(run, n))
	w.mutex.Unlock()
	w.started.Broadcast()
	w.work(0, run)
	for range looks {
		if w.completed.Load() == int64(n) {
			return
		}
		runtime.Gosched()
	}
	w.mutex.Lock()
	for w.completed.Load() != int64(n) {
		w.finished.Wait()
	}
	w.mutex.Unlock()
}

// await waits for another run than the given one, or false when there is none
// to come.
func (w *workers) await(run *uint64) bool {
	began := func() bool {
		next, _, _ := splitTicket(w.ticket.Load())
		if next == *run {
			return false
		}
		*run = next
		return true
	}
	for range looks {
		if began() {
			return true
		}
		runtime.Gosched()
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for !w.stopped {
		if began() {
			return true
		}
		w.started.Wait()
	}
	return false
}

// work does tasks of a run until all have been taken.
func (w *workers) work(worker int, run uint64) {
	for {
		ticket := w.ticket.Load()
		now, tasks, next := splitTicket(ticket)
		if now != run || next == tasks {
			return
		}
		if !w.ticket.CompareAndSwap(ticket, ticket+1) {
			continue
		}
		w.do(worker, next)
		if w.completed.Add(1) == int64(tasks) {
			w.mutex.Lock()
			w.finished.Signal()
			w.mutex.Unlock()
		}
	}
}

// stop ends the goroutines.
func (w *workers) stop() {
	w.mutex.Lock()
	w.stopped = true
	w.mutex.Unlock()
	w.started.Broadcast()
}
