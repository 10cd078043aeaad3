package infer

import (
	"fmt"
	"sync/atomic"
	"time"
)

// clock is where the time of a run goes. Its stages work at the same time, the
// first two of them on several workers, so that they add up to more than the
// run took; starved is the time in which the model had nothing to compute.
type clock struct{ reading, preparing, computing, writing, starved stopwatch }

// stopwatch adds up the time of many goroutines.
type stopwatch struct{ nanoseconds atomic.Int64 }

func (s *stopwatch) time(work func()) {
	start := time.Now()
	work()
	s.nanoseconds.Add(int64(time.Since(start)))
}

func (s *stopwatch) seconds() float64 { return time.Duration(s.nanoseconds.Load()).Seconds() }

// receive takes what comes next from a channel, and adds the time that it waits.
func receive[T any](from <-chan T, waiting *stopwatch) (next T, more bool) {
	waiting.time(func() { next, more = <-from })
	return next, more
}

// String is a line for the end of a run.
func (c *clock) String() string {
	return fmt.Sprintf("computing %.1f s; the model waited %.1f s for pixels; beside it: reading %.1f s, preparing %.1f s (both added up over the workers), writing %.1f s",
		c.computing.seconds(), c.starved.seconds(), c.reading.seconds(), c.preparing.seconds(), c.writing.seconds())
}

// attrs are the same for programs.
func (c *clock) attrs() []any {
	return []any{"computing", c.computing.seconds(), "starved", c.starved.seconds(), "reading", c.reading.seconds(),
		"preparing", c.preparing.seconds(), "writing", c.writing.seconds()}
}
