package simd

// Dot returns Σ x[i]·y[i] for x and y of equal length.
func Dot(x, y []float32) float32 {
	sameLength(len(x), len(y))
	return float32(dot(x, y))
}

// Sum returns Σ x[i].
func Sum(x []float32) float32 { return float32(sum(x)) }

// SumSquares returns Σ x[i]², in float64 because the squares of a gradient's
// elements span more than float32 holds.
func SumSquares(x []float32) float64 { return squares(x) }

// Axpy computes y[i] += alpha·x[i] for x and y of equal length.
func Axpy(alpha float32, x, y []float32) {
	sameLength(len(x), len(y))
	axpy(alpha, x, y)
}

// Add computes dst[i] = x[i] + y[i] for slices of equal length. dst may be x
// or y or both.
func Add(dst, x, y []float32) {
	sameLength(len(dst), len(x))
	sameLength(len(dst), len(y))
	add(dst, x, y)
}

// Scale computes x[i] *= alpha.
func Scale(alpha float32, x []float32) { scale(alpha, x) }

// SumRows adds the column sums of x [m, n] to dst [n], where n is len(dst): the
// gradient of a bias.
func SumRows(dst, x []float32) {
	wholeRows(len(x), len(dst))
	n := len(dst)
	if n == 0 {
		return
	}
	// Some columns at a time, so that their sums stay in the first-level cache
	// in float64 while the rows pass once.
	for j := 0; j < n; j += len(wide{}) {
		var sums wide
		cols := min(len(sums), n-j)
		for i := 0; i < len(x)/n; i += blockRows {
			addColumns(&sums, x[i*n+j:], min(blockRows, len(x)/n-i), cols, n)
		}
		for c, s := range sums[:cols] {
			dst[j+c] = float32(float64(dst[j+c]) + s)
		}
	}
}

// wide holds the sums of some columns, whole blocks of every level's kernels.
type wide = [256]float64
