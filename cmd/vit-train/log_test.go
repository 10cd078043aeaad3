package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// records are the lines of a process's log, which must all be JSON, with time, level and msg.
func records(t *testing.T, log *bytes.Buffer) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if r["time"] == nil || r["level"] == nil || r["msg"] == "" {
			t.Errorf("%q lacks something", line)
		}
		list = append(list, r)
	}
	return list
}

// With --log-json all that a process says is JSON: what it runs on, how it goes, and
// how it ends, although the mistake that ends it comes before the flag.
func TestLogJSON(t *testing.T) {
	cmd, log := command(append(small(catalogue(t, 16), t.TempDir())[:5], "--log-json", "--preset=cutout", "--image-size=16", "--patch-size=4", "--dim=16", "--depth=1", "--heads=2", "--epochs=2")...)
	cmd.Env = append(cmd.Env, "GOMAXPROCS=", "GOMEMLIMIT=", "SLURM_CPUS_PER_TASK=1", "SLURM_MEM_PER_NODE=400")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	list := records(t, log)
	start := list[0]
	if start["cores"] != 1. || start["cores_by"] == "" || start["memory"] != 400.*(1<<20) || start["memory_by"] != "SLURM_MEM_PER_NODE" || start["memory_limit"] != 360.*(1<<20) || start["kernels"] == "" {
		t.Errorf("the share of the machine: %v", start)
	}
	if flags := list[1]["flags"].(map[string]any); flags["workers"] != "1" || flags["cache"] != "200" || flags["epochs"] != "2" || flags["seed"] != "1" {
		t.Errorf("the flags: %v", flags)
	}
	epochs := 0
	for _, r := range list {
		if r["val_loss"] != nil {
			if epochs++; r["epoch"] != float64(epochs) || r["train_loss"] == nil || r["lr"] == nil {
				t.Errorf("an epoch: %v", r)
			}
		}
	}
	if epochs != 2 {
		t.Errorf("%d epochs in the log:\n%s", epochs, log)
	}
	for _, c := range []struct {
		args []string
		code int
	}{{[]string{"--nonsense", "--log-json"}, 2}, {[]string{"--log-json", "--catalog=none.csv", "--label=a", "--out=" + t.TempDir()}, 1}} {
		cmd, log := command(c.args...)
		code := exitCode(cmd.Run())
		list := records(t, log)
		if last := list[len(list)-1]; code != c.code || last["level"] != "ERROR" || last["exit_status"] != float64(c.code) || !strings.HasPrefix(last["msg"].(string), "vit-train: ") {
			t.Errorf("%q: exit code %d, %v", c.args, code, last)
		}
	}
}

// steps is what steps.jsonl says that a run does the same way each time.
func steps(t *testing.T, out string) (text string) {
	t.Helper()
	for line := range strings.Lines(read(t, out, "steps.jsonl")) {
		figures, _, ok := strings.Cut(line, `,"seconds":`)
		if !ok {
			t.Fatalf("%q", line)
		}
		text += figures + "\n"
	}
	return text
}

// --profile writes what go tool pprof reads: gzip of messages that name what was counted.
func TestProfile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	cmd, log := command(small(catalogue(t, 16), t.TempDir(), "--epochs=1", "--profile", dir)...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	for name, counted := range map[string]string{"cpu.pprof": "nanoseconds", "heap.pprof": "inuse_space"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text, err := io.ReadAll(z); err != nil || !bytes.Contains(text, []byte(counted)) {
			t.Errorf("%s does not say %q (%v)", name, counted, err)
		}
	}
}
