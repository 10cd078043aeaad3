package train

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/whole"
)

// Names in a run folder.
const (
	settingsFile    = "run.toml"
	splitFile       = "split.csv"
	historyFile     = "history.csv"
	metricsFile     = "metrics.json"
	predictionsFile = "predictions.csv"
)

// openRunFolder opens the run folder, holds it until release, and removes what a run that was killed has left there.
func (o Options) openRunFolder(data *labelled) (resuming bool, release func(), err error) {
	release = func() {}
	resuming, err = o.decided(func() (resuming bool, err error) {
		if resuming, err = openRunFolder(o.Out, o.Resume); err != nil {
			return false, err
		}
		if release, err = hold(o.Out); err != nil {
			return false, err
		}
		sweep(o.Out, data)
		return resuming, nil
	})
	return resuming, release, err
}

// sweep removes what a run that was killed had begun to write, and nothing else:
// the folder is the user's.
func sweep(dir string, data *labelled) {
	for _, name := range append(data.plotNames(), settingsFile, splitFile, historyFile, metricsFile, predictionsFile) {
		whole.Sweep(filepath.Join(dir, name))
	}
	sweepCheckpoints(dir)
	for _, name := range []string{"best", "last"} {
		modeldir.Sweep(filepath.Join(dir, name))
	}
}

// openRunFolder makes the run folder. One that holds a run is an error unless
// resume is set; the result tells whether there is a checkpoint to go on from.
func openRunFolder(dir string, resume bool) (resuming bool, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return false, err
	}
	if name, err := found(dir, foldsFile); err != nil || name != "" {
		return false, cmp.Or(err, fmt.Errorf("%s holds a run with --folds; use another --out", dir))
	}
	if name, err := found(dir, runFiles...); err != nil || name != "" && !resume {
		return false, cmp.Or(err, fmt.Errorf("%s holds a run already; use --resume to go on with it, or another --out", dir))
	}
	places, err := checkpoints(dir)
	return len(places) > 0, err
}

// runFiles are those that show that a folder holds a run.
var runFiles = []string{checkpointsFolder, metricsFile, historyFile, "best", "last"}

// found is the first of the names that is in a folder, "" if there is none.
func found(dir string, names ...string) (string, error) {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return name, nil
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}
