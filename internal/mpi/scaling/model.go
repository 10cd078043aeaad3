package main

import (
	"math"
	"time"

	"github.com/astrovit/astrovit/internal/mpi"
	"github.com/astrovit/astrovit/simd"
)

// network is how long a message of m bytes takes: latency + m/bandwidth.
type network struct {
	latency   float64 // s
	bandwidth float64 // bytes/s
}

// step is what a step takes, between two numbers of images and beyond them along a straight line.
type step struct {
	few, many watched
	addByte   float64 // s, to add up
}

func (s step) at(images, few, many float64) float64 {
	return few + (many-few)*(images-float64(s.few.images))/float64(s.many.images-s.few.images)
}

// allReduce is the time to sum m bytes over n ranks by halves and doubles: Rabenseifner's algorithm, whose cost is in Thakur,
// Rabenseifner & Gropp (2005, section 4.5).
func (s step) allReduce(m float64, n int, net network) float64 {
	if n == 1 {
		return 0
	}
	part := float64(n-1) / float64(n)
	return 2*math.Ceil(math.Log2(float64(n)))*net.latency + 2*part*m/net.bandwidth + part*m*s.addByte
}

// time is that of a step of n ranks with so many images each. Buckets are summed one after another, each from when it is complete;
// the weights change when all are.
func (s step) time(images float64, n int, net network) float64 {
	sent := 0.0
	for i, size := range s.many.sizes {
		sent = max(sent, s.at(images, s.few.ready[i], s.many.ready[i])) + s.allReduce(float64(size), n, net)
	}
	last := len(s.many.ready) - 1
	return sent + s.allReduce(float64(16*n), n, net) + s.at(images, s.few.total-s.few.ready[last], s.many.total-s.many.ready[last])
}

// Messages that a network is measured by: one that is all latency, one that is all bandwidth.
const (
	short = 2
	long  = 1 << 21
)

// measure takes the network's figures from all-reduces, by the cost that [step.allReduce] gives them.
func measure(world mpi.World) network {
	seconds := func(numbers, times int) float64 {
		x := make([]float32, numbers)
		var all []float64
		for range times {
			start := time.Now()
			world.Sum(x)()
			all = append(all, time.Since(start).Seconds())
		}
		return median(all)
	}
	n := float64(world.Size())
	part := (n - 1) / n
	latency, whole := seconds(short, 200), seconds(long, 20)
	return network{latency / (2 * math.Ceil(math.Log2(n))), 2 * part * 4 * long / (whole - latency - part*4*long*addByte())}
}

// addByte is the time to add up a byte of float32s that are in memory.
func addByte() float64 {
	x, y := make([]float32, long), make([]float32, long)
	var all []float64
	for range 20 {
		start := time.Now()
		simd.Add(x, x, y)
		all = append(all, time.Since(start).Seconds())
	}
	return median(all) / (4 * long)
}
