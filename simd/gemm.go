package simd

import "runtime"

// The product is blocked as in Goto and van de Geijn (2008), "Anatomy of
// High-Performance Matrix Multiplication", ACM TOMS 34(3), in the loop order of
// BLIS: a panel of B (kc x nc) and a block of A (mc x kc) are copied into
// strips, which a micro-kernel multiplies into tiles of mr x nr. The copies
// hide transposes and strides and are padded with zeros to whole strips.
//
// A strip of B stays in the first-level cache while a block of A, which fits
// into the second-level cache, streams past it.
const (
	mr = 6  // rows of a tile
	nr = 16 // columns of a tile
	kc = 256
	mc = 20 * mr
	nc = 64 * nr
)

// workspace is the memory that one running product needs.
type workspace struct {
	a    [mc * kc]float32 // strips of mr rows: a[s*mr*k + p*mr + i]
	b    [kc * nc]float32 // strips of nr columns: b[s*nr*k + p*nr + j]
	tile [mr * nr]float32 // a tile that crosses the edge of dst
}

// spare keeps the workspaces of finished products, so that products that
// follow allocate nothing; its size bounds what is kept.
var spare = make(chan *workspace, 2*runtime.NumCPU())

func borrow() *workspace {
	select {
	case w := <-spare:
		return w
	default:
		return new(workspace)
	}
}

func giveBack(w *workspace) {
	select {
	case spare <- w:
	default:
	}
}

// Mul computes dst = op(a)·op(b), where op transposes if mode says TransA or
// TransB; with Accumulate it computes dst += op(a)·op(b). For op(a) of m x k
// and op(b) of k x n, dst is m x n. If k is 0 the product is zero.
//
// An element of dst is summed in an order that depends on k alone, so it has
// the same bits whichever other rows and columns are computed with it: a caller
// may split a product by rows or columns among goroutines.
func Mul(dst, a, b Matrix, mode Mode) {
	mul(dst, a, b, mode, 1)
}

// mul is Mul with op(a) multiplied by alpha.
func mul(dst, a, b Matrix, mode Mode, alpha float32) {
	dst.check()
	a.check()
	b.check()
	m, k := a.Rows, a.Cols
	if mode&TransA != 0 {
		m, k = k, m
	}
	kb, n := b.Rows, b.Cols
	if mode&TransB != 0 {
		kb, n = n, kb
	}
	if k != kb || m != dst.Rows || n != dst.Cols {
		panic(badMul)
	}
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		if mode&Accumulate == 0 {
			dst.zero()
		}
		return
	}

	w := borrow()
	// Blocks of equal size are better than full ones and a small rest.
	kBlock := divideUp(k, divideUp(k, kc))
	for j0 := 0; j0 < n; j0 += nc {
		cols := min(nc, n-j0)
		for p0 := 0; p0 < k; p0 += kBlock {
			depth := min(kBlock, k-p0)
			packB(w.b[:], b, mode, p0, j0, depth, cols)
			add := p0 > 0 || mode&Accumulate != 0
			for i0 := 0; i0 < m; i0 += mc {
				rows := min(mc, m-i0)
				packA(w.a[:], a, mode, i0, p0, rows, depth, alpha)
				w.multiply(dst, i0, j0, rows, cols, depth, add)
			}
		}
	}
	giveBack(w)
}

// multiply computes the block of dst at (i0, j0) from the packed panels.
func (w *workspace) multiply(dst Matrix, i0, j0, rows, cols, depth int, add bool) {
	for j := 0; j < cols; j += nr {
		b := w.b[j*depth : (j+nr)*depth]
		for i := 0; i < rows; i += mr {
			a := w.a[i*depth : (i+mr)*depth]
			c := dst.Data[(i0+i)*dst.Stride+j0+j:]
			if rows-i >= mr && cols-j >= nr {
				gemm6x16(c, dst.Stride, a, b, add)
				continue
			}
			gemm6x16(w.tile[:], nr, a, b, false)
			storeEdge(c, dst.Stride, w.tile[:], min(mr, rows-i), min(nr, cols-j), add)
		}
	}
}

// storeEdge copies or adds the first rows and cols of a tile to c.
func storeEdge(c []float32, stride int, tile []float32, rows, cols int, add bool) {
	for i := range rows {
		from := tile[i*nr : i*nr+cols]
		to := c[i*stride : i*stride+cols]
		if !add {
			copy(to, from)
			continue
		}
		for j, v := range from {
			to[j] += v
		}
	}
}

// zero sets every element to zero and leaves the gaps between rows alone.
func (m Matrix) zero() {
	for i := range m.Rows {
		clear(m.Data[i*m.Stride : i*m.Stride+m.Cols])
	}
}

// divideUp is n/d rounded up.
func divideUp(n, d int) int { return (n + d - 1) / d }
