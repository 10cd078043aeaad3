package progress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves when told.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func logged(total int, label string) (*Bar, *bytes.Buffer, *clock) {
	var b bytes.Buffer
	c := &clock{time.Unix(1e9, 0)}
	return newBar(NewLog(&b), total, label, c.now), &b, c
}

func TestLines(t *testing.T) {
	bar, out, c := logged(5000, "infer")
	for range 16 { // 310 a second, reported every second
		c.t = c.t.Add(time.Second)
		bar.Add(310)
	}
	bar.log.Warn("J01: cut off")
	bar.Add(40)
	bar.Finish()
	bar.Finish()
	bar.Add(1)
	want := "infer 3100/5000 (62 %) 310/s, 6 s left\n" +
		"J01: cut off\n" +
		"infer 5000/5000 (100 %) 312/s, took 16 s\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestLinesOfUnknownTotal(t *testing.T) {
	bar, out, c := logged(0, "scan")
	c.t = c.t.Add(2 * time.Hour)
	bar.Add(900)
	bar.Finish()
	if got, want := out.String(), "scan 900 0.125/s\nscan 900 0.125/s, took 2 h 0 min\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A run that is stopped says where; one that does nothing divides by nothing.
func TestFinishEarly(t *testing.T) {
	bar, out, c := logged(10, "")
	bar.Add(3)
	c.t = c.t.Add(200 * time.Second)
	bar.Finish()
	if got, want := out.String(), "3/10 (30 %) 0.015/s, took 3 min 20 s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	bar, out, _ = logged(10, "idle")
	bar.Finish()
	if got, want := out.String(), "idle 0/10 (0 %) took 0 s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// In JSON each line is an object with what the message says, and what is told beside it.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	log, c := NewLog(&out), &clock{time.Unix(1e9, 0)}
	JSON(log, true)
	bar := newBar(log.With("epoch", 3), 5000, "epoch 3/9", c.now)
	bar.Tell("step", 7, "loss", math.NaN())
	c.t = c.t.Add(10 * time.Second)
	bar.Add(1250)
	log.Warn("two\nlines", "id", "J01")
	want := []map[string]any{
		{"level": "INFO", "msg": "epoch 3/9 1250/5000 (25 %) 125/s, 30 s left", "epoch": 3., "what": "epoch 3/9", "done": 1250., "total": 5000.,
			"per_second": 125., "seconds": 10., "step": 7., "loss": nil},
		{"level": "WARN", "msg": "two\nlines", "id": "J01"},
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(got["time"])); err != nil {
			t.Error(err)
		}
		if delete(got, "time"); !reflect.DeepEqual(got, want[i]) {
			t.Errorf("got %v, want %v", got, want[i])
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(&out)
	bar := New(log, 800, "train")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				bar.Add(1)
				log.Info("a line")
			}
		})
	}
	wg.Wait()
	bar.Finish()
	if got := out.String(); strings.Count(got, "a line\n") != 800 || !strings.Contains(got, "\ntrain 800/800 (100 %)") {
		t.Errorf("got %q", got)
	}
}

// The bar of a terminal, drawn into a buffer: full, stopped early, of unknown
// total. It clears itself before a line of the log, and leaves one line.
func TestTerminal(t *testing.T) {
	for _, c := range []struct {
		total, done int
		bar, last   string
	}{
		{5, 5, "(5/5", "\rinfer 5/5 (100 %) "},
		{5, 2, "(2/5", "\rinfer 2/5 (40 %) "},
		{0, 7, "(7/-", "\rinfer 7 "},
	} {
		var out bytes.Buffer
		log := NewLog(&out)
		bar := newBar(log, c.total, "infer", time.Now)
		bar.shown = log.Handler().(*handler)
		bar.shown.draw(c.total, "infer")
		time.Sleep(110 * time.Millisecond) // the bar redraws ten times a second at most
		bar.Add(c.done)
		log.Info("a line")
		bar.Finish()
		got := out.String()
		if !strings.Contains(got, c.bar) || !strings.Contains(got, c.last) || !strings.HasSuffix(got, " s\n") || strings.Count(got, "\n") != 2 || !strings.Contains(got, "\ra line\n") {
			t.Errorf("%d of %d: got %q, want %q and %q", c.done, c.total, got, c.bar, c.last)
		}
	}
}
