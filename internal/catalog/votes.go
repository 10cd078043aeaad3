package catalog

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Votes reads one column of votes an answer, question by question. An empty
// cell and NaN are no vote, and a row without any is unknown in all columns.
// Votes may be weighted, and so need not be whole. Negative and infinite ones
// are errors.
func (t *Table) Votes(questions []Question) (*Targets, error) {
	votes, err := t.targets(AnswerColumns(questions), func(c *Column, row int) (float64, error) {
		v, err := c.Float(row)
		if err == nil && (v < 0 || math.IsInf(v, 0)) {
			err = c.errorf(row, "%g cannot be a number of votes", v)
		}
		return v, err
	})
	if err != nil {
		return nil, err
	}
	votes.questions, votes.Empty = questions, 0
	for row := range t.Len() {
		values := votes.Row(row)
		cast := false
		for i, v := range values {
			if math.IsNaN(v) {
				values[i] = 0
			}
			cast = cast || v > 0
		}
		if !cast {
			votes.Empty++
			for i := range values {
				values[i] = math.NaN()
			}
		}
	}
	return votes, nil
}

func (t *Targets) learnableVotes() error {
	first := 0
	for _, q := range t.questions {
		most, whole, sums := 0.0, true, slices.Clone(q.Answers) // that are the others' sum in every row
		for row := range len(t.Values) / len(t.Names) {
			votes := t.Row(row)[first:][:len(q.Answers)]
			n := floats.Sum(votes)
			if !(n > 0) {
				continue
			}
			for i, v := range votes {
				most = max(most, v)
				whole = whole && v == math.Trunc(v)
				if math.Abs(2*v-n) > 1e-6*n { // weighted votes and their total are rounded
					sums = slices.DeleteFunc(sums, func(name string) bool { return name == q.Answers[i] })
				}
			}
		}
		first += len(q.Answers)
		reason := ""
		switch {
		case most == 0:
			reason = "nobody voted"
		case most <= 1 && !whole:
			reason = fmt.Sprintf("no answer has more than %.3g votes, and they are not whole; are they fractions? Numbers of votes are needed", most)
		case len(sums) > 0 && len(q.Answers) > 2:
			reason = fmt.Sprintf("%q is the sum of the other answers in every row; is it the total? It is no answer", sums[0])
		default:
			continue
		}
		return &FormatError{File: t.file, Where: fmt.Sprintf("question %q", q.Name), Reason: reason}
	}
	return nil
}
