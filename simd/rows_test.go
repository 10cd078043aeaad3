package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/simd"
)

// eachKernel runs f for every kernel on every level.
func eachKernel(t *testing.T, f func(t *testing.T, k kernel)) {
	simd.EachLevel(t, func(t *testing.T) {
		for _, k := range kernels {
			t.Run(k.name, func(t *testing.T) { f(t, k) })
		}
	})
}

// inputs fills one slice of length n for each of the kernel's.
func (k kernel) inputs(s [][]float32, r *rand.Rand) {
	for i := range s {
		fill(s[i], r)
		for j, v := range s[i] {
			if k.warp != nil {
				s[i][j] = k.warp(i, v)
			}
		}
	}
}

// try runs the kernel on s and compares all that it writes or returns with the
// plain loops, and all that it only reads with what was there before.
func (k kernel) try(t *testing.T, s [][]float32) {
	t.Helper()
	before := make([][]float32, len(s))
	want := make([][]float64, len(s))
	for i := range s {
		before[i] = slices.Clone(s[i])
		want[i] = widen(s[i])
	}
	scalars := k.run(s)
	wantScalars := k.want(want)
	for i, w := range wantScalars {
		compare(t, scalars[i:i+1], []float64{w}, max(k.tol, 1e-7))
	}
	for i := range s {
		if slices.Contains(k.writes, i) {
			compare(t, s[i], want[i], k.tol)
		} else if !k.shared(s, i) {
			sameBits(t, s[i], before[i])
		}
	}
}

// shared reports whether slice i is one that the kernel writes under another
// number.
func (k kernel) shared(s [][]float32, i int) bool {
	for _, w := range k.writes {
		if len(s[i]) > 0 && &s[i][0] == &s[w][0] {
			return true
		}
	}
	return false
}

func TestKernelLengthsAndAlignments(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(1, 2))
		for n := range 68 {
			for offset := range 8 {
				g := make([]guarded, k.slices)
				s := make([][]float32, k.slices)
				for i := range s {
					g[i] = newGuarded(n, (offset+i*3)%8)
					s[i] = g[i].data
				}
				k.inputs(s, r)
				k.try(t, s)
				for i := range g {
					g[i].check(t)
				}
			}
		}
	})
}

func TestKernelLongRows(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{192, 768, 1000, 3072, 100003} {
			s := make([][]float32, k.slices)
			for i := range s {
				s[i] = make([]float32, n)
			}
			k.inputs(s, r)
			k.try(t, s)
		}
	})
}

func TestKernelAliasing(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, pair := range k.may {
			for n := range 68 {
				s := make([][]float32, k.slices)
				for i := range s {
					s[i] = make([]float32, n)
				}
				s[pair[0]] = s[pair[1]]
				k.inputs(s, r)
				k.try(t, s)
			}
		}
	})
}

func TestKernelNaNAndInf(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{1, 2, 7, 8, 9, 16, 31, 33, 65} {
			for slice := range k.slices {
				for _, special := range []float32{nan, inf, -inf} {
					t.Run(fmt.Sprintf("n=%d,slice=%d,%v", n, slice, special), func(t *testing.T) {
						s := make([][]float32, k.slices)
						for i := range s {
							s[i] = make([]float32, n)
						}
						k.inputs(s, r)
						s[slice][r.IntN(n)] = special
						k.try(t, s)
					})
				}
			}
		}
	})
}

func TestKernelsAllocateNothing(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		n := 67
		x, y, z, w := random(n, r), random(n, r), random(n, r), random(n, r)
		u, v := random(n, r), random(n, r)
		mean, rstd := make([]float32, 1), make([]float32, 1)
		allocs := testing.AllocsPerRun(10, func() {
			sink += simd.Dot(x, y) + simd.Sum(x) + float32(simd.SumSquares(x))
			simd.Axpy(scalar, x, y)
			simd.Add(z, x, y)
			simd.Scale(scalar, x)
			simd.SumRows(x, y)
			simd.SoftmaxRows(row(x), 1)
			simd.SoftmaxBackwardRows(row(z), row(x), row(y), 1)
			simd.GELU(z, x)
			simd.GELUBackward(z, x, y)
			simd.GELUWithBackward(u, z, x, y)
			simd.LayerNormRows(z, x, y, w, 1e-6, mean, rstd)
			simd.LayerNormBackwardRows(z, u, v, x, y, w, mean, rstd)
			simd.AdamW(w, x, y, z, step)
		})
		if allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
	})
}

// sink keeps results alive.
var sink float32

func TestWrongLengthsPanic(t *testing.T) {
	two, three := make([]float32, 2), make([]float32, 3)
	calls := map[string]func(){
		"Dot":                   func() { simd.Dot(two, three) },
		"Axpy":                  func() { simd.Axpy(1, two, three) },
		"Add dst":               func() { simd.Add(three, two, two) },
		"Add y":                 func() { simd.Add(two, two, three) },
		"SumRows of nothing":    func() { simd.SumRows(nil, three) },
		"SumRows":               func() { simd.SumRows(two, three) },
		"GELU":                  func() { simd.GELU(two, three) },
		"GELUBackward":          func() { simd.GELUBackward(two, three, two) },
		"GELUWithBackward":      func() { simd.GELUWithBackward(two, two, two, three) },
		"SoftmaxRows":           func() { simd.SoftmaxRows(simd.Matrix{Rows: 2, Cols: 2, Stride: 2, Data: three}, 1) },
		"SoftmaxBackwardRows":   func() { simd.SoftmaxBackwardRows(mat(2, 3), mat(2, 3), mat(3, 2), 1) },
		"LayerNormRows":         func() { simd.LayerNormRows(three, three, three, three, 0, two, two) },
		"LayerNormRows beta":    func() { simd.LayerNormRows(two, two, two, three, 0, two[:1], two[:1]) },
		"NormalizeRows":         func() { simd.NormalizeRows(two, two, two, two, two[:1], two) },
		"LayerNormBackwardRows": func() { simd.LayerNormBackwardRows(two, two, three, two, two, two, two[:1], two[:1]) },
		"AdamW":                 func() { simd.AdamW(two, two, two, three, step) },
		"Mul sizes":             func() { simd.Mul(mat(2, 2), mat(2, 3), mat(2, 2), 0) },
		"Mul rows":              func() { simd.Mul(mat(3, 2), mat(2, 3), mat(3, 2), 0) },
		"Mul short data":        func() { simd.Mul(simd.Matrix{Rows: 2, Cols: 2, Stride: 2, Data: three}, mat(2, 2), mat(2, 2), 0) },
		"Mul stride":            func() { simd.Mul(simd.Matrix{Rows: 2, Cols: 2, Stride: 1, Data: three}, mat(2, 2), mat(2, 2), 0) },
		"Mul negative":          func() { simd.Mul(simd.Matrix{Rows: -1, Cols: 2, Stride: 2}, mat(2, 2), mat(2, 2), 0) },
		"Mul size past int range": func() {
			simd.Mul(simd.Matrix{Rows: math.MaxInt, Cols: 2, Stride: 2, Data: three}, mat(2, 2), mat(2, 2), 0)
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, ok := recover().(string); !ok {
					t.Error("no panic with a string")
				}
			}()
			call()
		})
	}
}

// mat is a matrix of zeros.
func mat(rows, cols int) simd.Matrix {
	return simd.Matrix{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}
