package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"
)

// load is how much time the machine's CPUs have worked, and for this program
// and its children that have ended, in seconds.
type load struct {
	at        time.Time
	all, ours float64
}

// loadNow reads the load. Where there is no /proc/stat, it is zero.
func loadNow() load {
	l := load{at: time.Now()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return load{}
	}
	l.all = workedSeconds(string(text))
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var use syscall.Rusage
		if err := syscall.Getrusage(who, &use); err != nil {
			return load{}
		}
		l.ours += time.Duration(use.Utime.Nano() + use.Stime.Nano()).Seconds()
	}
	return l
}

// workedSeconds is what the first line of /proc/stat says that all CPUs have
// worked: user, nice, system, irq and softirq, in hundredths.
func workedSeconds(stat string) float64 {
	var user, nice, system, idle, iowait, irq, softirq float64
	if _, err := fmt.Sscanf(stat, "cpu %f %f %f %f %f %f %f", &user, &nice, &system, &idle, &iowait, &irq, &softirq); err != nil {
		return 0
	}
	return (user + nice + system + irq + softirq) / 100
}

// othersSince is the part of the machine's time since before that other
// processes took, NaN if it is not known.
func (l load) othersSince(before load) float64 {
	if before.all == 0 || l.all == 0 {
		return math.NaN()
	}
	machine := l.at.Sub(before.at).Seconds() * float64(runtime.NumCPU())
	return max(0, (l.all-before.all)-(l.ours-before.ours)) / machine
}
