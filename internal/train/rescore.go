package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/metrics"
)

// ScoreOptions are what a scoring is told: of Options, what says where the labels are.
type ScoreOptions struct {
	Options
	Predictions string // table that vit-infer wrote
}

// verdict is the metrics.json of a scoring.
type verdict struct {
	Task        catalog.Task `json:"task"`
	Labels      []string     `json:"labels"`
	Catalog     string       `json:"catalog"`
	Predictions string       `json:"predictions"`
	Unpredicted int          `json:"unpredicted"` // rows that have a label but no numbers
	Test        any          `json:"test"`
}

// Score judges predictions by labels: metrics.json and the plots that training
// makes of a test part. Rows of the two tables go together by their ids.
func Score(ctx context.Context, o ScoreOptions) error {
	if catalog.Task(o.Task) == catalog.Votes {
		return cli.Usagef("--task votes: votes are scored only where they are trained on, with --test-catalog")
	}
	table, err := catalog.Open(o.Catalog, catalog.Folder)
	if err != nil {
		return err
	}
	defer table.Close()
	a, err := o.aim(table)
	if err != nil {
		return err
	}
	if name, err := found(o.Out, checkpointsFolder, historyFile, "best", "last"); err != nil || name != "" {
		return cmp.Or(err, fmt.Errorf("%s holds a run; use another --out", o.Out))
	}
	said, err := readPredictions(o, a)
	if err != nil {
		return err
	}
	truth, err := readRows(table, o.Options, o.Where, a, &rows{names: said.names})
	if err != nil {
		return err
	}
	examples, values, sigmas := said.of(truth.examples(truth.all(), a.task, len(said.names)))
	if len(examples) == 0 {
		return fmt.Errorf("%s: no labelled row of %s has a prediction", o.Predictions, o.Catalog)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w; nothing is written", cli.ErrInterrupted)
	}
	v := verdict{Task: a.task, Labels: said.names, Catalog: o.Catalog, Predictions: o.Predictions, Unpredicted: len(truth.all()) - len(examples)}
	if v.Unpredicted > 0 {
		o.Log.Warn(fmt.Sprintf("%d of %d labelled rows have no prediction and are left out", v.Unpredicted, len(truth.all())))
	}
	r := &run{Options: o.Options, data: &labelled{task: a.task, labels: said.names, train: examples}}
	if a.task == catalog.Regress {
		r.data.standardise() // by themselves, since scoring undoes it
	}
	var targets []float32
	for _, e := range examples {
		targets = append(targets, e.target...)
	}
	judged, err := r.scorePredicted("test", values, sigmas, targets, metrics.Bootstrap{Resamples: resamples, Seed: o.Seed, Groups: resampled(examples)})
	if err != nil {
		return err
	}
	v.Test = judged.figures
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return err
	}
	return writeFigures(o.Out, v, r.data.plotNames()[1:], judged.plots) // without the curves of a training
}

// predicted is a table of predictions.
type predicted struct {
	names          []string
	row            map[string]int // of an id
	values, sigmas [][]float64    // [names][rows]; sigmas are those of a regression
}

// readPredictions reads the columns p_<class>, or of a regression <column> and <column>_sigma.
func readPredictions(o ScoreOptions, a aim) (*predicted, error) {
	table, err := catalog.Read(o.Predictions)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	p := &predicted{row: map[string]int{}}
	ids, err := table.IDs(catalog.Columns{})
	if err != nil {
		return nil, err
	}
	for row := range ids.Len() {
		id := ids.String(row)
		if other, ok := p.row[id]; ok {
			return nil, fmt.Errorf("%s: %s and %s are both of %q", o.Predictions, table.Place(other), table.Place(row), id)
		}
		p.row[id] = row
	}
	prefix, kind := "p_", number{"a probability", metrics.IsProbability}
	if p.names = a.labels; a.task == catalog.Regress {
		prefix, kind = "", number{"a finite number", metrics.IsFinite}
	} else if a.task == catalog.Classify {
		if p.names = classesOf(table); len(p.names) < 2 {
			return nil, fmt.Errorf("%s: no columns p_<class> of two classes or more, as vit-infer writes them; there are %q", o.Predictions, table.Names())
		}
	}
	for _, name := range p.names {
		values, err := kind.column(table, o.Predictions, prefix+name)
		if err != nil {
			return nil, err
		}
		p.values = append(p.values, values)
		if a.task == catalog.Regress {
			kind := number{"a positive number", func(v float64) bool { return v > 0 && metrics.IsFinite(v) }}
			if values, err = kind.column(table, o.Predictions, name+"_sigma"); err != nil {
				return nil, err
			}
			p.sigmas = append(p.sigmas, values)
		}
	}
	columns := slices.Concat(p.values, p.sigmas)
	for row := range ids.Len() {
		for _, values := range columns {
			if math.IsNaN(values[row]) != p.failed(row) {
				return nil, &catalog.FormatError{File: o.Predictions, Where: table.Place(row), Reason: "some of what is predicted is there and some not"}
			}
		}
	}
	return p, nil
}

// failed tells whether a row has no numbers.
func (p *predicted) failed(row int) bool { return math.IsNaN(p.values[0][row]) }

// classesOf are the classes that a table has probabilities of, without their standard deviations.
func classesOf(table *catalog.Table) (names []string) {
	for _, name := range table.Names() {
		class, ok := strings.CutPrefix(name, "p_")
		if of, sigma := strings.CutSuffix(name, "_sigma"); ok && !(sigma && table.Has(of)) {
			names = append(names, class)
		}
	}
	return names
}

// number is what a column of predictions may hold beside NaN.
type number struct {
	name string
	is   func(float64) bool
}

// column reads one.
func (n number) column(table *catalog.Table, file, name string) ([]float64, error) {
	c, err := table.Column(name)
	if err != nil {
		return nil, err
	}
	values := make([]float64, c.Len())
	for row := range values {
		v, err := c.Float(row)
		if err != nil {
			return nil, err
		}
		if !math.IsNaN(v) && !n.is(v) {
			return nil, &catalog.FormatError{File: file, Where: fmt.Sprintf("%s, column %q", table.Place(row), name), Reason: fmt.Sprintf("%g is not %s", v, n.name)}
		}
		values[row] = v
	}
	return values, nil
}

// of is those examples that have predictions, with them [examples, names].
func (p *predicted) of(all []example) (examples []example, values, sigmas []float64) {
	for _, e := range all {
		row, ok := p.row[e.object.ID]
		if !ok || p.failed(row) {
			continue
		}
		examples = append(examples, e)
		for i := range p.values {
			values = append(values, p.values[i][row])
			if p.sigmas != nil {
				sigmas = append(sigmas, p.sigmas[i][row])
			}
		}
	}
	return examples, values, sigmas
}
