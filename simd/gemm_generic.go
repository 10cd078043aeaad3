package simd

// tilesGeneric computes count tiles of the given height, one below the other:
//
//	for i := range height * count {
//		for j := range cols {
//			sum := Σp a[i*lda+p] * b[p*strip+j]
//			c[i*ldc+j] = sum + bias[j] + add[i*ldadd+j]
//		}
//	}
//
// where p runs over depth values and strip is the columns of a full tile. Each
// sum runs in increasing p and starts from zero. Bias and add may be empty.
func (s stack) tilesGeneric(height, count int) {
	strip := len(s.b) / s.depth
	rows := height * count
	for i := 0; i < rows; i += 2 {
		pair := min(2, rows-i)
		a0, a1 := s.a[i*s.lda:][:s.depth], s.a[(i+pair-1)*s.lda:][:s.depth]
		for j := 0; j < s.cols; j += 4 {
			sums := dot2x4(a0, a1, s.b[j:], strip)
			for r := range pair {
				s.store(i+r, j, sums[r])
			}
		}
	}
}

// dot2x4 is 2 x 4 elements of a tile: as many sums as stay in the registers of
// an amd64 without vectors.
func dot2x4(a0, a1, b []float32, strip int) [2][4]float32 {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	a1 = a1[:len(a0)]
	for p, x0 := range a0 {
		x1 := a1[p]
		y := b[p*strip : p*strip+4 : p*strip+4]
		b0, b1, b2, b3 := y[0], y[1], y[2], y[3]
		c00 += x0 * b0
		c10 += x1 * b0
		c01 += x0 * b1
		c11 += x1 * b1
		c02 += x0 * b2
		c12 += x1 * b2
		c03 += x0 * b3
		c13 += x1 * b3
	}
	return [2][4]float32{{c00, c01, c02, c03}, {c10, c11, c12, c13}}
}

// store finishes four elements of a row.
func (s stack) store(i, j int, sums [4]float32) {
	if len(s.bias) > 0 {
		for k, v := range s.bias[j : j+4] {
			sums[k] += v
		}
	}
	if len(s.add) > 0 {
		for k, v := range s.add[i*s.ldadd+j:][:4] {
			sums[k] += v
		}
	}
	copy(s.c[i*s.ldc+j:][:4], sums[:])
}
