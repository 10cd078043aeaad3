//go:build (amd64 || arm64) && !purego && !race

package simd

import (
	"iter"
	"unsafe"
)

// What the code of every architecture with assembly shares.

// An assembly function cannot be interrupted, so vectors of any length go to it
// in pieces that take microseconds; rows are short enough.
const piece = 1 << 14

// pieces yields the bounds of n numbers in pieces.
func pieces(n int) iter.Seq2[int, int] {
	return func(yield func(lo, hi int) bool) {
		for lo := 0; lo < n; lo += piece {
			if !yield(lo, min(lo+piece, n)) {
				return
			}
		}
	}
}

// tiles runs the kernel of the stack's columns on count tiles of one height,
// after a look at whether all that it touches is there.
func (s stack) tiles(height, count int) {
	rows := height * count
	s.checkSums(rows)
	if q := s.q; len(q.b) > 0 {
		_, _, _ = q.a[((rows-1)*s.lda+s.depth)*bytesPerElement-1], q.b[s.depth*bytesPerElement-1], q.starts[s.cols-1]
		_, _ = q.rowScales[rows-1], q.columnScales[s.cols-1]
		s.byteKernel(height, count, origin(s.add), origin(s.bias))
		return
	}
	_, _ = s.a[(rows-1)*s.lda+s.depth-1], s.b[s.depth-1]
	s.kernel(height, count, origin(s.add), origin(s.bias))
}

// packingTile computes the first tile, of full height and width, and packs the
// rows b[p*ldb:] for the others.
func (s stack) packingTile(height int, b []float32, ldb int) {
	s.checkSums(height)
	_, _, _ = s.a[(height-1)*s.lda+s.depth-1], s.b[s.depth*s.cols-1], b[(s.depth-1)*ldb+s.cols-1]
	s.packingKernel(b, ldb, origin(s.add), origin(s.bias))
}

// checkSums looks whether what is added and stored is there.
func (s stack) checkSums(rows int) {
	_ = s.c[(rows-1)*s.ldc+s.cols-1]
	if len(s.add) > 0 {
		_ = s.add[(rows-1)*s.ldadd+s.cols-1]
	}
	if len(s.bias) > 0 {
		_ = s.bias[s.cols-1]
	}
}

// origin is where x begins, nil if it is empty.
func origin(x []float32) *float32 {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}

// element is where bytes begin, for a kernel that takes four at a time.
func element[T uint8 | int8](x []T) *float32 { return (*float32)(unsafe.Pointer(&x[0])) }
