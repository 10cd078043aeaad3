package simd

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// pool keeps memory that is not in use, so that calls that follow allocate
// nothing; its size bounds what is kept. A goroutine looks first where it gave
// back: what it finds there is in the caches of the core that it runs on. Not a
// sync.Pool, which forgets at every collection of garbage.
type pool[T any] struct{ places []place[T] } // many more than goroutines: they seldom meet

type place[T any] struct {
	x atomic.Pointer[T]
	_ [56]byte // of a cache line
}

func newPool[T any]() pool[T] { return pool[T]{make([]place[T], 8*runtime.NumCPU())} }

func (p pool[T]) borrow() *T {
	first := p.first()
	for i := range p.places {
		if x := p.places[(first+i)%len(p.places)].x.Swap(nil); x != nil {
			return x
		}
	}
	return new(T)
}

func (p pool[T]) giveBack(x *T) {
	first := p.first()
	for i := range p.places {
		if p.places[(first+i)%len(p.places)].x.CompareAndSwap(nil, x) {
			return
		}
	}
}

// first is where this goroutine begins to look, by where its stack is.
func (p pool[T]) first() int {
	var here byte
	const smallestStack = 1 << 11
	return int(uintptr(unsafe.Pointer(&here))/smallestStack) % len(p.places)
}
