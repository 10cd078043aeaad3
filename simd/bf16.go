package simd

import "math"

// PackedBF16 is a right-hand factor op(b) in bfloat16, the upper half of a
// float32: half the memory of [Packed], and half of what a core must load for
// a product of few rows. Sums are float32.
type PackedBF16 struct {
	rows, cols int
	strips     []uint16 // in the order of a Packed
}

// PackBF16 rounds op(b) to nearest, ties to even, and lays it out as [Pack] does.
func PackBF16(b Matrix, mode Mode) *PackedBF16 {
	wide := Pack(b, mode)
	p := &PackedBF16{rows: wide.rows, cols: wide.cols, strips: make([]uint16, len(wide.strips))}
	for i, v := range wide.strips {
		p.strips[i] = narrow(v)
	}
	return p
}

// narrow rounds to bfloat16.
func narrow(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 1<<6 // the payload's low half may be all there is
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// Mul computes dst = f(a·op(b) + Bias + Add) as the epilogue says.
func (b *PackedBF16) Mul(dst, a Matrix, e Epilogue) {
	p := newProduct(dst, a, b.rows, b.cols, 0, e)
	if p.trivial() {
		return
	}
	w := workspaces.borrow()
	depths, width := cut(p.k, p.depth), roundUp(p.n, p.cols)
	w.b = grow(w.b, p.cols*depths.size)
	for i := range depths.count {
		p0, depth := depths.at(i)
		// A strip at a time, so that it is in a near cache when it is wide.
		for j := 0; j < p.n; j += p.cols {
			strip := w.b[:p.cols*depth]
			widen(strip, b.strips[p0*width+j*depth:][:p.cols*depth])
			p.pass(w, strip, p0, depth, j, min(p.cols, p.n-j))
		}
	}
	workspaces.giveBack(w)
}

// widenGeneric is the exact conversion back.
func widenGeneric(dst []float32, src []uint16) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = math.Float32frombits(uint32(v) << 16)
	}
}
