package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A run that is killed at any instant and started again by the same command ends
// with the weights of one that was left alone, whenever it writes checkpoints and
// however many workers it has, even if a disk damages the newest checkpoint in
// between. ASTROVIT_KILLS=100 is the full test.
func TestKilled(t *testing.T) {
	kills := 6
	if text := os.Getenv("ASTROVIT_KILLS"); text != "" {
		fmt.Sscan(text, &kills)
	}
	data, whole := catalogue(t, 40), t.TempDir()
	settings := []string{"--ema=0.9", "--drop-path=0.2", "--accumulate=2", "--balanced-sampling"}
	cmd, stderr := command(small(data, whole, settings...)...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	span := time.Since(start)

	r := rand.New(rand.NewPCG(5, 6))
	out, killed, damaged, warned, completed := filepath.Join(t.TempDir(), "run"), 0, 0, 0, 0
	for killed < kills || completed == 0 {
		every := []string{"1ns", "30ms", "0"}[r.IntN(3)]
		args := append(settings, "--resume", "--keep=3", "--checkpoint-every="+every, fmt.Sprintf("--workers=%d", 1+r.IntN(2)))
		cmd, stderr := command(small(data, out, args...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var timer *time.Timer
		if killed < kills {
			timer = time.AfterFunc(span/20+time.Duration(r.Int64N(int64(span/2))), func() { cmd.Process.Kill() })
		}
		err := cmd.Wait()
		if timer != nil {
			timer.Stop()
		}
		warned += strings.Count(stderr.String(), "is damaged: ")
		switch {
		case cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
			killed++
			if killed%4 == 0 && damageNewest(t, out) {
				damaged++
			}
		case err != nil:
			t.Fatalf("%v\n%s", err, stderr)
		default:
			completed++
			sameRun(t, out, whole, fmt.Sprintf("%d kills", killed))
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d kills, %d checkpoints damaged, %d times gone back, %d times complete", killed, damaged, warned, completed)
}

// damageNewest changes a bit of the newest checkpoint if there is another one.
func damageNewest(t *testing.T, out string) bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(out, "checkpoints", "*.checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 2 {
		return false
	}
	newest := names[len(names)-1]
	data, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(newest, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return true
}
