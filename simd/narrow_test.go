package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/astrovit/astrovit/simd"
)

var narrowSizes = [][3]int{{1, 1, 1}, {5, 8, 3}, {6, 16, 4}, {14, 32, 64}, {15, 49, 65}, {29, 70, 191}, {97, 33, 770}, {3, 5, 0}}

// TestInt8Exact: integers that fit into bytes are multiplied without error.
func TestInt8Exact(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r, limit := rand.New(rand.NewPCG(1, 2)), simd.LargestByte()
		for _, size := range narrowSizes {
			for _, mode := range []simd.Mode{0, simd.TransB} {
				p := newProduct(size[0], size[1], size[2], mode, 3, 5, r)
				integers(p.a, 127, r)
				integers(p.b, limit, r)
				// A row of a and a column of b have the scale 1 if they reach the limit.
				for i := range p.m {
					if p.k > 0 {
						p.a.Data[i*p.a.Stride+r.IntN(p.k)] = 127
					}
				}
				for j := range p.n {
					if p.k == 0 {
						continue
					}
					row, column := r.IntN(p.k), j
					if mode&simd.TransB != 0 {
						row, column = column, row
					}
					p.b.Data[row*p.b.Stride+column] = float32(-limit)
				}
				want := p.want()
				e := simd.Epilogue{Bias: make([]float32, p.n), Add: simd.Matrix{Rows: p.m, Cols: p.n, Stride: p.n, Data: make([]float32, p.m*p.n)}}
				for i := range want {
					e.Bias[i%p.n], e.Add.Data[i] = float32(i%p.n), float32(3*i)
					want[i] += float64(i%p.n + 3*i)
				}
				simd.PackInt8(p.b, mode).Mul(p.dst, p.a, e)
				compare(t, p.got(), want, 0)
				p.checkGaps(t)
			}
		}
	})
}

func integers(x simd.Matrix, limit int, r *rand.Rand) {
	for i := range x.Rows {
		for j := range x.Cols {
			x.Data[i*x.Stride+j] = float32(r.IntN(2*limit+1) - limit)
		}
	}
}

// TestNarrowProducts bounds what rounding the factors costs, with GELU after it.
func TestNarrowProducts(t *testing.T) {
	for name, c := range map[string]struct {
		pack func(simd.Matrix, simd.Mode) simd.Factor
		tol  float64
	}{
		"bf16": {func(b simd.Matrix, mode simd.Mode) simd.Factor { return simd.PackBF16(b, mode) }, 4e-3},
		"int8": {func(b simd.Matrix, mode simd.Mode) simd.Factor { return simd.PackInt8(b, mode) }, 2e-2},
	} {
		t.Run(name, func(t *testing.T) {
			simd.EachLevel(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(3, 4))
				for _, size := range narrowSizes {
					for _, mode := range []simd.Mode{0, simd.TransB} {
						p := newProduct(size[0], size[1], size[2], mode, 1, 2, r)
						want := p.want()
						for i, v := range want {
							want[i] = v * normalCDF(v)
						}
						c.pack(p.b, mode).Mul(p.dst, p.a, simd.Epilogue{GELU: true})
						// A few elements of a small product can cancel.
						compare(t, p.got(), want, c.tol*math.Sqrt(1+100/float64(1+p.m*p.n)))
						p.checkGaps(t)
					}
				}
			})
		})
	}
}

// TestBF16IsExactForItsOwn: weights that are bfloat16 already lose nothing.
func TestBF16IsExactForItsOwn(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		p := newProduct(31, 45, 400, simd.TransB, 0, 0, r)
		for i, v := range p.b.Data {
			p.b.Data[i] = math.Float32frombits(math.Float32bits(v) &^ 0xffff)
		}
		q := p
		q.dst.Data = make([]float32, len(p.dst.Data))
		simd.Mul(q.dst, q.a, q.b, simd.TransB)
		simd.PackBF16(p.b, simd.TransB).Mul(p.dst, p.a, simd.Epilogue{})
		sameBits(t, p.got(), q.got())
	})
}

// TestNarrowNaNAndInf: what is not a number in a row or column reaches all that
// is made of it, and nothing else.
func TestNarrowNaNAndInf(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, special := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			for name, pack := range map[string]func(simd.Matrix, simd.Mode) simd.Factor{
				"bf16": func(b simd.Matrix, mode simd.Mode) simd.Factor { return simd.PackBF16(b, mode) },
				"int8": func(b simd.Matrix, mode simd.Mode) simd.Factor { return simd.PackInt8(b, mode) },
			} {
				for depth := range 20 {
					p := newProduct(9, 35, 20, 0, 0, 0, r)
					p.a.Data[4*p.a.Stride+depth] = special
					p.b.Data[depth*p.b.Stride+17] = special
					pack(p.b, 0).Mul(p.dst, p.a, simd.Epilogue{})
					for i := range p.m {
						for j := range p.n {
							v := float64(p.dst.Data[i*p.dst.Stride+j])
							if finite := v-v == 0; finite == (i == 4 || j == 17) {
								t.Fatalf("%s, %g at depth %d: element %d,%d is %g", name, special, depth, i, j, v)
							}
						}
					}
				}
			}
		}
	})
}

func TestInt8OfZerosAndTiny(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		p := newProduct(3, 4, 11, 0, 0, 0, rand.New(rand.NewPCG(9, 10)))
		clear(p.a.Data[:2*p.a.Stride])
		for i := range p.a.Stride {
			p.a.Data[p.a.Stride+i] = 1e-44
		}
		for i := range p.k {
			p.b.Data[i*p.b.Stride] = 0
		}
		simd.PackInt8(p.b, 0).Mul(p.dst, p.a, simd.Epilogue{})
		for i := range p.m {
			for j := range p.n {
				if v := p.dst.Data[i*p.dst.Stride+j]; (i < 2 || j == 0) && v != 0 {
					t.Errorf("element %d,%d is %g, want 0", i, j, v)
				}
			}
		}
	})
}

func TestNarrowAllocatesNothing(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		p := newProduct(65, 100, 70, simd.TransB, 3, 0, rand.New(rand.NewPCG(11, 12)))
		for _, f := range []simd.Factor{simd.PackBF16(p.b, simd.TransB), simd.PackInt8(p.b, simd.TransB)} {
			if n := testing.AllocsPerRun(10, func() { f.Mul(p.dst, p.a, simd.Epilogue{GELU: true}) }); n != 0 {
				t.Errorf("%T: %v allocations", f, n)
			}
		}
	})
}
