// Package modeldir reads and writes model directories in the layout of Hugging
// Face's transformers: config.json, preprocessor_config.json and
// model.safetensors. It reads timm's directories too, and sharded weights.
//
// What vit-train writes for a class-token, pre-LN classifier loads in Python
// with ViTForImageClassification.from_pretrained. Every other variant has
// model_type "astrovit", which Python refuses. The object "astrovit" in
// preprocessor_config.json holds what an astronomer's images need beyond
// Hugging Face's keys: bands, window, pixel scale, stretch, undefined pixels, and
// the calibration of the outputs. Weights are never calibrated: logits are the
// same in Python.
package modeldir

import (
	"math"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/vit"
)

// Model is a model directory in memory: a network, what goes in and what
// comes out.
type Model struct {
	Net         *vit.Model
	Task        catalog.Task // empty: the network has no outputs, features only
	Labels      []string     // the classes, labels, columns or answers
	Columns     []Column     // of a regression; in the order of Labels
	Recipe      prepare.Recipe
	Calibration calibrate.Calibration

	Questions []catalog.Question // of votes; their answers are Labels
}

// Column is a number that a regression model predicts: Mean + Std·output.
type Column struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

// columnNames are the columns' names.
func columnNames(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// Predict turns one image's logits [N] into the calibrated probabilities of the labels, values [N]; for votes, into the
// expected fractions of each question's votes and their standard deviations, values and sigmas [N]; for a regression of R
// columns, logits [2R] into numbers and their standard deviations, values and sigmas [R]. Without a standard deviation,
// sigmas are nil.
func (m *Model) Predict(logits []float32) (values, sigmas []float64) {
	values = make([]float64, len(m.Labels))
	switch m.Task {
	case catalog.Classify:
		vit.Softmax(values, m.Calibration.Logits(logits))
	case catalog.MultiLabel:
		for i, z := range m.Calibration.Logits(logits) {
			values[i] = vit.Sigmoid(float64(z))
		}
	case catalog.Regress:
		sigmas = make([]float64, len(m.Labels))
		for i, c := range m.Columns {
			values[i] = c.Mean + c.Std*float64(logits[i])
			s := min(max(float64(logits[len(m.Columns)+i]), -vit.MaxLogVariance), vit.MaxLogVariance)
			sigmas[i] = m.Calibration.Sigma(i, c.Std*math.Exp(s/2))
		}
	case catalog.Votes:
		sigmas = make([]float64, len(m.Labels))
		first := 0
		for _, q := range m.Questions {
			end := first + len(q.Answers)
			vit.VoteFractions(values[first:end], sigmas[first:end], logits[first:end])
			first = end
		}
	}
	return values, sigmas
}
