package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTiles holds the micro-kernels of every level, for each height, width and
// rest in depth, to the generic ones.
func TestTiles(t *testing.T) {
	EachLevel(t, func(t *testing.T) {
		for _, bytes := range []bool{false, true} {
			r, tiling := rand.New(rand.NewPCG(1, 2)), active.tiling()
			if bytes {
				tiling = byteTiling()
			}
			for height := 1; height <= tiling.rows; height++ {
				for _, cols := range []int{tiling.cols, tiling.cols / 2} {
					for depth := 1; depth <= 20; depth++ {
						c := tileCase{height, cols, depth, 1 + r.IntN(3), r.IntN(2) > 0, r.IntN(2) > 0, bytes}
						t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) { c.try(t, tiling, r) })
					}
				}
			}
		}
	})
}

type tileCase struct {
	height, cols, depth, count int
	biased, added, bytes       bool
}

func (k tileCase) try(t *testing.T, tiling tiling, r *rand.Rand) {
	rows := k.height * k.count
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
		return uniform((rows-1)*stride + cols), stride
	}
	s := stack{depth: k.depth, rows: rows, cols: k.cols}
	s.a, s.lda = matrix(k.depth)
	if k.bytes {
		s.q = k.quantised(s.lda, tiling, r)
		s.a = nil
	} else {
		s.b = uniform(k.depth * tiling.cols)
	}
	s.c, s.ldc = matrix(k.cols)
	if k.biased {
		s.bias = uniform(k.cols)
	}
	if k.added {
		s.add, s.ldadd = matrix(k.cols)
	}
	want := s
	want.c = append([]float32(nil), s.c...)
	if k.bytes {
		want.byteTilesGeneric(k.height, k.count)
	} else {
		want.tilesGeneric(k.height, k.count)
	}
	s.tiles(k.height, k.count)
	for i, w := range want.c {
		switch between := i%s.ldc >= k.cols; {
		case between && s.c[i] != w:
			t.Fatalf("wrote between the rows, at row %d", i/s.ldc)
		case math.Abs(float64(s.c[i]-w)) > 1e-6*float64(k.depth+2):
			t.Fatalf("element (%d, %d) is %v, want %v", i/s.ldc, i%s.ldc, s.c[i], w)
		}
	}
}

// quantised returns random bytes whose products are about as large as those of
// numbers below 1.
func (k tileCase) quantised(lda int, tiling tiling, r *rand.Rand) quantised {
	rows := k.height * k.count
	q := quantised{
		a:      make([]uint8, ((rows-1)*lda+k.depth)*bytesPerElement),
		b:      make([]int8, k.depth*tiling.cols*bytesPerElement),
		starts: make([]int32, tiling.cols), columnScales: make([]float32, tiling.cols), rowScales: make([]float32, rows),
	}
	for i := range q.a {
		q.a[i] = uint8(1 + r.IntN(255))
	}
	for i := range q.b {
		q.b[i] = int8(r.IntN(2*tiling.largest+1) - tiling.largest)
		q.starts[i/bytesPerElement%tiling.cols] -= zeroPoint * int32(q.b[i])
	}
	for i := range q.columnScales {
		q.columnScales[i] = (1 + r.Float32()) / 256
	}
	for i := range q.rowScales {
		q.rowScales[i] = (1 + r.Float32()) / 1024
	}
	return q
}

// TestRounding holds the kernels for bytes and bfloat16 of every level to the
// generic ones, to the bit.
func TestRounding(t *testing.T) {
	EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for n := 0; n <= 64; n += 8 {
			x, narrow := make([]float32, n), make([]uint16, n)
			for i := range x {
				x[i] = 254*r.Float32() - 127
				if i%5 == 0 { // a tie
					x[i] = float32(int(x[i])) + 0.5
				}
				narrow[i] = uint16(r.Uint32())
			}
			if got, want := largestBits(x), largestBitsGeneric(x); got != want {
				t.Fatalf("n=%d: largest bits %#x, want %#x", n, got, want)
			}
			got, want := make([]uint8, n), make([]uint8, n)
			quantiseBlocks(got, x, 0.9)
			quantiseGeneric(want, x, 0.9)
			if !slices.Equal(got, want) {
				t.Fatalf("n=%d: rounded to %d, want %d", n, got, want)
			}
			quantiseBlocks(got, x, 1)
			quantiseGeneric(want, x, 1)
			if !slices.Equal(got, want) {
				t.Fatalf("n=%d: rounded to %d, want %d", n, got, want)
			}
			wide, wantWide := make([]float32, n), make([]float32, n)
			widen(wide, narrow)
			widenGeneric(wantWide, narrow)
			for i := range wide {
				if math.Float32bits(wide[i]) != math.Float32bits(wantWide[i]) {
					t.Fatalf("n=%d: %#x widened to %v, want %v", n, narrow[i], wide[i], wantWide[i])
				}
			}
		}
	})
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
