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

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/infer"
)

// What a run says of its test part, from several turns and flips and calibrated, vit-infer says with its best model, of files that
// cannot be read too.
func TestPredictsAsVitInfer(t *testing.T) {
	long(t)
	for _, c := range []struct{ task, label, column string }{{"classify", "class", "p_ring"}, {"regress", "size", "size_sigma"}} {
		catalogue := cutouts(t, 24, 1, ".fits")
		for _, name := range []string{"o02", "o09", "o13", "o20"} {
			if err := os.Truncate(filepath.Join(filepath.Dir(catalogue), "images", name+".fits"), 2880); err != nil {
				t.Fatal(err)
			}
		}
		o := options(t, catalogue, c.label, t.TempDir(), "--samples=8")
		o.Task, o.TestFraction = c.task, 0.3
		mustRun(t, o)
		other := filepath.Join(t.TempDir(), "p.csv")
		if err := infer.Run(context.Background(), infer.Options{
			Model: filepath.Join(o.Out, "best"), Inputs: []string{o.Catalog}, Out: other, Batch: 4, Workers: 2, Log: slog.New(slog.DiscardHandler),
		}); err != nil {
			t.Fatal(err)
		}
		want, got, failed := rowsOf(t, other), rowsOf(t, filepath.Join(o.Out, predictionsFile)), 0
		if len(got) < 5 || len(want) != 24 {
			t.Fatalf("%d and %d rows", len(got), len(want))
		}
		for id, row := range got {
			for column, cell := range row {
				v, err := strconv.ParseFloat(cell, 64)
				w, _ := strconv.ParseFloat(want[id][column], 64)
				if cell != want[id][column] && (err != nil || !(math.Abs(v-w) <= 1e-6*math.Abs(v))) {
					t.Errorf("%s: %s of %s is %q, vit-infer says %q", c.task, column, id, cell, want[id][column])
				}
			}
			if row["flags"] == catalog.FlagFailed {
				failed++
			} else if row[c.column] == "NaN" || row["x"] == "NaN" {
				t.Errorf("%s: %s is %v", c.task, id, row)
			}
		}
		if failed == 0 {
			t.Errorf("%s: no row of a file that cannot be read", c.task)
		}
	}
}

// rowsOf is the rows of a CSV file by id, and their cells by column.
func rowsOf(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]map[string]string{}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, title := range records[0] {
			row[title] = record[i]
		}
		rows[row["id_str"]] = row
	}
	return rows
}
