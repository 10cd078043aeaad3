package train

import (
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
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
	rules            [3]string            // by which the rows came into each of the three
	rows             []catalog.Prediction // of test, with those that could not be read
	empty            int                  // rows without a label
	content          string               // fingerprint of all that a resumed run must find again
}

// rows is a table's objects and what is said of them.
type rows struct {
	table   *catalog.Table
	objects []catalog.Object
	bands   []string
	groups  []string    // of each object, "" where it is by itself; nil without a column of them
	class   []int       // of each object, -1 without a label; nil but for classify
	targets [][]float64 // of each object, nil without a label; nil for classify
	names   []string
	empty   int
}

// source is the main catalogue: what there is to learn, and from what.
type source struct {
	Options
	table *catalog.Table
	aim   aim
	main  *rows

	ids   []string // of kin
	class []int
}

// openSource reads the main catalogue's rows.
func openSource(o Options) (*source, error) {
	table, err := catalog.Open(o.Catalog, catalog.Folder)
	if err != nil {
		return nil, err
	}
	s := &source{Options: o, table: table}
	if err := s.read(); err != nil {
		table.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) read() (err error) {
	if s.aim, err = s.Options.aim(s.table); err != nil {
		return err
	}
	if s.main, err = readRows(s.table, s.Options, s.Where, s.aim, nil); err != nil {
		return err
	}
	if err := catalog.CheckNames(s.aim.task, s.main.names, s.aim.questions...); err != nil {
		return cli.Usagef("--label: %v", err)
	}
	return nil
}

// another is the labelled rows of a catalogue, or of the main one, that where selects.
func (s *source) another(name string, where []string) ([]example, error) {
	from := s.table
	if name != "" {
		var err error
		if from, err = catalog.Open(name, catalog.Folder); err != nil {
			return nil, err
		}
		defer from.Close()
	}
	r, err := readRows(from, s.Options, where, s.aim, s.main)
	if err != nil {
		return nil, err
	}
	return r.examples(r.all(), s.aim.task, len(s.main.names)), nil
}

// examples are those of the main catalogue's rows at indices.
func (s *source) examples(indices []int) []example {
	return s.main.examples(indices, s.aim.task, len(s.main.names))
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
	if o.Settings.RGB == prepare.SDSS {
		columns.Bands = prepare.SDSSBands
	}
	if training != nil {
		columns.Bands = training.bands
	}
	r := &rows{table: table}
	if r.objects, r.bands, err = table.Objects(columns); err != nil {
		return nil, err
	}
	if r.groups, err = groupsOf(table, o.GroupColumn); err != nil {
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
		return r, r.distinct()
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
	return r, r.distinct()
}

// distinct looks at the objects that have a label; the others are skipped anyway.
func (r *rows) distinct() error {
	var objects []catalog.Object
	for _, i := range r.all() {
		objects = append(objects, r.objects[i])
	}
	return r.table.Distinct(objects)
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

func (r *rows) examples(indices []int, task catalog.Task, outputs int) []example {
	list := make([]example, len(indices))
	for i, at := range indices {
		e := example{object: r.objects[at], target: make([]float32, outputs)}
		switch task {
		case catalog.Classify:
			e.target[r.class[at]] = 1
		case catalog.Regress:
			e.number = r.targets[at] // the target comes of it when the columns are standardised
		default:
			for j, v := range r.targets[at] {
				e.target[j] = float32(v)
			}
		}
		if r.groups != nil {
			e.group = r.groups[at]
		}
		list[i] = e
	}
	return list
}

// standardise makes the training targets of each column mean 0 and standard
// deviation 1, and the others alike.
func (l *labelled) standardise() {
	for c, name := range l.labels {
		var known []float64
		for _, e := range l.train {
			if v := e.number[c]; v == v {
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
		for _, part := range l.parts() {
			for _, e := range part.examples {
				e.target[c] = float32((e.number[c] - mean) / std)
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
		return vit.GaussianNLL{Columns: len(l.labels), Beta: 0.5}
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
	weights := make([]float64, len(l.labels))
	for i, n := range l.perClass(l.train) {
		weights[i] = float64(len(l.train)) / (float64(len(weights)) * float64(max(1, n)))
	}
	return weights
}

// perClass is how many of the examples are of each class.
func (l *labelled) perClass(examples []example) []int {
	count := make([]int, len(l.labels))
	for _, e := range examples {
		count[slices.Index(e.target, 1)]++
	}
	return count
}
