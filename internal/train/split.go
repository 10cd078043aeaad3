package train

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/whole"
)

// part is what is trained, validated or tested on.
type part struct {
	name     string // as in split.csv
	rule     string // by which the rows came into it
	examples []example
}

// parts are the three, in the order of their names in the code.
func (l *labelled) parts() [3]part {
	return [3]part{{"train", l.rules[0], l.train}, {"val", l.rules[1], l.val}, {"test", l.rules[2], l.test}}
}

// readLabels reads the catalogues and divides the rows.
func readLabels(ctx context.Context, o Options) (*labelled, error) {
	s, err := openSource(o)
	if err != nil {
		return nil, err
	}
	defer s.table.Close()
	return s.divide(ctx)
}

// divide puts each row where the options want it.
func (s *source) divide(ctx context.Context) (*labelled, error) {
	var val, test []example
	var rules [3]string
	left := s.main.all()
	column, err := s.splitColumn()
	if err != nil {
		return nil, err
	}
	named := s.ValCatalog != "" || len(s.ValWhere) > 0
	if named {
		if val, err = s.another(s.ValCatalog, s.ValWhere); err != nil {
			return nil, err
		}
		rules[1] = chosen("val", s.ValCatalog, s.ValWhere)
		if s.ValCatalog == "" {
			left = s.main.without(left, val)
		}
	}
	switch {
	case column != "":
		var valid, tested []int
		if left, valid, tested, err = s.main.table.Parts(column, left); err != nil {
			return nil, fmt.Errorf("%w; --split-column names another column, or with nothing none", err)
		}
		val, test = s.examples(valid), s.examples(tested)
		rule := fmt.Sprintf("by the column %q", column)
		rules = [3]string{rule, rule, rule}
	case s.TestCatalog != "" || len(s.TestWhere) > 0:
		if test, err = s.another(s.TestCatalog, s.TestWhere); err != nil {
			return nil, err
		}
		if len(test) == 0 {
			return nil, fmt.Errorf("%s: no row to test on has a label", cmp.Or(s.TestCatalog, s.Catalog))
		}
		rules[2] = chosen("test", s.TestCatalog, s.TestWhere)
		if s.TestCatalog == "" {
			left = s.main.without(left, test)
		}
	case s.TestFraction > 0:
		var part []int
		if left, part, err = s.part(ctx, left, s.TestFraction, s.Seed+1); err != nil {
			return nil, err
		}
		test, rules[2] = s.examples(part), s.hashed("test", s.TestFraction)
	}
	if len(val) == 0 && !named {
		return s.validated(ctx, left, test, rules)
	}
	return s.labelled(s.examples(left), val, test, rules)
}

// validated puts a part of the rows that are left aside for validation.
func (s *source) validated(ctx context.Context, left []int, test []example, rules [3]string) (*labelled, error) {
	train, val, err := s.part(ctx, left, s.ValFraction, s.Seed)
	if err != nil {
		return nil, err
	}
	rules[1] = s.hashed("val", s.ValFraction)
	return s.labelled(s.examples(train), s.examples(val), test, rules)
}

// labelled is the parts, ready to be read.
func (s *source) labelled(train, val, test []example, rules [3]string) (*labelled, error) {
	l := &labelled{
		task: s.aim.task, labels: s.main.names, questions: s.aim.questions, bands: s.main.bands, empty: s.main.empty,
		train: train, val: val, test: test, rules: rules,
	}
	if len(l.train) == 0 || len(l.val) == 0 {
		return nil, fmt.Errorf("%s: %d rows to train on (%s) and %d to validate on (%s); both must be there",
			s.Catalog, len(l.train), cmp.Or(rules[0], "the rest"), len(l.val), cmp.Or(rules[1], "the rest"))
	}
	if err := l.taught(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Catalog, err)
	}
	if err := l.disjoint(); err != nil {
		return nil, err
	}
	if l.task == catalog.Regress {
		l.standardise()
	}
	l.content = fingerprint(l.train, l.val)
	return l, nil
}

// splitColumn is the column that divides the rows; "" if something else does.
func (s *source) splitColumn() (string, error) {
	other, named := s.dividing(), s.Explicit["split-column"]
	if s.Folds > 0 {
		other = "--folds"
	}
	switch {
	case s.SplitColumn == "", !named && !s.table.Has(s.SplitColumn):
		return "", nil
	case other == "":
		return s.SplitColumn, nil
	case named:
		return "", cli.Usagef("--split-column and %s cannot both say what to train on", other)
	}
	s.Log.Info(fmt.Sprintf("the column %q is of no account, since there is %s", s.SplitColumn, other))
	return "", nil
}

// dividing is a flag that the user gave to say what to train on; "" without one.
func (o Options) dividing() string {
	switch {
	case o.ValCatalog != "":
		return "--val-catalog"
	case len(o.ValWhere) > 0:
		return "--val-where"
	case o.TestCatalog != "":
		return "--test-catalog"
	case len(o.TestWhere) > 0:
		return "--test-where"
	case o.TestFraction > 0:
		return "--test-fraction"
	}
	return ""
}

// chosen is the rule of a part that the user chose.
func chosen(part, catalogue string, where []string) string {
	rule := "by"
	if catalogue != "" {
		rule += " --" + part + "-catalog " + catalogue
	}
	for _, w := range where {
		rule += " --" + part + "-where " + w
	}
	return rule
}

// hashed is the rule of a part that hashes chose.
func (s *source) hashed(part string, fraction float64) string {
	return fmt.Sprintf("by --%s-fraction %g, %s", part, fraction, s.byHash())
}

// byHash says how hashes divide the rows.
func (s *source) byHash() string {
	if s.main.class != nil {
		return "a hash of the ids, class by class"
	}
	return "a hash of the ids"
}

// part divides the objects at indices by a hash of their ids.
func (s *source) part(ctx context.Context, indices []int, fraction float64, seed uint64) (most, part []int, err error) {
	ids, class, err := s.kin(ctx)
	if err != nil {
		return nil, nil, err
	}
	a, b := catalog.Split(at(ids, indices), at(class, indices), fraction, seed)
	return at(indices, a), at(indices, b), nil
}

// at is the elements of x at indices; nil of nil.
func at[E any](x []E, indices []int) []E {
	if x == nil {
		return nil
	}
	y := make([]E, len(indices))
	for i, j := range indices {
		y[i] = x[j]
	}
	return y
}

// without is the indices of the objects that are not among the examples.
func (r *rows) without(indices []int, examples []example) []int {
	out := make(map[string]bool, len(examples))
	for _, e := range examples {
		out[e.object.ID] = true
	}
	return slices.DeleteFunc(indices, func(i int) bool { return out[r.objects[i].ID] })
}

// taught refuses a class, a label, a column or a question of which the rows to train on teach nothing.
func (l *labelled) taught() error {
	rule := cmp.Or(l.rules[0], "the rest")
	switch l.task {
	case catalog.Classify:
		if class := slices.Index(l.perClass(l.train), 0); class >= 0 {
			return fmt.Errorf("no row to train on is of the class %q (to train on: %s; --where takes classes out)", l.labels[class], rule)
		}
	case catalog.Votes:
		first := 0
		for _, q := range l.questions {
			end := first + len(q.Answers)
			asked := func(e example) bool { return slices.Max(e.target[first:end]) > 0 }
			if !slices.ContainsFunc(l.train, asked) {
				return fmt.Errorf("no row to train on has a vote on %q (to train on: %s)", q.Name, rule)
			}
			first = end
		}
	default:
		for column, name := range l.labels {
			switch low, high := l.limits(l.train, column); {
			case low > high:
				return fmt.Errorf("no row to train on has a value of %q (to train on: %s)", name, rule)
			case low == high:
				return fmt.Errorf("every row to train on has %g as %q; there is nothing to learn (to train on: %s)", low, name, rule)
			}
		}
	}
	return nil
}

// disjoint refuses an object, or a group of them, in two of the sets: what is judged by must be new.
func (l *labelled) disjoint() error {
	ids, groups := make(map[string]string, len(l.train)), map[string]string{}
	for i, part := range l.parts() {
		name := [3]string{"training", "validation", "test"}[i]
		for _, e := range part.examples {
			id := e.identity()
			if other, ok := ids[id]; ok {
				return fmt.Errorf("%q is in the %s set and in the %s set; the scores would be worth nothing", e.object.ID, other, name)
			}
			ids[id] = name
			if other, ok := groups[e.group]; ok && e.group != "" && other != name {
				return fmt.Errorf("the group %q is in the %s set and in the %s set; the scores would be worth nothing", e.group, other, name)
			}
			groups[e.group] = name
		}
	}
	return nil
}

// identity is what an object of several catalogues has in all of them: its id or, where that is the name of its file
// below a folder, which other folders may have too, the whole path.
func (e example) identity() string {
	if o := e.object; len(o.Files) == 1 && o.ID == o.File {
		if path, err := filepath.Abs(o.Files[0]); err == nil {
			return path
		}
	}
	return e.object.ID
}

// describe says what each part holds, and by what rule. Of numbers it says what range they have, to which a -9999
// that stands for nothing belongs, too.
func (l *labelled) describe(log *slog.Logger) {
	for i, part := range l.parts() {
		if len(part.examples) == 0 {
			continue
		}
		text := fmt.Sprintf("%d to %s on", len(part.examples), [3]string{"train", "validate", "test"}[i])
		var each []string
		switch l.task {
		case catalog.Classify:
			for c, n := range l.perClass(part.examples) {
				each = append(each, fmt.Sprintf("%s %d", l.labels[c], n))
			}
		case catalog.Regress:
			for c, name := range l.labels {
				if low, high := l.limits(part.examples, c); low <= high {
					each = append(each, fmt.Sprintf("%s %.4g to %.4g", name, low, high))
				} else {
					each = append(each, name+" unknown")
				}
			}
		}
		if each != nil {
			text += fmt.Sprintf(" (%s)", strings.Join(each, ", "))
		}
		log.Info(text+", "+cmp.Or(part.rule, "the rest"), "part", part.name, "images", len(part.examples))
	}
	for i, name := range l.labels {
		for _, other := range l.labels[:i] {
			if l.task == catalog.Classify && strings.EqualFold(name, other) {
				log.Warn(fmt.Sprintf("%q and %q are two classes: they differ in capital letters only", other, name))
			}
		}
	}
}

// limits are the least and the greatest of what is known of a label or column; low > high where nothing is.
func (l *labelled) limits(examples []example, column int) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, e := range examples {
		v := float64(e.target[column])
		if l.task == catalog.Regress {
			v = e.number[column] // the target comes of it
		}
		if v == v {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// writeSplit writes which objects are in which part.
func (l *labelled) writeSplit(name string) error {
	records := [][]string{{"id_str", "split"}}
	for _, part := range l.parts() {
		for _, e := range part.examples {
			records = append(records, []string{e.object.ID, part.name})
		}
	}
	return writeCSV(name, records)
}

func writeCSV(name string, records [][]string) error {
	return whole.Write(name, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(records) })
}
