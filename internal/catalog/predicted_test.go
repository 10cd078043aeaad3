package catalog

import (
	"math"
	"path/filepath"
	"reflect"
	"testing"
)

// What is written with a layout is read back, of each task.
func TestPredictedReadsPredictions(t *testing.T) {
	nan := math.NaN()
	questions := []Question{{Name: "shape", Answers: []string{"shape_smooth", "shape_disc"}}}
	for _, c := range []struct {
		task      Task
		names     []string
		questions []Question
	}{
		{Classify, []string{"ring", "disc"}, nil}, {MultiLabel, []string{"ring", "disc"}, nil}, {Regress, []string{"mag", "size"}, nil},
		{Votes, []string{"shape_smooth", "shape_disc"}, questions},
	} {
		want := Prediction{ID: "a", File: "a.fits", HDU: 1, X: 2.5, Y: 3, RA: nan, Dec: nan, Values: []float64{0.25, 0.75}, Sigmas: []float64{0.5, 0.125}, Flags: []string{FlagEdge}}
		layout, err := Predictions(c.task, c.names, true, c.questions...)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "p.csv")
		w, err := NewWriter(name, layout)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&want); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		table, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		rows, err := table.Predicted(c.task, c.names)
		if err != nil {
			t.Errorf("%s: %v", c.task, err)
			continue
		}
		got, _ := rows.Row(0)
		if !math.IsNaN(got.RA) || !math.IsNaN(got.Dec) {
			t.Errorf("%s: at (%g, %g)", c.task, got.RA, got.Dec)
		}
		got.RA, got.Dec, want.RA, want.Dec = 0, 0, 0, 0
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", c.task, got, want)
		}
	}
}
