package train

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/whole"
)

// Names in the folder of a run with --folds, beside predictions.csv and a run
// folder a fold.
const (
	foldsFile   = "folds.csv"
	figuresFile = "folds.json"
)

func (o Options) validateFolds() error {
	switch other := o.dividing(); {
	case o.Folds == 0 && o.Fold != 0:
		return cli.Usagef("--fold says which of --folds to run; --folds is missing")
	case o.Folds == 0:
		return nil
	case o.Folds < 2:
		return cli.Usagef("--folds must be at least 2")
	case o.Fold < 0 || o.Fold > o.Folds:
		return cli.Usagef("--fold must be from 1 to %d, or 0 for all", o.Folds)
	case other != "":
		return cli.Usagef("--folds and %s cannot both say what to test on", other)
	}
	return nil
}

// validation is a cross-validation: a run a fold, which is its test part.
type validation struct {
	*source
	settings Settings
	recipe   string
	folds    []int // of each row of the main catalogue, from 1; 0 without a label
}

// runFolds trains a model a fold. All have the same settings, and what a fold
// does with them depends on no other.
func runFolds(ctx context.Context, o Options) error {
	s, err := openSource(o)
	if err != nil {
		return err
	}
	defer s.table.Close()
	if _, err := s.splitColumn(); err != nil {
		return err
	}
	v := &validation{source: s}
	if err := v.divide(ctx); err != nil {
		return err
	}
	labels := len(s.main.all())
	if v.settings, v.recipe, err = o.settings(labels - labels/o.Folds); err != nil {
		return err
	}
	for _, k := range v.chosen() {
		if _, err := v.data(ctx, k); err != nil {
			return fmt.Errorf("fold %d of %d: %w", k, o.Folds, err)
		}
	}
	if err := v.byFirst(v.openFolder); err != nil {
		return err
	}
	for _, k := range v.chosen() {
		if err := v.run(ctx, k); err != nil {
			return err
		}
	}
	var left []int
	for k := 1; k <= o.Folds; k++ {
		if finished, err := v.decided(func() (bool, error) { return v.finished(ctx, k) }); err != nil {
			return err
		} else if !finished {
			left = append(left, k)
		}
	}
	if len(left) > 0 {
		o.Log.Info(fmt.Sprintf("the folds %v are not finished; %s comes with the last of them", left, filepath.Join(o.Out, figuresFile)), "left", left)
		return nil
	}
	return v.byFirst(v.collect)
}

// divide puts each labelled row into a fold.
func (v *validation) divide(ctx context.Context) error {
	ids, class, err := v.kin(ctx)
	if err != nil {
		return err
	}
	all := v.main.all()
	v.folds = make([]int, len(v.main.objects))
	count := make([]int, v.Folds)
	for i, fold := range catalog.Folds(at(ids, all), at(class, all), v.Folds) {
		v.folds[all[i]] = fold + 1
		count[fold]++
	}
	if empty := slices.Index(count, 0); empty >= 0 {
		return fmt.Errorf("%s: fold %d of %d would be empty, of %d rows with a label: choose fewer --folds", v.Catalog, empty+1, v.Folds, len(all))
	}
	return nil
}

// chosen are the folds to run.
func (v *validation) chosen() []int {
	if v.Fold > 0 {
		return []int{v.Fold}
	}
	var all []int
	for k := range v.Folds {
		all = append(all, k+1)
	}
	return all
}

// openFolder makes the folders and folds.csv. Folds that hold a run are an error
// without --resume, and so are other folds than these.
func (v *validation) openFolder() error {
	if name, err := found(v.Out, runFiles...); err != nil {
		return err
	} else if name != "" {
		return fmt.Errorf("%s holds a run without --folds; use another --out", v.Out)
	}
	records := [][]string{{"id_str", "fold"}}
	for _, row := range v.main.all() {
		records = append(records, []string{v.main.objects[row].ID, strconv.Itoa(v.folds[row])})
	}
	var now bytes.Buffer
	if err := csv.NewWriter(&now).WriteAll(records); err != nil {
		return err
	}
	name := filepath.Join(v.Out, foldsFile)
	before, err := os.ReadFile(name)
	switch {
	case err == nil && !bytes.Equal(before, now.Bytes()):
		return fmt.Errorf("%s is of other rows or another number of folds; use another --out", name)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	for _, k := range v.chosen() {
		if _, err := openRunFolder(v.dir(k), v.Resume); err != nil {
			return err
		}
	}
	if v.Fold == 0 { // other folds may be running, each in a process
		whole.Sweep(name, filepath.Join(v.Out, figuresFile), filepath.Join(v.Out, predictionsFile))
	}
	if before != nil {
		return nil
	}
	return whole.WriteBytes(name, now.Bytes())
}

// dir is the run folder of fold k.
func (v *validation) dir(k int) string { return filepath.Join(v.Out, fmt.Sprintf("fold-%d", k)) }

// options are those of the run of fold k.
func (v *validation) options(k int) Options {
	o := v.Options
	o.Out, o.Log = v.dir(k), v.Log.With("fold", k)
	return o
}

// data are fold k to test on, and of the rest a part to validate on.
func (v *validation) data(ctx context.Context, k int) (*labelled, error) {
	var left, test []int
	for _, row := range v.main.all() {
		if v.folds[row] == k {
			test = append(test, row)
		} else {
			left = append(left, row)
		}
	}
	rule := fmt.Sprintf("fold %d of %d, by %s", k, v.Folds, v.byHash())
	data, err := v.validated(ctx, left, v.examples(test), [3]string{2: rule})
	if err == nil {
		data.content = fingerprint(data.train, data.val, data.test)
	}
	return data, err
}

// run runs fold k, unless it is finished.
func (v *validation) run(ctx context.Context, k int) error {
	finished, err := v.decided(func() (bool, error) { return v.finished(ctx, k) })
	if err != nil {
		return err
	}
	if finished {
		v.Log.Info(fmt.Sprintf("fold %d of %d is finished", k, v.Folds), "fold", k)
		return nil
	}
	v.Log.Info(fmt.Sprintf("fold %d of %d", k, v.Folds), "fold", k)
	data, err := v.data(ctx, k)
	if err != nil {
		return err
	}
	return v.options(k).run(ctx, data, v.settings, v.recipe)
}

// finished tells whether fold k has all its files, of which the predictions are
// the last. One of another run is an error.
func (v *validation) finished(ctx context.Context, k int) (bool, error) {
	if name, err := found(v.dir(k), predictionsFile); name == "" {
		return false, err
	}
	data, err := v.data(ctx, k)
	if err != nil {
		return false, err
	}
	saved, err := newest(v.dir(k), v.Log)
	if err != nil {
		return false, err
	}
	defer saved.Close()
	who, err := saved.identity()
	if err != nil {
		return false, err
	}
	now := v.options(k).identity(data, v.settings)
	now.Read, now.Recipe = who.Read, who.Recipe // the pixels are not looked at again
	if err := now.same(who); err != nil {
		return false, fmt.Errorf("%s is of another run: %w", saved.name, err)
	}
	return true, nil
}

// predictions writes what was said of each row by the model that had not seen
// it, in the order of the catalogue: the rows of the folds' own files, with the
// fold.
func (v *validation) predictions() error {
	said := map[string][]string{} // by id
	var header []string
	for k := 1; k <= v.Folds; k++ {
		name := filepath.Join(v.dir(k), predictionsFile)
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(records) == 0 || header != nil && !slices.Equal(header, append(records[0], "fold")) {
			return fmt.Errorf("%s is not a table of predictions of this run", name)
		}
		header = append(records[0], "fold")
		for _, record := range records[1:] {
			said[record[0]] = append(record, strconv.Itoa(k))
		}
	}
	records := [][]string{header}
	for _, row := range v.main.all() {
		if record, ok := said[v.main.objects[row].ID]; ok {
			records = append(records, record)
		}
	}
	return writeCSV(filepath.Join(v.Out, predictionsFile), records)
}
