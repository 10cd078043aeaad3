package infer

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
)

// setPrior calibrates the model for the fractions of the sky that were asked for, if any.
func (r *run) setPrior() error {
	if len(r.Prior) == 0 {
		return nil
	}
	m := r.model
	if m.Task != catalog.Classify {
		return cli.Usagef("--prior is of classes that exclude each other; the model's outputs are for %s", m.Task)
	}
	prior := slices.Repeat([]float64{math.NaN()}, len(m.Labels))
	for _, text := range r.Prior {
		at := strings.LastIndex(text, "=")
		if at < 0 {
			return cli.Usagef("--prior %s: want CLASS=FRACTION", text)
		}
		class := slices.Index(m.Labels, text[:at])
		fraction, err := strconv.ParseFloat(text[at+1:], 64)
		switch {
		case class < 0:
			return cli.Usagef("--prior %s: the model has no such class; there are %q", text, m.Labels)
		case err != nil || math.IsNaN(fraction):
			return cli.Usagef("--prior %s: %q is not a number", text, text[at+1:])
		case !math.IsNaN(prior[class]):
			return cli.Usagef("--prior %s: the class has two fractions", text)
		}
		prior[class] = fraction
	}
	calibration, err := m.Calibration.WithPrior(prior)
	if err != nil {
		return cli.Usagef("--prior: %v", err)
	}
	m.Calibration = calibration
	return nil
}
