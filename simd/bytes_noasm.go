//go:build (!amd64 && !arm64) || purego || race

package simd

// Nor are there kernels for bytes and bfloat16.

func byteTiling() tiling { return active.tiling() }

func largestBits(x []float32) uint32 { return largestBitsGeneric(x) }

func quantiseBlocks(q []uint8, x []float32, inverse float32) { quantiseGeneric(q, x, inverse) }

func widen(dst []float32, src []uint16) { widenGeneric(dst, src) }
