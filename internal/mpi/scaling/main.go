// Scaling measures a training step, its buckets and the network on this machine, and says what the model of ../SCALING.md makes of
// them: for the ranks that it is started with, beside what they take, and for 2 to 256 nodes.
//
//	go build -tags mpi -o scaling ./internal/mpi/scaling        (CC=mpicc)
//	mpirun -n 2 ./scaling --workers 1
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/astrovit/astrovit/internal/mpi"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

type options struct {
	preset    string
	side      int
	batch     int
	workers   int
	steps     int
	latency   float64
	bandwidth float64
}

func main() {
	var o options
	flag.StringVar(&o.preset, "preset", "hybrid", "model")
	flag.IntVar(&o.side, "image-size", 64, "side of its images, in four or more patches")
	flag.IntVar(&o.batch, "batch", 128, "images a step of the ranks together, and of each node; 32 times as many of all nodes, where their number is fixed")
	flag.IntVar(&o.workers, "workers", 1, "goroutines a rank")
	flag.IntVar(&o.steps, "steps", 15, "steps that a median is of")
	flag.Float64Var(&o.latency, "latency", 2, "of the network that is assumed, in microseconds")
	flag.Float64Var(&o.bandwidth, "bandwidth", 10, "of the network that is assumed, in GB/s")
	flag.Parse()
	world, err := mpi.Join()
	if err == nil {
		err = o.run(world)
		world.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

func (o options) run(world mpi.World) error {
	model, err := o.model()
	if err != nil {
		return err
	}
	n := world.Size()
	few, many := o.watch(model, max(1, o.batch/8)), o.watch(model, o.batch)
	s := step{few: few, many: many, addByte: addByte()}
	here := network{}
	var took, cpu float64
	if n > 1 {
		here = measure(world)
		took, cpu = o.together(model, world)
	}
	if world.Rank() > 0 {
		return nil
	}
	fmt.Printf("%s, %d parameters, kernels %s, %d workers\n", o.preset, model.Config.Count(), simd.Level(), o.workers)
	fmt.Printf("a step of %d images by itself: %.1f ms (%.1f ms of CPU), of which %.1f ms after backward; of %d: %.1f ms\n",
		many.images, 1e3*many.total, 1e3*many.cpu, 1e3*(many.total-many.ready[len(many.ready)-1]), few.images, 1e3*few.total)
	fmt.Println("bucket      KiB   complete after, ms")
	for i, size := range many.sizes {
		fmt.Printf("%6d %8.0f %20.1f\n", i, float64(size)/1024, 1e3*many.ready[i])
	}
	if n > 1 {
		fmt.Printf("network here: %.1f us, %.2f GB/s\n", 1e6*here.latency, 1e-9*here.bandwidth)
		predicted := s.time(float64(o.batch)/float64(n), n, here)
		fmt.Printf("%d ranks, %d images in all: %.1f ms a step (%.1f ms of CPU), the model says %.1f ms (%+.1f %%); %.2f of %d times as fast as one\n",
			n, o.batch, 1e3*took, 1e3*cpu, 1e3*predicted, 100*(predicted/took-1), many.total/took, n)
	}
	there := network{latency: 1e-6 * o.latency, bandwidth: 1e9 * o.bandwidth}
	fmt.Printf("assumed network: %g us, %g GB/s\n", o.latency, o.bandwidth)
	all := float64(32 * o.batch)
	fmt.Printf("nodes  %d images a node: ms a step  efficiency    %g images in all: ms a step  efficiency\n", o.batch, all)
	for nodes := 1; nodes <= 256; nodes *= 2 {
		weak, strong := s.time(float64(o.batch), nodes, there), s.time(all/float64(nodes), nodes, there)
		fmt.Printf("%5d %29.1f %11.3f %32.1f %11.3f\n", nodes, 1e3*weak, s.time(float64(o.batch), 1, there)/weak,
			1e3*strong, s.time(all, 1, there)/strong/float64(nodes))
	}
	return nil
}

func (o options) model() (*vit.Model, error) {
	p, err := vit.PresetNamed(o.preset)
	if err != nil {
		return nil, err
	}
	p.Patch = p.Patch * o.side / p.Side
	p.Side = o.side
	return vit.New(p.Config(3, 10), 1)
}

// batchOf is images lo to below hi of a batch, made up.
func batchOf(c vit.Config, lo, hi, total int) vit.Batch {
	b := vit.Batch{Patches: make([]float32, (hi-lo)*c.Input()), Targets: make([]float32, (hi-lo)*c.Classes), First: lo, Total: total}
	for i := range b.Patches {
		b.Patches[i] = float32(uint32(lo*c.Input()+i)*2654435761>>8&255)/256 - 0.5
	}
	for i := range hi - lo {
		b.Targets[i*c.Classes+(lo+i)%c.Classes] = 1
	}
	return b
}

func (o options) trainer(m *vit.Model) *vit.Trainer {
	loss := vit.CrossEntropy{Weights: slices.Repeat([]float64{1}, m.Config.Classes)}
	return vit.NewTrainer(m, loss, vit.DefaultAdamW, o.workers)
}

// stopwatch is a rank by itself that notes when a step's buckets are complete.
type stopwatch struct {
	vit.Alone
	start time.Time
	sizes []int // bytes
	ready []float64
}

func (s *stopwatch) Sum(x []float32) func() {
	s.sizes, s.ready = append(s.sizes, 4*len(x)), append(s.ready, time.Since(s.start).Seconds())
	return func() {}
}

// watched is the medians of a step by itself.
type watched struct {
	images int
	sizes  []int
	ready  []float64
	total  float64
	cpu    float64 // mean
}

func (o options) watch(m *vit.Model, images int) watched {
	trainer := o.trainer(m)
	defer trainer.Close()
	b := batchOf(m.Config, 0, images, images)
	var totals []float64
	var ready [][]float64 // of each bucket
	w := watched{images: images}
	before := 0.0
	for i := range o.steps + warmUp {
		if i == warmUp {
			before = cpuSeconds()
		}
		s := &stopwatch{start: time.Now()}
		trainer.Join(s, false)
		trainer.Step(b, 1e-5)
		if i < warmUp {
			continue
		}
		totals = append(totals, time.Since(s.start).Seconds())
		if ready == nil {
			ready, w.sizes = make([][]float64, len(s.ready)), s.sizes
		}
		for j, at := range s.ready {
			ready[j] = append(ready[j], at)
		}
	}
	w.total, w.cpu = median(totals), (cpuSeconds()-before)/float64(o.steps)
	for _, at := range ready {
		w.ready = append(w.ready, median(at))
	}
	return w
}

// warmUp is the number of steps in which memory is made.
const warmUp = 2

// cpuSeconds is what this process has taken.
func cpuSeconds() float64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()).Seconds()
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// together is the time of a step that the ranks share, and that of all their CPUs.
func (o options) together(m *vit.Model, world mpi.World) (seconds, cpu float64) {
	trainer := o.trainer(m)
	defer trainer.Close()
	trainer.Join(world, false)
	lo, hi := trainer.Share(o.batch)
	b := batchOf(m.Config, lo, hi, o.batch)
	var totals []float64
	before := 0.0
	for i := range o.steps + warmUp {
		if i == warmUp {
			before = cpuSeconds()
		}
		start := time.Now()
		trainer.Step(b, 1e-5)
		if i >= warmUp {
			totals = append(totals, time.Since(start).Seconds())
		}
	}
	all := []float64{cpuSeconds() - before}
	world.Total(all)
	return median(totals), all[0] / float64(o.steps)
}
