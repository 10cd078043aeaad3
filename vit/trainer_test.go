package vit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// small is a model that trains in an instant, with shards smaller than a batch.
func small(t testing.TB, classes int) *vit.Model { return stemmed(t, classes, vit.PatchStem) }

// stemmed is small with a stem.
func stemmed(t testing.TB, classes int, stem vit.Stem) *vit.Model {
	t.Helper()
	cfg := vit.Presets[0].Config(1, classes)
	cfg.Grid = patch.Grid{Channels: 1, Shape: []int{48, 48}, Patch: []int{4, 4}}
	cfg.Dim, cfg.Depth, cfg.Heads, cfg.Hidden, cfg.Stem = 24, 2, 2, 48, stem
	m, err := vit.New(cfg, 42)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func batchOf(m *vit.Model, images int, seed uint64) vit.Batch {
	n := m.Config.Classes
	b := vit.Batch{
		Patches: float32s(ref.Uniform(seed, "images", images*m.Config.Input(), 1)),
		Targets: make([]float32, images*n),
	}
	for i := range images {
		b.Targets[i*n+i%n] = 1
	}
	return b
}

func crossEntropy(classes int) vit.CrossEntropy {
	return vit.CrossEntropy{Weights: slices.Repeat([]float64{1}, classes), Smoothing: 0.1}
}

// several are numbers of workers; one is enough for the race detector, under which each takes minutes.
func several() []int {
	if testing.Short() {
		return []int{2}
	}
	return []int{2, 3}
}

// TestWorkersGiveTheSameBits: weights after some steps do not depend on the
// number of workers, to the last bit.
func TestWorkersGiveTheSameBits(t *testing.T) {
	numbers := append([]int{1}, several()...)
	for _, stem := range vit.Stems {
		var want []float32
		for _, workers := range numbers {
			m := stemmed(t, 3, stem)
			trainer := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, workers)
			trainer.SetDropPath(vit.DropPath{Rate: 0.2, Seed: 3})
			for step := range uint64(4) {
				trainer.Accumulate(batchOf(m, 8, step+9))
				trainer.Step(batchOf(m, 17, step), 1e-3)
			}
			trainer.Close()
			if want == nil {
				want = m.Params.Flat
			} else if !slices.Equal(m.Params.Flat, want) {
				t.Errorf("stem %s: %d workers give other weights than one", stem, workers)
			}
		}
	}
}

// TestLogitsDoNotDependOnTheBatch: an image alone, in a batch, and with any
// number of workers has the same logits, to the last bit.
func TestLogitsDoNotDependOnTheBatch(t *testing.T) {
	for _, stem := range vit.Stems {
		t.Run(string(stem), func(t *testing.T) { logitsDoNotDependOnTheBatch(t, stemmed(t, 3, stem)) })
	}
}

func logitsDoNotDependOnTheBatch(t *testing.T, m *vit.Model) {
	trainer := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, 1)
	defer trainer.Close()
	b := batchOf(m, 11, 9)
	trainer.Step(b, 1e-2) // a new model's logits are all zero
	var want []float32
	ws := m.NewWorkspace(1)
	for i := range 11 {
		want = append(want, m.Forward(ws, b.Patches[i*m.Config.Input():][:m.Config.Input()])...)
	}
	for _, workers := range []int{1, 2, 3, 5} {
		p := vit.NewPredictor(m, vit.F32, workers)
		for _, images := range []int{1, 2, 4, 11} {
			got := make([]float32, images*3)
			p.Logits(got, b.Patches[:images*m.Config.Input()])
			if !slices.Equal(got, want[:len(got)]) {
				t.Errorf("%d workers, %d images: logits %v, one by one %v", workers, images, got[:3], want[:3])
			}
		}
		p.Close()
	}
}

// TestPrecisions: rounded weights change the logits by little, and by the same
// in every batch and for every number of workers.
func TestPrecisions(t *testing.T) {
	m := small(t, 3)
	trainer := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, 1)
	defer trainer.Close()
	b := batchOf(m, 11, 9)
	for range 5 {
		trainer.Step(b, 1e-2) // a new model's logits are all zero
	}
	logits := func(precision vit.Precision, workers, images int) []float32 {
		p := vit.NewPredictor(m, precision, workers)
		defer p.Close()
		got := make([]float32, images*3)
		p.Logits(got, b.Patches[:images*m.Config.Input()])
		return got
	}
	want := make([]float64, 0, 33)
	for _, v := range logits(vit.F32, 1, 11) {
		want = append(want, float64(v))
	}
	for precision, tol := range map[vit.Precision]float64{vit.BF16: 0.01, vit.INT8: 0.05} {
		got := logits(precision, 1, 11)
		e := spread(got, want)
		t.Logf("%s: logits are off by %.2g of their spread", precision, e)
		if e > tol || e == 0 {
			t.Errorf("%s: logits are off by %g of their spread, want up to %g and not 0", precision, e, tol)
		}
		for _, workers := range []int{2, 3} {
			for _, images := range []int{1, 5, 11} {
				if !slices.Equal(logits(precision, workers, images), got[:3*images]) {
					t.Errorf("%s: logits depend on the batch or the workers", precision)
				}
			}
		}
	}
}

func TestNewModelGivesEqualProbabilities(t *testing.T) {
	m := small(t, 3)
	for _, z := range m.Forward(m.NewWorkspace(2), batchOf(m, 2, 1).Patches) {
		if z != 0 {
			t.Errorf("a new model has the logit %g, want 0", z)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, stem := range vit.Stems {
		t.Run(string(stem), func(t *testing.T) { stepAllocatesNothing(t, stemmed(t, 3, stem)) })
	}
}

func stepAllocatesNothing(t *testing.T, m *vit.Model) {
	trainer := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, 2)
	defer trainer.Close()
	b := batchOf(m, 9, 1)
	for _, rate := range []float64{0, 0.5} {
		trainer.SetDropPath(vit.DropPath{Rate: rate})
		if n := allocations(func() { trainer.Accumulate(b); trainer.Step(b, 1e-3) }); n != 0 {
			t.Errorf("drop path %g: a training step allocates %g times", rate, n)
		}
	}
	p := vit.NewPredictor(m, vit.F32, 2)
	defer p.Close()
	logits := make([]float32, 9*3)
	if n := allocations(func() { p.Logits(logits, b.Patches) }); n != 0 {
		t.Errorf("inference on a batch allocates %g times", n)
	}
}

// allocations is how often f allocates each time. A worker makes its memory in the first run that it comes to take part in, which
// on a busy machine is any.
func allocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for run := 0; run < 20 && least > 0; run++ {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

// TestPredictorInPlace: where the matrices lie does not matter to the logits.
func TestPredictorInPlace(t *testing.T) {
	for _, precision := range vit.Precisions {
		m := small(t, 3)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range m.Params.Flat {
			m.Params.Flat[i] = float32(r.NormFloat64())
		}
		patches := batchOf(m, 5, 1).Patches
		var logits [2][15]float32
		for i, make := range []func(*vit.Model, vit.Precision, int) *vit.Predictor{vit.NewPredictor, vit.NewPredictorInPlace} {
			p := make(m, precision, 2)
			p.Logits(logits[i][:], patches)
			p.Close()
		}
		if logits[0] != logits[1] {
			t.Errorf("%s: %v in place, %v beside the model", precision, logits[1], logits[0])
		}
	}
}

// TestOverfits: a model that learns can learn a few images by heart.
func TestOverfits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes under the race detector")
	}
	m := small(t, 4)
	loss := crossEntropy(4)
	loss.Smoothing = 0
	trainer := vit.NewTrainer(m, loss, vit.DefaultAdamW, 2)
	defer trainer.Close()
	b := batchOf(m, 16, 5)
	last := 0.0
	for range 120 {
		last = trainer.Step(b, 3e-3).Loss
	}
	if last > 0.05 {
		t.Errorf("loss after 120 steps on 16 images is %g, want under 0.05", last)
	}
}

// TestAverage holds the moving average to the recurrence.
func TestAverage(t *testing.T) {
	m := small(t, 3)
	settings := vit.DefaultAdamW
	settings.Average = 0.4
	trainer := vit.NewTrainer(m, crossEntropy(3), settings, 2)
	defer trainer.Close()
	want := slices.Clone(m.Params.Flat)
	for step := range uint64(8) {
		trainer.Step(batchOf(m, 5, step), 1e-3)
		keep := min(0.4, float64(2+step)/float64(11+step))
		for i, w := range m.Params.Flat {
			want[i] = float32(keep*float64(want[i]) + (1-keep)*float64(w))
		}
	}
	averaged := m.With(trainer.Average())
	for i, w := range averaged.Params.Flat {
		if math.Abs(float64(w-want[i])) > 1e-6 {
			t.Fatalf("average %d is %g, want %g", i, w, want[i])
		}
	}
	input := batchOf(m, 1, 9).Patches
	a := slices.Clone(averaged.Forward(averaged.NewWorkspace(1), input))
	if b := m.Forward(m.NewWorkspace(1), input); slices.Equal(a, b) {
		t.Errorf("the averaged model has the trained one's logits %v", b)
	}
}

// TestLayerDecay: Adam's first step is as long as the learning rate, which halves from the head down to the embedding.
func TestLayerDecay(t *testing.T) {
	m := small(t, 3)
	before := m.With(vit.NewParams(m.Config)).Params
	copy(before.Flat, m.Params.Flat)
	settings := vit.AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-12, LayerDecay: 0.5}
	trainer := vit.NewTrainer(m, crossEntropy(3), settings, 1)
	defer trainer.Close()
	for range 2 { // the head is zero at first, so that nothing below it learns
		copy(before.Flat, m.Params.Flat)
		trainer.Step(batchOf(m, 5, 1), 1e-2)
	}
	longest := func(name string) float64 {
		now, _ := m.Params.Tensor(name)
		was, _ := before.Tensor(name)
		most := 0.0
		for i, w := range now.Data {
			most = max(most, math.Abs(float64(w-was.Data[i])))
		}
		return most
	}
	// The second step of what had no gradient in the first is (1-β1)/(1-β1²) · sqrt((1-β2²)/(1-β2)) long.
	second := 1e-2 * 0.1 / 0.19 * math.Sqrt((1-0.999*0.999)/0.001)
	for name, want := range map[string]float64{
		"vit.layernorm.weight":                    second,
		"vit.encoder.layer.1.output.dense.weight": second / 2,
		"vit.encoder.layer.0.output.dense.weight": second / 4,
		"vit.embeddings.cls_token":                second / 8,
		"vit.embeddings.position_embeddings":      second / 8,
	} {
		if got := longest(name); math.Abs(got-want) > 0.02*want {
			t.Errorf("%s moved by up to %g, want %g", name, got, want)
		}
	}
}

func TestStateCarriesATrainerOver(t *testing.T) {
	paths := vit.DropPath{Rate: 0.3, Seed: 5}
	run := func(stop int) []float32 {
		m := small(t, 3)
		trainer := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, 2)
		trainer.SetDropPath(paths)
		for step := range uint64(6) {
			if int(step) == stop {
				first, second, steps := trainer.State()
				next := vit.NewTrainer(m, crossEntropy(3), vit.DefaultAdamW, 1)
				a, b, _ := next.State()
				copy(a.Flat, first.Flat)
				copy(b.Flat, second.Flat)
				next.SetSteps(steps)
				next.SetDropPath(paths)
				trainer.Close()
				trainer = next
			}
			trainer.Step(batchOf(m, 5, step), 1e-3)
		}
		trainer.Close()
		return m.Params.Flat
	}
	if !slices.Equal(run(-1), run(3)) {
		t.Error("a trainer set to another's state goes on differently")
	}
}

func TestSchedule(t *testing.T) {
	s := vit.Schedule{Peak: 1, Min: 0.1, Warmup: 4, Steps: 24}
	for step, want := range map[int]float64{0: 0.25, 3: 1, 4: 1, 14: 0.55, 24: 0.1, 99: 0.1} {
		if got := s.LR(step); got < want-1e-12 || got > want+1e-12 {
			t.Errorf("LR(%d) is %g, want %g", step, got, want)
		}
	}
}
