package patch

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Mix makes training images that are partly one and partly another, with
// targets that say so: by mixup (Zhang et al. 2018, arXiv:1710.09412), a
// weighted mean, or by cutmix (Yun et al. 2019, arXiv:1905.04899), a rectangle
// of one in the other.
type Mix struct {
	Mixup, Cutmix           float64 // probabilities, 1 together at most
	MixupAlpha, CutmixAlpha float64 // of the part λ of its own that an image keeps, Beta(alpha, alpha)
}

// Apply mixes two images [C, H, W] with each other, in place, and their targets
// [R], which must be probabilities, or NaN for those that are not known: what is
// not known of one is not known of the mixture. So sums over both stay what they
// were, and of a batch [B, C, H, W] in random order image i goes with B-1-i. The
// same state of r gives the same mixture.
func (m Mix) Apply(a, b Image, targetA, targetB []float32, r *rand.Rand) {
	if m.Mixup <= 0 && m.Cutmix <= 0 {
		return
	}
	switch u := r.Float64(); {
	case u < m.Mixup:
		part := 1 - beta(m.MixupAlpha, r)
		blend(a.Pixels, b.Pixels, part)
		blend(targetA, targetB, part)
	case u < m.Mixup+m.Cutmix:
		blend(targetA, targetB, swap(a, b, 1-beta(m.CutmixAlpha, r), r))
	}
}

// blend moves both a and b by a part of the way to the other.
func blend(a, b []float32, part float64) {
	if part == 0 {
		return // and not 0·NaN
	}
	b = b[:len(a)]
	for i, x := range a {
		way := float32(part) * (b[i] - x)
		a[i], b[i] = x+way, b[i]-way
	}
}

// swap exchanges a rectangle of the images' aspect, area a part of theirs, its
// centre anywhere on them. What it gives is the part that lies on them.
func swap(a, b Image, area float64, r *rand.Rand) (part float64) {
	h, w := a.plane()
	side := math.Sqrt(area)
	height, width := int(side*float64(h)), int(side*float64(w))
	y, x := r.IntN(h)-height/2, r.IntN(w)-width/2
	top, bottom := max(y, 0), min(y+height, h)
	left, right := max(x, 0), min(x+width, w)
	for c := range a.Bands() {
		for y := top; y < bottom; y++ {
			rowA, rowB := a.Band(c)[y*w+left:y*w+right], b.Band(c)[y*w+left:y*w+right]
			for i := range rowA {
				rowA[i], rowB[i] = rowB[i], rowA[i]
			}
		}
	}
	return float64((bottom-top)*(right-left)) / float64(h*w)
}

// beta draws from Beta(alpha, alpha).
func beta(alpha float64, r *rand.Rand) float64 {
	v := distuv.Beta{Alpha: alpha, Beta: alpha, Src: r}.Rand()
	if v != v {
		return 1 // both gamma variates of a tiny alpha were too small for float64
	}
	return v
}
