package infer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/astrovit/astrovit/internal/cli"
)

// cancelWriter is standard output that cancels the run once it has been written to.
type cancelWriter struct {
	cancel context.CancelFunc
	bytes.Buffer
}

func (w *cancelWriter) Write(p []byte) (int, error) {
	w.cancel()
	return w.Buffer.Write(p)
}

func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 400, 400))
	o := Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{tile, tile, tile}, Stride: 2, Batch: 16, Workers: 2}
	goroutines, files := runtime.NumGoroutine(), openFiles()

	// Before the start, to a file.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.Out, o.Log = filepath.Join(dir, "out", "a.csv"), slog.New(slog.DiscardHandler)
	if err := os.Mkdir(filepath.Dir(o.Out), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Run(ctx, o); !errors.Is(err, cli.ErrInterrupted) || !strings.Contains(err.Error(), "a.csv is not written: run the same command again") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(o.Out)); len(left) != 0 {
		t.Errorf("%s is left behind", left[0].Name())
	}

	// In the midst of rows: 120000 of them would take long.
	ctx, cancel = context.WithCancel(t.Context())
	stdout := &cancelWriter{cancel: cancel}
	o.Out, o.Stdout, o.Log = "", stdout, slog.New(slog.DiscardHandler)
	if err := Run(ctx, o); !errors.Is(err, cli.ErrInterrupted) {
		t.Errorf("error %v", err)
	}
	if n := bytes.Count(stdout.Bytes(), []byte("\n")); n > 20000 {
		t.Errorf("%d rows after the interruption", n)
	}

	// An error in the midst leaves nothing running either.
	o.Stdout, o.Stride = new(bytes.Buffer), 0
	o.Inputs = []string{tile, truncated(t, filepath.Join(dir, "cut.fits"), side, side), tile}
	if err := Run(t.Context(), o); err == nil {
		t.Error("no error")
	}
	for i := 0; runtime.NumGoroutine() > goroutines; i++ {
		if i > 200 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := openFiles(); n > files {
		t.Errorf("%d open files, %d before", n, files)
	}
}

// A walk that is stopped goes no further, whatever it walks through.
func TestStopped(t *testing.T) {
	dir := t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 40, 40))
	stack := putFITS(t, filepath.Join(dir, "stack.fits"), noise(1, 3, 1, side, side))
	objects := put(t, filepath.Join(dir, "objects.csv"), []byte("id,file\na,tile.fits\nb,tile.fits\nc,none.fits\n"))
	places := put(t, filepath.Join(dir, "places.csv"), []byte("x,y\n3,3\n100,3\n5,5\n"))
	for name, o := range map[string]Options{
		"tiles":     {Inputs: []string{tile, tile}},
		"stacks":    {Inputs: []string{stack, stack}},
		"positions": {Inputs: []string{tile, tile}, Positions: places},
		"catalogue": {Inputs: []string{objects, tile}},
		"of tiles":  {Inputs: []string{objects, tile}, As: AsTile},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{Options: o, model: tinyModel(t, 1)}
			if o.Positions != "" {
				var err error
				if r.positions, err = readPositions(o); err != nil {
					t.Fatal(err)
				}
				r.visited = make([]bool, len(r.positions))
			}
			emitted := 0
			err := r.inputs(t.Context(), func(it item) error { emitted++; it.file.release(); return errStopped })
			if emitted != 1 || !errors.Is(err, errStopped) {
				t.Errorf("%d items, error %v", emitted, err)
			}
		})
	}
}

// Files are closed as soon as their rows are there: many more can be named than
// may be open at once.
func TestOpenFiles(t *testing.T) {
	if openFiles() == 0 {
		t.Skip("this system does not tell how many files are open")
	}
	dir := t.TempDir()
	o := Options{Model: save(t, tinyModel(t, 1)), Batch: 4, Workers: 2}
	for range 400 {
		o.Inputs = append(o.Inputs, filepath.Join(dir, "a.fits"))
	}
	putFITS(t, o.Inputs[0], noise(1, side, side))
	before, most := openFiles(), 0
	w := &countWriter{most: &most}
	o.Stdout, o.Log = w, slog.New(slog.DiscardHandler)
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if most > before+40 {
		t.Errorf("%d files open, %d before", most, before)
	}
	if n := openFiles(); n > before {
		t.Errorf("%d files are still open, %d before", n, before)
	}
}

// countWriter looks at the number of open files.
type countWriter struct{ most *int }

func (w *countWriter) Write(p []byte) (int, error) {
	*w.most = max(*w.most, openFiles())
	return len(p), nil
}

func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
