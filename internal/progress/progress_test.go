package progress

import (
	"bytes"
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
	return &Bar{show: newLines(&b, total, label, c.now)}, &b, c
}

func TestLines(t *testing.T) {
	bar, out, c := logged(5000, "infer")
	for range 16 { // 310 a second, reported every second
		c.t = c.t.Add(time.Second)
		bar.Add(310)
	}
	bar.Printf("%s: %s", "J01", "cut off")
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

func TestManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	bar := New(&out, 800, "train")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				bar.Add(1)
				bar.Printf("a line")
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
		bar := &Bar{show: newTerminal(&out, c.total, "infer")}
		time.Sleep(110 * time.Millisecond) // the bar redraws ten times a second at most
		bar.Add(c.done)
		bar.Printf("a line")
		bar.Finish()
		got := out.String()
		if !strings.Contains(got, c.bar) || !strings.Contains(got, c.last) || !strings.HasSuffix(got, " s\n") || strings.Count(got, "\n") != 2 || !strings.Contains(got, "\ra line\n") {
			t.Errorf("%d of %d: got %q, want %q and %q", c.done, c.total, got, c.bar, c.last)
		}
	}
}
