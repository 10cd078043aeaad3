package train

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/astrovit/astrovit/internal/modeldir"
)

// BenchmarkCheckpoint is what a checkpoint of the preset hybrid costs, on the disk
// of $TMPDIR, and what part of the time that is at the default interval.
func BenchmarkCheckpoint(b *testing.B) {
	s := recipes["1k"]().ofPreset()
	net, err := fresh(s, 1, 1, 2)
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Out: b.TempDir(), Keep: 2, Workers: 1, Seed: 1}
	o.pace = o.newPace()
	data := &labelled{task: "classify", labels: []string{"a", "b"}}
	r := newRun(o, s, data, &modeldir.Model{Net: net, Task: data.task, Labels: data.labels}, &pictures{})
	defer r.trainer.Close()
	if r.meter, err = openMeter(filepath.Join(o.Out, stepsFile), 0); err != nil {
		b.Fatal(err)
	}
	defer r.meter.close()
	for b.Loop() {
		r.state.Batch++
		if err := r.checkpoint(); err != nil {
			b.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(o.Out, checkpointsFolder, "*"))
	if err != nil || len(names) != o.Keep {
		b.Fatalf("%q, %v", names, err)
	}
	took := r.pace.spent / time.Duration(r.pace.number)
	b.ReportMetric(float64(took)/float64(took+max(time.Minute, 100*took))*100, "%")
}
