package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/simd"
)

// eachRowKernel runs f for every kernel of rows on every level.
func eachRowKernel(t *testing.T, f func(t *testing.T, k rowKernel)) {
	simd.EachLevel(t, func(t *testing.T) {
		for _, k := range rowKernels {
			t.Run(k.name, func(t *testing.T) { f(t, k) })
		}
	})
}

// size is the shape of slice i beside rows x cols, where strided rows are pad
// further apart than they are long.
func (k rowKernel) size(i, rows, cols, pad int) simd.Matrix {
	switch k.shapes[i] {
	case strided:
		return simd.Matrix{Rows: rows, Cols: cols, Stride: cols + pad}
	case full:
		return simd.Matrix{Rows: rows, Cols: cols, Stride: cols}
	case perColumn:
		return simd.Matrix{Rows: 1, Cols: cols, Stride: cols}
	}
	return simd.Matrix{Rows: 1, Cols: rows, Stride: rows}
}

// room is how many numbers of memory a matrix takes.
func room(m simd.Matrix) int {
	if m.Rows == 0 || m.Cols == 0 {
		return 0
	}
	return (m.Rows-1)*m.Stride + m.Cols
}

// inputs makes slices whose memory is what alloc returns, and sets all elements
// but the gaps.
func (k rowKernel) inputs(rows, cols, pad int, r *rand.Rand, alloc func(slice, n int) []float32) []simd.Matrix {
	s := make([]simd.Matrix, len(k.shapes))
	for i := range s {
		s[i] = k.size(i, rows, cols, pad)
		s[i].Data = alloc(i, room(s[i]))
		each(s[i], func(v *float32) {
			*v = float32(r.NormFloat64())
			if k.warp != nil {
				*v = k.warp(i, *v)
			}
		})
	}
	return s
}

// each calls f for each element of m, and for none of a gap.
func each(m simd.Matrix, f func(v *float32)) {
	if m.Cols == 0 {
		return
	}
	for i := range m.Rows {
		row := m.Data[i*m.Stride:][:m.Cols]
		for j := range row {
			f(&row[j])
		}
	}
}

// dense is m without gaps.
func dense(m simd.Matrix) []float32 {
	var x []float32
	each(m, func(v *float32) { x = append(x, *v) })
	return x
}

// try runs the kernel and compares what it writes with the plain loops and
// everything else, gaps too, with what was there before.
func (k rowKernel) try(t *testing.T, s []simd.Matrix) {
	t.Helper()
	before := make([][]float32, len(s))
	want := make([]grid, len(s))
	for i, m := range s {
		before[i] = slices.Clone(m.Data)
		want[i] = grid{m.Rows, m.Cols, widen(dense(m))}
	}
	k.run(s)
	k.want(want)
	for i, m := range s {
		shared := false
		for _, w := range k.writes {
			shared = shared || w != i && len(m.Data)*len(s[w].Data) > 0 && &m.Data[0] == &s[w].Data[0]
		}
		switch {
		case slices.Contains(k.writes, i):
			compare(t, dense(m), want[i].data, k.tol)
			for r := range max(0, m.Rows-1) { // the gaps
				if m.Cols > 0 {
					sameBits(t, m.Data[r*m.Stride+m.Cols:(r+1)*m.Stride], before[i][r*m.Stride+m.Cols:(r+1)*m.Stride])
				}
			}
		case !shared:
			sameBits(t, m.Data, before[i])
		}
	}
}

func allocated(_, n int) []float32 { return make([]float32, n) }

func TestRowsLengthsAndAlignments(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(1, 2))
		for cols := range 68 {
			for rows := range 8 {
				var g []guarded
				s := k.inputs(rows, cols, r.IntN(4), r, func(slice, n int) []float32 {
					g = append(g, newGuarded(n, (cols+rows+3*slice)%16))
					return g[slice].data
				})
				k.try(t, s)
				for i := range g {
					g[i].check(t)
				}
			}
		}
	})
}

// TestRowsBlocks crosses the blocks in which rows go to the kernels.
func TestRowsBlocks(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, size := range [][2]int{{2080, 65}, {197, 197}, {130, 192}, {33, 768}, {3, 5000}, {1, 100003}, {5, 100003}} {
			k.try(t, k.inputs(size[0], size[1], 3, r, allocated))
		}
	})
}

// TestRowsAreIndependent says that a caller may split rows among calls without
// changing a bit of what becomes of a row.
func TestRowsAreIndependent(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, cols := range []int{1, 7, 16, 65, 192, 3000} {
			const rows = 101
			whole := k.inputs(rows, cols, 2, r, allocated)
			parts := slices.Clone(whole)
			for i := range parts {
				parts[i].Data = slices.Clone(whole[i].Data)
			}
			k.run(whole)
			for from, n := 0, 0; from < rows; from += n {
				n = min(1+r.IntN(9), rows-from)
				part := slices.Clone(parts)
				for i, m := range parts {
					part[i] = k.size(i, n, cols, 2)
					if k.shapes[i] == perRow {
						part[i].Data = m.Data[from:][:n]
					} else if k.shapes[i] != perColumn {
						part[i].Data = m.Data[from*m.Stride:][:room(part[i])]
					} else {
						part[i].Data = m.Data
					}
				}
				k.run(part)
			}
			for i := range whole {
				if k.shapes[i] != perColumn {
					sameBits(t, parts[i].Data, whole[i].Data)
				}
			}
		}
	})
}

func TestRowsAliasing(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, pair := range k.may {
			for cols := range 68 {
				s := k.inputs(5, cols, 2, r, allocated)
				s[pair[0]] = s[pair[1]]
				k.try(t, s)
			}
		}
	})
}

func TestRowsNaNAndInf(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, cols := range []int{1, 2, 7, 8, 9, 16, 31, 33, 65} {
			for slice := range k.shapes {
				for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					t.Run(fmt.Sprintf("cols=%d,slice=%d,%v", cols, slice, special), func(t *testing.T) {
						s := k.inputs(3, cols, 1, r, allocated)
						m := s[slice]
						m.Data[r.IntN(m.Rows)*m.Stride+r.IntN(m.Cols)] = float32(special)
						k.try(t, s)
					})
				}
			}
		}
	})
}

func TestRowsAllocateNothing(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		s := k.inputs(70, 65, 1, rand.New(rand.NewPCG(11, 12)), allocated)
		if n := testing.AllocsPerRun(10, func() { k.run(s) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
