package catalog

import (
	"fmt"
	"math"
	"strings"
)

// Targets are the labels of the tasks with several outputs a row: flags of
// several labels at once, numbers to regress, or votes.
type Targets struct {
	Names  []string  // the columns, in the order asked for
	Values []float64 // [rows, len(Names)]; NaN where unknown
	Empty  int       // rows that know none of the columns, to be skipped

	questions []Question // of votes
	file      string
}

// Row returns the values of one row, NaN where unknown.
func (t *Targets) Row(row int) []float64 {
	n := len(t.Names)
	return t.Values[row*n : (row+1)*n : (row+1)*n]
}

// Flags reads one column a label, of which a row may have several: 1, true, t,
// yes or y; 0, false, f, no or n; empty where nobody knows.
func (t *Table) Flags(columns []string) (*Targets, error) {
	return t.targets(columns, func(c *Column, row int) (float64, error) {
		switch strings.ToLower(c.String(row)) {
		case "1", "1.0", "true", "t", "yes", "y":
			return 1, nil
		case "0", "0.0", "false", "f", "no", "n":
			return 0, nil
		}
		return 0, c.errorf(row, "%q is not a flag; want 1, true or yes, 0, false or no, or nothing where it is unknown", c.String(row))
	})
}

// Numbers reads columns of numbers for regression; empty cells and NaN are
// unknown values. Infinity is an error.
func (t *Table) Numbers(columns []string) (*Targets, error) {
	return t.targets(columns, func(c *Column, row int) (float64, error) {
		v, err := c.Float(row)
		if err == nil && math.IsInf(v, 0) {
			err = c.errorf(row, "is infinite")
		}
		return v, err
	})
}

// Learnable reports a column from which nothing can be learned: one without a
// value, or whose values are all the same. Of votes, it reports a question that
// nobody answered, and columns that are no votes for its answers but fractions of
// the votes, or their total. What a model is judged by may be so.
func (t *Targets) Learnable() error {
	if t.questions != nil {
		return t.learnableVotes()
	}
	for i, name := range t.Names {
		low, high := t.limits(i)
		reason := ""
		switch {
		case low > high:
			reason = "no row has a value"
		case low == high:
			reason = fmt.Sprintf("every value is %g; there is nothing to learn", low)
		default:
			continue
		}
		return &FormatError{File: t.file, Where: fmt.Sprintf("column %q", name), Reason: reason}
	}
	return nil
}

func (t *Table) targets(columns []string, read func(*Column, int) (float64, error)) (*Targets, error) {
	n := len(columns)
	targets := &Targets{Values: make([]float64, t.Len()*n), file: t.file}
	for i, name := range columns {
		c, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		targets.Names = append(targets.Names, c.Name)
		for row := range t.Len() {
			v := math.NaN()
			if !c.Missing(row) {
				if v, err = read(c, row); err != nil {
					return nil, err
				}
			}
			targets.Values[row*n+i] = v
		}
	}
	for row := range t.Len() {
		if allNaN(targets.Row(row)) {
			targets.Empty++
		}
	}
	return targets, nil
}

// limits are the least and the largest value of a column; of none, low is above high.
func (t *Targets) limits(column int) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for i := column; i < len(t.Values); i += len(t.Names) {
		if v := t.Values[i]; !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

func allNaN(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) {
			return false
		}
	}
	return true
}
