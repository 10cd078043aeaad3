package catalog

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Classes are the labels of a classification: one of several names a row.
type Classes struct {
	Names  []string // the classes; the order of the model's outputs
	Index  []int    // class of each row of the table, -1 where the label is empty
	Counts []int    // rows of each class
	Empty  int      // rows without a label, to be skipped
}

// Classes reads a column of class names for training. The classes are sorted:
// as numbers if all of them are numbers, else as text. Fewer than two classes
// and a class with a single example are errors.
func (t *Table) Classes(column string) (*Classes, error) {
	c, err := t.Column(column)
	if err != nil {
		return nil, err
	}
	counts, labelled := map[string]int{}, 0
	for row := range c.Len() {
		if !c.Missing(row) {
			counts[c.String(row)]++
			labelled++
		}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	sortClasses(names)

	where := fmt.Sprintf("column %q", c.Name)
	switch {
	case len(names) == 0:
		return nil, &FormatError{File: t.file, Where: where, Reason: "no row has a label"}
	case len(names) == 1:
		return nil, &FormatError{File: t.file, Where: where,
			Reason: fmt.Sprintf("every label is %q; a classifier needs two classes or more", names[0])}
	case len(names) > 20 && 2*len(names) > labelled:
		return nil, &FormatError{File: t.file, Where: where,
			Reason: fmt.Sprintf("%d different labels in %d rows; is it a number to predict? (--task regress)", len(names), labelled)}
	}
	for _, name := range names {
		if counts[name] == 1 {
			return nil, &FormatError{File: t.file, Where: where,
				Reason: fmt.Sprintf("class %q has one example, and training and validation need one each; add examples, empty its label or merge it with another class", name)}
		}
	}
	return t.ClassesAs(c.Name, names)
}

// ClassesAs reads a column of class names that a model already has; a
// validation catalogue need not hold all of them. A label that is not among
// names is an error which says where it stands.
func (t *Table) ClassesAs(column string, names []string) (*Classes, error) {
	c, err := t.Column(column)
	if err != nil {
		return nil, err
	}
	known := make(map[string]int, len(names))
	for i, name := range names {
		known[name] = i
	}
	labels := &Classes{Names: names, Index: make([]int, c.Len()), Counts: make([]int, len(names))}
	for row := range labels.Index {
		if c.Missing(row) {
			labels.Index[row] = -1
			labels.Empty++
			continue
		}
		text := c.String(row)
		class, ok := known[text]
		if !ok {
			// The same number may be spelled 1 in one catalogue and 1.0 in another.
			class = slices.IndexFunc(names, func(name string) bool { return same(name, text) })
			if class < 0 {
				return nil, c.errorf(row, "%q is not one of the classes %s", text, list(names))
			}
			known[text] = class
		}
		labels.Index[row] = class
		labels.Counts[class]++
	}
	return labels, nil
}

func sortClasses(names []string) {
	value := make(map[string]float64, len(names))
	for _, name := range names {
		v, err := strconv.ParseFloat(name, 64)
		if err != nil || math.IsInf(v, 0) {
			slices.Sort(names)
			return
		}
		value[name] = v
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(value[a], value[b]), cmp.Compare(a, b))
	})
}
