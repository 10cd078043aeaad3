package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
)

// foldBits is what runs with --folds left, but for times.
func foldBits(t *testing.T, out string, folds int) string {
	t.Helper()
	var all []string
	for k := 1; k <= folds; k++ {
		all = append(all, bits(t, filepath.Join(out, fmt.Sprintf("fold-%d", k))))
	}
	for _, name := range []string{foldsFile, figuresFile, predictionsFile} {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name, string(data))
	}
	return strings.Join(all, "\n")
}

// Each fold is the test part of one run and trained on in the others; the
// figures and the predictions of all are collected.
func TestFolds(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 30, 1, ".fits")
	o := options(t, catalogue, "class", filepath.Join(t.TempDir(), "a"))
	o.Folds = 3
	log := mustRun(t, o)
	if want := "10 to test on (core 5, ring 5), fold 2 of 3, by a hash of the ids, class by class"; !strings.Contains(log, want) {
		t.Errorf("the log lacks %q:\n%s", want, log)
	}
	folds := table(t, "id_str,fold", o.Out, foldsFile)
	fold := map[string]string{}
	for i, record := range folds {
		if record[0] != fmt.Sprintf("o%02d", i) {
			t.Fatalf("row %d of %s is %q", i, foldsFile, record)
		}
		fold[record[0]] = record[1]
	}
	var accuracies []float64
	for k := 1; k <= 3; k++ {
		dir := filepath.Join(o.Out, fmt.Sprintf("fold-%d", k))
		count := map[string]int{}
		for _, record := range table(t, "id_str,split", dir, splitFile) {
			count[record[1]]++
			if (record[1] == "test") != (fold[record[0]] == fmt.Sprint(k)) {
				t.Errorf("fold %d: %q, but it is in fold %s", k, record, fold[record[0]])
			}
		}
		if count["train"] != 14 || count["val"] != 6 || count["test"] != 10 {
			t.Errorf("fold %d has the parts %v", k, count)
		}
		for _, name := range []string{"best", "last", "confusion.png", "curves.png", historyFile, settingsFile} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		accuracies = append(accuracies, figures(t, dir)["test"].(map[string]any)["accuracy"].(float64))
	}

	var c struct {
		Folds int
		Test  struct {
			Accuracy figure
			Classes  []struct {
				Name   string
				Recall figure
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(o.Out, figuresFile))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	mean := (accuracies[0] + accuracies[1] + accuracies[2]) / 3
	if f := c.Test.Accuracy; err != nil || c.Folds != 3 || len(f.Folds) != 3 || math.Abs(float64(f.Mean)-mean) > 1e-12 ||
		float64(f.Folds[2]) != accuracies[2] || len(c.Test.Classes) != 2 || c.Test.Classes[1].Name != "ring" || !c.Test.Classes[1].Recall.Mean.Defined() {
		t.Errorf("%+v, %v; the accuracies are %v", c, err, accuracies)
	}
	if want := fmt.Sprintf("%.4f", mean); !strings.Contains(log[strings.Index(log, "3 folds, tested"):], want) {
		t.Errorf("the table does not give the mean accuracy %s:\n%s", want, log)
	}

	said := table(t, "id_str,file_loc,hdu,x,y,ra,dec,label,p_core,p_ring,flags,fold", o.Out, predictionsFile)
	right := map[string]float64{}
	for i, record := range said {
		id, k := record[0], record[11]
		if id != folds[i][0] || k != fold[id] {
			t.Errorf("row %d of %s is %q", i, predictionsFile, record)
		}
		if record[7] == [2]string{"core", "ring"}[i%2] {
			right[k]++
		}
	}
	for k, accuracy := range accuracies {
		if got := right[fmt.Sprint(k+1)] / 10; math.Abs(got-accuracy) > 1e-12 {
			t.Errorf("fold %d: the accuracy of the predictions is %g, of the metrics %g", k+1, got, accuracy)
		}
	}
}

// Membership depends on the ids and classes alone: not on the order of the rows,
// nor on --seed.
func TestFoldsAreStable(t *testing.T) {
	catalogue := cutouts(t, 30, 1, ".fits")
	members := func(change func(*Options)) map[string]int {
		o := options(t, catalogue, "class", "")
		o.Folds = 4
		change(&o)
		s, err := openSource(o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.table.Close()
		v := &validation{source: s}
		if err := v.divide(context.Background()); err != nil {
			t.Fatal(err)
		}
		m := map[string]int{}
		for row, fold := range v.folds {
			m[s.main.objects[row].ID] = fold
		}
		return m
	}
	want := members(func(*Options) {})
	text, err := os.ReadFile(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Reverse(lines[1:])
	reversed := filepath.Join(filepath.Dir(catalogue), "reversed.csv")
	writeText(t, reversed, strings.Join(lines, "\n")+"\n")
	if got := members(func(o *Options) { o.Catalog = reversed }); !reflect.DeepEqual(got, want) {
		t.Errorf("of rows in another order: %v, want %v", got, want)
	}
	if got := members(func(o *Options) { o.Seed = 9 }); !reflect.DeepEqual(got, want) {
		t.Errorf("with another seed: %v, want %v", got, want)
	}
	count := map[int]int{}
	for _, fold := range members(func(o *Options) { o.Task, o.Labels = "regress", []string{"size"} }) {
		count[fold]++
	}
	if len(count) != 4 || count[1] < 7 || count[4] > 8 {
		t.Errorf("the folds of a regression have %v rows", count)
	}
}

// Folds that are stopped, wherever, and go on end with the same bits, and those
// that are finished are not run again.
func TestFoldsStopAndResume(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	for _, c := range [][2]string{{"class", "classify"}, {"size", "regress"}} {
		t.Run(c[1], func(t *testing.T) {
			t.Parallel()
			o := options(t, catalogue, c[0], t.TempDir())
			o.Task, o.Folds, o.Workers = c[1], 2, 1
			mustRun(t, o)
			want := foldBits(t, o.Out, 2)
			o.Out, o.Resume = t.TempDir(), true
			stops := 0
			for n := 0; ; n++ {
				// The files are looked at, then read fold by fold, and so on.
				err := stopAfter(o, 2*24+4+n%7)
				if err == nil {
					break
				}
				if !errors.Is(err, cli.ErrInterrupted) {
					t.Fatal(err)
				}
				if _, err := os.Stat(filepath.Join(o.Out, figuresFile)); err == nil {
					t.Fatal("there are figures before all folds are finished")
				}
				if stops++; stops > 100 {
					t.Fatal("the run does not get on")
				}
			}
			if stops < 4 {
				t.Errorf("the run was stopped %d times only", stops)
			}
			if foldBits(t, o.Out, 2) != want {
				t.Errorf("after %d stops the result is another", stops)
			}
			for _, dir := range []string{".", "fold-1", "fold-2"} {
				leftovers(t, filepath.Join(o.Out, dir))
			}
			if log := mustRun(t, o); strings.Contains(log, "reading") || !strings.Contains(log, "fold 2 of 2 is finished") {
				t.Errorf("a finished fold was run again:\n%s", log)
			}
			if foldBits(t, o.Out, 2) != want {
				t.Error("resuming what is finished changed it")
			}
		})
	}
}

// Folds that are run one by one give the same as all at once; the last collects.
func TestFoldByFold(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 24, 1, ".fits")
	o := options(t, catalogue, "class", t.TempDir())
	o.Folds = 3
	mustRun(t, o)
	want := foldBits(t, o.Out, 3)
	o.Out = t.TempDir()
	for i, k := range []int{2, 3, 1} {
		o.Fold = k
		log := mustRun(t, o)
		_, err := os.Stat(filepath.Join(o.Out, figuresFile))
		if (err == nil) != (i == 2) || strings.Contains(log, "are not finished") != (i < 2) {
			t.Errorf("after fold %d: %v; the log:\n%s", k, err, log)
		}
	}
	if foldBits(t, o.Out, 3) != want {
		t.Error("the result is another")
	}
	wantError(t, Run(context.Background(), o), cli.Failed, "fold-1 holds a run already; use --resume")

	// What a fold lacks is made good by all.
	for _, name := range []string{figuresFile, predictionsFile, "fold-2/" + predictionsFile} {
		if err := os.Remove(filepath.Join(o.Out, name)); err != nil {
			t.Fatal(err)
		}
	}
	o.Fold, o.Resume = 0, true
	mustRun(t, o)
	if foldBits(t, o.Out, 3) != want {
		t.Error("the result of going on is another")
	}
}

// A folder of folds is not given to others.
func TestFoldsRefuseOthers(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 24, 1, ".fits")
	out := t.TempDir()
	folded := options(t, catalogue, "class", out)
	folded.Folds = 2
	mustRun(t, folded)
	before := snapshot(t, out)
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no --resume", func(o *Options) { o.Resume = false }, "fold-1 holds a run already"},
		{"no folds", func(o *Options) { o.Folds = 0 }, "holds a run with --folds"},
		{"more folds", func(o *Options) { o.Folds = 3 }, "folds.csv is of other rows or another number of folds"},
		{"rows", func(o *Options) { o.Where = []string{"bright=1"} }, "folds.csv is of other rows"},
		{"rate", func(o *Options) { *o = options(t, catalogue, "class", out, "--lr=0.1"); o.Folds, o.Resume = 2, true }, "lr 0.003, not 0.1"},
		{"labels", func(o *Options) {
			o.Catalog = rewrite(t, catalogue, func(row int, line string) string {
				// The classes exchanged: the same folds, other labels.
				return strings.NewReplacer("core", "ring", "ring", "core").Replace(line)
			})
		}, "other rows or other labels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := folded
			o.Resume = true
			c.change(&o)
			wantError(t, Run(context.Background(), o), cli.Failed, c.want)
			if snapshot(t, out) != before {
				t.Error("the folder was changed")
			}
		})
	}
	o := options(t, catalogue, "class", t.TempDir())
	mustRun(t, o)
	o.Folds, o.Resume = 2, true
	wantError(t, Run(context.Background(), o), cli.Failed, "holds a run without --folds")
}

func TestFoldsUsage(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"--folds is missing":          func(o *Options) { o.Folds, o.Fold = 0, 1 },
		"--folds must be at least 2":  func(o *Options) { o.Folds = 1 },
		"--fold must be from 1 to 3":  func(o *Options) { o.Fold = 4 },
		"--folds and --test-fraction": func(o *Options) { o.TestFraction = 0.1 },
		"--folds and --val-where":     func(o *Options) { o.ValWhere = []string{"class=core"} },
		"--folds and --test-catalog":  func(o *Options) { o.TestCatalog = "a.csv" },
	} {
		o := options(t, "train.csv", "class", t.TempDir())
		o.Folds = 3
		change(&o)
		wantError(t, Run(context.Background(), o), cli.WrongUsage, want)
	}
	o := options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir())
	o.Folds = 60
	wantError(t, Run(context.Background(), o), cli.Failed, "of 60 would be empty, of 24 rows")
}

// Figures are of the folds that define them; the numbers are numpy's with ddof=1.
func TestSpread(t *testing.T) {
	var reports []any
	for _, text := range []string{
		`{"name": "a", "x": 0.5, "y": null, "c": [{"z": 1}], "intervals": {"x": [0, 1]}}`,
		`{"name": "a", "x": 0.75, "y": 3, "c": [{"z": 1}], "intervals": {"x": [0, 1]}}`,
		`{"name": "a", "x": 1.5, "y": null, "c": [{"z": 4}]}`,
	} {
		var report any
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, report)
	}
	text, err := json.Marshal(spread(reports))
	want := `{"c":[{"z":{"mean":2,"std":1.7320508075688772,"folds":[1,1,4]}}],"name":"a",` +
		`"x":{"mean":0.9166666666666666,"std":0.5204164998665333,"folds":[0.5,0.75,1.5]},"y":{"mean":3,"std":null,"folds":[null,3,null]}}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
	if table := tabulate(spread([]any{[]any{map[string]any{"name": "flux", "rmse": 2.5e-6}}, []any{map[string]any{"name": "flux", "rmse": 3.5e-6}}})); !strings.HasPrefix(table, "\nflux rmse  3e-06  7.071e-07  2.5e-06  3.5e-06") {
		t.Errorf("the table %q", table)
	}
	votes := func(loss, mae float64) any {
		return map[string]any{"log_loss": loss, "questions": []any{map[string]any{"name": "bar", "mae": mae}}}
	}
	if table := tabulate(spread([]any{votes(0.5, 0.1), votes(0.5, 0.1)})); table != "\nlog_loss  0.5  0  0.5  0.5\nbar mae   0.1  0  0.1  0.1" {
		t.Errorf("the table of votes %q", table)
	}
	if none := spread([]any{nil, nil}).(figure); none.Mean.Defined() || none.Std.Defined() {
		t.Errorf("%+v", none)
	}
}
