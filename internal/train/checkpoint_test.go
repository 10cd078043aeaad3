package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// checkpointNames are the files in a run's checkpoints folder.
func checkpointNames(t *testing.T, out string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(out, checkpointsFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// stoppedInEpoch is a run that was stopped after the third step, and the result
// of the same one that was not.
func stoppedInEpoch(t *testing.T) (o Options, want string) {
	t.Helper()
	o = options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir())
	mustRun(t, o)
	want = bits(t, o.Out)
	o.Out, o.Resume, o.CheckpointEvery, o.Keep = t.TempDir(), true, 1, 3
	if err := stopAfter(o, 2*24+4+2); !errors.Is(err, cli.ErrInterrupted) {
		t.Fatal(err)
	}
	names := []string{"0000-000001.checkpoint", "0000-000002.checkpoint", "0000-000003.checkpoint"}
	if got := checkpointNames(t, o.Out); !slices.Equal(got, names) {
		t.Fatalf("there are the checkpoints %q, not %q", got, names)
	}
	return o, want
}

// A run goes on from the newest checkpoint that is as it was written, says why it
// is not a newer one, and ends with the same bits. The newest are kept.
func TestDamagedCheckpoint(t *testing.T) {
	long(t)
	o, want := stoppedInEpoch(t)
	stopped := o.Out
	flip := func(at func(size int) int) func([]byte) []byte {
		return func(data []byte) []byte {
			data[at(len(data))] ^= 4
			return data
		}
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		n      int // of the newest
		keep   int
	}{
		{"none", nil, 0, 1},
		{"a bit of the header", flip(func(int) int { return 9 }), 1, 2},
		{"a bit of a weight", flip(func(size int) int { return size / 2 }), 1, 3},
		{"a bit of the seal", flip(func(size int) int { return size - 1 }), 2, 1},
		{"cut", func(data []byte) []byte { return data[:len(data)/2] }, 1, 1},
		{"empty", func([]byte) []byte { return nil }, 2, 2},
		{"zeros", func(data []byte) []byte { return make([]byte, len(data)) }, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := o
			o.Out, o.Keep = filepath.Join(t.TempDir(), "run"), c.keep
			if err := os.CopyFS(o.Out, os.DirFS(stopped)); err != nil {
				t.Fatal(err)
			}
			wanted := []string{fmt.Sprintf("going on after epoch 0, batch %d\n", 3-c.n)}
			for i := range c.n {
				name := filepath.Join(o.Out, checkpointsFolder, place{0, 3 - i}.file())
				alter(t, name, c.damage)
				wanted = append(wanted, name+": is damaged: ")
			}
			log := mustRun(t, o)
			for _, text := range wanted {
				if !strings.Contains(log, text) {
					t.Errorf("the log does not have %q:\n%s", text, log)
				}
			}
			if bits(t, o.Out) != want {
				t.Error("the result is another")
			}
			if names := checkpointNames(t, o.Out); len(names) != c.keep || names[c.keep-1] != "0002-000000.checkpoint" {
				t.Errorf("of %d to keep there are %q", c.keep, names)
			}
		})
	}
	for i := range 3 {
		alter(t, filepath.Join(o.Out, checkpointsFolder, place{0, 1 + i}.file()), flip(func(size int) int { return size / 3 * i }))
	}
	before := snapshot(t, o.Out)
	wantError(t, Run(context.Background(), o), cli.Failed, "holds no checkpoint to go on from", "0000-000001.checkpoint: is damaged")
	if snapshot(t, o.Out) != before {
		t.Error("a run without a good checkpoint was changed")
	}
}

// alter changes a file.
func alter(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A checkpoint that is as it was written but cannot be of this run is one clear
// line, whatever is older.
func TestStrangeCheckpoint(t *testing.T) {
	long(t)
	o, _ := stoppedInEpoch(t)
	name := filepath.Join(o.Out, checkpointsFolder, "0000-000003.checkpoint")
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	good := file[:len(file)-32]
	var empty bytes.Buffer
	if err := safetensors.Write(&empty, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "has 0 bytes"},
		{"header", append([]byte{1, 2, 3}, good[3:]...), "JSON"},
		{"no JSON", bytes.Replace(good, []byte(`{\"epoch\":0`), []byte(`{\"epoch\":,`), 1), `"state"`},
		{"another batch", bytes.Replace(good, []byte(`\"batch\":3`), []byte(`\"batch\":9`), 1), `"state"`},
		{"a tensor's name", bytes.Replace(good, []byte(`"adamw.first.classifier.bias"`), []byte(`"adamw.first.classifier.Bias"`), 1), "adamw.first.classifier.bias"},
		{"no run", empty.Bytes(), `"run"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if bytes.Equal(c.data, good) {
				t.Fatal("the checkpoint was not changed")
			}
			reseal(t, name, c.data)
			wantError(t, Run(context.Background(), o), cli.Failed, name, c.want)
		})
	}

	other := strings.Repeat("x", len(simd.Level()))
	reseal(t, name, bytes.Replace(good, []byte(`\"kernels\":\"`+simd.Level()), []byte(`\"kernels\":\"`+other), 1))
	if log := mustRun(t, o); !strings.Contains(log, "the run comes from a machine with the kernels "+other+":") {
		t.Errorf("the log:\n%s", log)
	}
}

// reseal writes a checkpoint with these contents.
func reseal(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := whole.WriteSealed(name, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		t.Fatal(err)
	}
}

func TestPlaces(t *testing.T) {
	for name, want := range map[string]place{"0003-000120.checkpoint": {3, 120}, "12345-1234567.checkpoint": {12345, 1234567}} {
		if p, ok := placeOf(name); !ok || p != want || p.file() != name {
			t.Errorf("%s is of %v, %v, which is %s", name, p, ok, p.file())
		}
	}
	for _, name := range []string{"", "checkpoint", "3-120.checkpoint", "0003-000120.checkpoint2", "-003-000120.checkpoint", ".0003-000120.checkpoint", "0003-000120"} {
		if p, ok := placeOf(name); ok {
			t.Errorf("%q is of %v", name, p)
		}
	}
}
