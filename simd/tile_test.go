package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTiles holds the micro-kernels of every level, for each height, width and
// rest in depth, to the generic one.
func TestTiles(t *testing.T) {
	EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		tiling := active.tiling()
		for height := 1; height <= tiling.rows; height++ {
			for _, cols := range []int{tiling.cols, tiling.cols / 2} {
				for depth := 1; depth <= 20; depth++ {
					count, extras := 1+r.IntN(3), r.IntN(4)
					name := fmt.Sprintf("height=%d,cols=%d,depth=%d,count=%d,extras=%d", height, cols, depth, count, extras)
					t.Run(name, func(t *testing.T) {
						tryTiles(t, height, cols, depth, count, extras&1 != 0, extras&2 != 0, r)
					})
				}
			}
		}
	})
}

func tryTiles(t *testing.T, height, cols, depth, count int, biased, added bool, r *rand.Rand) {
	uniform := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 2*r.Float32() - 1
		}
		return x
	}
	// matrix is rows without a gap behind the last.
	matrix := func(cols int) (x []float32, stride int) {
		stride = cols + r.IntN(4)
		return uniform((height*count-1)*stride + cols), stride
	}
	s := stack{b: uniform(depth * active.tiling().cols), depth: depth, rows: height * count, cols: cols}
	s.a, s.lda = matrix(depth)
	s.c, s.ldc = matrix(cols)
	if biased {
		s.bias = uniform(cols)
	}
	if added {
		s.add, s.ldadd = matrix(cols)
	}
	want := s
	want.c = append([]float32(nil), s.c...)
	want.tilesGeneric(height, count)
	s.tiles(height, count)
	for i, w := range want.c {
		switch between := i%s.ldc >= cols; {
		case between && s.c[i] != w:
			t.Fatalf("wrote between the rows, at row %d", i/s.ldc)
		case math.Abs(float64(s.c[i]-w)) > 1e-6*float64(depth+2):
			t.Fatalf("element (%d, %d) is %v, want %v", i/s.ldc, i%s.ldc, s.c[i], w)
		}
	}
}

// TestTranspose8 holds the transposition of every level to its definition.
func TestTranspose8(t *testing.T) {
	EachLevel(t, func(t *testing.T) {
		for blocks := 1; blocks <= 5; blocks++ {
			for gap := range 3 {
				lds, ldd := 8*blocks+gap, 8+gap
				src := make([]float32, 7*lds+8*blocks)
				for i := range src {
					src[i] = float32(i + 1)
				}
				dst := make([]float32, (8*blocks-1)*ldd+8)
				transpose8(dst, ldd, src, lds, blocks)
				for j := range dst {
					want := float32(0)
					if j%ldd < 8 {
						want = src[j%ldd*lds+j/ldd]
					}
					if dst[j] != want {
						t.Fatalf("blocks=%d: element (%d, %d) is %v, want %v", blocks, j/ldd, j%ldd, dst[j], want)
					}
				}
			}
		}
	})
}
