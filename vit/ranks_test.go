package vit_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/vit"
)

// meeting is where goroutines that stand for ranks exchange numbers.
type meeting struct {
	size     int
	mutex    sync.Mutex
	all      sync.Cond
	came     int
	round    int
	given    []any
	messages []chan []float32 // from rank to rank
}

func newMeeting(size int) *meeting {
	m := &meeting{size: size, given: make([]any, size)}
	m.all.L = &m.mutex
	for range size * size {
		m.messages = append(m.messages, make(chan []float32))
	}
	return m
}

// wait waits for all ranks.
func (m *meeting) wait() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	round := m.round
	if m.came++; m.came == m.size {
		m.came, m.round = 0, round+1
		m.all.Broadcast()
	}
	for m.round == round {
		m.all.Wait()
	}
}

// rank is a goroutine that stands for a rank.
type rank struct {
	*meeting
	number int
}

func (r rank) Rank() int { return r.number }
func (r rank) Size() int { return r.size }

// exchange gives what all ranks have given, of this one's length, and waits for all to use it.
func exchange[T any](r rank, x []T, use func(all [][]T)) {
	r.given[r.number] = slices.Clone(x)
	r.wait()
	var all [][]T
	for i := range r.size {
		other := r.given[i].([]T)
		if len(other) != len(x) {
			panic("ranks exchange unequal lengths")
		}
		all = append(all, other)
	}
	use(all)
	r.wait()
}

func add[T float32 | float64](r rank, x []T) {
	exchange(r, x, func(all [][]T) {
		clear(x)
		for _, other := range all {
			for i, v := range other {
				x[i] += v
			}
		}
	})
}

func (r rank) Sum(x []float32) func() { add(r, x); return func() {} }
func (r rank) Total(x []float64)      { add(r, x) }

func (r rank) Broadcast(x []float32, from int) {
	exchange(r, x, func(all [][]float32) { copy(x, all[from]) })
}

func (r rank) Send(x []float32, to int) { r.messages[r.number*r.size+to] <- slices.Clone(x) }
func (r rank) Receive(x []float32, from int) {
	if copy(x, <-r.messages[from*r.size+r.number]) != len(x) {
		panic("a message of another length")
	}
}

// trainerOf is what Trainer and MaskedTrainer have in common.
type trainerOf interface {
	Join(r vit.Ranks, inOrder bool)
	Share(images int) (lo, hi int)
	Accumulate(b vit.Batch)
	Step(b vit.Batch, lr float64) vit.Stats
	Close()
}

// together trains with so many ranks for some steps of unequal batches, and gives the weights, which are the same on all, and the
// last step's figures. Make makes a rank's trainer; batch has as many images as it is asked for.
func together(t *testing.T, ranks int, inOrder bool, make func() (trainerOf, *vit.Params), batch func(images int, seed uint64) vit.Batch) ([]float32, vit.Stats) {
	t.Helper()
	m := newMeeting(ranks)
	weights, stats := slices.Repeat([][]float32{nil}, ranks), slices.Repeat([]vit.Stats{{}}, ranks)
	var wait sync.WaitGroup
	for number := range ranks {
		wait.Go(func() {
			trainer, params := make()
			defer trainer.Close()
			trainer.Join(rank{meeting: m, number: number}, inOrder)
			share := func(images int, seed uint64) vit.Batch {
				b := batch(images, seed)
				lo, hi := trainer.Share(images)
				part := func(x []float32) []float32 { return x[lo*len(x)/images : hi*len(x)/images] }
				return vit.Batch{Patches: part(b.Patches), Targets: part(b.Targets), Order: b.Order[lo*len(b.Order)/images : hi*len(b.Order)/images], First: lo, Total: images}
			}
			for step := range uint64(3) {
				trainer.Accumulate(share(23, step+9))
				stats[number] = trainer.Step(share(2+15*int(step%2), step), 1e-3)
			}
			weights[number] = params.Flat
		})
	}
	wait.Wait()
	for i := range weights {
		if !slices.Equal(weights[i], weights[0]) || stats[i] != stats[0] {
			t.Errorf("%d ranks: rank %d has other weights or figures than rank 0", ranks, i)
		}
	}
	return weights[0], stats[0]
}

// TestRanks: several ranks train the model that one does, up to the order of sums, and in order to the last bit; also where there
// are more ranks than images, or images of no weight.
func TestRanks(t *testing.T) {
	unknown := func(images int, seed uint64, m *vit.Model) vit.Batch {
		b := batchOf(m, images, seed)
		for i := range b.Targets[:len(b.Targets)/2] {
			b.Targets[i] = float32(math.NaN())
		}
		return b
	}
	for _, c := range []struct {
		name string
		loss vit.Loss
		stem vit.Stem
	}{
		{"classes", crossEntropy(3), vit.PatchStem}, {"unknown labels", vit.BinaryCrossEntropy{Labels: 3}, vit.ConvStem},
		{"shifted", crossEntropy(3), vit.ShiftedStem},
	} {
		if testing.Short() && c.stem != vit.PatchStem {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			make := func() (trainerOf, *vit.Params) {
				m := stemmed(t, 3, c.stem)
				trainer := vit.NewTrainer(m, c.loss, vit.DefaultAdamW, 2)
				trainer.SetDropPath(vit.DropPath{Rate: 0.2, Seed: 3})
				return trainer, m.Params
			}
			m := stemmed(t, 3, c.stem)
			sameModel(t, make, func(images int, seed uint64) vit.Batch {
				if c.name == "unknown labels" {
					return unknown(images, seed, m)
				}
				return batchOf(m, images, seed)
			})
		})
	}
	t.Run("masked", func(t *testing.T) {
		if testing.Short() {
			t.Skip("convolutions, for minutes under the race detector")
		}
		a := smallAutoencoder(t, vit.ConvStem)
		sameModel(t, func() (trainerOf, *vit.Params) {
			a := smallAutoencoder(t, vit.ConvStem)
			return vit.NewMaskedTrainer(a, vit.DefaultAdamW, 2), a.Params
		}, func(images int, seed uint64) vit.Batch { return maskedBatch(a.Encoder.Config, images, seed) })
	})
}

func sameModel(t *testing.T, make func() (trainerOf, *vit.Params), batch func(images int, seed uint64) vit.Batch) {
	one, oneStats := together(t, 1, false, make, batch)
	inOrder, _ := together(t, 1, true, make, batch)
	_, before := make()
	most := 6
	if testing.Short() {
		most = 2 // under the race detector
	}
	for ranks := range most {
		t.Run(fmt.Sprint(ranks+1), func(t *testing.T) {
			got, stats := together(t, ranks+1, false, make, batch)
			// Adam's steps of what has hardly a gradient may go either way.
			var far, way float64
			for i, w := range one {
				far, way = math.Hypot(far, float64(got[i]-w)), math.Hypot(way, float64(w-before.Flat[i]))
			}
			if !(far < 1e-2*way) {
				t.Errorf("weights are off by %g after a way of %g", far, way)
			}
			if math.Abs(stats.Loss-oneStats.Loss) > 1e-5*oneStats.Loss || math.Abs(stats.GradNorm-oneStats.GradNorm) > 1e-4*oneStats.GradNorm {
				t.Errorf("figures are %v, those of one rank %v", stats, oneStats)
			}
			if got, _ := together(t, ranks+1, true, make, batch); !slices.Equal(got, inOrder) {
				t.Error("in order, weights are not those of one rank")
			}
		})
	}
}
