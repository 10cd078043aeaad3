package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

var modes = []simd.Mode{
	0, simd.TransA, simd.TransB, simd.TransA | simd.TransB,
	simd.Accumulate, simd.Accumulate | simd.TransA, simd.Accumulate | simd.TransB,
	simd.Accumulate | simd.TransA | simd.TransB,
}

// product is one case of Mul with guarded, strided operands.
type product struct {
	m, n, k   int
	mode      simd.Mode
	pad       int // stride beyond the columns
	dst, a, b simd.Matrix
	guards    guarded // of dst
}

func newProduct(m, n, k int, mode simd.Mode, pad, offset int, r *rand.Rand) product {
	p := product{m: m, n: n, k: k, mode: mode, pad: pad}
	operand := func(rows, cols int, transposed bool) (simd.Matrix, guarded) {
		if transposed {
			rows, cols = cols, rows
		}
		stride := cols + pad
		g := newGuarded(max(0, (rows-1)*stride+cols), offset)
		x := simd.Matrix{Rows: rows, Cols: cols, Stride: stride, Data: g.data}
		for i := range rows {
			if cols > 0 {
				fill(x.Data[i*stride:i*stride+cols], r)
			}
		}
		return x, g
	}
	p.a, _ = operand(m, k, mode&simd.TransA != 0)
	p.b, _ = operand(k, n, mode&simd.TransB != 0)
	p.dst, p.guards = operand(m, n, false)
	return p
}

// at returns element (i, j) of op(x).
func at(x simd.Matrix, transposed bool, i, j int) float64 {
	if transposed {
		i, j = j, i
	}
	return float64(x.Data[i*x.Stride+j])
}

// want is the product by plain loops in float64.
func (p product) want() []float64 {
	c := make([]float64, 0, p.m*p.n)
	for i := range p.m {
		for j := range p.n {
			sum := 0.0
			for l := range p.k {
				sum += at(p.a, p.mode&simd.TransA != 0, i, l) * at(p.b, p.mode&simd.TransB != 0, l, j)
			}
			if p.mode&simd.Accumulate != 0 {
				sum += at(p.dst, false, i, j)
			}
			c = append(c, sum)
		}
	}
	return c
}

// got is dst without the gaps between its rows.
func (p product) got() []float32 {
	c := make([]float32, 0, p.m*p.n)
	for i := range p.m {
		if p.n > 0 {
			c = append(c, p.dst.Data[i*p.dst.Stride:i*p.dst.Stride+p.n]...)
		}
	}
	return c
}

// checkGaps fails the test if something was written between the rows of dst.
func (p product) checkGaps(t *testing.T) {
	t.Helper()
	for i, v := range p.dst.Data {
		if i%p.dst.Stride >= p.n && math.Float32bits(v) != math.Float32bits(guard) {
			t.Fatal("wrote between the rows of dst")
		}
	}
	p.guards.check(t)
}

func (p product) try(t *testing.T, tol float64) {
	t.Helper()
	want := p.want()
	simd.Mul(p.dst, p.a, p.b, p.mode)
	compare(t, p.got(), want, tol)
	p.checkGaps(t)
}

func TestMul(t *testing.T) {
	sizes := []int{0, 1, 2, 3, 5, 7, 15, 16, 17, 31, 33, 64, 65, 97}
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, m := range sizes {
			for _, n := range sizes {
				for _, k := range sizes {
					if testing.Short() && m*n*k > 20000 {
						continue
					}
					// Each shape meets each mode, stride and alignment within a
					// few neighbours; all at once would take minutes.
					mode := modes[r.IntN(len(modes))]
					p := newProduct(m, n, k, mode, r.IntN(4), r.IntN(8), r)
					t.Run(fmt.Sprintf("%dx%dx%d,mode=%d,pad=%d", m, n, k, mode, p.pad), func(t *testing.T) {
						p.try(t, 5e-7)
					})
				}
			}
		}
	})
}

func TestMulModesAndStrides(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, size := range [][3]int{{1, 1, 1}, {6, 16, 8}, {7, 17, 9}, {12, 32, 300}, {65, 65, 64}, {13, 40, 5}} {
			for _, mode := range modes {
				for _, pad := range []int{0, 1, 128} {
					for offset := range 8 {
						newProduct(size[0], size[1], size[2], mode, pad, offset, r).try(t, 5e-7)
					}
				}
			}
		}
	})
}

// TestMulManyBlocks has so many blocks that what rounding adds to their size is
// more than one of them.
func TestMulManyBlocks(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(17, 18))
		newProduct(100_000, 1, 260, 0, 0, 0, r).try(t, 1e-6)
		newProduct(1, 1, 60_000, 0, 0, 0, r).try(t, 1e-5)
		p := newProduct(100_000, 1, 260, 0, 0, 0, r)
		want := p.want()
		simd.PackInt8(p.b, 0).Mul(p.dst, p.a, simd.Epilogue{})
		compare(t, p.got(), want, 0.1)
	})
}

// TestMulBlocks crosses every block size of the kernels.
func TestMulBlocks(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, size := range [][3]int{{121, 33, 257}, {240, 16, 512}, {241, 17, 769}, {7, 1025, 30}, {130, 1100, 20}} {
			for _, mode := range modes {
				newProduct(size[0], size[1], size[2], mode, 3, 1, r).try(t, 1e-6)
			}
		}
	})
}

func TestMulAgainstGonum(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, mode := range modes {
			p := newProduct(150, 300, 400, mode, 5, 0, r)
			transpose := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
			beta := float32(0)
			if mode&simd.Accumulate != 0 {
				beta = 1
			}
			c := make([]float32, len(p.dst.Data))
			copy(c, p.dst.Data)
			gonum.Implementation{}.Sgemm(transpose[mode&simd.TransA != 0], transpose[mode&simd.TransB != 0],
				p.m, p.n, p.k, 1, p.a.Data, p.a.Stride, p.b.Data, p.b.Stride, beta, c, p.dst.Stride)
			simd.Mul(p.dst, p.a, p.b, mode)
			q := p
			q.dst.Data = c
			compare(t, p.got(), widen(q.got()), 1e-6)
		}
	})
}

// TestMulRowsAreIndependent says that a caller may split a product among
// goroutines without changing a bit of it.
func TestMulRowsAreIndependent(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, mode := range []simd.Mode{0, simd.TransB, simd.Accumulate} {
			whole := newProduct(131, 77, 300, mode, 2, 0, r)
			parts := whole
			parts.dst.Data = append([]float32(nil), whole.dst.Data...)
			simd.Mul(whole.dst, whole.a, whole.b, mode)
			for from, rows := 0, 0; from < whole.m; from += rows {
				rows = min(1+r.IntN(20), whole.m-from)
				simd.Mul(rowsOf(parts.dst, from, rows), rowsOf(whole.a, from, rows), whole.b, mode)
			}
			sameBits(t, parts.got(), whole.got())
		}
	})
}

// rowsOf is a view of some rows of x.
func rowsOf(x simd.Matrix, from, rows int) simd.Matrix {
	return simd.Matrix{Rows: rows, Cols: x.Cols, Stride: x.Stride, Data: x.Data[from*x.Stride:]}
}

func TestMulNaNAndInf(t *testing.T) {
	specials := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, mode := range modes {
			for _, special := range specials {
				p := newProduct(13, 19, 40, mode, 1, 0, r)
				p.a.Data[r.IntN(p.a.Cols)] = special
				q := p
				q.b.Data[r.IntN(p.b.Cols)] = special
				p.try(t, 5e-7)
			}
			// A zero does not hide what it multiplies.
			p := newProduct(9, 9, 9, mode, 0, 0, r)
			clear(p.a.Data)
			p.b.Data[40] = specials[0]
			p.b.Data[80] = specials[1]
			p.try(t, 5e-7)
		}
	})
}

func TestMulEmptySum(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, mode := range modes {
			newProduct(5, 7, 0, mode, 2, 0, r).try(t, 0)
		}
	})
}

// A factor without columns is laid out, and makes a product without columns.
func TestPackOfNoColumns(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		none, a := simd.Matrix{Rows: 3, Stride: 1}, simd.Matrix{Data: make([]float32, 6), Rows: 2, Cols: 3, Stride: 3}
		product := simd.Matrix{Rows: 2, Stride: 1}
		simd.Pack(none, 0).Mul(product, a, simd.Epilogue{})
		simd.PackBF16(none, 0).Mul(product, a, simd.Epilogue{})
		if got := simd.PackInt8(none, 0); got == nil {
			t.Error("nothing is packed")
		}
	})
}

func TestMulAllocatesNothing(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		p := newProduct(65, 100, 70, simd.TransB, 3, 0, rand.New(rand.NewPCG(15, 16)))
		if n := testing.AllocsPerRun(10, func() { simd.Mul(p.dst, p.a, p.b, p.mode) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// FuzzMul takes sizes, strides and a seed.
func FuzzMul(f *testing.F) {
	f.Add(uint8(3), uint8(5), uint16(7), uint8(0), uint8(1), uint64(1))
	f.Add(uint8(65), uint8(65), uint16(64), uint8(2), uint8(128), uint64(2))
	f.Add(uint8(13), uint8(33), uint16(513), uint8(7), uint8(0), uint64(3))
	f.Fuzz(func(t *testing.T, m, n uint8, k uint16, mode, pad uint8, seed uint64) {
		p := newProduct(int(m), int(n), int(k%1024), simd.Mode(mode%8), int(pad), int(seed%8), rand.New(rand.NewPCG(seed, 0)))
		p.try(t, 2e-6)
	})
}
