package simd

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers runs tasks on goroutines that live as long as it does; the caller of
// Run is one of them, number 0. Every worker begins with tasks of its own, the
// same ones in each run of as many tasks, so that it finds in its caches what
// it left there; who has none left takes those of others, and Run waits for
// tasks, not for workers: one whose core is busy with something else holds up
// the others by the task that it has begun at most. During a run and for a while
// after it, workers look out for the next one before they sleep.
type Workers struct {
	tickets   []ticket     // one a worker
	remaining atomic.Int64 // tasks of the run under way that are not done
	do        func(worker, task int)

	stopped  atomic.Bool
	sleepers atomic.Int32 // who waits for change, which is a run, the end of one or a stop
	mutex    sync.Mutex
	change   sync.Cond
}

// A ticket says how far a worker's own tasks of a run are taken. It has 24 bits
// for the number of the run, so that a worker that wakes up late takes no task
// of another run for its own, 20 for the run's tasks and 20 for those that are
// taken. It has a cache line to itself.
type ticket struct {
	bits atomic.Uint64
	_    [56]byte
}

const ticketBits = 20

func newTicket(run uint64, tasks int) uint64 { return run<<(2*ticketBits) | uint64(tasks)<<ticketBits }

func splitTicket(bits uint64) (run uint64, tasks, taken int) {
	const mask = 1<<ticketBits - 1
	return bits >> (2 * ticketBits), int(bits >> ticketBits & mask), int(bits & mask)
}

// StartWorkers starts n-1 goroutines; [Workers.Stop] ends them.
func StartWorkers(n int) *Workers {
	w := &Workers{tickets: make([]ticket, n)}
	w.change.L = &w.mutex
	for i := 1; i < n; i++ {
		go func() {
			for run := uint64(0); w.await(i, &run); {
				w.work(i, run)
			}
		}()
	}
	return w
}

// Run does tasks 0 to n-1, started in about that order, and waits for them. To
// allocate nothing, do must not be made for the call. One run at a time.
func (w *Workers) Run(n int, do func(worker, task int)) {
	if n >= 1<<ticketBits {
		panic("simd: too many tasks for a run")
	}
	run, _, _ := splitTicket(w.tickets[0].bits.Load())
	run = (run + 1) & (1<<24 - 1)
	w.remaining.Store(int64(n))
	w.do = do
	for i := range w.tickets {
		w.tickets[i].bits.Store(newTicket(run, n))
	}
	w.wake()
	w.work(0, run)
	done := func() bool { return w.remaining.Load() == 0 }
	if !lookOut(done, func() bool { return false }) {
		w.sleepUntil(done)
	}
}

// await waits for another run than the given one, or false when there is none
// to come.
func (w *Workers) await(worker int, run *uint64) bool {
	began := func() bool {
		next, _, _ := splitTicket(w.tickets[worker].bits.Load())
		if next == *run {
			return false
		}
		*run = next
		return true
	}
	if !lookOut(began, func() bool { return w.remaining.Load() > 0 }) {
		w.sleepUntil(func() bool { return w.stopped.Load() || began() })
	}
	return !w.stopped.Load()
}

// lookOut waits for what has happened to be true, and gives up some ten
// microseconds after there is no reason left to stay, about as long as waking
// takes.
func lookOut(happened, stay func() bool) bool {
	for look := 0; look < 200; look++ {
		for range 50 {
			if happened() {
				return true
			}
		}
		if stay() {
			look = 0
		}
		runtime.Gosched()
	}
	return false
}

// sleepUntil sleeps from change to change until one has happened. It counts
// itself before it looks, and wake looks for sleepers after the change, so one of
// the two sees the other.
func (w *Workers) sleepUntil(happened func() bool) {
	w.sleepers.Add(1)
	w.mutex.Lock()
	for !happened() {
		w.change.Wait()
	}
	w.mutex.Unlock()
	w.sleepers.Add(-1)
}

// wake tells those who sleep that there is a change.
func (w *Workers) wake() {
	if w.sleepers.Load() > 0 {
		w.mutex.Lock() // who has looked sleeps by now
		w.change.Broadcast()
		w.mutex.Unlock()
	}
}

// work does tasks of a run until all have been taken: the worker's own, then
// those of the workers after it.
func (w *Workers) work(worker int, run uint64) {
	for i := range w.tickets {
		owner := (worker + i) % len(w.tickets)
		for {
			task, ok := w.take(owner, run)
			if !ok {
				break
			}
			w.do(worker, task)
			if w.remaining.Add(-1) == 0 {
				w.wake()
			}
		}
	}
}

// take returns the owner's next task. The owner's are those whose number is its
// own modulo the number of workers.
func (w *Workers) take(owner int, run uint64) (task int, ok bool) {
	bits := &w.tickets[owner].bits
	for {
		was := bits.Load()
		now, tasks, taken := splitTicket(was)
		task := owner + taken*len(w.tickets)
		if now != run || task >= tasks {
			return 0, false
		}
		if bits.CompareAndSwap(was, was+1) {
			return task, true
		}
	}
}

// Stop ends the goroutines.
func (w *Workers) Stop() {
	w.stopped.Store(true)
	w.wake()
}
