package simd

// tiling is how a level's kernels cut a product.
type tiling struct {
	rows, cols int // of a full tile
	// depth is the most elements of a sum that are made in one go: a tile of
	// op(a) of this depth fits into the first-level cache, and a strip of op(b)
	// at least into a corner of the second. It decides the order of sums, so it
	// does not follow the CPU at hand.
	depth int
	// largest is the most that a byte of op(b) may be.
	largest int
}

func (l level) tiling() tiling {
	switch l {
	case avx512:
		return tiling{rows: 14, cols: 32, depth: 768, largest: 127}
	case avx2:
		// The kernel sums two products with bytes of a in 16 bits.
		return tiling{rows: 6, cols: 16, depth: 384, largest: 63}
	case neon:
		return tiling{rows: 8, cols: 8, depth: 384, largest: 127}
	}
	return tiling{rows: 6, cols: 16, depth: 256, largest: 127}
}

// stack is the work on one strip of b: tiles one below the other.
//
//	c[i][j] = Σp a[i][p]·b[p][j] + bias[j] + add[i][j]
type stack struct {
	c          []float32
	ldc        int
	a          []float32
	lda        int
	b          []float32 // [depth, cols of a full tile]; the columns past cols are zero
	depth      int
	rows, cols int
	add        []float32 // empty: none
	ldadd      int
	bias       []float32 // empty: none
	q          quantised // in place of a and b, if it has any
}

// compute runs the kernels over tiles of nearly equal heights.
func (s stack) compute(w *workspace, t tiling) {
	if s.rows == 0 {
		return
	}
	if s.cols < t.cols && s.cols != t.cols/2 {
		s.overEdge(w, t)
		return
	}
	n := divideUp(s.rows, t.rows)
	height, higher := s.rows/n, s.rows%n
	if higher > 0 {
		s.tiles(height+1, higher)
		s = s.below(higher * (height + 1))
	}
	if higher < n {
		s.tiles(height, n-higher)
	}
}

// below is the stack without its first rows.
func (s stack) below(rows int) stack {
	if rows == s.rows {
		return stack{}
	}
	s.rows -= rows
	s.c = s.c[rows*s.ldc:]
	if len(s.a) > 0 {
		s.a = s.a[rows*s.lda:]
	}
	s.q = s.q.below(rows, s.lda)
	if len(s.add) > 0 {
		s.add = s.add[rows*s.ldadd:]
	}
	return s
}

// packing fills the strip with b[p0:, j0:], while it computes the first tile
// where that is a full one, and returns the stack of what is left to compute.
func (s stack) packing(t tiling, b Matrix, p0, j0 int) stack {
	if s.rows < t.rows || s.cols < t.cols {
		packB(s.b, b, 0, p0, j0, s.depth, s.cols, t.cols)
		return s
	}
	s.packingTile(t.rows, b.Data[p0*b.Stride+j0:], b.Stride)
	return s.below(t.rows)
}

// overEdge computes full tiles beside dst and copies what belongs to it.
func (s stack) overEdge(w *workspace, t tiling) {
	w.edge = grow(w.edge, s.rows*t.cols)
	full := s
	full.c, full.ldc, full.cols, full.add, full.bias = w.edge, t.cols, t.cols, nil, nil
	if s.cols < t.cols/2 {
		full.cols = t.cols / 2
	}
	full.compute(w, t)
	for i := range s.rows {
		to := s.c[i*s.ldc:][:s.cols]
		from := w.edge[i*t.cols:][:s.cols]
		if len(s.bias) > 0 {
			for j, v := range s.bias[:s.cols] {
				from[j] += v
			}
		}
		if len(s.add) == 0 {
			copy(to, from)
			continue
		}
		for j, v := range s.add[i*s.ldadd:][:s.cols] {
			to[j] = from[j] + v
		}
	}
}

// blocks are parts of nearly equal size of a whole.
type blocks struct{ total, size, count int }

// cut makes blocks of at most most elements, or of a few more: all but the last
// are a multiple of 8.
func cut(total, most int) blocks {
	if total == 0 {
		return blocks{}
	}
	size := min(total, roundUp(divideUp(total, divideUp(total, most)), 8))
	return blocks{total, size, divideUp(total, size)}
}

// at is the start and the size of block i.
func (b blocks) at(i int) (start, size int) {
	start = i * b.size
	return start, min(b.size, b.total-start)
}

// divideUp is n/d rounded up.
func divideUp(n, d int) int { return (n + d - 1) / d }

// roundUp is the first multiple of d from n on.
func roundUp(n, d int) int { return divideUp(n, d) * d }
