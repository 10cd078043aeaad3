package catalog

import (
	"math"
	"slices"
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

// Flags are words about a row; package prepare has those about a picture.
const (
	FlagFailed    = "unreadable" // the log says why
	FlagUndefined = "undefined"  // the model's output is not a number, for pixels too large
	FlagEdge      = "edge"       // the window, or a detected source, reaches out of the tile
	FlagOutside   = "outside"    // the position is not on the tile
	FlagRadius    = "radius"     // no Petrosian radius is known, by which the model's windows are scaled
)

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
	Sigmas []float64 // the standard deviation of each value; nil if unknown
	Flags  []string  // words about the row, as Flag keeps them; empty where all is well

	// Measures are the numbers of the layout's [Measure] columns; those that are not there are NaN.
	Measures []float64

	Features []float32 // what the model makes its values of; nil where it has seen nothing or nobody asks
}

// Flag says words about the row. They stand in alphabetical order, each once, so that rows of which the same is said are equal.
func (p *Prediction) Flag(words ...string) {
	for _, word := range words {
		if i, there := slices.BinarySearch(p.Flags, word); !there {
			p.Flags = slices.Insert(p.Flags, i, word)
		}
	}
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
