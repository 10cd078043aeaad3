package simd

import "github.com/klauspost/cpuid/v2"

// What a product keeps in the larger caches, in float32 numbers: half of a core's
// second-level cache for a block of a, beside which strips of b pass, and an
// eighth of the third, which cores share, for a panel of b. They do not change a
// result's bits. Blocks of more than 256 KiB were slower where rows are a power
// of two apart, which meet in a few sets of a cache.
var (
	blockSize = min(share(cpuid.CPU.Cache.L2, 512<<10, 2), 1<<16)
	panelSize = share(cpuid.CPU.Cache.L3, 32<<20, 8)
)

// share is how many numbers a part of a cache holds. Of a cache that cpuid says
// nothing of, or something that no CPU has, it takes the usual size.
func share(bytes, usual, parts int) int {
	if bytes < usual/4 || bytes > usual*64 {
		bytes = usual
	}
	return bytes / parts / 4
}
