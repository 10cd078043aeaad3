//go:build (!amd64 && !arm64) || purego || race

package simd

// Without assembly every kernel is its reference.

func supported() []level { return []level{generic} }

func (s stack) tiles(height, count int) {
	if len(s.q.b) > 0 {
		s.byteTilesGeneric(height, count)
	} else {
		s.tilesGeneric(height, count)
	}
}

func transpose8(dst []float32, ldd int, src []float32, lds, blocks int) {
	transpose8Generic(dst, ldd, src, lds, blocks)
}

func packsInPassing() bool { return false }

func (s stack) packingTile(height int, b []float32, ldb int) { panic("simd: no such kernel") }

func byteTiling() tiling { return active.tiling() }

func largestBits(x []float32) uint32 { return largestBitsGeneric(x) }

func quantiseBlocks(q []uint8, x []float32, inverse float32) { quantiseGeneric(q, x, inverse) }

func widen(dst []float32, src []uint16) { widenGeneric(dst, src) }
