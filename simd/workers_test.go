package simd

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestWorkersDoEachTaskOnce, over runs that follow closely and after sleep.
func TestWorkersDoEachTaskOnce(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		w := StartWorkers(n)
		var done [9]atomic.Int64
		var busy [5]atomic.Bool
		do := func(worker, task int) {
			if busy[worker].Swap(true) {
				t.Errorf("worker %d has two tasks at once", worker)
			}
			done[task].Add(1)
			busy[worker].Store(false)
		}
		want := [9]int64{}
		for run := range 3000 {
			tasks := run % 10
			w.Run(tasks, do)
			for task := range tasks {
				want[task]++
			}
			for task := range done {
				if got := done[task].Load(); got != want[task] {
					t.Fatalf("%d workers, run %d: task %d was done %d times, want %d", n, run, task, got, want[task])
				}
			}
			if run%1000 == 999 {
				time.Sleep(time.Millisecond)
			}
		}
		w.Stop()
	}
}

// TestWorkersShare: tasks that wait for each other need workers at the same time.
func TestWorkersShare(t *testing.T) {
	w := StartWorkers(3)
	defer w.Stop()
	for range 100 {
		var here atomic.Int64
		w.Run(3, func(_, _ int) {
			here.Add(1)
			for here.Load() < 3 {
				time.Sleep(time.Microsecond)
			}
		})
	}
}
