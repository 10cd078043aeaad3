package train

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit"
)

// labelled is what a catalogue says, before a pixel is read.
type labelled struct {
	task             catalog.Task
	labels           []string           // classes, labels, columns or answers
	questions        []catalog.Question // of votes
	columns          []modeldir.Column  // of a regression, fitted on train
	bands            []string           // names; nil where the catalogue has one file an object
	train, val, test []example
	empty            int // rows without a label
}

// rows is a table's objects and what is said of them.
type rows struct {
	objects []catalog.Object
	bands   []string
	class   []int       // of each object, -1 without a label; nil but for classify
	targets [][]float64 // of each object, nil without a label; nil for classify
	names   []string
	empty   int
}

// readLabels reads the catalogues and divides the rows.
func readLabels(o Options) (*labelled, error) {
	table, err := openTable(o.Catalog)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	a, err := o.aim(table)
	if err != nil {
		return nil, err
	}
	main, err := readRows(table, o, o.Where, a, nil)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckNames(a.task, main.names, a.questions...); err != nil {
		return nil, cli.Usagef("--label: %v", err)
	}
	l := &labelled{task: a.task, labels: main.names, questions: a.questions, bands: main.bands, empty: main.empty}

	// another is the labelled rows of a catalogue, or of the main one, that where selects.
	another := func(name string, where []string) ([]example, error) {
		from := table
		if name != "" {
			if from, err = openTable(name); err != nil {
				return nil, err
			}
			defer from.Close()
		}
		r, err := readRows(from, o, where, a, main)
		if err != nil {
			return nil, err
		}
		return r.examples(r.all(), l.task, len(l.labels)), nil
	}
	// The test rows are put aside first, so that nothing else sees them.
	left := main.all()
	switch {
	case o.TestCatalog != "" || len(o.TestWhere) > 0:
		if l.test, err = another(o.TestCatalog, o.TestWhere); err != nil {
			return nil, err
		}
		if len(l.test) == 0 {
			return nil, fmt.Errorf("%s: no row to test on has a label", cmp.Or(o.TestCatalog, o.Catalog))
		}
		if o.TestCatalog == "" {
			left = main.without(left, l.test)
		}
	case o.TestFraction > 0:
		var test []int
		left, test = main.split(left, o.TestFraction, o.Seed+1)
		l.test = main.examples(test, l.task, len(l.labels))
	}
	if o.ValCatalog != "" || len(o.ValWhere) > 0 {
		if l.val, err = another(o.ValCatalog, o.ValWhere); err != nil {
			return nil, err
		}
		if o.ValCatalog == "" {
			left = main.without(left, l.val)
		}
	} else {
		var val []int
		left, val = main.split(left, o.ValFraction, o.Seed)
		l.val = main.examples(val, l.task, len(l.labels))
	}
	l.train = main.examples(left, l.task, len(l.labels))
	if len(l.train) == 0 || len(l.val) == 0 {
		return nil, fmt.Errorf("%s: %d rows to train on and %d to validate on; both must be there", o.Catalog, len(l.train), len(l.val))
	}
	if err := l.disjoint(); err != nil {
		return nil, err
	}
	if l.task == catalog.Regress {
		l.standardise()
	}
	return l, nil
}

func openTable(name string) (*catalog.Table, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return catalog.Folder(name)
	}
	return catalog.Read(name)
}

// readRows reads the rows of table that where selects. Training are the rows
// whose bands and classes these have to have; nil: these are for training.
func readRows(table *catalog.Table, o Options, where []string, a aim, training *rows) (*rows, error) {
	conditions, err := catalog.ParseWheres(where)
	if err != nil {
		return nil, cli.Usagef("%v", err)
	}
	if table, err = table.Where(conditions...); err != nil {
		return nil, err
	}
	columns := catalog.Columns{ID: o.IDColumn, File: o.FileColumn}
	if training != nil {
		columns.Bands = training.bands
	}
	r := &rows{}
	if r.objects, r.bands, err = table.Objects(columns); err != nil {
		return nil, err
	}
	if a.task == catalog.Classify {
		var classes *catalog.Classes
		if training == nil {
			classes, err = table.Classes(a.labels[0])
		} else {
			classes, err = table.ClassesAs(a.labels[0], training.names)
		}
		if err != nil {
			return nil, err
		}
		r.class, r.names, r.empty = classes.Index, classes.Names, classes.Empty
		return r, r.distinct(table)
	}
	targets, err := a.targets(table)
	if err == nil && training == nil {
		err = targets.Learnable()
	}
	if err != nil {
		return nil, err
	}
	r.empty, r.names = targets.Empty, targets.Names
	for i := range r.objects {
		row := targets.Row(i)
		if !slices.ContainsFunc(row, func(v float64) bool { return v == v }) {
			row = nil
		}
		r.targets = append(r.targets, row)
	}
	return r, r.distinct(table)
}

// distinct looks at the objects that have a label; the others are skipped anyway.
func (r *rows) distinct(table *catalog.Table) error {
	var objects []catalog.Object
	for _, i := range r.all() {
		objects = append(objects, r.objects[i])
	}
	return table.Distinct(objects)
}

// without is the indices of the objects that are not among the examples.
func (r *rows) without(indices []int, examples []example) []int {
	out := make(map[string]bool, len(examples))
	for _, e := range examples {
		out[e.object.ID] = true
	}
	return slices.DeleteFunc(indices, func(i int) bool { return out[r.objects[i].ID] })
}

// all is the indices of the objects that have a label.
func (r *rows) all() []int {
	var list []int
	for i := range r.objects {
		if r.class != nil && r.class[i] >= 0 || r.class == nil && r.targets[i] != nil {
			list = append(list, i)
		}
	}
	return list
}

// split divides the objects at indices, class by class, by a hash of their ids.
func (r *rows) split(indices []int, fraction float64, seed uint64) (most, part []int) {
	ids, class := make([]string, len(indices)), make([]int, len(indices))
	for i, at := range indices {
		ids[i] = r.objects[at].ID
		if r.class != nil {
			class[i] = r.class[at]
		}
	}
	a, b := catalog.Split(ids, class, fraction, seed)
	for _, i := range a {
		most = append(most, indices[i])
	}
	for _, i := range b {
		part = append(part, indices[i])
	}
	return most, part
}

func (r *rows) examples(indices []int, task catalog.Task, outputs int) []example {
	list := make([]example, len(indices))
	for i, at := range indices {
		target := make([]float32, outputs)
		if task == catalog.Classify {
			target[r.class[at]] = 1
		} else {
			for j, v := range r.targets[at] {
				target[j] = float32(v)
			}
		}
		list[i] = example{object: r.objects[at], target: target}
	}
	return list
}

// disjoint refuses an object in two of the sets: what is judged by must be new.
func (l *labelled) disjoint() error {
	seen := make(map[string]string, len(l.train))
	for _, part := range []struct {
		name     string
		examples []example
	}{{"training", l.train}, {"validation", l.val}, {"test", l.test}} {
		for _, e := range part.examples {
			if other, ok := seen[e.object.ID]; ok {
				return fmt.Errorf("%q is in the %s set and in the %s set; the scores would be worth nothing", e.object.ID, other, part.name)
			}
			seen[e.object.ID] = part.name
		}
	}
	return nil
}

// standardise makes the training targets of each column mean 0 and standard
// deviation 1, and the others alike.
func (l *labelled) standardise() {
	for c, name := range l.labels {
		var known []float64
		for _, e := range l.train {
			if v := float64(e.target[c]); v == v {
				known = append(known, v)
			}
		}
		mean, std := stat.PopMeanStdDev(known, nil)
		if len(known) == 0 {
			mean = 0
		}
		if !(std > 0) {
			std = 1
		}
		l.columns = append(l.columns, modeldir.Column{Name: name, Mean: mean, Std: std})
		for _, part := range [][]example{l.train, l.val, l.test} {
			for i := range part {
				part[i].target[c] = float32((float64(part[i].target[c]) - mean) / std)
			}
		}
	}
}

// loss is the objective of the task.
func (l *labelled) loss(s Settings) vit.Loss {
	switch l.task {
	case catalog.MultiLabel:
		return vit.BinaryCrossEntropy{Labels: len(l.labels), Focus: s.Focal}
	case catalog.Regress:
		return vit.GaussianNLL{Columns: len(l.labels)}
	case catalog.Votes:
		var answers []int
		for _, q := range l.questions {
			answers = append(answers, len(q.Answers))
		}
		return vit.DirichletMultinomial{Answers: answers}
	}
	weights := slices.Repeat([]float64{1}, len(l.labels))
	if s.Weighted {
		weights = l.classWeights()
	}
	return vit.CrossEntropy{Weights: weights, Smoothing: s.Smoothing, Focus: s.Focal}
}

// classWeights are the inverse of the classes' frequencies in training, so that
// each class weighs the same in all and the mean example 1.
func (l *labelled) classWeights() []float64 {
	counts := make([]float64, len(l.labels))
	for _, e := range l.train {
		counts[slices.Index(e.target, 1)]++
	}
	for i, n := range counts {
		counts[i] = float64(len(l.train)) / (float64(len(counts)) * max(1, n))
	}
	return counts
}
