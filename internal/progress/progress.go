// Package progress tells how far a long run has come: as a bar on a terminal,
// as a plain line now and then in a log.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Interval is the least time between two lines in a log.
const Interval = 10 * time.Second

// Bar counts towards a total. Its methods may be called by many goroutines at once.
type Bar struct {
	show display

	mu     sync.Mutex
	label  string
	done   int
	closed bool
}

// display is where a bar shows. Calls come one at a time.
type display interface {
	update(label string, done int)
	finish(label string, done int)
}

// New starts a bar on w, usually os.Stderr: one that redraws itself if w is a
// terminal, lines otherwise. A total of 0 or less means unknown.
func New(w io.Writer, total int, label string) *Bar {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &Bar{show: newTerminal(w, total, label), label: label}
	}
	return &Bar{show: newLines(w, total, time.Now), label: label}
}

// Add counts n more as done.
func (b *Bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if !b.closed {
		b.show.update(b.label, b.done)
	}
}

// Describe replaces the label, for instance by one that tells the loss.
func (b *Bar) Describe(label string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.label = label
}

// Finish shows the final count, whether or not the total was reached, and ends
// the bar. Later calls do nothing.
func (b *Bar) Finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.show.finish(b.label, b.done)
	}
}

// terminal is a bar that redraws itself, and leaves the last line of a log behind.
type terminal struct {
	bar   *progressbar.ProgressBar
	label string
	last  *lines
}

func newTerminal(w io.Writer, total int, label string) *terminal {
	limit := total
	if total <= 0 {
		limit = -1 // progressbar's word for unknown
	}
	return &terminal{label: label, last: newLines(w, total, time.Now), bar: progressbar.NewOptions(limit,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString(""),
		progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own
		progressbar.OptionSetRenderBlankState(true),
	)}
}

func (t *terminal) update(label string, done int) {
	if label != t.label {
		t.label = label
		t.bar.Describe(label)
	}
	t.bar.Set(done) // fails beyond the total only, where the bar is full anyway
}

func (t *terminal) finish(label string, done int) {
	t.bar.Clear()
	t.bar.Exit()
	t.last.finish(label, done)
}

// lines writes at most one line an interval, and one at the end.
type lines struct {
	w           io.Writer
	total       int
	now         func() time.Time
	start, last time.Time
}

func newLines(w io.Writer, total int, now func() time.Time) *lines {
	t := now()
	return &lines{w: w, total: total, now: now, start: t, last: t}
}

// update writes "infer 1200/5000 (24 %) 310/s, 12 s left".
func (l *lines) update(label string, done int) {
	t := l.now()
	if t.Sub(l.last) < Interval {
		return
	}
	l.last = t
	perSecond := float64(done) / t.Sub(l.start).Seconds()
	line := l.count(label, done) + " " + rate(perSecond)
	if left := l.total - done; left > 0 && done > 0 {
		line += ", " + duration(float64(left)/perSecond) + " left"
	}
	fmt.Fprintln(l.w, line)
}

// finish writes "infer 5000/5000 (100 %) 310/s, took 16 s".
func (l *lines) finish(label string, done int) {
	line := l.count(label, done)
	seconds := l.now().Sub(l.start).Seconds()
	if seconds > 0 {
		line += " " + rate(float64(done)/seconds) + ","
	}
	fmt.Fprintln(l.w, line+" took "+duration(seconds))
}

func (l *lines) count(label string, done int) string {
	count := fmt.Sprint(done)
	if l.total > 0 {
		count = fmt.Sprintf("%d/%d (%d %%)", done, l.total, int(100*float64(done)/float64(l.total)))
	}
	return strings.TrimSpace(label + " " + count)
}

// rate has three digits below a hundred: 0.125/s, 12.5/s, 310/s.
func rate(perSecond float64) string {
	if perSecond >= 100 {
		return fmt.Sprintf("%.0f/s", perSecond)
	}
	return fmt.Sprintf("%.3g/s", perSecond)
}

// duration is in the two largest units that matter: 12 s, 3 min 20 s, 2 h 5 min.
func duration(seconds float64) string {
	s := int(seconds + 0.5)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
}
