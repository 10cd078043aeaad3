package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/astrovit/astrovit/simd"
)

var (
	scalars = []float32{0, 1, -1, 0.5}
	edges   = []int{1, 2, 3, 5, 7, 8, 14, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 97, 130}
	incs    = []int{1, 1, 1, 2, 3, -1, -2}
)

// TestBLAS tries each routine with all its flags and all pairs of alpha and
// beta, and with sizes around the edges of tiles and blocks.
func TestBLAS(t *testing.T) {
	eachRoutine(t, func(t *testing.T, rt routine) {
		r := rand.New(rand.NewPCG(1, 2))
		rt.eachFlags(func(f flags) {
			for i := range scalars {
				for j := range scalars {
					for range 3 {
						rt.newTrial(f.sized(edges, incs, r), scalars[i], scalars[j], r).try(t, simd.BLAS{})
					}
					if testing.Short() {
						break
					}
				}
			}
		})
	})
}

var large = []int{250, 300, 390}

// TestBLASLarge has sizes that are worth several goroutines.
func TestBLASLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("large matrices")
	}
	eachRoutine(t, func(t *testing.T, rt routine) {
		r := rand.New(rand.NewPCG(3, 4))
		rt.eachFlags(func(f flags) {
			rt.newTrial(f.sized(large, incs, r), 0.5, scalars[r.IntN(len(scalars))], r).try(t, simd.BLAS{})
		})
	})
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, rt := range routines {
			switch rt.name {
			case "Sgemv", "Sger":
				f := flags{tA: blas.Trans, m: 1500, n: 2100, incX: 1, incY: 1}
				rt.newTrial(f, 0.5, 1, r).try(t, simd.BLAS{})
				f.tA = blas.NoTrans
				rt.newTrial(f, 0.5, 0, r).try(t, simd.BLAS{})
			}
		}
	})
}

// TestBLASGOMAXPROCS: the number of processors does not matter to a bit.
func TestBLASGOMAXPROCS(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	eachRoutine(t, func(t *testing.T, rt routine) {
		seed := uint64(7)
		rt.eachFlags(func(f flags) {
			if f.tA == blas.ConjTrans || f.tB == blas.ConjTrans || f.diag == blas.Unit {
				return
			}
			if seed++; testing.Short() && seed%4 > 0 {
				return
			}
			f.m, f.n, f.k, f.kL, f.kU, f.incX, f.incY = 323, 361, 130, 20, 30, 1, 1
			if strings.HasPrefix(rt.name, "Sge") && rt.name != "Sgemm" {
				f.m, f.n = 1501, 1403
			}
			var want trial
			for _, n := range []int{1, 2, 8} {
				runtime.GOMAXPROCS(n)
				got := rt.newTrial(f, 0.5, 1, rand.New(rand.NewPCG(seed, 0)))
				got.single(simd.BLAS{}, got.c32)
				if n == 1 {
					want = got
					continue
				}
				wants := operands(want.c32)
				for i, x := range operands(got.c32) {
					sameBits(t, x, wants[i])
				}
			}
		})
	})
}

// TestBLASNaNAndInf puts one of them into an operand: it comes through to where
// it does in the twin.
func TestBLASNaNAndInf(t *testing.T) {
	eachRoutine(t, func(t *testing.T, rt routine) {
		r := rand.New(rand.NewPCG(9, 10))
		rt.eachFlags(func(f flags) {
			for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				trial := rt.newTrial(f.sized([]int{3, 20, 40, 70}, []int{1, 1, 2}, r), 0.5, 1, r)
				for tries := 0; tries < 100; tries++ {
					i := r.IntN(5)
					x := operands(trial.c32)[i]
					if len(x) == 0 {
						continue
					}
					if j := r.IntN(len(x)); trial.used[i][j] {
						x[j] = float32(special)
						break
					}
				}
				trial.try(t, simd.BLAS{})
			}
		})
	})
}

// TestBLASZeroHidesNothing: NaN passes where what it is multiplied by is zero,
// also where gonum skips that.
func TestBLASZeroHidesNothing(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		const n = 100
		zero, spoilt, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		for i := range n {
			zero[i*n+i] = 1
		}
		for name, run := range map[string]func(b b32){
			"Sgemm":  func(b b32) { b.Sgemm('N', 'N', n, n, n, 1, zero, n, spoilt, n, 0, c, n) },
			"Ssyr2k": func(b b32) { b.Ssyr2k('L', 'T', n, n, 1, zero, n, spoilt, n, 0, c, n) },
			"Strmm":  func(b b32) { copy(c, spoilt); b.Strmm('L', 'L', 'N', 'N', n, n, 1, zero, n, c, n) },
			"Strsm":  func(b b32) { copy(c, spoilt); b.Strsm('L', 'L', 'N', 'N', n, n, 1, zero, n, c, n) },
			"Ssyr":   func(b b32) { clear(c); b.Ssyr('L', n, 1, spoilt[:n], 1, c, n) },
		} {
			spoilt[5] = float32(math.NaN())
			run(simd.BLAS{})
			count := 0
			for _, v := range c {
				if v != v {
					count++
				}
			}
			if count < n-5 {
				t.Errorf("%s: %d numbers are NaN", name, count)
			}
		}
	})
}

// TestBLASUnset: results need not be set before when beta is 0, nor the other
// operands when alpha is.
func TestBLASUnset(t *testing.T) {
	eachRoutine(t, func(t *testing.T, rt routine) {
		if !slices.Contains([]string{"Sgemv", "Ssymv", "Sspmv", "Sgemm", "Ssymm", "Ssyr2k", "Ssyrk"}, rt.name) {
			return
		}
		r := rand.New(rand.NewPCG(11, 12))
		results := []int{2, 4} // c and y
		rt.eachFlags(func(f flags) {
			for _, unset := range []struct {
				alpha, beta float32
				operands    []int
			}{{0.5, 0, results}, {0, 0.5, []int{0, 1, 3}}, {0, 0, []int{0, 1, 2, 3, 4}}, {0.5, 0, results}} {
				trial := rt.newTrial(f.sized([]int{1, 3, 9, 20, 85, 100}, []int{1, 2, -1}, r), unset.alpha, unset.beta, r)
				want := trial.twin()
				rt.double(gonum.Implementation{}, want)
				for _, i := range unset.operands {
					for j, u := range trial.used[i] {
						if u {
							operands(trial.c32)[i][j] = guard
						}
					}
				}
				rt.single(simd.BLAS{}, trial.c32)
				for _, i := range results {
					within(t, rt.name, operands(trial.c32)[i], operands(want)[i], trial.used[i], trial.tol)
				}
			}
		})
	})
}

// TestBLASExtremes: norms neither overflow nor vanish before their results do,
// and Isamax finds the first of the largest, past NaN.
func TestBLASExtremes(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	repeat := func(v float32, n int) []float32 { return slices.Repeat([]float32{v}, n) }
	simd.EachLevel(t, func(t *testing.T) {
		b := simd.BLAS{}
		for _, test := range []struct {
			x          []float32
			norm, size float64
			largest    int
		}{
			{nil, 0, 0, -1},
			{[]float32{-2}, 2, 2, 0},
			{repeat(1e38, 9), 3e38, math.Inf(1), 0},
			{repeat(-3e38, 9), math.Inf(1), math.Inf(1), 0},
			{repeat(1e-40, 100), 1e-39, 1e-38, 0},
			{repeat(0, 1000), 0, 0, 0},
			{[]float32{1, nan, -3, 3, 2}, math.NaN(), math.NaN(), 2},
			{[]float32{nan, 1, 2}, math.NaN(), math.NaN(), 0},
			{[]float32{1, 5, inf, -inf}, math.Inf(1), math.Inf(1), 2},
			{append(repeat(1, 600), -2, 2), math.Sqrt(608), 604, 600},
			{append(repeat(nan, 1), repeat(1, 600)...), math.NaN(), math.NaN(), 0},
		} {
			n := len(test.x)
			compare(t, []float32{b.Snrm2(n, test.x, 1)}, []float64{float64(float32(test.norm))}, 1e-5)
			compare(t, []float32{b.Sasum(n, test.x, 1)}, []float64{float64(float32(test.size))}, 1e-5)
			if got := b.Isamax(n, test.x, 1); got != test.largest {
				t.Errorf("Isamax of %v… is %d, want %d", test.x[:min(n, 5)], got, test.largest)
			}
		}
	})
}

// TestBLASSubnormal has a diagonal whose inverse is no float32.
func TestBLASSubnormal(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		const n = 40
		a, b, want := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
		for i := range n {
			a[i*n+i] = 0x1p-140
		}
		for i := range b {
			b[i], want[i] = 0x1p-141, 0.5
		}
		simd.BLAS{}.Strsm('L', 'U', 'N', 'N', n, n, 1, a, n, b, n)
		sameBits(t, b, want)
	})
}

func TestBLASAllocatesNothing(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, rt := range routines {
			trial := rt.newTrial(flags{side: blas.Left, ul: blas.Lower, tA: blas.NoTrans, tB: blas.NoTrans, diag: blas.Unit,
				m: 40, n: 40, k: 40, kL: 3, kU: 3, incX: 1, incY: 1}, 0.5, 1, r)
			if n := testing.AllocsPerRun(10, func() { rt.single(simd.BLAS{}, trial.c32) }); n > 0 {
				t.Errorf("%s: %v allocations", rt.name, n)
			}
		}
	})
}

// FuzzBLAS takes a routine, sizes, and a seed for all else.
func FuzzBLAS(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(5), uint8(7), uint64(1))
	for i := range routines {
		f.Add(uint8(i), uint8(65), uint8(33), uint8(100), uint64(i))
	}
	f.Fuzz(func(t *testing.T, number, m, n, k uint8, seed uint64) {
		rt := routines[int(number)%len(routines)]
		r := rand.New(rand.NewPCG(seed, 0))
		var all []flags
		rt.eachFlags(func(f flags) { all = append(all, f) })
		fl := all[r.IntN(len(all))].sized([]int{1 + int(m), 1 + int(n), 1 + int(k)}, incs, r)
		trial := rt.newTrial(fl, scalars[r.IntN(len(scalars))], scalars[r.IntN(len(scalars))], r)
		trial.tol = 3e-5 // a search finds sums whose terms cancel
		trial.try(t, simd.BLAS{})
	})
}

func ExampleBLAS() {
	blas32.Use(simd.BLAS{})
	a := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: []float32{1, 2, 3, 4}}
	b := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: []float32{5, 6, 7, 8}}
	c := blas32.General{Rows: 2, Cols: 2, Stride: 2, Data: make([]float32, 4)}
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, a, b, 0, c)
	fmt.Println(c.Data)
	// Output: [19 22 43 50]
}
