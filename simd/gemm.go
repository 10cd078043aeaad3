package simd

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

// mul is Mul with op(b) multiplied by alpha.
func mul(dst, a, b Matrix, mode Mode, alpha float32) {
	b.check()
	k, n := b.Rows, b.Cols
	if mode&TransB != 0 {
		k, n = n, k
	}
	p := newProduct(dst, a, k, n, mode, Epilogue{})
	if p.trivial() {
		return
	}
	w := workspaces.borrow()
	depths, t := cut(k, p.depth), p.tiling
	if mode&TransB == 0 && alpha == 1 && p.m >= t.rows && packsInPassing() {
		p.raw = b
	}
	panel := max(t.cols, panelSize/depths.size/t.cols*t.cols)
	for j0 := 0; j0 < n; j0 += panel {
		cols := min(panel, n-j0)
		for i := range depths.count {
			p0, depth := depths.at(i)
			w.b = grow(w.b, roundUp(cols, t.cols)*depth)
			if len(p.raw.Data) == 0 {
				packB(w.b, b, mode, p0, j0, depth, cols, t.cols)
				if alpha != 1 {
					Scale(alpha, w.b)
				}
			}
			p.pass(w, w.b, p0, depth, j0, cols)
		}
	}
	workspaces.giveBack(w)
}

// Epilogue is what happens to a product while it is still in a cache:
//
//	dst = f(op(a)·op(b) + Bias + Add)
type Epilogue struct {
	Bias []float32 // [n] added to every row; empty: none
	Add  Matrix    // m x n; may be dst. No Data: none
	GELU bool      // f is GELU, else the identity
}

// product is a matrix product under way. It is blocked as in Goto and van de
// Geijn (2008), "Anatomy of High-Performance Matrix Multiplication", ACM TOMS
// 34(3), in the loop order of BLIS: b comes in strips of a few columns, packed
// by rows, and a strip of one block's depth stays in a near cache while a block
// of a, which fits into the second-level cache, streams past it in tiles of a
// few rows. Rows of a are read where they are.
type product struct {
	tiling
	dst, a  Matrix
	m, n, k int
	transA  bool
	raw     Matrix // b, if its strips are packed by the first tiles that need them
	e       Epilogue
}

// newProduct checks the sizes of a product of op(a) and a factor of k x n.
func newProduct(dst, a Matrix, k, n int, mode Mode, e Epilogue) product {
	dst.check()
	a.check()
	p := product{tiling: active.tiling(), dst: dst, a: a, m: a.Rows, n: n, k: a.Cols, transA: mode&TransA != 0, e: e}
	if p.transA {
		p.m, p.k = p.k, p.m
	}
	if p.k != k || p.m != dst.Rows || p.n != dst.Cols {
		panic(badMul)
	}
	if mode&Accumulate != 0 {
		p.e.Add = dst
	}
	if len(e.Bias) > 0 && len(e.Bias) != n || len(p.e.Add.Data) > 0 && (p.e.Add.Rows != p.m || p.e.Add.Cols != n) {
		panic(badEpilogue)
	}
	p.e.Add.check()
	return p
}

// trivial does a product without a sum and reports whether it was one.
func (p *product) trivial() bool {
	switch {
	case p.m == 0 || p.n == 0:
		return true
	case p.k > 0:
		return false
	}
	for i := range p.m {
		row := p.dst.Data[i*p.dst.Stride:][:p.n]
		if len(p.e.Add.Data) == 0 {
			clear(row)
		} else {
			copy(row, p.e.Add.Data[i*p.e.Add.Stride:][:p.n])
		}
		if len(p.e.Bias) > 0 {
			add(row, row, p.e.Bias)
		}
		if p.e.GELU {
			gelu(row, row)
		}
	}
	return true
}

// pass adds to the columns from j0 on what depth elements from p0 on of the
// sums contribute. The columns' strips of op(b) follow one another.
func (p *product) pass(w *workspace, strips []float32, p0, depth, j0, cols int) {
	add, bias := p.dst, []float32(nil)
	if p0 == 0 {
		add, bias = p.e.Add, p.e.Bias
	}
	rows := cut(p.m, max(p.rows, blockSize/depth))
	for i := range rows.count {
		i0, n := rows.at(i)
		a, lda := p.block(w, i0, n, p0, depth)
		for j := 0; j < cols; j += p.cols {
			s := p.stackAt(i0, n, j0+j, min(p.cols, cols-j), add, bias)
			s.a, s.lda, s.b, s.depth = a, lda, strips[j*depth:(j+p.cols)*depth], depth
			if i == 0 && len(p.raw.Data) > 0 {
				s = s.packing(p.tiling, p.raw, p0, j0+j)
			}
			s.compute(w, p.tiling)
		}
		if p0+depth == p.k {
			p.activate(i0, n, j0, cols)
		}
	}
}

// stackAt is the stack of n rows from i0 on and cols columns from j0 on, with
// what is to be added but without its factors.
func (p *product) stackAt(i0, n, j0, cols int, add Matrix, bias []float32) stack {
	s := stack{rows: n, cols: cols, c: p.dst.Data[i0*p.dst.Stride+j0:], ldc: p.dst.Stride}
	if len(add.Data) > 0 {
		s.add, s.ldadd = add.Data[i0*add.Stride+j0:], add.Stride
	}
	if len(bias) > 0 {
		s.bias = bias[j0:]
	}
	return s
}

// activate passes finished elements through the epilogue's function.
func (p *product) activate(i0, n, j0, cols int) {
	if !p.e.GELU {
		return
	}
	for r := range n {
		row := p.dst.Data[(i0+r)*p.dst.Stride+j0:][:cols]
		gelu(row, row)
	}
}

// Rows a multiple of badCacheStride apart evict one another from the
// first-level cache, which has 64 sets of 64 bytes on every CPU of today.
const badCacheStride = 512

// block is op(a)[i0:i0+n, p0:p0+depth] by rows: a itself or a copy.
func (p *product) block(w *workspace, i0, n, p0, depth int) (a []float32, lda int) {
	if !p.transA && (p.a.Stride%badCacheStride != 0 || n <= p.rows) {
		return p.a.Data[i0*p.a.Stride+p0:], p.a.Stride
	}
	lda = roundUp(depth, 16) + 16
	w.a = grow(w.a, n*lda)
	if p.transA {
		transpose(w.a, lda, p.a.Data[p0*p.a.Stride+i0:], p.a.Stride, depth, n)
	} else {
		for i := range n {
			copy(w.a[i*lda:][:depth], p.a.Data[(i0+i)*p.a.Stride+p0:])
		}
	}
	return w.a, lda
}

// workspace is the memory that one running product needs.
type workspace struct {
	a    []float32 // a block of op(a), by rows
	b    []float32 // strips of op(b)
	edge []float32 // a stack of tiles that reaches over the edge of dst

	bytes  []uint8   // a block of a left factor, rounded
	scales []float32 // of its rows
}

var workspaces = newPool[workspace]()

// grow is room for n numbers, in x if it has that.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}
