package train

import (
	"context"
	"encoding/csv"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/astrovit/astrovit/internal/infer"
)

// What a run says of its test part, from several turns and flips and calibrated, vit-infer says with its best model.
func TestPredictsAsVitInfer(t *testing.T) {
	long(t)
	for _, c := range []struct{ task, label, column string }{{"classify", "class", "p_ring"}, {"regress", "size", "size_sigma"}} {
		o := options(t, cutouts(t, 24, 1, ".fits"), c.label, t.TempDir(), "--samples=8")
		o.Task, o.TestFraction = c.task, 0.3
		mustRun(t, o)
		other := filepath.Join(t.TempDir(), "p.csv")
		if err := infer.Run(context.Background(), infer.Options{
			Model: filepath.Join(o.Out, "best"), Inputs: []string{o.Catalog}, Out: other, Batch: 4, Workers: 2, Log: slog.New(slog.DiscardHandler),
		}); err != nil {
			t.Fatal(err)
		}
		want := columnOf(t, other, c.column)
		got := columnOf(t, filepath.Join(o.Out, predictionsFile), c.column)
		if len(got) == 0 || len(want) != 24 {
			t.Fatalf("%d and %d rows", len(got), len(want))
		}
		for id, v := range got {
			if !(math.Abs(v-want[id]) <= 1e-6*math.Abs(v)) {
				t.Errorf("%s: %s of %s is %v, vit-infer says %v", c.task, c.column, id, v, want[id])
			}
		}
	}
}

// columnOf is a column of a CSV file by id.
func columnOf(t *testing.T, name, column string) map[string]float64 {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, title := range rows[0] {
		at[title] = i
	}
	values := map[string]float64{}
	for _, row := range rows[1:] {
		if values[row[at["id_str"]]], err = strconv.ParseFloat(row[at[column]], 64); err != nil {
			t.Fatal(err)
		}
	}
	return values
}
