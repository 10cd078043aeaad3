package simd

import (
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is a gonum BLAS implementation: gonum's own, with this package's
// kernels for the float32 routines and sizes that they make faster.
//
//	blas32.Use(simd.BLAS{})
//
// Arguments mean what they mean to gonum, and those that gonum refuses panic
// with its words. Sums run in another order than gonum's, and what is computed
// here lets NaN and Inf pass where their factor is zero, which gonum's skips
// here and there. Large problems use up to GOMAXPROCS goroutines, which stay for
// the next; the result has the same bits for any number of them.
type BLAS struct {
	gonum.Implementation
}

var _ blas.Float32 = BLAS{}

// The routines of BLAS check only whether they can do a job themselves. All
// that they cannot, from wrong arguments to sizes and factors of zero, they
// leave to gonum's, which also knows the words to panic with. So they do with
// problems so small that gonum's is faster.

// operand returns rows x cols numbers of x with leading dimension ld as a
// matrix. It is false if that is empty or gonum would refuse it.
func operand(rows, cols, ld int, x []float32) (Matrix, bool) {
	ok := rows > 0 && cols > 0 && ld >= cols && len(x) >= (rows-1)*ld+cols
	return Matrix{rows, cols, ld, x}, ok
}

// strided reports whether x has n numbers, at least one, at increments of inc,
// which may be negative.
func strided(n int, x []float32, inc int) bool {
	return n > 0 && inc != 0 && len(x) > (n-1)*max(inc, -inc)
}

// gather returns the n numbers of x at increments of inc, in their order, as a
// slice: x itself if it is one. A negative increment counts from the end.
func gather(n int, x []float32, inc int) []float32 {
	if inc == 1 {
		return x[:n]
	}
	dst := make([]float32, n)
	at := first(n, inc)
	for i := range dst {
		dst[i] = x[at]
		at += inc
	}
	return dst
}

// scatter undoes gather: it copies from back to x, unless it is x.
func scatter(x []float32, inc int, from []float32) {
	if inc == 1 {
		return
	}
	at := first(len(from), inc)
	for _, v := range from {
		x[at] = v
		at += inc
	}
}

// first is the index of the first of n numbers at increments of inc.
func first(n, inc int) int { return max(0, (1-n)*inc) }

// scaleOrClear multiplies x by beta, where 0 forgets even NaN.
func scaleOrClear(beta float32, x []float32) {
	switch beta {
	case 0:
		clear(x)
	case 1:
	default:
		scale(beta, x)
	}
}

// scratch is memory for a small matrix.
type scratch [smallSquare * mirrorStride]float32

var scratches = newPool[scratch]()

func transposes(t blas.Transpose) (trans, ok bool) {
	return t == blas.Trans || t == blas.ConjTrans, t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

func isLower(ul blas.Uplo) (lower, ok bool) {
	return ul == blas.Lower, ul == blas.Lower || ul == blas.Upper
}

func isUnit(d blas.Diag) (unit, ok bool) {
	return d == blas.Unit, d == blas.Unit || d == blas.NonUnit
}

func isRight(s blas.Side) (right, ok bool) {
	return s == blas.Right, s == blas.Left || s == blas.Right
}

// crew are the workers of all routines: started when there is work for them, and
// anew when GOMAXPROCS has changed.
var crew struct {
	sync.Mutex
	*Workers
	size int
}

// each calls f(0) to f(n-1) on up to GOMAXPROCS goroutines, of which one is the
// caller's. While they are busy for another caller, this one is alone.
func each(n int, f func(i int)) {
	if !crew.TryLock() {
		for i := range n {
			f(i)
		}
		return
	}
	defer crew.Unlock()
	if size := runtime.GOMAXPROCS(0); size != crew.size {
		if crew.Workers != nil {
			crew.Stop()
		}
		crew.Workers, crew.size = StartWorkers(size), size
	}
	crew.Run(n, func(_, task int) { f(task) })
}

// ranges calls f(task, lo, hi) for the whole of 0 <= i < n or, if the work is
// worth it, on several goroutines for pieces, which begin at multiples of
// grain. The unit of work takes about as long as a multiplication in a product.
func ranges[T any](n, grain int, work float64, task T, f func(task T, lo, hi int)) {
	if pieces := min(piecesOf(work), divideUp(n, grain)); pieces > 1 {
		size := divideUp(divideUp(n, pieces), grain) * grain
		eachRange(n, size, task, f)
		return
	}
	f(task, 0, n) // no closure, so no allocation
}

func eachRange[T any](n, size int, task T, f func(task T, lo, hi int)) {
	each(divideUp(n, size), func(i int) { f(task, i*size, min(i*size+size, n)) })
}

// A goroutine is worth its start when it does some 10 µs, and a rest of small
// pieces evens out what keeps one processor longer than another.
const (
	leastWork = 1 << 20
	perWorker = 2
)

// piecesOf is the number of pieces to cut work into, 1 if it is to stay on the
// calling goroutine. It is float64 because int may have 32 bits. Which kernel
// computes what must not depend on it.
func piecesOf(work float64) int {
	if work < 2*leastWork {
		return 1
	}
	workers := runtime.GOMAXPROCS(0) // takes a lock, so only now
	if workers == 1 {
		return 1
	}
	return int(min(float64(perWorker*workers), work/leastWork))
}
