package vit

import "sync"

// shardTokens is about how many tokens one worker computes at once: enough rows
// for the matrix products to be efficient, few enough to stay in cache. It is
// part of the result's bits: gradients are summed shard by shard.
const shardTokens = 512

// shardImages is the number of images in a shard.
func (c Config) shardImages() int { return max(1, shardTokens/c.Tokens()) }

// workers runs shards of a batch on goroutines that live as long as it does.
// Each worker has its number; shard s covers images [s*size, (s+1)*size).
type workers struct {
	jobs    chan job
	pending sync.WaitGroup
}

type job struct{ shard int }

// startWorkers starts n goroutines that call run for each shard.
func startWorkers(n int, run func(worker, shard int)) *workers {
	w := &workers{jobs: make(chan job)}
	for i := range n {
		go func() {
			for j := range w.jobs {
				run(i, j.shard)
				w.pending.Done()
			}
		}()
	}
	return w
}

// run does shards 0 to n-1, started in that order, and waits for them.
func (w *workers) run(n int) {
	w.pending.Add(n)
	for s := range n {
		w.jobs <- job{s}
	}
	w.pending.Wait()
}

// stop ends the goroutines.
func (w *workers) stop() { close(w.jobs) }

// sequence lets shards take turns in their order, whichever worker has them.
type sequence struct {
	mutex sync.Mutex
	turn  sync.Cond
	next  int
}

func newSequence() *sequence {
	s := new(sequence)
	s.turn.L = &s.mutex
	return s
}

// do calls f when all shards before this one have had their turn.
func (s *sequence) do(shard int, f func()) {
	s.mutex.Lock()
	for s.next != shard {
		s.turn.Wait()
	}
	f()
	s.next++
	s.turn.Broadcast()
	s.mutex.Unlock()
}
