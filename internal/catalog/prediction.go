package catalog

import (
	"fmt"
	"math"
	"strings"
)

// Task is what a model predicts, which decides the columns of its predictions.
type Task string

// The tasks.
const (
	Classify   Task = "classify"   // one of several classes
	MultiLabel Task = "multilabel" // any number of several labels
	Regress    Task = "regress"    // numbers, each with its uncertainty
	Votes      Task = "votes"      // fractions of votes for the answers of questions, each with its uncertainty
)

// Tasks are all tasks.
var Tasks = []Task{Classify, MultiLabel, Regress, Votes}

// A Prediction is one row of the output: an object and what the model says of
// it. What is not known is NaN; an HDU that is not known is -1 and prints as an
// empty field.
type Prediction struct {
	ID, File string  // file as the user gave it
	HDU      int     // -1 for files without HDUs
	X, Y     float64 // 0-based pixel position, x along NAXIS1
	RA, Dec  float64 // degrees, ICRS

	// Values are the probabilities of the classes or labels, the fractions of
	// votes or the predicted numbers, in the order of the writer's names; nil for
	// a row that failed.
	Values []float64
	Sigmas []float64 // for Regress and Votes, the uncertainty of each value; nil if unknown
	Flags  []string  // words about the row; empty where all is well
}

// label is what the label column holds for these probabilities: the most
// probable class, or for MultiLabel those with a probability of at least 0.5,
// joined by "|". It is empty for regression and where a probability is NaN.
func label(task Task, names []string, values []float64) string {
	if task == Regress || len(values) == 0 {
		return ""
	}
	best, high := 0, []string{}
	for i, p := range values {
		if math.IsNaN(p) {
			return ""
		}
		if p > values[best] {
			best = i
		}
		if p >= 0.5 {
			high = append(high, names[i])
		}
	}
	if task == MultiLabel {
		return strings.Join(high, "|")
	}
	return names[best]
}

// field is one column of the prediction table.
type field struct {
	name string
	unit string
	kind fieldKind

	text   func(*Prediction) string
	number func(*Prediction) float64
}

type fieldKind int

const (
	textField        fieldKind = iota
	wholeField                 // hdu: no value is -1 in FITS, null in Parquet
	angleField                 // 9 decimals: 4 microarcseconds
	pixelField                 // up to 6 decimals
	probabilityField           // 8 significant digits or more
	valueField                 // as many digits as read back the same
)

// CheckNames reports names of outputs with which predictions cannot be written.
func CheckNames(task Task, names []string, questions ...Question) error {
	_, err := fields(task, names, questions)
	return err
}

// fields are the columns of the output contract, in order. Two of one name,
// such as a regression column called x, are an error.
func fields(task Task, names []string, questions []Question) ([]field, error) {
	tree := newTree(questions)
	columns := []field{
		{name: "id_str", text: func(p *Prediction) string { return p.ID }},
		{name: "file_loc", text: func(p *Prediction) string { return p.File }},
		{name: "hdu", kind: wholeField, number: func(p *Prediction) float64 { return float64(p.HDU) }},
		{name: "x", unit: "pixel", kind: pixelField, number: func(p *Prediction) float64 { return p.X }},
		{name: "y", unit: "pixel", kind: pixelField, number: func(p *Prediction) float64 { return p.Y }},
		{name: "ra", unit: "deg", kind: angleField, number: func(p *Prediction) float64 { return p.RA }},
		{name: "dec", unit: "deg", kind: angleField, number: func(p *Prediction) float64 { return p.Dec }},
		{name: "label", text: func(p *Prediction) string {
			if task == Votes {
				return tree.label(p.Values)
			}
			return label(task, names, p.Values)
		}},
	}
	for i, name := range names {
		value := field{name: "p_" + name, kind: probabilityField, number: func(p *Prediction) float64 { return at(p.Values, i) }}
		if task == Regress {
			value.name, value.kind = name, valueField
		}
		columns = append(columns, value)
		if task == Regress || task == Votes {
			columns = append(columns, field{name: name + "_sigma", kind: valueField, number: func(p *Prediction) float64 { return at(p.Sigmas, i) }})
		}
	}
	for q, question := range questions {
		if question.AskedAfter != "" {
			columns = append(columns, field{name: question.Name + "_proportion-asked", kind: probabilityField,
				number: func(p *Prediction) float64 { return tree.asked(q, p.Values) }})
		}
	}
	columns = append(columns, field{name: "flags", text: func(p *Prediction) string { return strings.Join(p.Flags, "|") }})
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.name] {
			return nil, fmt.Errorf("two columns of the predictions would be called %q; rename that label", c.name)
		}
		seen[c.name] = true
	}
	return columns, nil
}

func at(values []float64, i int) float64 {
	if i >= len(values) {
		return math.NaN()
	}
	return values[i]
}

// check reports a prediction that does not fit the writer's names.
func (p *Prediction) check(names []string) error {
	if p.Values != nil && len(p.Values) != len(names) {
		return fmt.Errorf("prediction of %s: %d values for %d columns", p.ID, len(p.Values), len(names))
	}
	return nil
}
