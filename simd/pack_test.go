package simd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/astrovit/astrovit/simd"
)

// TestMulPackedSameBits holds a packed factor to Mul, to the last bit.
func TestMulPackedSameBits(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		packed := new(simd.Packed)
		for _, size := range [][3]int{{1, 1, 1}, {6, 16, 8}, {7, 17, 9}, {29, 33, 300}, {65, 65, 64}, {13, 40, 0}, {100, 96, 769}} {
			for _, mode := range modes {
				p := newProduct(size[0], size[1], size[2], mode, 3, 1, r)
				want := p
				want.dst.Data = append([]float32(nil), p.dst.Data...)
				simd.Mul(want.dst, want.a, want.b, mode)
				packed.Pack(p.b, mode)
				simd.MulPacked(p.dst, p.a, packed, mode&^simd.TransB, simd.Epilogue{})
				sameBits(t, p.got(), want.got())
				p.checkGaps(t)
			}
		}
	})
}

// TestEpilogue holds bias, addend and GELU to their float64 definition, over
// tiles' edges and several blocks of depth.
func TestEpilogue(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, size := range [][3]int{{1, 1, 1}, {5, 8, 3}, {14, 32, 64}, {15, 49, 65}, {97, 70, 600}, {3, 5, 0}} {
			m, n, k := size[0], size[1], size[2]
			for which := range 8 {
				t.Run(fmt.Sprintf("%dx%dx%d,%03b", m, n, k, which), func(t *testing.T) {
					p := newProduct(m, n, k, simd.TransB, 2, 3, r)
					want := p.want()
					var e simd.Epilogue
					if which&1 != 0 {
						e.Bias = random(n, r)
						for i := range want {
							want[i] += float64(e.Bias[i%n])
						}
					}
					if which&2 != 0 {
						e.Add = simd.Matrix{Rows: m, Cols: n, Stride: n + 1, Data: random(m*(n+1), r)}
						for i := range want {
							want[i] += float64(e.Add.Data[i/n*(n+1)+i%n])
						}
					}
					if which&4 != 0 {
						e.GELU = true
						for i, v := range want {
							want[i] = v * normalCDF(v)
						}
					}
					simd.MulPacked(p.dst, p.a, simd.Pack(p.b, simd.TransB), 0, e)
					compare(t, p.got(), want, 1e-6)
					p.checkGaps(t)
				})
			}
		}
	})
}

// TestPackInPlace: of factors whose strips are full and of others, with and
// without gaps between the rows.
func TestPackInPlace(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, mode := range []simd.Mode{0, simd.TransB} {
			for _, size := range [][2]int{{64, 96}, {64, 7}, {41, 64}, {900, 32}} {
				for gap := range 2 {
					p := newProduct(5, size[0], size[1], mode, gap, 0, r)
					want := p.want()
					scratch := make([]float32, len(p.b.Data))
					simd.MulPacked(p.dst, p.a, simd.PackInPlace(p.b, mode, scratch), 0, simd.Epilogue{})
					compare(t, p.got(), want, 1e-6)
				}
			}
		}
	})
}

// TestEpilogueAddsDst says that the addend may be the destination.
func TestEpilogueAddsDst(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, k := range []int{40, 700} {
			p := newProduct(33, 50, k, simd.Accumulate, 1, 0, r)
			want := p.want()
			simd.MulPacked(p.dst, p.a, simd.Pack(p.b, 0), 0, simd.Epilogue{Add: p.dst})
			compare(t, p.got(), want, 1e-6)
		}
	})
}

func TestPackTwiceAllocatesOnce(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		p := newProduct(20, 100, 70, 0, 3, 0, rand.New(rand.NewPCG(7, 8)))
		packed := simd.Pack(p.b, 0)
		e := simd.Epilogue{Bias: make([]float32, 100), Add: p.dst, GELU: true}
		if n := testing.AllocsPerRun(10, func() {
			packed.Pack(p.b, 0)
			simd.MulPacked(p.dst, p.a, packed, 0, e)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
