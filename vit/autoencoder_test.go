package vit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// TestAutoencoderAgainstReference holds the loss and the gradient of every parameter to the float64 reference, for one
// batch and for two that are accumulated.
func TestAutoencoderAgainstReference(t *testing.T) {
	for name, base := range shapes {
		if testing.Short() && base.Dim > 100 {
			t.Logf("SKIPPED %s: the reference takes minutes under the race detector", name)
			continue
		}
		for _, option := range []struct {
			positions        string
			classToken, post bool
		}{{"learned", true, false}, {"sinusoidal", false, true}, {"sincos2d", true, false}} {
			if option.positions == "sincos2d" && len(base.Shape) != 2 {
				continue
			}
			c := base
			c.Positions, c.ClassToken, c.PostNorm, c.Pool, c.QKVBias, c.Classes = option.positions, option.classToken, option.post, "mean", true, 0
			for _, stem := range stemsOf(c) {
				if stem == "shifted" {
					continue
				}
				c.Stem = stem
				t.Run(fmt.Sprintf("%s/%+v/%s", name, option, stem), func(t *testing.T) { compareAutoencoders(t, c, 7) })
			}
		}
	}
}

func compareAutoencoders(t *testing.T, c ref.Config, batch int) {
	seen := max(1, c.Patches()/4)
	a := ref.NewAutoencoder(c, 8, 2, 2)
	a.Fill(7)
	p := productionAutoencoder(t, a, vit.AutoencoderConfig{Seen: seen, Dim: 8, Depth: 2, Heads: 2})
	images, order := ref.Uniform(11, "images", batch*c.Pixels(), 1), make([][]int, batch)
	b := vit.Batch{Patches: arrange(p.Encoder.Config, float32s(images))}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range order {
		order[i] = r.Perm(c.Patches())
		for _, n := range order[i] {
			b.Order = append(b.Order, int32(n))
		}
	}
	want := a.Forward(images, order, seen)
	wantGrads := a.Backward()

	trainer := vit.NewMaskedTrainer(p, vit.DefaultAdamW, 2)
	defer trainer.Close()
	larger := vit.Batch{Patches: slices.Concat(b.Patches, b.Patches), Order: slices.Concat(b.Order, b.Order)}
	trainer.Gradient(larger) // its memory is used again
	part := func(lo, hi int) vit.Batch {
		return vit.Batch{Patches: b.Patches[lo*c.Pixels() : hi*c.Pixels()], Order: b.Order[lo*c.Patches() : hi*c.Patches()]}
	}
	for _, batches := range [][]vit.Batch{{b}, {part(0, 3), part(3, batch)}} {
		loss, grads := trainer.Gradient(batches...)
		if math.Abs(loss-want) > 1e-5*want {
			t.Errorf("%d batches: the loss is %g, want %g", len(batches), loss, want)
		}
		compareGradients(t, grads, wantGrads)
	}
}

// productionAutoencoder is the reference's in float32.
func productionAutoencoder(t *testing.T, a *ref.Autoencoder, cfg vit.AutoencoderConfig) *vit.Autoencoder {
	t.Helper()
	cfg.Encoder = configOf(a.Config)
	p, err := vit.NewAutoencoder(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, p.Params, a.Model)
	return p
}

// maskedBatch is some images with a random order of their patches.
func maskedBatch(c vit.Config, images int, seed uint64) vit.Batch {
	b := vit.Batch{Patches: float32s(ref.Uniform(seed, "images", images*c.Input(), 1))}
	r := rand.New(rand.NewPCG(seed, 1))
	for range images {
		for _, n := range r.Perm(c.Grid.Patches()) {
			b.Order = append(b.Order, int32(n))
		}
	}
	return b
}

func smallAutoencoder(t testing.TB, stem vit.Stem) *vit.Autoencoder {
	t.Helper()
	cfg := stemmed(t, 0, stem).Config
	a, err := vit.NewAutoencoder(vit.AutoencoderConfig{Encoder: cfg, Seen: cfg.Grid.Patches() / 4, Dim: 16, Depth: 1, Heads: 2}, 42)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var maskableStems = []vit.Stem{vit.PatchStem, vit.ConvStem}

// TestMaskedWorkersGiveTheSameBits is TestWorkersGiveTheSameBits, and TestStateCarriesATrainerOver, for masked training.
func TestMaskedWorkersGiveTheSameBits(t *testing.T) {
	for _, stem := range maskableStems {
		run := func(workers, stop int) []float32 {
			a := smallAutoencoder(t, stem)
			trainer := vit.NewMaskedTrainer(a, vit.DefaultAdamW, workers)
			for step := range 3 {
				if step == stop {
					first, second, steps := trainer.State()
					next := vit.NewMaskedTrainer(a, vit.DefaultAdamW, 1)
					m, v, _ := next.State()
					copy(m.Flat, first.Flat)
					copy(v.Flat, second.Flat)
					next.SetSteps(steps)
					trainer.Close()
					trainer = next
				}
				trainer.Step(maskedBatch(a.Encoder.Config, 13, uint64(step)), 1e-3)
			}
			trainer.Close()
			return a.Params.Flat
		}
		want := run(1, -1)
		for _, workers := range several() {
			if !slices.Equal(run(workers, -1), want) {
				t.Errorf("stem %s: %d workers give other weights than one", stem, workers)
			}
		}
		if !testing.Short() && !slices.Equal(run(2, 1), want) {
			t.Errorf("stem %s: a trainer set to another's state goes on differently", stem)
		}
	}
}

func TestMaskedStepAllocatesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing to find for the race detector that others do not show it")
	}
	for _, stem := range maskableStems {
		a := smallAutoencoder(t, stem)
		trainer := vit.NewMaskedTrainer(a, vit.DefaultAdamW, 2)
		b := maskedBatch(a.Encoder.Config, 9, 1)
		if n := allocations(func() { trainer.Accumulate(b); trainer.Step(b, 1e-3) }); n != 0 {
			t.Errorf("stem %s: a step allocates %g times", stem, n)
		}
		trainer.Close()
	}
}

// TestReconstruct: patches that are seen stay as they are, and a trained autoencoder comes nearer to the others than their means,
// where an image can be told from a part of it.
func TestReconstruct(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes under the race detector")
	}
	cfg := smallAutoencoder(t, vit.PatchStem).Config
	cfg.Encoder.Grid.Shape, cfg.Seen = []int{16, 16}, 4
	a, err := vit.NewAutoencoder(cfg, 42)
	if err != nil {
		t.Fatal(err)
	}
	c := a.Encoder.Config
	batch := func(images int, seed uint64) vit.Batch { // waves, each along one direction with one phase
		b := maskedBatch(c, images, seed)
		r := rand.New(rand.NewPCG(seed, 2))
		pixels := make([]float32, c.Grid.Pixels())
		for i := range images {
			phase := 2 * math.Pi * r.Float64()
			for at := range pixels {
				pixels[at] = float32(math.Sin(phase + 0.5*float64(at%16) + 0.3*float64(at/16)))
			}
			c.Arrange(b.Patches[i*c.Input():][:c.Input()], pixels)
		}
		return b
	}
	trainer := vit.NewMaskedTrainer(a, vit.DefaultAdamW, 2)
	defer trainer.Close()
	for step := range uint64(500) {
		trainer.Step(batch(16, step), 3e-3)
	}
	b := batch(5, 1000)
	loss := trainer.Loss(b)
	if loss > 0.3 {
		t.Errorf("the loss of new images is %g; saying each patch's mean has 1", loss)
	}
	patches := make([]float32, len(b.Patches))
	trainer.Reconstruct(patches, b)
	p, n := c.Grid.Length(), c.Grid.Patches()
	var off, spread float64
	for i, index := range b.Order {
		at := (i/n*n + int(index)) * p
		got, want := patches[at:][:p], b.Patches[at:][:p]
		if i%n < a.Config.Seen {
			if !slices.Equal(got, want) {
				t.Fatal("a patch that was seen has changed")
			}
			continue
		}
		mean := 0.0
		for _, v := range want {
			mean += float64(v) / float64(p)
		}
		for j, v := range want {
			off += float64(got[j]-v) * float64(got[j]-v)
			spread += (float64(v) - mean) * (float64(v) - mean)
		}
	}
	if off > 0.5*spread {
		t.Errorf("pixels are off by %g of their variance within a patch", off/spread)
	}
}

func TestAutoencoderRefusals(t *testing.T) {
	for _, c := range []struct {
		change func(*vit.AutoencoderConfig)
		want   string
	}{
		{func(c *vit.AutoencoderConfig) { c.Encoder.Stem = vit.ShiftedStem }, `the stem "shifted" cannot be pretrained`},
		{func(c *vit.AutoencoderConfig) { c.Encoder.Classes = 2 }, "no outputs"},
		{func(c *vit.AutoencoderConfig) { c.Seen = 0 }, "0 of 144 patches"},
		{func(c *vit.AutoencoderConfig) { c.Seen = 144 }, "144 of 144 patches"},
		{func(c *vit.AutoencoderConfig) { c.Encoder.Grid.Patch = []int{1, 1} }, "a patch of one number"},
		{func(c *vit.AutoencoderConfig) { c.Heads = 3 }, "decoder: dim 16 is not a multiple of heads 3"},
		{func(c *vit.AutoencoderConfig) { c.Depth = 0 }, "decoder: depth"},
	} {
		cfg := smallAutoencoder(t, vit.PatchStem).Config
		c.change(&cfg)
		if _, err := vit.NewAutoencoder(cfg, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// BenchmarkMasked is the images a second of masked training beside those of training the same encoder with labels.
func BenchmarkMasked(b *testing.B) {
	cfg := vit.Presets[0].Config(3, 4)
	cfg.Grid = patch.Grid{Channels: 3, Shape: []int{64, 64}, Patch: []int{8, 8}}
	cfg.Dim, cfg.Depth, cfg.Heads, cfg.Hidden = 192, 6, 3, 768
	const images = 64
	m, err := vit.New(cfg, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("labels", func(b *testing.B) {
		trainer := vit.NewTrainer(m, crossEntropy(4), vit.DefaultAdamW, 1)
		defer trainer.Close()
		batch := batchOf(m, images, 1)
		for b.Loop() {
			trainer.Step(batch, 1e-4)
		}
		b.ReportMetric(float64(images*b.N)/b.Elapsed().Seconds(), "images/s")
	})
	b.Run("masked", func(b *testing.B) {
		cfg.Classes = 0
		a, err := vit.NewAutoencoder(vit.AutoencoderConfig{Encoder: cfg, Seen: 16, Dim: 96, Depth: 2, Heads: 3}, 1)
		if err != nil {
			b.Fatal(err)
		}
		trainer := vit.NewMaskedTrainer(a, vit.DefaultAdamW, 1)
		defer trainer.Close()
		batch := maskedBatch(cfg, images, 1)
		for b.Loop() {
			trainer.Step(batch, 1e-4)
		}
		b.ReportMetric(float64(images*b.N)/b.Elapsed().Seconds(), "images/s")
	})
}
