package vit

import "math"

// Schedule is the learning rate over a run: linear warm-up, then half a cosine
// down to Min (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5).
type Schedule struct {
	Peak, Min     float64
	Warmup, Steps int // steps of the warm-up, and of the whole run
}

// LR is the learning rate of step 0, 1, ..., Steps-1.
func (s Schedule) LR(step int) float64 {
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	progress := min(1, float64(step-s.Warmup)/float64(max(1, s.Steps-s.Warmup)))
	return s.Min + (s.Peak-s.Min)*0.5*(1+math.Cos(math.Pi*progress))
}
