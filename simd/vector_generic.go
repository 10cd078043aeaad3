package simd

// The generic sums run in float64, where neither the order of the terms nor
// their number matters to a float32 result.

func dotGeneric(x, y []float32) float32 {
	y = y[:len(x)]
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		s0 += float64(x[i]) * float64(y[i])
		s1 += float64(x[i+1]) * float64(y[i+1])
	}
	if i < len(x) {
		s0 += float64(x[i]) * float64(y[i])
	}
	return float32(s0 + s1)
}

func sumGeneric(x []float32) float64 {
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += float64(x[i])
		s1 += float64(x[i+1])
		s2 += float64(x[i+2])
		s3 += float64(x[i+3])
	}
	for ; i < len(x); i++ {
		s0 += float64(x[i])
	}
	return (s0 + s1) + (s2 + s3)
}

func sumSquaresGeneric(x []float32) float64 {
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		v0, v1 := float64(x[i]), float64(x[i+1])
		s0 += v0 * v0
		s1 += v1 * v1
	}
	if i < len(x) {
		v := float64(x[i])
		s0 += v * v
	}
	return s0 + s1
}

func axpyGeneric(alpha float32, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

func addGeneric(dst, x, y []float32) {
	x = x[:len(dst)]
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func scaleGeneric(alpha float32, x []float32) {
	for i := range x {
		x[i] *= alpha
	}
}

// sumRowsGeneric sums some columns at a time, so that the sums stay in the
// first-level cache in float64 while the rows pass once.
func sumRowsGeneric(dst, x []float32) {
	n := len(dst)
	var sums [64]float64
	for j := 0; j < n; j += len(sums) {
		cols := min(len(sums), n-j)
		clear(sums[:])
		for i := j; i < len(x); i += n {
			s := sums[:cols]
			for c, v := range x[i : i+cols] {
				s[c] += float64(v)
			}
		}
		for c, s := range sums[:cols] {
			dst[j+c] = float32(float64(dst[j+c]) + s)
		}
	}
}
