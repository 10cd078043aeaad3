package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
)

// TestMain lets the test binary be vit-infer, for tests of processes.
func TestMain(m *testing.M) {
	if os.Getenv("BE_VIT_INFER") != "" {
		main()
	}
	os.Exit(m.Run())
}

// vitInfer is a process of vit-infer, which is not started yet.
func vitInfer(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, log := exec.Command(self, args...), new(bytes.Buffer)
	cmd.Env, cmd.Stderr = append(os.Environ(), "BE_VIT_INFER=1"), log
	return cmd, log
}

// survey makes n tiles of noise, each of which overlaps with the next one, across
// right ascension 0.
func survey(t *testing.T, n int) (names []string) {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		const side, step, scale = 80, 50, 1e-4
		im := fits.Image{Shape: []int{side, side}, Pixels: make([]float32, side*side)}
		for k := range im.Pixels {
			im.Pixels[k] = float32(100 + 5*r.NormFloat64())
		}
		wcs := fits.NewTAN(float64(side)/2+float64(step*(i-n/2)), side/2, 0, 10, [2][2]float64{{-scale, 0}, {0, scale}})
		names = append(names, filepath.Join(dir, strconv.Itoa(i), "tile.fits"))
		var file bytes.Buffer
		if err := fits.WriteImages(&file, fits.ImageHDU{Image: &im, Header: wcs.Cards()}); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(names[i]), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(names[i], file.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// catalogue is what merge makes of folders.
func catalogue(t *testing.T, folders ...string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "catalogue.parquet")
	cmd, log := vitInfer(t, append([]string{"merge", "--out", name}, folders...)...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A run that is killed at any instant and run again makes the catalogue of one
// that was left alone. ASTROVIT_KILLS=50 is the full test, with 100 tiles.
func TestKilled(t *testing.T) {
	n, kills := 12, 5
	if text := os.Getenv("ASTROVIT_KILLS"); text != "" {
		n, kills = 100, 0
		fmt.Sscan(text, &kills)
	}
	tiles := survey(t, n)
	whole := t.TempDir()
	cmd, log := vitInfer(t, append([]string{"--out", whole}, tiles...)...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	span := time.Since(start)
	want := catalogue(t, whole)

	r := rand.New(rand.NewPCG(3, 4))
	folder, killed, completed := filepath.Join(t.TempDir(), "results"), 0, 0
	for killed < kills || completed == 0 {
		cmd, log := vitInfer(t, append([]string{"--out", folder + "/"}, tiles...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var timer *time.Timer
		if killed < kills {
			timer = time.AfterFunc(time.Duration(r.Int64N(int64(span/2))), func() { cmd.Process.Kill() })
		}
		err := cmd.Wait()
		if timer != nil {
			timer.Stop()
		}
		switch {
		case cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
			killed++
		case err != nil:
			t.Fatalf("%v\n%s", err, log)
		default:
			completed++
			if !bytes.Equal(catalogue(t, folder), want) {
				t.Fatalf("after %d kills the catalogue is another one", killed)
			}
			entries, _ := os.ReadDir(folder)
			if len(entries) != n+1 {
				t.Errorf("%d files of %d tiles and a plan", len(entries), n)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d tiles, %d kills, %d times complete", n, killed, completed)
}

// Shards that work in one folder at the same time make the catalogue of one run,
// and so do shards in folders of their own.
func TestShards(t *testing.T) {
	tiles := survey(t, 7)
	alone, together, first, second := t.TempDir(), filepath.Join(t.TempDir(), "new")+"/", t.TempDir(), t.TempDir()
	var running sync.WaitGroup
	for _, args := range []string{"--out " + alone, "--shard 0/3 --out " + together, "--shard 1/3 --out " + together, "--shard 2/3 --out " + together,
		"--shard 0/2 --out " + first, "--shard 1/2 --out " + second} {
		cmd, log := vitInfer(t, append(strings.Fields(args), tiles...)...)
		running.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("%s: %v\n%s", args, err, log)
			}
		})
	}
	running.Wait()
	want := catalogue(t, alone)
	if !bytes.Equal(catalogue(t, together), want) {
		t.Error("shards in one folder make another catalogue")
	}
	if !bytes.Equal(catalogue(t, second, first), want) {
		t.Error("shards in two folders make another catalogue")
	}
	cmd, log := vitInfer(t, "merge", first)
	if err := cmd.Run(); err == nil || !strings.Contains(log.String(), "3 of 7 results are missing") {
		t.Errorf("one shard of two: %v\n%s", err, log)
	}
}

// pageOf is what the script of a page reads.
func pageOf(t *testing.T, folder string) (data map[string]any) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), `id="data">`)
	text, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// The page of merged results is that of the run that makes them at once: of a
// scanned tile, of sources, and of a catalogue's cutouts.
func TestMergedPage(t *testing.T) {
	tile := survey(t, 1)[0]
	catalogue := filepath.Join(t.TempDir(), "cutouts.csv")
	if err := os.WriteFile(catalogue, []byte("name,file,x,y\na,"+tile+",30,40\na,"+tile+",50,20\nb,"+tile+",,\nc,none.fits,,\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"scan": {"--as", "tile", tile}, "detect": {"--detect", "--detect-threshold", "0.6", "--detect-min-area", "2", tile}, "catalogue": {"--id-column", "name", catalogue},
	} {
		t.Run(name, func(t *testing.T) {
			direct, merged, results := t.TempDir(), t.TempDir(), t.TempDir()
			for _, step := range [][]string{append([]string{"--report", direct, "--out", filepath.Join(direct, "out.csv")}, args...),
				append([]string{"--out", results}, args...), {"merge", "--out", filepath.Join(merged, "out.csv"), "--report", merged, results}} {
				cmd, log := vitInfer(t, step...)
				if err := cmd.Run(); err != nil {
					t.Fatalf("%q: %v\n%s", step, err, log)
				}
			}
			want, got := pageOf(t, direct), pageOf(t, merged)
			if n := len(want["candidates"].([]any)); n < 2 {
				t.Fatalf("%d candidates", n)
			}
			for key, value := range want {
				if key != "run" && key != "title" && !reflect.DeepEqual(got[key], value) {
					t.Errorf("%s of the merged page:\n%.2000v\nwant\n%.2000v", key, got[key], value)
				}
			}
		})
	}
	results := t.TempDir()
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"--out", results, "--report", "page", tile}, "vit-infer merge --report page"},
		{[]string{"--out", results, tile}, ""},
		{[]string{"merge", "--report", t.TempDir(), "--model", "radio", results}, "radio is not the model of the results"},
	} {
		cmd, log := vitInfer(t, step.args...)
		if err := cmd.Run(); (err == nil) != (step.want == "") || !strings.Contains(log.String(), step.want) {
			t.Errorf("%q: %v\n%s", step.args, err, log)
		}
	}
}

// SIGTERM ends a run with the code that says to run it again.
func TestTerminated(t *testing.T) {
	tiles, folder := survey(t, 40), t.TempDir()
	cmd, log := vitInfer(t, append([]string{"--out", folder}, tiles...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if results, _ := filepath.Glob(filepath.Join(folder, "*.parquet")); len(results) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); {
	case code == cli.Done: // it was done before the signal came
	case code != cli.Interrupted || !strings.Contains(log.String(), "run the same command again"):
		t.Errorf("exit code %d\n%s", code, log)
	}
	if hidden, _ := filepath.Glob(filepath.Join(folder, ".*")); len(hidden) > 0 {
		t.Errorf("%q are left", hidden)
	}
	cmd, log = vitInfer(t, append([]string{"--out", folder}, tiles...)...)
	if err := cmd.Run(); err != nil || !strings.Contains(log.String(), "40 of 40 are done") {
		t.Errorf("again: %v\n%s", err, log)
	}
}

// A time limit ends a run as a signal does.
func TestTimeLimit(t *testing.T) {
	args := append([]string{"--time-limit=1ns", "--out", t.TempDir()}, survey(t, 2)...)
	err := run(t.Context(), args, cli.New(io.Discard, io.Discard))
	if cli.Code(err) != cli.Interrupted || !strings.Contains(err.Error(), "run the same command again") {
		t.Errorf("exit code %d: %v", cli.Code(err), err)
	}
}
