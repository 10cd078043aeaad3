//go:build mpi

package mpi

// No flags: the compiler is the MPI library's own, which knows them.

/*
#include <mpi.h>

static int start(void) {
	int level = MPI_THREAD_SINGLE;
	MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
	return level >= MPI_THREAD_FUNNELED;
}
static int rank(void) { int n; MPI_Comm_rank(MPI_COMM_WORLD, &n); return n; }
static int size(void) { int n; MPI_Comm_size(MPI_COMM_WORLD, &n); return n; }

static void sum(float *x, int n) { MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); }
static void total(double *x, int n) { MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); }
static void broadcast(void *x, int n, int from) { MPI_Bcast(x, n, MPI_BYTE, from, MPI_COMM_WORLD); }
static void send(float *x, int n, int to) { MPI_Send(x, n, MPI_FLOAT, to, 0, MPI_COMM_WORLD); }
static void receive(float *x, int n, int from) { MPI_Recv(x, n, MPI_FLOAT, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE); }

static void finish(void) { MPI_Barrier(MPI_COMM_WORLD); MPI_Finalize(); }
static void stop(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
*/
import "C"

import (
	"errors"
	"iter"
	"os"
	"runtime"
	"slices"
	"unsafe"
)

// world is the processes that the launcher has started. One thread makes all calls to the MPI library, one after another, while
// others compute. The library's own answer to an error is to say so and to end all ranks.
type world struct {
	rank, size int
	calls      chan func()
}

// callsWaiting is how many may wait for the thread before those who ask wait, too: more than the buckets of a gradient.
const callsWaiting = 1 << 10

// Join is the start of every process. The error is that of several that cannot find each other.
func Join() (World, error) {
	// Its thread has nothing to do while it waits for other ranks, and leaves its core to those who compute.
	if name := "OMPI_MCA_mpi_yield_when_idle"; os.Getenv(name) == "" {
		os.Setenv(name, "1")
	}
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // the thread is beside them
	w := &world{calls: make(chan func(), callsWaiting)}
	go func() {
		runtime.LockOSThread()
		for call := range w.calls {
			call()
		}
	}()
	threads := false
	w.do(func() {
		threads = C.start() != 0
		w.rank, w.size = int(C.rank()), int(C.size())
	})
	if !threads {
		return nil, errors.New("the MPI library cannot be used by a program of several threads")
	}
	if w.size > 1 {
		return w, nil
	}
	return w, checkLaunch("MPI knows of one: start it with the mpirun of the library that it is built with, or by srun --mpi=pmix")
}

// begin has call done by the thread; wait waits for that.
func (w *world) begin(call func()) (wait func()) {
	done := make(chan struct{})
	w.calls <- func() {
		call()
		close(done)
	}
	return func() { <-done }
}

func (w *world) do(call func()) { w.begin(call)() }

func (w *world) Rank() int { return w.rank }
func (w *world) Size() int { return w.size }

func (w *world) Sum(x []float32) (wait func()) {
	return w.begin(func() {
		for part := range pieces(x) {
			C.sum((*C.float)(unsafe.SliceData(part)), C.int(len(part)))
		}
	})
}

func (w *world) Total(x []float64) {
	w.do(func() { C.total((*C.double)(unsafe.SliceData(x)), C.int(len(x))) })
}

func (w *world) Broadcast(x []float32, from int) {
	w.broadcast(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x)), from)
}

func (w *world) broadcast(x []byte, from int) {
	w.do(func() {
		for part := range pieces(x) {
			C.broadcast(unsafe.Pointer(unsafe.SliceData(part)), C.int(len(part)), C.int(from))
		}
	})
}

func (w *world) Send(x []float32, to int) {
	w.do(func() {
		for part := range pieces(x) {
			C.send((*C.float)(unsafe.SliceData(part)), C.int(len(part)), C.int(to))
		}
	})
}

func (w *world) Receive(x []float32, from int) {
	w.do(func() {
		for part := range pieces(x) {
			C.receive((*C.float)(unsafe.SliceData(part)), C.int(len(part)), C.int(from))
		}
	})
}

// pieces cuts x where a count of MPI's would end.
func pieces[T any](x []T) iter.Seq[[]T] { return slices.Chunk(x, 1<<30) }

func (w *world) Any(yes bool) bool {
	x := []float64{0}
	if yes {
		x[0] = 1
	}
	w.Total(x)
	return x[0] > 0
}

func (w *world) Told(x []byte) []byte {
	length := []float64{float64(len(x))}
	if w.rank > 0 {
		length[0] = 0
	}
	w.Total(length)
	if w.rank > 0 {
		x = make([]byte, int(length[0]))
	}
	w.broadcast(x, 0)
	return x
}

// Abort does not wait for the thread, which may be waiting for a rank that will not come.
func (w *world) Abort(code int) { C.stop(C.int(code)) }

func (w *world) Close() { w.do(func() { C.finish() }) }
