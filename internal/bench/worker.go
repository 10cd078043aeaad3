package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"time"

	"gonum.org/v1/gonum/blas"

	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit"
)

// workerArgument makes this program a worker: a contender at the job that the
// next argument names, or, named busyJob, a process that only takes time.
const (
	workerArgument = "worker"
	busyJob        = "busy"
)

// answer is what a contender says of n runs of its job.
type answer struct {
	Seconds float64 `json:"seconds"`          // of one run
	Memory  float64 `json:"rss_mib"`          // the process's largest so far
	Allocs  float64 `json:"allocs,omitempty"` // of one run; only our own program knows
}

// introduction is the first line that a contender prints, when it is ready.
type introduction struct {
	About string `json:"about"`
}

// work answers every number n that it reads with an [answer] about n runs.
func work(name string, in io.Reader, out io.Writer) error {
	if name == busyJob {
		return busy(out)
	}
	j, err := jobNamed(name)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(j.threads)
	run := prepare(j)
	encode := json.NewEncoder(out)
	if err := encode.Encode(introduction{fmt.Sprintf("astrovit, %s, %s", runtime.Version(), simd.Level())}); err != nil {
		return err
	}
	for {
		var n int
		if _, err := fmt.Fscan(in, &n); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := encode.Encode(sample(run, n)); err != nil {
			return err
		}
	}
}

func sample(run func(), n int) answer {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range n {
		run()
	}
	seconds := time.Since(start).Seconds() / float64(n)
	runtime.ReadMemStats(&after)
	return answer{seconds, peakMemory(), float64(after.Mallocs-before.Mallocs) / float64(n)}
}

// peakMemory is the largest resident memory of this process, in MiB.
func peakMemory() float64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err)
	}
	if runtime.GOOS == "darwin" { // bytes there, KiB elsewhere
		return float64(use.Maxrss) / (1 << 20)
	}
	return float64(use.Maxrss) / (1 << 10)
}

// busy takes all the time that it is given, on one core.
func busy(out io.Writer) error {
	if err := json.NewEncoder(out).Encode(introduction{"a busy process"}); err != nil {
		return err
	}
	for x := numbers(1, 1<<10).Data; ; {
		simd.Sum(x)
	}
}

// prepare is what one run of the job does.
func prepare(j job) func() {
	switch j.bench {
	case "gemm":
		return product(j)
	case "infer":
		return inference(j)
	case "train":
		return training(j)
	}
	panic("bench: " + j.bench)
}

func product(j job) func() {
	transB, b := blas.NoTrans, numbers(j.k, j.n)
	if j.trans == "NT" {
		transB, b = blas.Trans, numbers(j.n, j.k)
	}
	a, dst := numbers(j.m, j.k), numbers(j.m, j.n)
	return func() {
		simd.BLAS{}.Sgemm(blas.NoTrans, transB, j.m, j.n, j.k, 1, a.Data, a.Stride, b.Data, b.Stride, 0, dst.Data, dst.Stride)
	}
}

func numbers(rows, cols int) simd.Matrix {
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = float32(uint32(i)*2654435761>>8&255)/256 - 0.5
	}
	return simd.Matrix{Rows: rows, Cols: cols, Stride: cols, Data: x}
}

// inference is from pixels to logits, as the peers have it.
func inference(j job) func() {
	model := newModel(j)
	predictor := vit.NewPredictorInPlace(model, j.precision, j.threads)
	logits := make([]float32, j.batch*model.Config.Classes)
	extract := extraction(model.Config, j.batch)
	return func() { predictor.Logits(logits, extract()) }
}

// training is a step from pixels to changed weights.
func training(j job) func() {
	model := newModel(j)
	classes := model.Config.Classes
	loss := vit.CrossEntropy{Weights: make([]float64, classes)}
	for i := range loss.Weights {
		loss.Weights[i] = 1
	}
	trainer := vit.NewTrainer(model, loss, vit.DefaultAdamW, j.threads)
	batch := vit.Batch{Targets: make([]float32, j.batch*classes)}
	for i := range j.batch {
		batch.Targets[i*classes+i%classes] = 1
	}
	extract := extraction(model.Config, j.batch)
	return func() {
		batch.Patches = extract()
		trainer.Step(batch, 1e-3)
	}
}

func newModel(j job) *vit.Model {
	model, err := vit.New(models[j.model](), 1)
	if err != nil {
		panic(err)
	}
	return model
}

// extraction arranges a batch of images for a forward, always into the same memory.
func extraction(cfg vit.Config, batch int) func() []float32 {
	size := cfg.Grid.Pixels()
	images, input := numbers(batch, size), make([]float32, batch*cfg.Input())
	return func() []float32 {
		for i := range batch {
			cfg.Arrange(input[i*cfg.Input():][:cfg.Input()], images.Data[i*size:][:size])
		}
		return input
	}
}
