package simd

// What a product keeps in the shared caches, in numbers: sizes are for what
// CPUs have at least. They do not change a result's bits.
const (
	blockSize = 1 << 16 // of a: 256 KiB, half of a second-level cache
	panelSize = 1 << 20 // of b
)
