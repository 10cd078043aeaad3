package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/progress"
)

// Predictions are judged as the training that wrote them judged its test part, but for what their digits leave out.
func TestScore(t *testing.T) {
	long(t)
	for _, c := range []struct{ task, label, plot string }{
		{"classify", "class", "confusion.png"}, {"multilabel", "ring,bright", "pr.png"}, {"regress", "size,bright", "regression_size.png"},
	} {
		t.Run(c.task, func(t *testing.T) {
			o := options(t, cutouts(t, 24, 1, ".fits"), c.label, t.TempDir())
			o.Task, o.TestFraction = c.task, 0.3
			mustRun(t, o)
			s := ScoreOptions{Options: o, Predictions: filepath.Join(o.Out, predictionsFile)}
			wantError(t, Score(context.Background(), s), cli.Failed, "holds a run")
			var log bytes.Buffer
			s.Out, s.Log = filepath.Join(t.TempDir(), "scores"), progress.NewLog(&log)
			if err := Score(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			alike(t, "test", figures(t, s.Out)["test"], figures(t, o.Out)["test"])
			if _, err := os.Stat(filepath.Join(s.Out, c.plot)); err != nil {
				t.Error(err)
			}
			if !strings.Contains(log.String(), "labelled rows have no prediction and are left out") {
				t.Errorf("the log %q", &log)
			}
		})
	}
}

// alike compares what JSON holds, numbers to what eight digits of probabilities leave of them.
func alike(t *testing.T, at string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		if n := len(got.(map[string]any)); n != len(want) {
			t.Errorf("%s: %d entries, not %d", at, n, len(want))
		}
		for key, value := range want {
			alike(t, at+"."+key, got.(map[string]any)[key], value)
		}
	case []any:
		if n := len(got.([]any)); n != len(want) {
			t.Fatalf("%s: %d elements, not %d", at, n, len(want))
		}
		for i, value := range want {
			alike(t, at, got.([]any)[i], value)
		}
	case float64:
		if !(math.Abs(got.(float64)-want) <= 1e-6*(1+math.Abs(want))) {
			t.Errorf("%s: %v, not %v", at, got, want)
		}
	default:
		if got != want {
			t.Errorf("%s: %v, not %v", at, got, want)
		}
	}
}

func TestScoreRefusals(t *testing.T) {
	predictions := func(text string) string {
		name := filepath.Join(t.TempDir(), "p.csv")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	catalogue := cutouts(t, 6, 1, ".fits")
	for name, c := range map[string]struct {
		predictions, task string
		code              int
		want              []string
	}{
		"no probabilities":    {"id_str,label\no01,ring\n", "classify", cli.Failed, []string{"p_<class>", "label"}},
		"an id twice":         {"id_str,p_core,p_ring\no01,0.5,0.5\no01,1,0\n", "classify", cli.Failed, []string{"row 1", "row 2", `"o01"`}},
		"an unknown class":    {"id_str,p_core,p_bar\no00,0.5,0.5\no01,1,0\n", "classify", cli.Failed, []string{"ring", "bar"}},
		"no number":           {"id_str,p_core,p_ring\no01,0.5,much\n", "classify", cli.Failed, []string{"much", "p_ring"}},
		"no probability":      {"id_str,p_core,p_ring\no01,0.5,0.5\no02,-0.5,1.5\n", "classify", cli.Failed, []string{"p.csv: row 2", "p_core", "-0.5 is not a probability"}},
		"half of them":        {"id_str,p_core,p_ring\no01,NaN,0.5\n", "classify", cli.Failed, []string{"p.csv: row 1", "some not"}},
		"infinite":            {"id_str,size,size_sigma\no01,inf,1\n", "regress", cli.Failed, []string{"p.csv: row 1", "size", "+Inf is not a finite number"}},
		"no sigma":            {"id_str,size,size_sigma\no01,3,0\n", "regress", cli.Failed, []string{"p.csv: row 1", "size_sigma", "0 is not a positive number"}},
		"nothing in common":   {"id_str,p_core,p_ring\nx,0.5,0.5\n", "classify", cli.Failed, []string{"no labelled row"}},
		"a column is missing": {"id_str,size\no01,0.5\n", "regress", cli.Failed, []string{"size_sigma"}},
		"votes":               {"id_str\n", "votes", cli.WrongUsage, []string{"votes"}},
	} {
		t.Run(name, func(t *testing.T) {
			label := map[string]string{"classify": "class", "regress": "size", "votes": "shape_a,shape_b"}[c.task]
			o := options(t, catalogue, label, filepath.Join(t.TempDir(), "scores"))
			o.Task = c.task
			wantError(t, Score(context.Background(), ScoreOptions{Options: o, Predictions: predictions(c.predictions)}), c.code, c.want...)
			if _, err := os.Stat(o.Out); err == nil {
				t.Error("there is a folder")
			}
		})
	}
}
