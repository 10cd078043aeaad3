package train

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/vit"
)

// stepsIn are the lines of a run folder's steps.jsonl.
func stepsIn(t *testing.T, out string) (lines []stepLine) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, stepsFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l stepLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		lines = append(lines, l)
	}
	return lines
}

// A file goes on after the steps that a checkpoint has, whatever a killed run left behind.
func TestMeterRewinds(t *testing.T) {
	const three = `{"step":1}` + "\n" + `{"step":2}` + "\n" + `{"step":3}` + "\n"
	for name, c := range map[string]struct {
		before string
		steps  int
		want   []int
	}{
		"no file":          {"", 0, []int{1}},
		"from the start":   {three, 0, []int{1}},
		"in the midst":     {three, 2, []int{1, 2, 3}},
		"at the end":       {three, 3, []int{1, 2, 3, 4}},
		"a torn line":      {three + `{"step":4`, 3, []int{1, 2, 3, 4}},
		"a line of others": {three + "epoch 4\n" + `{"step":4}` + "\n", 3, []int{1, 2, 3, 4}},
		"an endless line":  {three + strings.Repeat(" ", 1<<20), 3, []int{1, 2, 3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			if name != "no file" {
				if err := os.WriteFile(filepath.Join(out, stepsFile), []byte(c.before), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			m, err := openMeter(filepath.Join(out, stepsFile), c.steps)
			if err != nil {
				t.Fatal(err)
			}
			for range m.timed(func(yield func(vit.Batch, error) bool) { yield(vit.Batch{}, nil) }) {
				if err := m.add(stepLine{Step: c.steps + 1, Images: 8}); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.close(); err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, l := range stepsIn(t, out) {
				got = append(got, l.Step)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the steps %v, want %v", got, c.want)
			}
		})
	}
}

// There is a line a step, also of steps of several batches and of what a resumed run
// does again, with the figures that the undisturbed run has.
func TestStepsFile(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 24, 1, ".fits")
	o := options(t, catalogue, "class", t.TempDir(), "--batch=3", "--epochs=3", "--accumulate=2")
	mustRun(t, o)
	whole := stepsIn(t, o.Out)
	perEpoch := len(whole) / 3
	images := 0
	for i, l := range whole {
		if l.Step != i+1 || l.Epoch != i/perEpoch+1 || l.Loss <= 0 || l.LR <= 0 || l.GradNorm <= 0 || l.Seconds <= 0 || l.Wait < 0 || l.Wait > l.Seconds || l.Time.IsZero() {
			t.Errorf("line %d is %+v", i, l)
		}
		images += l.Images
	}
	if text, err := os.ReadFile(filepath.Join(o.Out, splitFile)); err != nil || images != 3*strings.Count(string(text), ",train") {
		t.Errorf("%d images in 3 epochs (%v)", images, err)
	}
	o.Out = t.TempDir()
	for stopped := 0; stopAfter(o, 30+stopped) != nil; stopped += 20 {
		o.Resume = true
	}
	again := stepsIn(t, o.Out)
	if len(again) != len(whole) {
		t.Fatalf("%d lines after stops, %d without", len(again), len(whole))
	}
	for i, l := range again {
		w := whole[i]
		if l.Step != w.Step || l.Epoch != w.Epoch || l.Loss != w.Loss || l.LR != w.LR || l.GradNorm != w.GradNorm || l.Images != w.Images {
			t.Errorf("%+v, want %+v", l, w)
		}
	}
}
