package simd

import "math"

// Level 1 of BLAS: vectors, summed in float64. Those with gaps are gonum's.

// Sdot returns Σ x[i]·y[i].
func (s BLAS) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if !adjacent(n, x, incX) || !adjacent(n, y, incY) {
		return s.Implementation.Sdot(n, x, incX, y, incY)
	}
	return float32(dot(x[:n], y[:n]))
}

// Sdsdot returns alpha + Σ x[i]·y[i].
func (s BLAS) Sdsdot(n int, alpha float32, x []float32, incX int, y []float32, incY int) float32 {
	if !adjacent(n, x, incX) || !adjacent(n, y, incY) {
		return s.Implementation.Sdsdot(n, alpha, x, incX, y, incY)
	}
	return float32(float64(alpha) + dot(x[:n], y[:n]))
}

// Dsdot returns Σ x[i]·y[i] in float64.
func (s BLAS) Dsdot(n int, x []float32, incX int, y []float32, incY int) float64 {
	if !adjacent(n, x, incX) || !adjacent(n, y, incY) {
		return s.Implementation.Dsdot(n, x, incX, y, incY)
	}
	return dot(x[:n], y[:n])
}

// Saxpy computes y[i] += alpha·x[i], unless alpha is 0.
func (s BLAS) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if alpha == 0 || !adjacent(n, x, incX) || !adjacent(n, y, incY) {
		s.Implementation.Saxpy(n, alpha, x, incX, y, incY)
		return
	}
	axpy(alpha, x[:n], y[:n])
}

// Sscal computes x[i] *= alpha. If alpha is 0, x becomes zero whatever it was.
func (s BLAS) Sscal(n int, alpha float32, x []float32, incX int) {
	if alpha == 0 || !adjacent(n, x, incX) {
		s.Implementation.Sscal(n, alpha, x, incX)
		return
	}
	scale(alpha, x[:n])
}

// Snrm2 returns √Σ x[i]². A float64 holds the square of every float32: nothing overflows that the result does not.
func (s BLAS) Snrm2(n int, x []float32, incX int) float32 {
	if !adjacent(n, x, incX) {
		return s.Implementation.Snrm2(n, x, incX)
	}
	return float32(math.Sqrt(squares(x[:n])))
}

// Sasum returns Σ |x[i]|.
func (s BLAS) Sasum(n int, x []float32, incX int) float32 {
	if !adjacent(n, x, incX) {
		return s.Implementation.Sasum(n, x, incX)
	}
	var s0, s1, s2, s3 float64
	x = x[:n]
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(magnitude(x[0]))
		s1 += float64(magnitude(x[1]))
		s2 += float64(magnitude(x[2]))
		s3 += float64(magnitude(x[3]))
	}
	for _, v := range x {
		s0 += float64(magnitude(v))
	}
	return float32((s0 + s1) + (s2 + s3))
}

// Isamax returns the first index of the largest |x[i]|, or -1 if n is 0. Like
// gonum's it overlooks NaN, unless that is the first element.
func (s BLAS) Isamax(n int, x []float32, incX int) int {
	if !adjacent(n, x, incX) || x[0] != x[0] {
		return s.Implementation.Isamax(n, x, incX)
	}
	// The largest of a block costs no branches; only where it beats those before
	// is its place worth a search.
	const block = 128
	x = x[:n]
	index, top := 0, absBits(x[0])
	for at := 0; at < n; at += block {
		b := x[at:min(at+block, n)]
		largest := largestMagnitude(b)
		if largest > infinity { // NaN
			largest = 0
			for _, v := range b {
				if u := absBits(v); u <= infinity {
					largest = max(largest, u)
				}
			}
		}
		if largest <= top {
			continue
		}
		for i, v := range b {
			if absBits(v) == largest {
				index, top = at+i, largest
				break
			}
		}
	}
	return index
}

// absBits is |v| as an integer with the same order, in which NaN is the largest.
func absBits(v float32) uint32 { return math.Float32bits(v) &^ (1 << 31) }

const infinity uint32 = 0xff << 23 // absBits of Inf

// magnitude is |v|.
func magnitude(v float32) float32 {
	return math.Float32frombits(absBits(v))
}

// adjacent reports whether x has n numbers, at least one, without gaps.
func adjacent(n int, x []float32, inc int) bool { return inc == 1 && n > 0 && len(x) >= n }
