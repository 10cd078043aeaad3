package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// The parts that mixed images keep are from Beta(alpha, alpha): with mixup's
// mostly of one of them, as Zhang et al. (2018, section 3.1) have it, with cutmix's
// of any size, as Yun et al. (2019, section 3.1) do.
const (
	mixupAlpha  = 0.2
	cutmixAlpha = 1
)

func (s Settings) augment() patch.Augment {
	return patch.Augment{Flip: s.Flip, Rotate: patch.Rotation(s.Rotate), Shift: s.Shift, Zoom: s.Zoom, Blur: s.Blur, Noise: s.Noise, Erase: s.Erase}
}

func (s Settings) mix() patch.Mix {
	return patch.Mix{Mixup: s.Mixup, Cutmix: s.Cutmix, MixupAlpha: mixupAlpha, CutmixAlpha: cutmixAlpha}
}

// forTask leaves out a recipe's mixing where targets are not probabilities; that
// it was asked for is an error.
func (s Settings) forTask(task catalog.Task, explicit map[string]bool) (Settings, error) {
	if task == catalog.Classify || task == catalog.MultiLabel {
		return s, nil
	}
	if explicit["mixup"] && s.Mixup > 0 || explicit["cutmix"] && s.Cutmix > 0 {
		return s, fmt.Errorf("--mixup and --cutmix mix the targets of classify and multilabel; those of %s are no probabilities", task)
	}
	s.Mixup, s.Cutmix = 0, 0
	return s, nil
}

// bench is where a worker makes a pair of training images.
type bench struct {
	images  [2]patch.Image
	scratch patch.Scratch
	source  rand.PCG
}

// benches are one for each worker.
func (l *loader) benches() []bench {
	list := make([]bench, l.workers)
	for i := range list {
		for j := range list[i].images {
			list[i].images[j] = patch.NewImage(append([]int{l.config.Grid.Channels}, l.config.Grid.Shape...)...)
		}
	}
	return list
}

// pair fills place i of a batch with the example indices[i], and the place that
// is as far from the end likewise. In training both are varied, each as its index
// and the epoch say, and then mixed with each other.
func (l *loader) pair(b *vit.Batch, indices []int, i, epoch int, at *bench) error {
	size, outputs := l.config.Input(), len(l.examples[0].target)
	target := func(place int) []float32 { return b.Targets[place*outputs:][:outputs] }
	places := []int{i, len(indices) - 1 - i}
	if places[0] == places[1] {
		places = places[:1]
	}
	random := rand.New(&at.source)
	var images [2]patch.Image
	for k, place := range places {
		e := &l.examples[indices[place]]
		copy(target(place), e.target)
		pixels, err := l.pictures.read(e)
		if err != nil {
			return err
		}
		images[k] = patch.Image{Shape: at.images[k].Shape, Pixels: pixels}
		if epoch >= 0 {
			at.source.Seed(l.seed, uint64(epoch)<<32|uint64(indices[place]))
			l.augment.Apply(at.images[k], images[k], &at.scratch, random)
			images[k] = at.images[k]
		}
	}
	if epoch >= 0 && len(places) == 2 {
		l.mix.Apply(images[0], images[1], target(places[0]), target(places[1]), random)
	}
	for k, place := range places {
		l.config.Arrange(b.Patches[place*size:][:size], images[k].Pixels)
	}
	return nil
}
