package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
)

// withMPI builds vit-train with the tag mpi, and gives commands that run it in so many processes.
func withMPI(t *testing.T) func(ranks int, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds another program")
	}
	for _, name := range []string{"mpicc", "mpirun"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("SKIPPED: %s is not installed (Debian: libopenmpi-dev, openmpi-bin and gcc)", name)
		}
	}
	program := filepath.Join(t.TempDir(), "vit-train")
	build := exec.Command("go", "build", "-tags", "mpi", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1", "CC=mpicc")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(ranks int, args ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.Command("mpirun", append([]string{"-n", strconv.Itoa(ranks), "--oversubscribe", program}, args...)...)
		cmd.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
		stderr := new(bytes.Buffer)
		cmd.Stderr = stderr
		return cmd, stderr
	}
}

// sharing are the flags of a run whose batches several processes share.
func sharing(catalogue, out string, more ...string) []string {
	return small(catalogue, out, append([]string{"--batch=20", "--epochs=3", "--workers=1", "--test-fraction=0.1", "--mixup=0.3", "--warmup=0", "--lr=0.003", "--resume"}, more...)...)
}

// results are what must not depend on the number of processes, to the last bit.
func results(t *testing.T, out string) string {
	t.Helper()
	text := ""
	for _, name := range []string{"last/model.safetensors", "best/model.safetensors", "metrics.json", "predictions.csv", "split.csv"} {
		text += read(t, out, name)
	}
	return text + regexp.MustCompile(`,[0-9.]+\n`).ReplaceAllString(read(t, out, "history.csv"), "\n") // without the seconds
}

func weights(t *testing.T, dir string) []float32 {
	t.Helper()
	m, err := modeldir.Read(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m.Net.Params.Flat
}

// distance is the norm of a difference.
func distance(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		sum = math.Hypot(sum, float64(v-b[i]))
	}
	return sum
}

// Processes under mpirun train the model that one does: up to the order of sums, or to the last bit. One that is told to stop stops
// all, at the same step, from which any number goes on.
func TestTogether(t *testing.T) {
	mpirun := withMPI(t)
	data, before, plain, inOrder := catalogue(t, 60), t.TempDir(), t.TempDir(), t.TempDir()
	mustRun(t, sharing(data, before, "--epochs=1", "--lr=1e-9", "--min-lr=0")...)
	mustRun(t, sharing(data, plain)...)
	mustRun(t, sharing(data, inOrder, "--deterministic")...)
	want := results(t, inOrder)
	for _, ranks := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(ranks), func(t *testing.T) {
			out := t.TempDir()
			if cmd, stderr := mpirun(ranks, sharing(data, out)...); cmd.Run() != nil {
				t.Fatalf("it failed\n%s", stderr)
			}
			one := weights(t, filepath.Join(plain, "last"))
			off := distance(weights(t, filepath.Join(out, "last")), one) / distance(one, weights(t, filepath.Join(before, "last")))
			t.Logf("weights are off by %.2g of their way", off)
			if !(off < 1e-3) {
				t.Errorf("weights are off by %g of the way that they have gone", off)
			}
			out = t.TempDir()
			if cmd, stderr := mpirun(ranks, sharing(data, out, "--deterministic")...); cmd.Run() != nil {
				t.Fatalf("it failed\n%s", stderr)
			}
			if results(t, out) != want {
				t.Error("--deterministic gives other bits than one process")
			}
		})
	}
	t.Run("stopped", func(t *testing.T) { stopOne(t, mpirun, data) })
	t.Run("killed", func(t *testing.T) {
		cmd, stderr := mpirun(2, sharing(data, t.TempDir(), "--epochs=10000")...)
		if err := signalRank(t, cmd, stderr, syscall.SIGKILL); err == nil {
			t.Errorf("a process was killed, and the others ended well\n%s", stderr)
		}
	})
	t.Run("unlike", func(t *testing.T) {
		args := sharing(data, t.TempDir())
		cmd, stderr := mpirun(1, args...)
		cmd.Args = append(append(cmd.Args, ":", "-n", "1", "-x", "ASTROVIT_SIMD=generic"), append([]string{cmd.Args[4]}, args...)...)
		err := cmd.Run()
		if exitCode(err) != cli.Failed || !strings.Contains(stderr.String(), "vit-train: rank 1 of 2: rank 0 has the kernels") {
			t.Errorf("%v\n%s", err, stderr)
		}
	})
}

// stopOne tells one of two processes to stop, and goes on with three.
func stopOne(t *testing.T, mpirun func(int, ...string) (*exec.Cmd, *bytes.Buffer), data string) {
	whole, out := t.TempDir(), t.TempDir()
	mustRun(t, sharing(data, whole, "--deterministic", "--epochs=20")...)
	cmd, stderr := mpirun(2, sharing(data, out, "--deterministic", "--epochs=20")...)
	switch err := signalRank(t, cmd, stderr, syscall.SIGTERM); {
	case err == nil:
		t.Skip("the run was too quick to be stopped")
	case exitCode(err) != cli.Interrupted:
		t.Fatalf("%v\n%s", err, stderr)
	case strings.Count(stderr.String(), "run the same command") != 1:
		t.Errorf("not one process said how to go on:\n%s", stderr)
	}
	if cmd, stderr := mpirun(3, sharing(data, out, "--deterministic", "--epochs=20")...); cmd.Run() != nil {
		t.Fatalf("it failed\n%s", stderr)
	} else if !strings.Contains(stderr.String(), "going on after") {
		t.Errorf("it did not go on\n%s", stderr)
	}
	if results(t, out) != results(t, whole) {
		t.Error("after a stop the result is another")
	}
}

// signalRank starts a run and signals the last of its processes once it trains, and tells how the run ended.
func signalRank(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, signal syscall.Signal) error {
	t.Helper()
	log := &watcher{log: stderr, word: "epoch 2:", seen: make(chan struct{})}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-log.seen:
	case err := <-ended:
		return err
	}
	last := 0
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", cmd.Process.Pid)) // of each thread
	for _, name := range lists {
		list, _ := os.ReadFile(name)
		for _, id := range strings.Fields(string(list)) {
			n, _ := strconv.Atoi(id)
			last = max(last, n)
		}
	}
	if last == 0 {
		cmd.Process.Kill()
		<-ended
		t.Skip("SKIPPED: the processes of mpirun cannot be told")
	}
	if err := syscall.Kill(last, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(2 * time.Minute):
		cmd.Process.Kill()
		t.Fatalf("the other processes did not end\n%s", stderr)
		return nil
	}
}

// watcher closes seen when a word has been written.
type watcher struct {
	log  *bytes.Buffer
	word string
	seen chan struct{}
	once sync.Once
}

func (w *watcher) Write(p []byte) (int, error) {
	n, err := w.log.Write(p)
	if strings.Contains(w.log.String(), w.word) {
		w.once.Do(func() { close(w.seen) })
	}
	return n, err
}

// Without MPI, several processes would write over each other.
func TestNotTogether(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	for _, name := range []string{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"} {
		cmd, stderr := command(small(catalogue(t, 8), out)...)
		cmd.Env = append(cmd.Env, name+"=3")
		if err := cmd.Run(); exitCode(err) != cli.Failed || !strings.Contains(stderr.String(), name+" says that 3 processes were started") {
			t.Errorf("%s: %v\n%s", name, err, stderr)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the run folder was made")
	}
}
