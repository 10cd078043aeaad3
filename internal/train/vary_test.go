package train

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// varied asks for all the variation there is.
var varied = []string{"--rotate=any", "--zoom=0.1", "--shift=2", "--blur=0.5", "--noise=0.1", "--erase=0.3", "--mixup=0.4", "--cutmix=0.4",
	"--ema=0.9", "--layer-decay=0.8", "--depth=2", "--drop-path=0.2", "--focal=0.5", "--accumulate=2", "--repeat=2"}

// loaderOf is the training set's loader.
func loaderOf(t *testing.T, o Options) *loader {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	data, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	settings, _, err := o.settings(len(data.train))
	if err != nil {
		t.Fatal(err)
	}
	model, pictures, err := o.prepare(context.Background(), data, settings)
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(o, settings, data, model, pictures)
	r.trainer.Close()
	return r.trainSet
}

// passes is copies of the batches of an epoch.
func passes(t *testing.T, l *loader, epoch, from int) (list []vit.Batch) {
	t.Helper()
	for b, err := range l.epoch(epoch, from) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, vit.Batch{Patches: slices.Clone(b.Patches), Targets: slices.Clone(b.Targets)})
	}
	return list
}

// Mixed targets are still probabilities, sum over a batch to what they were,
// and go with their images; the caches are not touched.
func TestLoaderMixes(t *testing.T) {
	catalogue := cutouts(t, 31, 2, ".fits")
	plain := loaderOf(t, options(t, catalogue, "class", t.TempDir(), "--flip=false", "--rotate=none", "--shift=0"))
	mixed := loaderOf(t, options(t, catalogue, "class", t.TempDir(), "--flip=false", "--rotate=none", "--shift=0", "--mixup=0.4", "--cutmix=0.4"))
	before, after := passes(t, plain, 3, 0), passes(t, mixed, 3, 0)
	soft := 0
	for i, b := range after {
		images := len(b.Targets) / 2
		size := len(b.Patches) / images
		for j := range images {
			target, other := b.Targets[2*j:2*j+2], min(j^1, images-1)
			if sum := target[0] + target[1]; math.Abs(float64(sum)-1) > 1e-6 {
				t.Errorf("batch %d: target %v", i, target)
			}
			if target[0] > 0 && target[0] < 1 {
				soft++
			}
			for k := range size {
				got := b.Patches[j*size+k] + b.Patches[other*size+k]
				if want := before[i].Patches[j*size+k] + before[i].Patches[other*size+k]; math.Abs(float64(got-want)) > 1e-5 {
					t.Fatalf("batch %d: images %d and %d, number %d sum to %g, not %g", i, j, other, k, got, want)
				}
			}
		}
		for c := range 2 {
			var got, want float64
			for j := range images {
				got, want = got+float64(b.Targets[2*j+c]), want+float64(before[i].Targets[2*j+c])
			}
			if math.Abs(got-want) > 1e-5 {
				t.Errorf("batch %d: class %d sums to %g, not %g", i, c, got, want)
			}
		}
	}
	if soft == 0 {
		t.Error("no target was mixed")
	}
	for i, b := range passes(t, mixed, -1, 0) {
		if want := passes(t, plain, -1, 0)[i]; !slices.Equal(b.Patches, want.Patches) || !slices.Equal(b.Targets, want.Targets) {
			t.Fatalf("batch %d is another without augmentation", i)
		}
	}
}

// Below epoch -1 are the turns and flips.
func TestLoaderTurns(t *testing.T) {
	l := loaderOf(t, options(t, cutouts(t, 5, 2, ".fits"), "class", t.TempDir()))
	size := append([]int{2}, l.config.Grid.Shape...)
	input := l.config.Input()
	turned, want := patch.NewImage(size...), make([]float32, input)
	for k := range 8 {
		for i, b := range passes(t, l, -1-k, 0) {
			for j := range len(b.Patches) / input {
				e := l.examples[i*l.batch+j]
				patch.Variant(turned, patch.Image{Shape: size, Pixels: e.image}, k)
				l.config.Arrange(want, turned.Pixels)
				if !slices.Equal(b.Patches[j*input:][:input], want) || !slices.Equal(b.Targets[2*j:][:2], e.target) {
					t.Errorf("turn %d: image %d of batch %d is another", k, j, i)
				}
			}
		}
	}
}

// An epoch is the same from wherever it is gone on with, and no two are alike.
func TestLoaderGoesOn(t *testing.T) {
	l := loaderOf(t, options(t, cutouts(t, 31, 1, ".fits"), "class", t.TempDir(), varied...))
	all := passes(t, l, 2, 0)
	for from := range all {
		for i, b := range passes(t, l, 2, from) {
			if want := all[from+i]; !slices.Equal(b.Patches, want.Patches) || !slices.Equal(b.Targets, want.Targets) {
				t.Fatalf("from batch %d on, batch %d is another", from, from+i)
			}
		}
	}
	if slices.Equal(passes(t, l, 3, 0)[0].Patches, all[0].Patches) {
		t.Error("two epochs are alike")
	}
}

// What a recipe has for some tasks is left out where it cannot be.
func TestSettingsForTask(t *testing.T) {
	s := Settings{Mixup: 0.1, Cutmix: 0.2, Focal: 2, Balanced: true, Weighted: true, Smoothing: 0.1}
	for task, want := range map[catalog.Task]Settings{
		catalog.Classify: s, catalog.MultiLabel: {Mixup: 0.1, Cutmix: 0.2, Focal: 2}, catalog.Regress: {}, catalog.Votes: {},
	} {
		if got, err := s.forTask(task, nil); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", task, got, err, want)
		}
	}
}
