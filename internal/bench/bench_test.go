package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestJobsHaveNamesOfTheirOwn(t *testing.T) {
	for _, jobs := range [][]job{targetJobs(), ownJobs()} {
		seen := map[string]bool{}
		for _, j := range jobs {
			if seen[j.String()] {
				t.Errorf("two jobs are %s", j)
			}
			seen[j.String()] = true
			if got, err := jobNamed(j.String()); err != nil || got != j {
				t.Errorf("%s is found as %v, %v", j, got, err)
			}
		}
	}
	if _, err := jobNamed("gemm"); err == nil {
		t.Error("half a name found a job")
	}
}

func TestMatching(t *testing.T) {
	got := matching(targetJobs(), regexp.MustCompile("train/.*threads=2"))
	want := "[train/cutout/batch=32/threads=2/f32 train/cutout/batch=128/threads=2/f32 train/hybrid/batch=16/threads=2/f32 train/hybrid/batch=32/threads=2/f32 train/vit_s16/batch=16/threads=2/f32 train/cutout/batch=32/threads=2/f32/disturbed]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
}

// TestModelsAreThePeers says that torch builds the models that we build.
func TestModelsAreThePeers(t *testing.T) {
	python, err := os.ReadFile("peers/models.py")
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range models {
		c := config()
		want := fmt.Sprintf(`"%s": dict(image_size=%d, patch_size=%d, hidden_dim=%d, num_layers=%d, num_heads=%d, mlp_dim=%d, num_classes=%d),`,
			name, c.Grid.Shape[0], c.Grid.Patch[0], c.Dim, c.Depth, c.Heads, c.Hidden, c.Classes)
		if !strings.Contains(string(python), want) {
			t.Errorf("peers/models.py has no line %s", want)
		}
	}
}

// TestWork asks a worker twice, in this process.
func TestWork(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var out bytes.Buffer
	if err := work("gemm/256x256x256/NT/threads=2", strings.NewReader("1\n2\n"), &out); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&out)
	var hello introduction
	if err := d.Decode(&hello); err != nil || hello.About == "" {
		t.Errorf("introduced as %q, %v", hello.About, err)
	}
	for range 2 {
		var a answer
		if err := d.Decode(&a); err != nil || a.Seconds <= 0 || a.Memory <= 0 {
			t.Errorf("answered %+v, %v", a, err)
		}
	}
	if d.More() {
		t.Error("answered more than was asked")
	}
	if err := work("nothing", strings.NewReader(""), &out); err == nil {
		t.Error("worked at a job that is none")
	}
	if err := work("gemm/256x256x256/NN/threads=1", strings.NewReader("one\n"), &out); err == nil {
		t.Error("took a word for a number")
	}
}

func shell(script string) contender {
	return contender{name: "shell", command: []string{"/bin/sh", "-c", script}}
}

func TestProcess(t *testing.T) {
	p, err := start(t.Context(), shell(`echo '{"about":"a shell"}'; while read n; do echo '{"seconds":0.'$n',"rss_mib":3}'; done`))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if p.about != "a shell" {
		t.Errorf("about %q", p.about)
	}
	for _, n := range []int{5, 25} {
		a, err := p.ask(n)
		if want := map[int]float64{5: 0.5, 25: 0.25}[n]; err != nil || a.Seconds != want || a.Memory != 3 {
			t.Errorf("asked %d: %+v, %v", n, a, err)
		}
	}
}

func TestProcessesThatFail(t *testing.T) {
	for _, c := range []struct {
		name      string
		contender contender
		want      string
	}{
		{"absent", contender{command: []string{"./no/such/peer"}}, "not installed: make bench-peers"},
		{"not on the path", contender{command: []string{"no-such-peer-of-ours"}}, "not installed: make bench-peers"},
		{"complains", shell("echo first >&2; echo no such module >&2; exit 1"), "no such module"},
		{"silent", shell("exit 1"), "unexpected EOF"},
		{"talks", shell("echo hello"), "invalid character 'h' looking for beginning of value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := start(t.Context(), c.contender); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	p, err := start(t.Context(), shell(`echo '{"about":"a liar"}'; read n; echo '{}'; read n; echo out of memory >&2`))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if _, err := p.ask(1); err == nil || err.Error() != "a run of 0 seconds" {
		t.Errorf("no time at all: %v", err)
	}
	if _, err := p.ask(1); err == nil || err.Error() != "out of memory" {
		t.Errorf("died: %v", err)
	}
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		once, seconds float64
		samples       int
		runs, rounds  int
	}{
		{0.001, 3, 15, 200, 15},
		{0.15, 3, 15, 2, 10},
		{0.2, 3, 15, 1, 15},
		{0.5, 3, 15, 1, 6},
		{4, 3, 15, 1, 3},
		{0.1, 3, 5, 6, 5},
	} {
		if runs, rounds := pace(c.once, c.seconds, c.samples); runs != c.runs || rounds != c.rounds {
			t.Errorf("%+v: %d runs, %d rounds", c, runs, rounds)
		}
	}
}

func TestMeans(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{median([]float64{3, 1, 2}), 2},
		{median([]float64{4, 1, 2, 3}), 2.5},
		{geometricMean([]float64{0.5, 2, 1}), 1},
		{geometricMean([]float64{4, 9}), 6},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("a median of nothing")
	}
}

func TestWorkedSeconds(t *testing.T) {
	if got := workedSeconds("cpu  100 20 30 9999 99 4 6 7 0 0\ncpu0 1 1 1 1 1 1 1\n"); got != 1.6 {
		t.Errorf("got %v", got)
	}
	if got := workedSeconds("nothing"); got != 0 {
		t.Errorf("got %v", got)
	}
}

func TestOthersSince(t *testing.T) {
	before := load{at: time.Unix(100, 0), all: 50, ours: 10}
	after := load{at: time.Unix(110, 0), all: 50 + 8, ours: 10 + 6}
	if got, want := after.othersSince(before), 2/(10*float64(runtime.NumCPU())); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := after.othersSince(load{}); !math.IsNaN(got) {
		t.Errorf("got %v from nothing", got)
	}
}

var errAbsent = errors.New("not installed: make bench-peers")
