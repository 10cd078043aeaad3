package simd

import "runtime"

// pool keeps memory that is not in use, so that calls that follow allocate
// nothing; its size bounds what is kept.
type pool[T any] chan *T

func newPool[T any]() pool[T] { return make(pool[T], 2*runtime.NumCPU()) }

func (p pool[T]) borrow() *T {
	select {
	case x := <-p:
		return x
	default:
		return new(T)
	}
}

func (p pool[T]) giveBack(x *T) {
	select {
	case p <- x:
	default:
	}
}
