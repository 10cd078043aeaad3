package simd

import "math"

// PackedInt8 is a right-hand factor op(b) in bytes, with a scale for each
// column: the symmetric quantisation of Jacob et al. (2018), arXiv:1712.05877,
// section 2.1, a channel at a time. A product rounds each row of the left
// factor to bytes too, with a scale of its own, and sums the bytes' products in
// integers; what it makes of them is float32 again.
type PackedInt8 struct {
	rows, cols int
	tiling     tiling
	strips     []int8    // of t.cols columns: [elements, t.cols, 4]
	starts     []int32   // -zeroPoint·Σ, of each column
	scales     []float32 // of each column
}

// zeroPoint is the byte that stands for zero in a left factor.
const zeroPoint = 128

// bytesPerElement follow each other in depth: what a kernel multiplies at once.
const bytesPerElement = 4

// PackInt8 rounds op(b), which mode transposes if it says TransB, and lays it out.
func PackInt8(b Matrix, mode Mode) *PackedInt8 {
	b.check()
	p := &PackedInt8{rows: b.Rows, cols: b.Cols, tiling: byteTiling()}
	column := func(j, i int) float32 { return b.Data[i*b.Stride+j] }
	if mode&TransB != 0 {
		p.rows, p.cols = p.cols, p.rows
		column = func(j, i int) float32 { return b.Data[j*b.Stride+i] }
	}
	width, elements := roundUp(p.cols, p.tiling.cols), divideUp(p.rows, bytesPerElement)
	p.strips = make([]int8, width*elements*bytesPerElement)
	p.starts, p.scales = make([]int32, width), make([]float32, width)
	for j := range p.cols {
		top := float32(0)
		for i := range p.rows {
			v := column(j, i)
			if v != v {
				top = v
				break
			}
			top = max(top, v, -v)
		}
		p.scales[j] = top / float32(p.tiling.largest)
		strip := p.strips[j/p.tiling.cols*p.tiling.cols*elements*bytesPerElement:]
		for i := range p.rows {
			v := int8(0)
			if top > 0 && !math.IsInf(float64(top), 0) {
				v = int8(math.RoundToEven(float64(column(j, i)) / float64(p.scales[j])))
			}
			strip[(i/bytesPerElement*p.tiling.cols+j%p.tiling.cols)*bytesPerElement+i%bytesPerElement] = v
			p.starts[j] -= zeroPoint * int32(v)
		}
	}
	return p
}

// Mul computes dst = f(a·op(b) + Bias + Add) as the epilogue says.
func (b *PackedInt8) Mul(dst, a Matrix, e Epilogue) {
	p := newProduct(dst, a, b.rows, b.cols, 0, e)
	if p.trivial() {
		return
	}
	w := workspaces.borrow()
	t, elements := b.tiling, divideUp(p.k, bytesPerElement)
	lda := elements * bytesPerElement
	rows := cut(p.m, max(t.rows, bytesPerElement*blockSize/lda))
	w.bytes = grow(w.bytes, rows.size*lda)
	w.scales = grow(w.scales, rows.size)
	for i := range rows.count {
		i0, n := rows.at(i)
		for r := range n {
			w.scales[r] = quantise(w.bytes[r*lda:][:lda], a.Data[(i0+r)*a.Stride:][:p.k])
		}
		for j := 0; j < p.n; j += t.cols {
			s := p.stackAt(i0, n, j, min(t.cols, p.n-j), p.e.Add, p.e.Bias)
			s.depth, s.lda = elements, elements
			s.q = quantised{
				a: w.bytes, b: b.strips[j*elements*bytesPerElement:][:t.cols*elements*bytesPerElement],
				starts: b.starts[j:], columnScales: b.scales[j:], rowScales: w.scales,
			}
			s.compute(w, t)
		}
		p.activate(i0, n, 0, p.n)
	}
	workspaces.giveBack(w)
}

// quantised is what a stack of byte products has in place of a and b. A row of
// a and a row of b count in elements of four bytes.
type quantised struct {
	a            []uint8
	b            []int8
	starts       []int32
	columnScales []float32
	rowScales    []float32
}

// below is the stack's bytes without its first rows.
func (q quantised) below(rows, lda int) quantised {
	if len(q.b) > 0 {
		q.a, q.rowScales = q.a[rows*lda*bytesPerElement:], q.rowScales[rows:]
	}
	return q
}

// quantise rounds a row to bytes, around the zero point, and returns its scale.
// What is left of the row's last element is filled up. A row that is not all
// finite gets a scale that makes NaN of every product.
func quantise(q []uint8, x []float32) (scale float32) {
	whole := len(x) &^ 7
	top := math.Float32frombits(largestMagnitude(x))
	if top == 0 || top-top != 0 {
		for i := range q {
			q[i] = zeroPoint
		}
		return top
	}
	inverse := 127 / top
	if math.IsInf(float64(inverse), 0) { // a row below the normal numbers
		for i := range q {
			q[i] = zeroPoint
		}
		return 0
	}
	quantiseBlocks(q, x[:whole], inverse)
	quantiseGeneric(q[whole:], x[whole:], inverse)
	for i := len(x); i < len(q); i++ {
		q[i] = zeroPoint
	}
	return top / 127
}

// largestMagnitude is the largest bit pattern of |x[i]|: that of NaN, if there
// is one.
func largestMagnitude(x []float32) uint32 {
	whole := len(x) &^ 7
	return max(largestBits(x[:whole]), largestBitsGeneric(x[whole:]))
}

// largestBitsGeneric works like largestMagnitude.
func largestBitsGeneric(x []float32) (top uint32) {
	for _, v := range x {
		top = max(top, math.Float32bits(v)&(1<<31-1))
	}
	return top
}

// quantiseGeneric rounds inverse·x[i] to the nearest integer, ties to even, and
// adds the zero point.
func quantiseGeneric(q []uint8, x []float32, inverse float32) {
	for i, v := range x {
		q[i] = uint8(int(math.RoundToEven(float64(v*inverse))) + zeroPoint)
	}
}

// byteTilesGeneric computes what tilesGeneric does from bytes:
//
//	sum := starts[j] + Σp a[i][p]·b[p][j]
//	c[i][j] = float32(sum)·columnScales[j]·rowScales[i] + bias[j] + add[i][j]
func (s stack) byteTilesGeneric(height, count int) {
	strip := len(s.q.b) / s.depth
	for i := range height * count {
		row := s.q.a[i*s.lda*bytesPerElement:][:s.depth*bytesPerElement]
		for j := 0; j < s.cols; j += 4 {
			var sums [4]float32
			for k := range sums {
				sum := s.q.starts[j+k]
				for p, v := range row {
					sum += int32(v) * int32(s.q.b[p/bytesPerElement*strip+(j+k)*bytesPerElement+p%bytesPerElement])
				}
				sums[k] = float32(sum) * s.q.columnScales[j+k] * s.q.rowScales[i]
			}
			s.store(i, j, sums)
		}
	}
}
