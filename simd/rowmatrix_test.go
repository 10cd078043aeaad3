package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/astrovit/astrovit/simd"
)

// row is x as a matrix.
func row(x []float32) simd.Matrix {
	return simd.Matrix{Rows: 1, Cols: len(x), Stride: len(x), Data: x}
}

func TestSumRows(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, m := range []int{0, 1, 2, 3, 17, 2080} {
			for _, n := range []int{1, 2, 3, 7, 8, 9, 31, 32, 33, 63, 64, 65, 130, 192} {
				x, v := newGuarded(m*n, n%8), newGuarded(n, m%8)
				fill(x.data, r)
				fill(v.data, r)
				sums := widen(v.data)
				for i, value := range x.data {
					sums[i%n] += float64(value)
				}
				simd.SumRows(v.data, x.data)
				compare(t, v.data, sums, 3e-7)
				x.check(t)
				v.check(t)
			}
		}
		simd.SumRows(nil, nil)
	})
}

func TestSumRowsNaNAndInf(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		x := make([]float32, 5*40)
		x[3*40+7] = float32(math.NaN())
		x[1*40+39] = float32(math.Inf(1))
		dst := make([]float32, 40)
		want := make([]float64, 40)
		want[7], want[39] = math.NaN(), math.Inf(1)
		simd.SumRows(dst, x)
		compare(t, dst, want, 0)
	})
}

// TestGELUEverywhere bounds the error of each value relative to itself from
// one end of float32 to the other, where the normalised error of a slice would
// not see the tail.
func TestGELUEverywhere(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		var x []float32
		for v := -16.0; v <= 16; v += 1.0 / 512 {
			x = append(x, float32(v))
		}
		for _, v := range []float64{0, 1e-45, 1e-38, 1e-30, 1e-10, 1e-4, 20, 100, 1e10, 1e30, 3e38} {
			x = append(x, float32(v), float32(-v))
		}
		y, dx, ones := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range ones {
			ones[i] = 1
		}
		simd.GELU(y, x)
		simd.GELUBackward(dx, x, ones)
		var worst, worstSlope, sum, sumSlope, square, squareSlope float64
		for i, v := range x {
			v := float64(v)
			bell := math.Exp(-v*v/2) / math.Sqrt(2*math.Pi)
			want, slope := v*normalCDF(v), normalCDF(v)+v*bell
			diff, slopeDiff := math.Abs(float64(y[i])-want), math.Abs(float64(dx[i])-slope)
			// Results below the normal numbers lose digits. The slope is the sum
			// of two terms, which cancel at -0.75: the larger counts.
			worst = max(worst, (diff-0x1p-126)/math.Abs(want+0x1p-140))
			worstSlope = max(worstSlope, (slopeDiff-0x1p-126)/max(math.Abs(slope), math.Abs(v)*bell+0x1p-140))
			if math.Abs(v) < 17 {
				sum, square = sum+diff*diff, square+want*want
				sumSlope, squareSlope = sumSlope+slopeDiff*slopeDiff, squareSlope+slope*slope
			}
		}
		t.Logf("GELU: relative error %.2g, normalised %.2g; slope: %.2g, %.2g", worst, math.Sqrt(sum/square), worstSlope, math.Sqrt(sumSlope/squareSlope))
		if worst > 5e-7 || worstSlope > 5e-7 {
			t.Errorf("largest relative errors %.2g and %.2g, want 5e-7", worst, worstSlope)
		}
		if e := math.Sqrt(sum / square); e > 1e-7 {
			t.Errorf("normalised error of GELU %.2g, want 1e-7", e)
		}
		if e := math.Sqrt(sumSlope / squareSlope); e > 1e-7 {
			t.Errorf("normalised error of its slope %.2g, want 1e-7", e)
		}
	})
}

// TestSoftmaxEverywhere bounds the relative error of each probability.
func TestSoftmaxEverywhere(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		x := []float32{0}
		for v := 0.0; v > -120; v -= 1.0 / 64 {
			x = append(x, float32(v))
		}
		want := widen(x)
		softmax(want)
		simd.SoftmaxRows(row(x), 1)
		worst := 0.0
		for i, w := range want {
			worst = max(worst, (math.Abs(float64(x[i])-w)-0x1p-126)/w)
		}
		t.Logf("relative error %.2g", worst)
		if worst > 4e-7 {
			t.Errorf("largest relative error %.2g, want 4e-7", worst)
		}

		huge := []float32{3e38, -3e38, 3e38}
		simd.SoftmaxRows(row(huge), 1)
		compare(t, huge, []float64{0.5, 0, 0.5}, 1e-7)
		inf := float32(math.Inf(-1))
		masked := []float32{1, inf, 1, inf}
		simd.SoftmaxRows(row(masked), 1)
		compare(t, masked, []float64{0.5, 0, 0.5, 0}, 1e-7)
		none := []float32{inf, inf}
		simd.SoftmaxRows(row(none), 1)
		compare(t, none, []float64{math.NaN(), math.NaN()}, 0)
	})
}

// TestSoftmaxRowsScales: any finite scale, of either sign, and none.
func TestSoftmaxRowsScales(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, scale := range []float32{0, float32(math.Copysign(0, -1)), 1, -1, -0.37, 3, -1000, 1e-30, -1e30} {
			for _, cols := range []int{1, 7, 65, 5000} {
				x := simd.Matrix{Rows: 3, Cols: cols, Stride: cols + 1, Data: random(3*cols+2, r)}
				var want []float64
				for i := range x.Rows {
					row := widen(x.Data[i*x.Stride:][:cols])
					for j := range row {
						row[j] *= float64(scale)
					}
					softmax(row)
					want = append(want, row...)
				}
				simd.SoftmaxRows(x, scale)
				compare(t, dense(x), want, 3e-7)
			}
		}
	})
}

// TestSoftmaxMasked: -Inf hides an element and leaves exactly nothing of it.
func TestSoftmaxMasked(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		for _, cols := range []int{2, 9, 17, 65} {
			x := make([]float32, cols)
			for j := 1; j < cols; j++ {
				x[j] = float32(math.Inf(-1))
			}
			want := make([]float32, cols)
			want[0] = 1
			simd.SoftmaxRows(simd.Matrix{Rows: 1, Cols: cols, Stride: cols, Data: x}, 0.125)
			sameBits(t, x, want)
		}
	})
}

// TestNormalizeRowsToBias: a factor of zero leaves the bias, whatever the mean.
func TestNormalizeRowsToBias(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		x, gamma, beta, dst := random(2*37, r), random(37, r), random(37, r), make([]float32, 2*37)
		simd.NormalizeRows(dst, x, gamma, beta, []float32{3, -1}, []float32{0, 0})
		compare(t, dst, widen(append(beta, beta...)), 0)
	})
}

// TestLayerNormLargeMean: a mean that is large beside the spread costs only
// the digits that the input itself has lost; nor does an element that is large
// beside the others harm them.
func TestLayerNormLargeMean(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{192, 768, 1664} {
			for _, mean := range []float32{0, 1000, -1e6} {
				for _, outlier := range []float32{0, 1e3, 1e6} {
					x, gamma, beta := random(n, r), random(n, r), random(n, r)
					for i := range x {
						x[i] += mean
					}
					x[r.IntN(n)] += outlier
					wide := widen(x)
					mean, rstd := moments(wide, 0)
					want := make([]float64, n)
					for i, v := range wide {
						want[i] = (v-mean)*rstd*float64(gamma[i]) + float64(beta[i])
					}
					dst := make([]float32, n)
					gotMean, gotRstd := make([]float32, 1), make([]float32, 1)
					simd.LayerNormRows(dst, x, gamma, beta, 0, gotMean, gotRstd)
					compare(t, dst, want, 3e-7)
					compare(t, gotRstd, []float64{rstd}, 3e-7)
					// A mean near zero is a sum of mixed signs.
					compare(t, []float32{gotMean[0], 1}, []float64{mean, 1}, 3e-7)
				}
			}
		}
	})
}

// TestSoftmaxFarFromZero: only differences count, whatever lanes a kernel leaves
// idle hold.
func TestSoftmaxFarFromZero(t *testing.T) {
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for n := 1; n < 40; n++ {
			for _, far := range []float32{-500, 500} {
				x := random(n, r)
				for i := range x {
					x[i] += far
				}
				want := widen(x)
				softmax(want)
				simd.SoftmaxRows(row(x), 1)
				compare(t, x, want, 2e-7)
			}
		}
	})
}
