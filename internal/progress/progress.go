// Package progress tells how a run goes: its messages, as records of log/slog, and
// how far it has come, as a bar on a terminal, as a message now and then in a log.
package progress

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// interval is the least time between two messages of a bar.
const interval = 10 * time.Second

// Bar counts towards a total. Its methods may be called by many goroutines at once.
type Bar struct {
	log   *slog.Logger
	shown *handler // that redraws it; nil: messages alone
	total int
	label string
	now   func() time.Time

	mu          sync.Mutex
	done        int
	attrs       []any
	closed      bool
	start, last time.Time
}

// New starts a bar in a log: one that redraws itself if that is [NewLog]'s on a
// terminal, messages otherwise. A total of 0 or less means unknown. One bar is open
// at a time.
func New(log *slog.Logger, total int, label string) *Bar {
	b := newBar(log, total, label, time.Now)
	if b.shown = onTerminal(log); b.shown != nil {
		b.shown.draw(total, label)
	}
	return b
}

func newBar(log *slog.Logger, total int, label string, now func() time.Time) *Bar {
	t := now()
	return &Bar{log: log, total: total, label: label, now: now, start: t, last: t}
}

// Since says that what it counts began earlier.
func (b *Bar) Since(start time.Time) *Bar {
	b.start = start
	return b
}

// Add counts n more as done.
func (b *Bar) Add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if b.closed {
		return
	}
	if b.shown != nil {
		b.shown.set(b.done)
		return
	}
	if t := b.now(); t.Sub(b.last) >= interval {
		b.last = t
		b.report(t)
	}
}

// Tell gives attributes, as those of [slog.Logger.Info], to the bar's messages from
// here on, instead of those told before.
func (b *Bar) Tell(attrs ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attrs = attrs
}

// Finish shows the final count, whether or not the total was reached, and ends
// the bar. Later calls do nothing.
func (b *Bar) Finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	if b.shown != nil {
		b.shown.erase()
	}
	line, seconds := b.count(), b.now().Sub(b.start).Seconds()
	if seconds > 0 {
		line += " " + rate(float64(b.done)/seconds) + ","
	}
	b.say(line+" took "+duration(seconds), seconds)
}

// report says "infer 1200/5000 (24 %) 310/s, 12 s left".
func (b *Bar) report(t time.Time) {
	seconds := t.Sub(b.start).Seconds()
	perSecond := float64(b.done) / seconds
	line := b.count() + " " + rate(perSecond)
	if left := b.total - b.done; left > 0 && b.done > 0 {
		line += ", " + duration(float64(left)/perSecond) + " left"
	}
	b.say(line, seconds)
}

func (b *Bar) say(line string, seconds float64) {
	attrs := []any{"what", b.label, "done", b.done}
	if b.total > 0 {
		attrs = append(attrs, "total", b.total)
	}
	attrs = append(attrs, "per_second", float64(b.done)/seconds, "seconds", seconds)
	b.log.Info(line, append(attrs, b.attrs...)...)
}

func (b *Bar) count() string {
	count := fmt.Sprint(b.done)
	if b.total > 0 {
		count = fmt.Sprintf("%d/%d (%d %%)", b.done, b.total, int(100*float64(b.done)/float64(b.total)))
	}
	return strings.TrimSpace(b.label + " " + count)
}

// draw shows a bar.
func (h *handler) draw(total int, label string) {
	if total <= 0 {
		total = -1 // progressbar's word for unknown
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(h.w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString(""),
		progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own
		progressbar.OptionSetRenderBlankState(true),
	)
}

// set moves the bar.
func (h *handler) set(done int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bar.Set(done) // fails beyond the total only, where the bar is full anyway
}

// erase takes the bar away.
func (h *handler) erase() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bar.Clear()
	h.bar.Exit()
	h.bar = nil
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
