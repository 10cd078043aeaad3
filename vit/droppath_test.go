package vit_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/internal/ref"
)

// bare is an optimiser whose first moment is the gradient itself.
var bare = vit.AdamW{Beta2: 0.999, Eps: 1e-8}

// gradient is that of a step which changes no weight.
func gradient(trainer *vit.Trainer, batches ...vit.Batch) (*vit.Params, vit.Stats) {
	for _, b := range batches {
		trainer.Accumulate(b)
	}
	stats := trainer.Update(0)
	grad, _, _ := trainer.State()
	return grad, stats
}

// TestDropPathAgainstReference holds loss and gradients to the float64 reference's with the same branches dropped.
func TestDropPathAgainstReference(t *testing.T) {
	const batch = 29 // more than one chunk
	for _, option := range []struct {
		pool string
		post bool
	}{{"cls", false}, {"mean", false}, {"cls", true}, {"mean", true}} {
		t.Run(fmt.Sprintf("%+v", option), func(t *testing.T) {
			c := withOptions(shapes["a spectrum"])
			c.Depth, c.Pool, c.PostNorm = 3, option.pool, option.post
			m := ref.New(c)
			m.Fill(13)
			images := ref.Uniform(13, "images", batch*m.Pixels(), 1)
			var labels []int
			for i := range batch {
				labels = append(labels, i%c.Classes)
			}
			p := production(t, m)
			loss, _ := objective(ref.Target{Loss: "cross_entropy"}, batch, c.Classes)
			trainer := vit.NewTrainer(p, loss, bare, 2)
			defer trainer.Close()
			trainer.SetDropPath(vit.DropPath{Rate: 0.5, Seed: 7})
			got, stats := gradient(trainer, vit.Batch{Patches: arrange(p.Config, float32s(images)), Targets: oneHot(labels, c.Classes)})

			m.Kept = make([][2][]float64, c.Depth)
			for block := range m.Kept {
				for image := range batch {
					for branch, kept := range trainer.Kept(block, image) {
						m.Kept[block][branch] = append(m.Kept[block][branch], float64(kept))
					}
				}
			}
			want, dlogits := ref.CrossEntropy(m.Forward(images, batch), labels, nil, 0)
			if math.Abs(stats.Loss-want) > 1e-5*want {
				t.Errorf("loss %g, the reference has %g", stats.Loss, want)
			}
			compareGradients(t, got, m.Backward(dlogits))
		})
	}
}

// TestDropPathRates: the first block is always whole, the last one's branches are dropped at the rate, each on its own,
// and what is kept makes up for it. An image draws the same in whichever batch of a step it comes, another in the next step.
func TestDropPathRates(t *testing.T) {
	const rate, images = 0.25, 600
	cfg := small(t, 3).Config
	cfg.Depth, cfg.Grid.Shape = 3, []int{8, 8}
	m, err := vit.New(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	trainer := vit.NewTrainer(m, crossEntropy(3), bare, 2)
	defer trainer.Close()
	trainer.SetDropPath(vit.DropPath{Rate: rate, Seed: 1})
	drawn := func(images int) (all [][3][2]float32) {
		for image := range images {
			all = append(all, [3][2]float32{trainer.Kept(0, image), trainer.Kept(1, image), trainer.Kept(2, image)})
		}
		return all
	}
	b := batchOf(m, images, 1)
	trainer.Step(b, 0)
	first := drawn(images)
	var count [3][2]int
	both := 0
	for _, image := range first {
		for block, kept := range image {
			r := rate * float64(block) / 2
			for branch, k := range kept {
				if k == 0 {
					count[block][branch]++
				} else if k != float32(1/(1-r)) {
					t.Fatalf("block %d: a branch is multiplied by %g", block, k)
				}
			}
		}
		if image[2] == [2]float32{} {
			both++
		}
	}
	for block, branches := range count {
		p := rate * float64(block) / 2
		for branch, n := range branches {
			if sigma := math.Sqrt(images * p * (1 - p)); math.Abs(float64(n)-images*p) > 3*sigma {
				t.Errorf("block %d, branch %d: %d of %d are dropped, want %g±%g", block, branch, n, images, images*p, sigma)
			}
		}
	}
	if p := rate * rate; math.Abs(float64(both)-images*p) > 3*math.Sqrt(images*p*(1-p)) {
		t.Errorf("both branches of the last block are dropped for %d images, want about %g", both, images*p)
	}
	trainer.Step(b, 0)
	if slices.Equal(drawn(images), first) {
		t.Error("the second step drops the same branches")
	}
	trainer.SetSteps(0)
	trainer.Accumulate(batchOf(m, 5, 1))
	trainer.Step(batchOf(m, 7, 2), 0)
	if !slices.Equal(drawn(7), first[5:12]) {
		t.Error("in a second batch other branches are dropped")
	}
}

// TestAccumulate: batches of unequal weight, one without any, give the loss and the gradient of one batch of them all.
func TestAccumulate(t *testing.T) {
	m := small(t, 3)
	for i, v := range ref.Uniform(1, "weights", len(m.Params.Flat), 0.25) {
		m.Params.Flat[i] += float32(v)
	}
	all := batchOf(m, 24, 3)
	for i := range all.Targets[:30] {
		if i%4 > 0 || i < 9 {
			all.Targets[i] = float32(math.NaN()) // not known
		}
	}
	run := func(clip float64, cuts ...int) ([]float32, vit.Stats) {
		settings := bare
		settings.Clip = clip
		trainer := vit.NewTrainer(m, vit.BinaryCrossEntropy{Labels: 3}, settings, 2)
		defer trainer.Close()
		trainer.SetDropPath(vit.DropPath{Rate: 0.3})
		var batches []vit.Batch
		for i, to := range cuts[1:] {
			from := cuts[i]
			batches = append(batches, vit.Batch{Patches: all.Patches[from*m.Config.Input() : to*m.Config.Input()], Targets: all.Targets[3*from : 3*to]})
		}
		grad, stats := gradient(trainer, batches...)
		return grad.Flat, stats
	}
	for _, clip := range []float64{0, 0.01} {
		want, wantStats := run(clip, 0, 24)
		got, gotStats := run(clip, 0, 3, 13, 15, 24)
		var far, norm float64
		for i, w := range want {
			far, norm = math.Hypot(far, float64(got[i]-w)), math.Hypot(norm, float64(w))
		}
		if !(far < 1e-6*norm) {
			t.Errorf("clip %g: the gradient is off by %g of %g", clip, far, norm)
		}
		if clip > 0 && math.Abs(norm-clip) > 1e-5*clip {
			t.Errorf("the gradient has the norm %g, clipped to %g", norm, clip)
		}
		for name, pair := range map[string][2]float64{"loss": {gotStats.Loss, wantStats.Loss}, "norm": {gotStats.GradNorm, wantStats.GradNorm}} {
			if math.Abs(pair[0]-pair[1]) > 1e-6*pair[1] {
				t.Errorf("clip %g: the %s is %g in parts, %g in one", clip, name, pair[0], pair[1])
			}
		}
	}
}
