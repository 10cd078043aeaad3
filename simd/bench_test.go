package simd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

// The products of a cutout ViT (65 tokens, one image and a batch of 32), of
// ViT-S/16 and ViT-B/16 at 224 (197 tokens), and one attention head.
var products = []struct{ m, n, k int }{
	{65, 192, 192}, {2080, 768, 192}, {2080, 192, 768}, {197, 768, 768}, {65, 65, 64}, {512, 512, 512},
}

func BenchmarkMul(b *testing.B) {
	for _, p := range products {
		for _, mode := range []struct {
			name string
			mode simd.Mode
		}{{"ab", 0}, {"abT", simd.TransB}, {"aTb", simd.TransA}} {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/%s", p.m, p.n, p.k, mode.name), func(b *testing.B) {
				simd.EachLevelBench(b, func(b *testing.B) {
					q := newProduct(p.m, p.n, p.k, mode.mode, 0, 0, rand.New(rand.NewPCG(1, 2)))
					for b.Loop() {
						simd.Mul(q.dst, q.a, q.b, q.mode)
					}
					reportFlops(b, p.m, p.n, p.k)
				})
			})
		}
	}
}

// BenchmarkGonum is the peer of BenchmarkMul; it uses all cores.
func BenchmarkGonum(b *testing.B) {
	for _, p := range products {
		b.Run(fmt.Sprintf("m=%d/n=%d/k=%d", p.m, p.n, p.k), func(b *testing.B) {
			q := newProduct(p.m, p.n, p.k, 0, 0, 0, rand.New(rand.NewPCG(1, 2)))
			for b.Loop() {
				gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, p.m, p.n, p.k, 1, q.a.Data, q.a.Stride, q.b.Data, q.b.Stride, 0, q.dst.Data, q.dst.Stride)
			}
			reportFlops(b, p.m, p.n, p.k)
		})
	}
}

func reportFlops(b *testing.B, m, n, k int) {
	b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkRow runs each row kernel on a row of an MLP's hidden layer.
func BenchmarkRow(b *testing.B) {
	const n = 768
	for _, k := range kernels {
		b.Run(k.name, func(b *testing.B) {
			simd.EachLevelBench(b, func(b *testing.B) {
				s := make([][]float32, k.slices)
				for i := range s {
					s[i] = make([]float32, n)
				}
				k.inputs(s, rand.New(rand.NewPCG(1, 2)))
				b.SetBytes(int64(4 * n * k.slices))
				for b.Loop() {
					k.run(s)
				}
			})
		})
	}
}

// BenchmarkRows runs each kernel of rows on the tokens of one image: scores of a
// head, or the width of the cutout ViT.
func BenchmarkRows(b *testing.B) {
	for _, k := range rowKernels {
		for _, cols := range []int{65, 192} {
			b.Run(fmt.Sprintf("%s/cols=%d", k.name, cols), func(b *testing.B) {
				simd.EachLevelBench(b, func(b *testing.B) {
					s := k.inputs(65, cols, 0, rand.New(rand.NewPCG(1, 2)), allocated)
					for b.Loop() {
						k.run(s)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/65, "ns/row")
				})
			})
		}
	}
}
