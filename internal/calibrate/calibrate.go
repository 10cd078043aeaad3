// Package calibrate makes a model's uncertainties honest after training: one
// temperature for all logits (Guo et al. 2017, arXiv:1706.04599), a shift of
// each class's logit where training saw other frequencies than the sky has
// (Saerens, Latinne & Decaestecker 2002, equation 2.4), and a factor for the
// standard deviations of each column of a regression. All are fitted on
// validation data, which the weights have not seen.
package calibrate

import (
	"fmt"
	"math"
)

// Calibration is what is done to a model's outputs. The zero value does nothing.
type Calibration struct {
	Temperature float64   `json:"temperature,omitempty"` // divides the logits; 0 is 1
	PriorShift  []float64 `json:"prior_shift,omitempty"` // [N] is added then: ln of a class's frequency over that in training; nil: none
	SigmaScale  []float64 `json:"sigma_scale,omitempty"` // [R] multiplies a regression's standard deviations; nil: none
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
	for name, values := range map[string][]float64{"prior_shift": c.PriorShift, "sigma_scale": c.SigmaScale} {
		if values != nil && len(values) != n {
			return fmt.Errorf("%s has %d numbers; the model has %d labels", name, len(values), n)
		}
	}
	for _, s := range c.SigmaScale {
		if !positive(s) {
			return fmt.Errorf("sigma_scale has %g; it must be positive", s)
		}
	}
	return nil
}

// positive numbers that a file may hold; JSON has no infinity.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
