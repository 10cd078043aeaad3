package train

import (
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/vit"
)

func TestRecipes(t *testing.T) {
	for _, name := range RecipeNames[1:] {
		if _, err := (Settings{}).withRecipe(name, 0, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for labels, want := range map[int]string{1: "1k", 2999: "1k", 3000: "10k", 29999: "10k", 30000: "100k", 1e6: "100k"} {
		o := Options{Recipe: "auto"}
		if _, got, err := o.settings(labels); got != want || err != nil {
			t.Errorf("%d labels: recipe %s, %v; want %s", labels, got, err, want)
		}
	}
	for labels, want := range map[int]int{1: 1000, 100: 300, 160: 187, 200: 150, 2999: 150, 3000: 133, 8000: 50, 10000: 40, 30000: 20} {
		// Few labels start from a built-in model's weights; not so a model of another shape.
		init := [2]string{scratch, scratch}
		if labels < 3000 {
			init[0] = starter
		}
		for i, o := range []Options{
			{Recipe: "auto", Task: "classify"},
			{Recipe: "auto", Task: "classify", Explicit: map[string]bool{"depth": true}},
			{Recipe: "auto", Task: "classify", Explicit: map[string]bool{"image-size": true}},
			{Recipe: "auto", Task: "classify", Explicit: map[string]bool{"init": true}, Settings: Settings{Init: scratch}},
		} {
			from := init[min(i, 1)]
			if s, _, err := o.settings(labels); s.Epochs != want || s.Init != from || err != nil {
				t.Errorf("%d labels, options %d: %d epochs from %s, %v; want %d from %s", labels, i, s.Epochs, s.Init, err, want, from)
			}
		}
	}
	// What the user says wins, a value that equals another recipe's default too.
	s, err := Settings{Epochs: 60, Batch: 1}.withRecipe("10k", 100, map[string]bool{"epochs": true})
	if err != nil || s.Epochs != 60 || s.Batch != recipes["10k"]().Batch {
		t.Errorf("got %d epochs, batches of %d, %v", s.Epochs, s.Batch, err)
	}
	// Predictions are of turns and flips where training has shown them.
	for flag, want := range map[string]int{"": recipes["1k"]().Samples, "flip": 1, "rotate": 1, "samples": 4} {
		s, err := Settings{Rotate: "none", Samples: 4}.withRecipe("1k", 100, map[string]bool{flag: true})
		if err != nil || s.Samples != want {
			t.Errorf("%q given: %d samples, %v; want %d", flag, s.Samples, err, want)
		}
	}
}

// The weights of the classes are balanced: each class weighs the same in all,
// the mean example 1.
func TestClassWeights(t *testing.T) {
	l := &labelled{task: catalog.Classify, labels: []string{"a", "b", "c"}}
	for class, n := range []int{6, 3, 1} {
		for range n {
			e := example{target: make([]float32, 3)}
			e.target[class] = 1
			l.train = append(l.train, e)
		}
	}
	got := l.loss(Settings{Weighted: true, Smoothing: 0.1}).(vit.CrossEntropy).Weights
	for i, want := range []float64{10. / 18, 10. / 9, 10. / 3} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("class %d weighs %g, want %g", i, got[i], want)
		}
	}
	if w := l.loss(Settings{}).(vit.CrossEntropy).Weights; !slices.Equal(w, []float64{1, 1, 1}) {
		t.Errorf("without --class-weights they are %v", w)
	}
}

// Targets far from zero keep their spread, whatever float32 makes of them, and unknown ones stay unknown.
func TestStandardise(t *testing.T) {
	nan := math.NaN()
	l := &labelled{task: catalog.Regress, labels: []string{"jd", "y"}}
	of := func(numbers ...float64) example { return example{number: numbers, target: make([]float32, 2)} }
	l.train = []example{of(2458849.5, nan), of(2458849.75, 5), of(nan, 5)}
	l.val = []example{of(2458849.625, 7)}
	l.standardise()
	for i, want := range [][]float64{{-1, nan}, {1, 0}, {nan, 0}, {0, 2}} {
		got := append(slices.Clone(l.train), l.val...)[i].target
		for c := range want {
			if float64(got[c]) != want[c] && (got[c] == got[c] || want[c] == want[c]) {
				t.Errorf("example %d: %v, want %v", i, got, want)
			}
		}
	}
	if c := l.columns[0]; c.Mean != 2458849.625 || c.Std != 0.125 {
		t.Errorf("column %+v", c)
	}
}

// A preset is what it says, whatever the recipe's own would be.
func TestPresetUnderRecipes(t *testing.T) {
	for _, recipe := range RecipeNames[1:] {
		for _, p := range vit.Presets {
			s, err := Settings{Preset: p.Name}.withRecipe(recipe, 0, map[string]bool{"preset": true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.ofPreset().config(1, 2)
			if want := p.Config(1, 2); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, recipe %s: %+v, want %+v (%v)", p.Name, recipe, got, want, err)
			}
		}
	}
}

// Few epochs have a short warm-up, unless the user wants another.
func TestWarmup(t *testing.T) {
	for epochs, want := range map[int]float64{1: 0.5, 6: 3, 20: 10, 150: 10} {
		s, err := Settings{Epochs: epochs}.withRecipe("1k", 100, map[string]bool{"epochs": true})
		if err != nil || s.Warmup != want {
			t.Errorf("%d epochs: %g to warm up, %v; want %g", epochs, s.Warmup, err, want)
		}
	}
	s, err := Settings{Epochs: 4, Warmup: 4}.withRecipe("1k", 100, map[string]bool{"epochs": true, "warmup": true})
	if err != nil || s.Warmup != 4 {
		t.Errorf("asked for 4: %g, %v", s.Warmup, err)
	}
}

// The learning rate of a run rises to its peak and falls to its least.
func TestRunSchedule(t *testing.T) {
	s := vit.Schedule{Peak: 1, Min: 0.1, Warmup: 10, Steps: 110}
	for step, want := range map[int]float64{0: 0.1, 9: 1, 10: 1, 60: 0.55} {
		if got := s.LR(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	for step := 10; step < 109; step++ {
		if s.LR(step+1) >= s.LR(step) {
			t.Errorf("the rate does not fall after step %d", step)
		}
	}
	if last := s.LR(109); last < 0.1 || last > 0.101 {
		t.Errorf("the last rate is %g", last)
	}
}

// Patience begins after the warm-up, and best/ is of the epoch whose validation loss is the least.
func TestPatience(t *testing.T) {
	o := options(t, cutouts(t, 40, 1, ".fits"), "class", t.TempDir(), "--epochs=40", "--warmup=6", "--patience=2", "--lr=0.05", "--ema=0", "--label-smoothing=0", "--init=none")
	mustRun(t, o)
	m := figures(t, o.Out)
	table, err := catalog.Open(filepath.Join(o.Out, historyFile), catalog.Folder)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	column, err := table.Column("val_loss")
	if err != nil {
		t.Fatal(err)
	}
	least, best := math.Inf(1), 0
	for epoch := range column.Len() {
		if v, err := column.Float(epoch); err != nil {
			t.Fatal(err)
		} else if v < least {
			least, best = v, epoch+1
		}
	}
	if want := min(max(best, 6)+2, 40); m["best_epoch"] != float64(best) || column.Len() != want {
		t.Errorf("best epoch %v of %d, want %d of %d", m["best_epoch"], column.Len(), best, want)
	}
	if got := m["validation_uncalibrated"].(map[string]any)["log_loss"].(float64); math.Abs(got-least) > 1e-4*least {
		t.Errorf("the loss of best/ is %g, of epoch %d %g", got, best, least)
	}
}
