package simd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

// BenchmarkBLAS has gonum's routines beside ours; benchstat -col /by shows the
// ratio. Both may use all processors.
func BenchmarkBLAS(b *testing.B) {
	sizes := []int{8, 32, 100, 400, 1000}
	lengths := []int{10, 100, 1000, 100_000}
	for _, rt := range routines {
		variants := []flags{{side: blas.Left, ul: blas.Lower, tA: blas.NoTrans, tB: blas.NoTrans, diag: blas.NonUnit}}
		switch rt.name {
		case "Sgemm", "Sgemv", "Ssyrk", "Strsv":
			f := variants[0]
			f.tA = blas.Trans
			variants = append(variants, f)
		case "Ssymm", "Strmm", "Strsm":
			f := variants[0]
			f.side = blas.Right
			variants = append(variants, f)
		case "Sswap", "Scopy", "Srot", "Srotm", "Strmv", "Sgbmv", "Stbmv", "Stbsv", "Ssbmv":
			continue // gonum's
		}
		for _, f := range variants {
			ns := lengths
			if rt.layout(flags{m: 1, n: 1, k: 1}).a.rows > 0 {
				ns = sizes
			}
			name := rt.name
			if f.tA == blas.Trans {
				name += "-T"
			}
			if f.side == blas.Right {
				name += "-R"
			}
			for _, n := range ns {
				f.m, f.n, f.k, f.incX, f.incY = n, n, n, 1, 1
				for _, by := range []struct {
					name string
					b32
				}{{"gonum", gonum.Implementation{}}, {"simd", simd.BLAS{}}} {
					b.Run(fmt.Sprintf("%s/n=%d/by=%s", name, n, by.name), func(b *testing.B) {
						t := rt.newTrial(f, -1, 0.5, rand.New(rand.NewPCG(1, 2)))
						x, y := slices.Clone(t.x), slices.Clone(t.b)
						inPlace := strings.HasPrefix(rt.name, "St")
						for b.Loop() {
							rt.single(by.b32, t.c32)
							if inPlace { // again and again it would become Inf or subnormal
								copy(t.x, x)
								copy(t.b, y)
							}
						}
					})
				}
			}
		}
	}
}
