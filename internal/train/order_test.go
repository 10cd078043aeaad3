package train

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// counted is how often an epoch draws each example; that the copies are numbered is checked.
func counted(t *testing.T, l *loader, order []draw) []int {
	t.Helper()
	if len(order) != len(l.examples) {
		t.Fatalf("an epoch of %d images, want %d", len(order), len(l.examples))
	}
	counts := make([]int, len(l.examples))
	for _, d := range order {
		if d.copy != counts[d.example] {
			t.Errorf("copy %d of example %d is numbered %d", counts[d.example], d.example, d.copy)
		}
		counts[d.example]++
	}
	return counts
}

// Classes are drawn equally often, whatever their sizes, and an example once more only when all of its class have been.
func TestBalancedSampling(t *testing.T) {
	l := &loader{seed: 1, batch: 8, repeat: 1, balanced: true}
	for class, n := range []int{40, 0, 7, 3} {
		for range n {
			e := example{target: make([]float32, 4)}
			e.target[class] = 1
			l.examples = append(l.examples, e)
		}
	}
	counts := counted(t, l, l.order(4))
	for class, part := range map[string][]int{"large": counts[:40], "small": counts[40:47], "rare": counts[47:]} {
		sum := 0
		for _, n := range part {
			sum += n
		}
		if sum < 50/3 || sum > 50/3+1 || slices.Max(part)-slices.Min(part) > 1 {
			t.Errorf("the %s class is drawn %d times of 50, its examples %v", class, sum, part)
		}
	}
	if !slices.Equal(l.order(4), l.order(4)) || slices.Equal(l.order(4), l.order(5)) {
		t.Error("the order does not follow from the epoch")
	}
	if l.balanced = false; slices.Max(counted(t, l, l.order(4))) != 1 {
		t.Error("without it an example is drawn twice")
	}
}

// With repeated augmentation a batch has N copies of each of its images, the last but for what does not fit, and no other
// batch has them.
func TestRepeated(t *testing.T) {
	l := &loader{seed: 1, batch: 8, repeat: 3, examples: make([]example, 37)}
	order := l.order(2)
	counted(t, l, order)
	seen := map[int]bool{}
	for batch := range slices.Chunk(order, l.batch) {
		copies := map[int]int{}
		for _, d := range batch {
			if seen[d.example] {
				t.Errorf("example %d is in two batches", d.example)
			}
			copies[d.example]++
		}
		short := 0
		for i, n := range copies {
			seen[i] = true
			if n != l.repeat {
				short++
			}
		}
		if short > 1 || len(copies) != (len(batch)+2)/3 {
			t.Errorf("a batch of %d has the copies %v", len(batch), copies)
		}
	}
	if slices.Equal(order, l.order(3)) {
		t.Error("two epochs are alike")
	}
}

// Copies of an image are varied differently.
func TestCopiesVary(t *testing.T) {
	l := loaderOf(t, options(t, cutouts(t, 31, 1, ".fits"), "class", t.TempDir(), "--repeat=5", "--shift=3", "--rotate=any"))
	for i, b := range passes(t, l, 0, 0) {
		size := l.config.Input()
		for j := range len(b.Patches) / size {
			for k := range j {
				if slices.Equal(b.Patches[j*size:][:size], b.Patches[k*size:][:size]) {
					t.Errorf("batch %d: images %d and %d are the same", i, j, k)
				}
				if b.Targets[2*j] != b.Targets[2*k] {
					t.Errorf("batch %d: images %d and %d have different targets", i, j, k)
				}
			}
		}
	}
}

// Two batches a step are one of twice the size: losses, gradients and rates agree.
func TestAccumulateIsALargerBatch(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 31, 1, ".fits")
	history := func(settings ...string) [][]string {
		o := options(t, catalogue, "class", t.TempDir(), append(settings, "--class-weights", "--epochs=3")...)
		mustRun(t, o)
		f, err := os.Open(filepath.Join(o.Out, historyFile))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want, got := history("--batch=8"), history("--batch=4", "--accumulate=2")
	for i := range want[1:] {
		for j, name := range want[0] {
			if name == "seconds" {
				continue
			}
			a, _ := strconv.ParseFloat(got[i+1][j], 64)
			b, err := strconv.ParseFloat(want[i+1][j], 64)
			if err != nil || !(math.Abs(a-b) <= 1e-4*math.Abs(b)) {
				t.Errorf("epoch %d: %s is %g, in one batch %g, %v", i+1, name, a, b, err)
			}
		}
	}
}
