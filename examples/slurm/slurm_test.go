//go:build linux

// Package slurm runs the scripts beside it in a Slurm on this machine.
package slurm

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Settings of a run of some seconds.
const settings = `
catalog = "catalog.csv"
label = "label"
preset = "cutout"
image-size = 32
patch-size = 8
dim = 48
depth = 3
heads = 3
batch = 8
epochs = 24
`

// What the README says to run, on a cluster whose nodes fail, makes the same as
// the programs that are left alone.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	work := t.TempDir()
	bin := filepath.Join(work, "bin")
	path := "PATH=" + bin + ":" + os.Getenv("PATH")
	c := newCluster(t, work, path)
	command(t, ".", "go", "build", "-ldflags=-s -w", "-o", bin+"/", "../../cmd/vit-train", "../../cmd/vit-infer", "../../testdata/make")
	prepare(t, work)

	// vit is a command that is left alone.
	vit := func(name string, args ...string) { command(t, work, filepath.Join(bin, name), args...) }
	vit("vit-train", "--config=train.toml", "--out=whole")
	tiles, _ := filepath.Glob(filepath.Join(work, "tiles/*.fits"))
	for i := range tiles {
		tiles[i] = "tiles/" + filepath.Base(tiles[i])
	}
	vit("vit-infer", append([]string{"--model=whole/best", "--out=whole-results/"}, tiles...)...)
	vit("vit-infer", "merge", "--out=whole.fits", "whole-results/")

	folds := []string{"--config=train.toml", "--folds=3", "--epochs=4", "--out"}
	vit("vit-train", append(folds, "whole-cv")...)

	// The folds run beside the pipeline, and suffer from all that happens to its nodes.
	c.run("sbatch", append([]string{"--cpus-per-task=2", "--array=1-3", "examples/slurm/train-folds.sbatch"}, append(folds, "runs/cv")...)...)
	_ = t.Run("pipeline", func(t *testing.T) { c.with(t).pipeline() }) &&
		t.Run("folds", func(t *testing.T) { c.with(t).folds() }) &&
		t.Run("cancelled", func(t *testing.T) { c.with(t).cancelled() }) &&
		t.Run("MPI", func(t *testing.T) { c.with(t).together(vit) })
}

// with is the cluster in another test.
func (c cluster) with(t *testing.T) *cluster {
	c.T = t
	return &c
}

// command runs a program in a folder.
func command(t *testing.T, folder, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// prepare makes what the README's commands find: cutouts, tiles, settings and
// the scripts.
func prepare(t *testing.T, work string) {
	t.Helper()
	here, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "train.toml"), []byte(settings), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(here, filepath.Join(work, "examples")); err != nil {
		t.Fatal(err)
	}
	command(t, work, "bin/make", "set", "--out=.", "--number=70")
	command(t, work, "bin/make", "tile", "--out=.")
	if err := os.Mkdir(filepath.Join(work, "tiles"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range 24 {
		if err := os.Link(filepath.Join(work, "tile.fits"), filepath.Join(work, fmt.Sprintf("tiles/%02d.fits", i))); err != nil {
			t.Fatal(err)
		}
	}
}

// blocks are the commands in the README.
func blocks(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1) {
		all = append(all, string(match[1]))
	}
	return all
}

// pipeline is the README's: a run of training that is preempted, told to stop,
// and whose node dies; then an array, one task of which is told to stop, and one
// whose node dies; then the catalogue.
func (c *cluster) pipeline() {
	shell := blocks(c.T)
	c.run("bash", "-euc", shell[0])

	c.disturbed("vit-train", "runs/a", c.preempt, c.terminate, c.fail)
	for _, name := range []string{"best/model.safetensors", "last/model.safetensors", "metrics.json"} {
		c.same("runs/a/"+name, "whole/"+name)
	}
	if look := c.run("bash", "-euc", "train="+c.job("vit-train").id()+"\n"+shell[1]); !strings.Contains(look, " Restarts=3 ") {
		c.Errorf("not three restarts:\n%s", look)
	}

	// One task, whose id Slurm takes for the array's, is told to stop; the node of others dies.
	var tasks []job
	var stopped, lost int
	c.eventually("tasks of the array predict on both nodes", func() bool {
		tasks = c.jobs("vit-infer")
		predicts := func(j job) bool { return j.is("RUNNING") && strings.Contains(c.log(j), "shard ") }
		stopped = slices.IndexFunc(tasks, func(j job) bool { return predicts(j) && j["JobId"] == j["ArrayJobId"] })
		lost = slices.IndexFunc(tasks, func(j job) bool { return predicts(j) && stopped >= 0 && j["BatchHost"] != tasks[stopped]["BatchHost"] })
		if c.job("vit-merge").ended() {
			c.Skip("the array was finished before it could be disturbed")
		}
		return lost >= 0
	})
	c.terminate(tasks[stopped])
	c.fail(tasks[lost])
	c.eventually("the catalogue is there", func() bool { return c.completed("vit-infer") && c.completed("vit-merge") })
	for _, j := range c.jobs("vit-infer") {
		before := tasks[slices.IndexFunc(tasks, func(t job) bool { return t.id() == j.id() })]
		c.Logf("%s has been put back %d times", j.id(), j.restarts())
		switch {
		case j.id() == tasks[stopped].id(), j.id() == tasks[lost].id():
			if j.restarts() != 1 {
				c.Errorf("%s has been put back %d times, not once", j.id(), j.restarts())
			}
		case j.restarts() > 0 && before["BatchHost"] != tasks[lost]["BatchHost"]:
			c.Errorf("%s has been put back", j.id())
		}
	}
	c.same("sky.fits", "whole.fits")
}

// folds are finished, and collected by the last of them.
func (c *cluster) folds() {
	c.eventually("the folds are finished", func() bool { return c.completed("vit-folds") })
	for _, name := range []string{"folds.json", "predictions.csv", "fold-2/best/model.safetensors"} {
		c.same("runs/cv/"+name, "whole-cv/"+name)
	}
}

// cancelled is a job that is not put back.
func (c *cluster) cancelled() {
	c.run("sbatch", "--job-name=unwanted", "examples/slurm/train.sbatch", "--config=train.toml", "--epochs=1000", "--out=runs/unwanted")
	c.eventually("training goes on", func() bool { return c.epochs("runs/unwanted") > 0 })
	c.run("scancel", "--name=unwanted")
	c.eventually("it ends", func() bool { return c.job("unwanted").ended() })
	if j := c.job("unwanted"); !j.is("CANCELLED") || j.restarts() > 0 {
		c.Errorf("%s after %d restarts", j["JobState"], j.restarts())
	}
}

// together is a run on both nodes, the processes of which are told to stop.
func (c *cluster) together(vit func(string, ...string)) {
	if os.Getenv("ASTROVIT_SLURM_MPI") == "" {
		c.Skip("another build and a minute: ASTROVIT_SLURM_MPI=1 runs it")
	}
	if _, err := exec.LookPath("mpicc"); err != nil {
		c.Skip("SKIPPED: mpicc is not installed (Debian: libopenmpi-dev, openmpi-bin and gcc)")
	}
	if list := c.run("srun", "--mpi=list"); !strings.Contains(list, "pmix") {
		c.Skipf("SKIPPED: this Slurm has no pmix, but\n%s", list)
	}
	command(c.T, ".", "env", "CGO_ENABLED=1", "CC=mpicc", "go", "build", "-tags=mpi", "-ldflags=-s -w", "-o", filepath.Join(c.work, "mpi")+"/", "../../cmd/vit-train")
	vit("vit-train", "--config=train.toml", "--deterministic", "--out=whole-mpi")
	c.run("env", "VIT_TRAIN=mpi/vit-train", "sbatch", "examples/slurm/train-mpi.sbatch", "--config=train.toml", "--deterministic", "--out=runs/mpi")
	c.disturbed("vit-train-mpi", "runs/mpi", c.terminate)
	c.same("runs/mpi/last/model.safetensors", "whole-mpi/last/model.safetensors")
}

// disturbed waits for a training job to end, and before has this happen to it, each time after some more epochs.
func (c *cluster) disturbed(name, out string, by ...func(job)) {
	c.Helper()
	for i, disturb := range by {
		var now job
		still := func() job {
			if c.completed(name) {
				c.Skipf("%s was finished before disturbance %d", name, i+1)
			}
			return c.job(name)
		}
		before := max(c.epochs(out), 0) // of the runs that have been stopped
		c.eventually("training goes on", func() bool {
			now = still()
			return now.is("RUNNING") && c.epochs(out) >= before+2
		})
		disturb(now)
		c.eventually("training is in the queue again", func() bool { return still().restarts() > i })
	}
	c.eventually("training is finished", func() bool { return c.completed(name) })
}

// preempt has a job of more importance take all nodes.
func (c *cluster) preempt(job) {
	c.run("sbatch", "--partition=urgent", "--nodes=2", "--exclusive", "--job-name=urgent", "--output=urgent.log", "--wrap=true")
}

// terminate does what --signal=TERM@120 does two minutes before the time limit.
func (c *cluster) terminate(j job) { c.run("scancel", "--signal=TERM", j.id()) }

// fail takes the power of a job's node away, which whoever watches the nodes tells Slurm, and turns it on again.
func (c *cluster) fail(j job) {
	node := j["BatchHost"]
	c.cut(node)
	c.run("scontrol", "update", "NodeName="+node, "State=DOWN", "Reason=power")
	c.boot(node)
}

// completed tells whether all jobs of a name are done; one that ends otherwise ends the test.
func (c *cluster) completed(name string) bool {
	c.Helper()
	all := c.jobs(name)
	for _, j := range all {
		if j.ended() && !j.is("COMPLETED") {
			c.Fatalf("%s %s: %s\n%s", name, j.id(), j["JobState"], c.logs())
		}
	}
	return len(all) > 0 && !slices.ContainsFunc(all, func(j job) bool { return !j.ended() })
}

// same compares two files of the jobs.
func (c *cluster) same(got, want string) {
	c.Helper()
	a, err := os.ReadFile(filepath.Join(c.work, got))
	if err != nil {
		c.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(c.work, want))
	if err != nil {
		c.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		c.Errorf("%s is not what the undisturbed run made", got)
	}
}

// epochs are those that a run has finished.
func (c *cluster) epochs(out string) int {
	text, _ := os.ReadFile(filepath.Join(c.work, out, "history.csv"))
	return bytes.Count(text, []byte("\n")) - 1
}
