package simd

// gemm6x16Generic multiplies a strip of 6 rows by a strip of 16 columns:
//
//	for i := range 6 {
//		for j := range 16 {
//			sum := Σp a[p*6+i] * b[p*16+j]
//			if add { c[i*ldc+j] += sum } else { c[i*ldc+j] = sum }
//		}
//	}
//
// where p runs over len(b)/16 values and len(a)/6 is the same. Each sum runs in
// increasing p and starts from zero.
func gemm6x16Generic(c []float32, ldc int, a, b []float32, add bool) {
	for i := 0; i < mr; i += 2 {
		for j := 0; j < nr; j += 4 {
			gemm2x4(c[i*ldc+j:], ldc, a[i:], b[j:], add)
		}
	}
}

// gemm2x4 computes 2 x 4 elements of a tile: as many sums as stay in the
// registers of an amd64 without vectors. Its strips begin at its own first
// element, so that the last step reads just to their ends.
func gemm2x4(c []float32, ldc int, a, b []float32, add bool) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	for i, j := 0, 0; i+1 < len(a) && j+3 < len(b); i, j = i+mr, j+nr {
		x := a[i : i+2 : i+2]
		y := b[j : j+4 : j+4]
		a0, a1 := x[0], x[1]
		b0, b1, b2, b3 := y[0], y[1], y[2], y[3]
		c00 += a0 * b0
		c10 += a1 * b0
		c01 += a0 * b1
		c11 += a1 * b1
		c02 += a0 * b2
		c12 += a1 * b2
		c03 += a0 * b3
		c13 += a1 * b3
	}
	r0, r1 := c[:4], c[ldc:ldc+4]
	if add {
		c00, c01, c02, c03 = r0[0]+c00, r0[1]+c01, r0[2]+c02, r0[3]+c03
		c10, c11, c12, c13 = r1[0]+c10, r1[1]+c11, r1[2]+c12, r1[3]+c13
	}
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
}
