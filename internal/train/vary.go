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
	return patch.Augment{Flip: s.Flip, Rotate: patch.Rotation(s.Rotate), Shift: s.Shift, Zoom: s.Zoom, Exact: s.Exact, Blur: s.Blur, Noise: s.Noise, Erase: s.Erase}
}

func (s Settings) mix() patch.Mix {
	return patch.Mix{Mixup: s.Mixup, Cutmix: s.Cutmix, MixupAlpha: mixupAlpha, CutmixAlpha: cutmixAlpha}
}

// forTask leaves out of a recipe what does not go with the targets of a task;
// that it was asked for is an error, but for zooms: the numbers of a regression may
// be sizes, which they change.
func (s Settings) forTask(task catalog.Task, explicit map[string]bool) (Settings, error) {
	if task == catalog.Classify {
		return s, nil
	}
	if explicit["balanced-sampling"] && s.Balanced {
		return s, fmt.Errorf("--balanced-sampling draws the classes of classify equally often; an image of %s has no class", task)
	}
	switch {
	case explicit["class-weights"] && s.Weighted:
		return s, fmt.Errorf("--class-weights weighs the classes of classify; an image of %s has no class", task)
	case explicit["label-smoothing"] && s.Smoothing > 0:
		return s, fmt.Errorf("--label-smoothing is for the classes of classify; the targets of %s stay as they are", task)
	}
	s.Balanced, s.Weighted, s.Smoothing = false, false, 0
	if task == catalog.MultiLabel {
		return s, nil
	}
	switch {
	case explicit["mixup"] && s.Mixup > 0 || explicit["cutmix"] && s.Cutmix > 0:
		return s, fmt.Errorf("--mixup and --cutmix mix the targets of classify and multilabel; those of %s are no probabilities", task)
	case explicit["focal"] && s.Focal > 0:
		return s, fmt.Errorf("--focal is for the cross-entropy of classify and multilabel; the loss of %s is another", task)
	}
	s.Mixup, s.Cutmix, s.Focal = 0, 0, 0
	if task == catalog.Regress && !explicit["zoom"] {
		s.Zoom = 0
	}
	return s, nil
}

// bench is where a worker makes a pair of training images.
type bench struct {
	images  [2]patch.Image
	targets [2][]float32 // [R]
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

// pair fills places 2i and 2i+1 of a batch with what is drawn there, as far as they are among
// those of b. In training both are varied, each as the draw and the epoch say, and then mixed with
// each other.
func (l *loader) pair(b *vit.Batch, draws []draw, i, epoch int, at *bench) error {
	size, outputs := l.config.Input(), len(l.examples[0].target)
	places := draws[2*i : min(2*i+2, len(draws))]
	random := rand.New(&at.source)
	var images [2]patch.Image
	for k, d := range places {
		e := &l.examples[d.example]
		at.targets[k] = append(at.targets[k][:0], e.target...)
		pixels, err := l.pictures.read(e)
		if err != nil {
			return err
		}
		images[k] = patch.Image{Shape: at.images[k].Shape, Pixels: pixels}
		switch {
		case epoch >= 0:
			at.source.Seed(l.seed, uint64(d.copy)<<48|uint64(epoch)<<32|uint64(d.example))
			l.augment.Apply(at.images[k], images[k], &at.scratch, random)
			images[k] = at.images[k]
		case d.copy > 0:
			patch.Variant(at.images[k], images[k], d.copy)
			images[k] = at.images[k]
		}
	}
	if epoch >= 0 && len(places) == 2 {
		l.mix.Apply(images[0], images[1], at.targets[0], at.targets[1], random)
	}
	for k := range places {
		if place := 2*i + k - b.First; place >= 0 && place < len(b.Patches)/size {
			l.config.Arrange(b.Patches[place*size:][:size], images[k].Pixels)
			copy(b.Targets[place*outputs:][:outputs], at.targets[k])
		}
	}
	return nil
}
