package infer

import (
	"cmp"
	"math"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/simd"
)

// looks are what the model makes of a batch: B images, S turns and flips of each.
// It is made for the first batch, which is the largest.
type looks struct {
	variant  patch.Image
	patches  []float32 // [B, Input] of one turn or flip
	logits   []float32 // [S, B, N]
	features []float32 // [B, D] the mean over the turns and flips; nil if nobody asks
	part     []float32 // [B, D] of one of them
	batch    int       // B
	width    int       // D
}

// checkSamples refuses more turns and flips than there are.
func (r *run) checkSamples() error {
	r.samples = max(cmp.Or(r.Samples, r.model.Recipe.Samples), 1)
	size := r.model.Recipe.Size
	if most := patch.Variants(size[0], size[1]); r.samples > most {
		return cli.Usagef("--samples is %d; an image of %d x %d pixels has %d turns and flips", r.Samples, size[1], size[0], most)
	}
	return nil
}

// look computes what is seen in a batch; nothing is in images without pixels.
func (r *run) look(l *looks, batch []prepared) {
	net := r.model.Net.Config
	input := net.Input()
	if l.patches == nil {
		l.batch, l.width = len(batch), net.Dim
		l.variant = patch.NewImage(net.Grid.Channels, r.model.Recipe.Size[0], r.model.Recipe.Size[1])
		l.patches, l.logits = make([]float32, l.batch*input), make([]float32, r.samples*l.batch*net.Classes)
		if r.Embeddings != "" {
			l.features, l.part = make([]float32, l.batch*l.width), make([]float32, l.batch*l.width)
		}
	}
	clear(l.features)
	for k := range r.samples {
		seen := 0
		for _, p := range batch {
			if p.image.Pixels == nil {
				continue
			}
			image := p.image
			if k > 0 { // the first is the image itself
				patch.Variant(l.variant, p.image, k)
				image = l.variant
			}
			net.Arrange(l.patches[seen*input:][:input], image.Pixels)
			seen++
		}
		if seen == 0 {
			return
		}
		logits, patches := l.logits[k*l.batch*net.Classes:][:seen*net.Classes], l.patches[:seen*input]
		if l.features == nil {
			r.predictor.Logits(logits, patches)
			continue
		}
		part, sum := l.part[:seen*l.width], l.features[:seen*l.width]
		r.predictor.LogitsAndFeatures(logits, part, patches)
		simd.Axpy(1/float32(r.samples), part, sum)
	}
}

// featuresOf are the features [D] of image i of the batch, if they are asked for.
func (l *looks) featuresOf(i int) []float32 {
	if l.features == nil {
		return nil
	}
	return l.features[i*l.width:][:l.width]
}

// predict is what the model says of image i of the batch: what it makes of the mean of its outputs for the turns and flips.
// Where they were asked for, sigmas are the spread.
func (r *run) predict(l *looks, i int) (values, sigmas []float64) {
	n := r.model.Net.Config.Classes
	look := func(k int) []float32 { return l.logits[(k*l.batch+i)*n:][:n] }
	mean := make([]float32, n)
	for k := range r.samples {
		simd.Axpy(1/float32(r.samples), look(k), mean)
	}
	values, sigmas = r.model.Predict(mean)
	if r.Samples <= 1 {
		return values, sigmas
	}
	// The law of total variance: that of the predictions, plus the mean of those which they come with, if any.
	sigmas = make([]float64, len(values))
	for k := range r.samples {
		said, within := r.model.Predict(look(k))
		for j, v := range said {
			sigmas[j] += (v - values[j]) * (v - values[j])
			if within != nil {
				sigmas[j] += within[j] * within[j]
			}
		}
	}
	for j, sum := range sigmas {
		sigmas[j] = math.Sqrt(sum / float64(r.samples))
	}
	return values, sigmas
}
