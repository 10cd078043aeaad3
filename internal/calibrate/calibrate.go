// Package calibrate makes a model's uncertainties honest after training: one
// temperature for all logits (Guo et al. 2017, arXiv:1706.04599), a shift of
// each class's logit where training saw other frequencies than the sky has
// (Saerens, Latinne & Decaestecker 2002, equation 2.4), and a factor for the
// standard deviations of each column of a regression. All are fitted on
// validation data, which the weights have not seen.
package calibrate

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Calibration is what is done to a model's outputs. The zero value does nothing.
type Calibration struct {
	Temperature float64   `json:"temperature,omitempty"` // divides the logits; 0 is 1
	PriorShift  []float64 `json:"prior_shift,omitempty"` // [N] is added then: ln of a class's frequency over that in training; nil: none
	SigmaScale  []float64 `json:"sigma_scale,omitempty"` // [R] multiplies a regression's standard deviations; nil: none
	Prior       []float64 `json:"prior,omitempty"`       // [N] fraction of each class in the catalogue, to which the logits are calibrated; nil: not known
}

// Logits are one image's logits [N], calibrated.
func (c Calibration) Logits(logits []float32) []float32 {
	out := make([]float32, len(logits))
	for i, z := range logits {
		x := float64(z)
		if c.Temperature != 0 {
			x /= c.Temperature
		}
		if c.PriorShift != nil {
			x += c.PriorShift[i]
		}
		out[i] = float32(x)
	}
	return out
}

// Sigma is the standard deviation of column i, calibrated.
func (c Calibration) Sigma(i int, sigma float64) float64 {
	if c.SigmaScale == nil {
		return sigma
	}
	return c.SigmaScale[i] * sigma
}

// Validate reports what cannot be, for a model of n labels or columns.
func (c Calibration) Validate(n int) error {
	if t := c.Temperature; t != 0 && !positive(t) {
		return fmt.Errorf("temperature is %g; it must be positive", t)
	}
	for name, values := range map[string][]float64{"prior_shift": c.PriorShift, "sigma_scale": c.SigmaScale, "prior": c.Prior} {
		if values != nil && len(values) != n {
			return fmt.Errorf("%s has %d numbers; the model has %d labels", name, len(values), n)
		}
	}
	for _, s := range c.SigmaScale {
		if !positive(s) {
			return fmt.Errorf("sigma_scale has %g; it must be positive", s)
		}
	}
	for _, p := range c.Prior {
		if !(p > 0 && p < 1) {
			return fmt.Errorf("prior has %g; it must be between 0 and 1", p)
		}
	}
	return nil
}

// WithPrior is the calibration for a sky where class i has the fraction prior[i]; NaN: its part, in proportion to what it
// was, of what the others leave. A prior that cannot be, or to a model that does not know its own, is an error.
func (c Calibration) WithPrior(prior []float64) (Calibration, error) {
	if c.Prior == nil {
		return c, errors.New("the model does not say how frequent its classes were, as one of vit-train does since there is --prior")
	}
	sum, left, open := 0.0, 0.0, false
	for i, p := range prior {
		switch {
		case math.IsNaN(p):
			left, open = left+c.Prior[i], true
		case !(p > 0 && p < 1):
			return c, fmt.Errorf("a fraction is %g; it must be between 0 and 1", p)
		default:
			sum += p
		}
	}
	if open && !(sum < 1) || !open && math.Abs(sum-1) > 1e-6 {
		return c, fmt.Errorf("the fractions add up to %g; of all classes they must to 1, of some to less", sum)
	}
	shift := make([]float64, len(prior))
	copy(shift, c.PriorShift)
	now := slices.Clone(prior)
	for i, p := range now {
		if math.IsNaN(p) {
			now[i] = (1 - sum) * c.Prior[i] / left
		}
		shift[i] += math.Log(now[i] / c.Prior[i])
	}
	c.PriorShift, c.Prior = shift, now
	return c, nil
}

// positive numbers that a file may hold; JSON has no infinity.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
