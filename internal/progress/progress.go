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

// interval is the least time between two lines in a log.
const interval = 10 * time.Second

// Bar counts towards a total. Its methods may be called by many goroutines at once.
type Bar struct {
	mu     sync.Mutex
	show   display
	done   int
	closed bool
}

// display is where a bar shows. Calls come one at a time.
type display interface {
	update(done int)
	print(line string)
	finish(done int)
}

// New starts a bar on w, usually os.Stderr: one that redraws itself if w is a
// terminal, lines otherwise. A total of 0 or less means unknown.
func New(w io.Writer, total int, label string) *Bar {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &Bar{show: newTerminal(w, total, label)}
	}
	return &Bar{show: newLines(w, total, label, time.Now)}
}

// Add counts n more as done.
func (b *Bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if !b.closed {
		b.show.update(b.done)
	}
}

// Printf writes a line of the log above the bar.
func (b *Bar) Printf(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show.print(fmt.Sprintf(format, args...))
}

// Finish shows the final count, whether or not the total was reached, and ends
// the bar. Later calls do nothing.
func (b *Bar) Finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.show.finish(b.done)
	}
}

// terminal is a bar that redraws itself, and leaves the last line of a log behind.
type terminal struct {
	bar *progressbar.ProgressBar
	log *lines
}

func newTerminal(w io.Writer, total int, label string) *terminal {
	limit := total
	if total <= 0 {
		limit = -1 // progressbar's word for unknown
	}
	return &terminal{log: newLines(w, total, label, time.Now), bar: progressbar.NewOptions(limit,
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

func (t *terminal) update(done int) {
	t.bar.Set(done) // fails beyond the total only, where the bar is full anyway
}

func (t *terminal) print(line string) {
	t.bar.Clear()
	t.log.print(line)
	t.bar.RenderBlank() // as it stands
}

func (t *terminal) finish(done int) {
	t.bar.Clear()
	t.bar.Exit()
	t.log.finish(done)
}

// lines writes at most one line an interval, and one at the end.
type lines struct {
	w           io.Writer
	total       int
	label       string
	now         func() time.Time
	start, last time.Time
}

func newLines(w io.Writer, total int, label string, now func() time.Time) *lines {
	t := now()
	return &lines{w: w, total: total, label: label, now: now, start: t, last: t}
}

// update writes "infer 1200/5000 (24 %) 310/s, 12 s left".
func (l *lines) update(done int) {
	t := l.now()
	if t.Sub(l.last) < interval {
		return
	}
	l.last = t
	perSecond := float64(done) / t.Sub(l.start).Seconds()
	line := l.count(done) + " " + rate(perSecond)
	if left := l.total - done; left > 0 && done > 0 {
		line += ", " + duration(float64(left)/perSecond) + " left"
	}
	fmt.Fprintln(l.w, line)
}

func (l *lines) print(line string) { fmt.Fprintln(l.w, line) }

// finish writes "infer 5000/5000 (100 %) 310/s, took 16 s".
func (l *lines) finish(done int) {
	line := l.count(done)
	seconds := l.now().Sub(l.start).Seconds()
	if seconds > 0 {
		line += " " + rate(float64(done)/seconds) + ","
	}
	fmt.Fprintln(l.w, line+" took "+duration(seconds))
}

func (l *lines) count(done int) string {
	count := fmt.Sprint(done)
	if l.total > 0 {
		count = fmt.Sprintf("%d/%d (%d %%)", done, l.total, int(100*float64(done)/float64(l.total)))
	}
	return strings.TrimSpace(l.label + " " + count)
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
