package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/whole"
)

// crossValidated is folds.json.
type crossValidated struct {
	Task   catalog.Task `json:"task"`
	Labels []string     `json:"labels"`
	Seed   uint64       `json:"seed"`
	Folds  int          `json:"folds"`
	Test   any          `json:"test"` // as in metrics.json, with a figure for each number
}

// figure is a number of the report of each fold. Mean and standard deviation
// (with n-1) are of the folds where it is defined.
type figure struct {
	Mean  metrics.Number   `json:"mean"`
	Std   metrics.Number   `json:"std"`
	Folds []metrics.Number `json:"folds"`
}

// collect writes predictions.csv and folds.json from the folds, which are finished.
func (v *validation) collect() error {
	if err := v.predictions(); err != nil {
		return err
	}
	var reports []any
	for k := 1; k <= v.Folds; k++ {
		name := filepath.Join(v.dir(k), metricsFile)
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var m struct {
			Test any `json:"test"`
		}
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		reports = append(reports, m.Test)
	}
	c := crossValidated{Task: v.aim.task, Labels: v.main.names, Seed: v.Seed, Folds: v.Folds, Test: spread(reports)}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(v.Out, figuresFile)
	if err := whole.WriteBytes(name, append(text, '\n')); err != nil {
		return err
	}
	said := fmt.Sprintf("%d folds, tested on what their models had not seen: mean, standard deviation and each (%s)", v.Folds, name)
	v.Log.Info(said+tabulate(c.Test), "test", c.Test)
	return nil
}

// spread is a report with a figure for each number, out of one report a fold.
// Intervals, which are of a fold alone, are left out.
func spread(reports []any) any {
	// each is the same part of all reports.
	each := func(part func(any) any) any {
		var parts []any
		for _, r := range reports {
			parts = append(parts, part(r))
		}
		return spread(parts)
	}
	switch first := reports[0].(type) {
	case string:
		return first
	case map[string]any:
		out := map[string]any{}
		for key := range first {
			if key != "intervals" {
				out[key] = each(func(r any) any { m, _ := r.(map[string]any); return m[key] })
			}
		}
		return out
	case []any:
		var out []any
		for i := range first {
			out = append(out, each(func(r any) any {
				if list, _ := r.([]any); i < len(list) {
					return list[i]
				}
				return nil
			}))
		}
		return out
	}
	var f figure
	var defined []float64
	for _, r := range reports {
		x, ok := r.(float64)
		if ok {
			defined = append(defined, x)
			f.Folds = append(f.Folds, metrics.Number(x))
		} else {
			f.Folds = append(f.Folds, metrics.Number(math.NaN()))
		}
	}
	mean, std := stat.MeanStdDev(defined, nil)
	f.Mean, f.Std = metrics.Number(mean), metrics.Number(std)
	return f
}

// tabulate is lines of a report's own figures and of those of each question of votes, or of those of
// each column of a regression.
func tabulate(report any) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	columns, ok := report.([]any)
	if !ok {
		questions, _ := report.(map[string]any)["questions"].([]any)
		columns = append([]any{report}, questions...)
	}
	for _, c := range columns {
		column := c.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(column)) {
			f, ok := column[key].(figure)
			if !ok {
				continue
			}
			name := key
			if of, ok := column["name"].(string); ok {
				name = of + " " + key
			}
			fmt.Fprintf(table, "\n%s\t%.4g\t%.4g", name, f.Mean, f.Std) // a flux in jansky has errors of 1e-6
			for _, x := range f.Folds {
				fmt.Fprintf(table, "\t%.4g", x)
			}
		}
	}
	table.Flush() // into memory
	return text.String()
}
