//go:build (amd64 || arm64) && !purego && !race

package simd

import "iter"

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
