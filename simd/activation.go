package simd

// GELU computes dst[i] = x[i]·Φ(x[i]), where Φ is the normal distribution
// function, Φ(x) = (1 + erf(x/√2))/2: the exact form of Hendrycks and Gimpel
// (2016), arXiv:1606.08415, section 2. dst may be x. GELU(-Inf) is NaN, as
// Inf·0 is.
func GELU(dst, x []float32) {
	sameLength(len(dst), len(x))
	gelu(dst, x)
}

// GELUBackward computes the gradient of the input x of GELU from the gradient
// dy of its output, where φ is the normal density:
//
//	dx[i] = dy[i]·(Φ(x[i]) + x[i]·φ(x[i]))
//
// dx may be x or dy.
func GELUBackward(dx, x, dy []float32) {
	sameLength(len(dx), len(x))
	sameLength(len(dx), len(dy))
	geluBackward(dx, x, dy)
}

// GELUWithBackward computes y[i] = GELU(h[i]) and the gradient dx of h from the
// gradient dy of y: what the backward pass of an MLP needs if it has kept h
// alone. dx may be dy, and y may be h.
func GELUWithBackward(y, dx, h, dy []float32) {
	sameLength(len(y), len(h))
	sameLength(len(dx), len(h))
	sameLength(len(dy), len(h))
	geluBoth(y, dx, h, dy)
}

// Coefficients of Mills' ratio M(t) = (1-Φ(t))·exp(t²/2) for 0 <= t <= 14.5 as
// a polynomial in u = (t-3)/(t+3), a minimax fit of relative error 1e-8. The
// variable is that of Schonfelder (1978), Mathematics of Computation 32, 1232.
// M varies slowly where 1-Φ falls by 46 powers of ten, so the far tail is as
// exact, relative to itself, as the centre.
const (
	m0 = 0.12151394751367931
	m1 = -0.20640262040916055
	m2 = 0.12322504122100609
	m3 = -0.046213263625926395
	m4 = 0.0061319422812038145
	m5 = 0.002904387400667768
	m6 = -0.00098328821171432079
	m7 = -0.00033901292000215597
	m8 = 0.00011501367782144137
	m9 = 5.3161978810661968e-5
)

// inverseRoot2Pi is 1/√(2π), the height of the normal density.
const inverseRoot2Pi = 0.39894228040143267794

// normal returns Φ(x) and e^(-x²/2), both to the precision of a float32.
func normal(x float64) (cdf, bell float64) {
	t := x
	if t < 0 {
		t = -t
	}
	bell = exp(-0.5 * t * t)
	u := 1 - 6/(t+3)
	tail := bell * (m0 + u*(m1+u*(m2+u*(m3+u*(m4+u*(m5+u*(m6+u*(m7+u*(m8+u*m9)))))))))
	if x > 0 {
		return 1 - tail, bell
	}
	return tail, bell
}

func geluGeneric(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		cdf, _ := normal(float64(v))
		dst[i] = float32(float64(v) * cdf)
	}
}

func geluBackwardGeneric(dx, x, dy []float32) {
	x = x[:len(dx)]
	dy = dy[:len(dx)]
	for i, v := range x {
		cdf, bell := normal(float64(v))
		dx[i] = float32(float64(dy[i]) * (cdf + float64(v)*bell*inverseRoot2Pi))
	}
}

func geluBothGeneric(y, dx, h, dy []float32) {
	y, dx, dy = y[:len(h)], dx[:len(h)], dy[:len(h)]
	for i, v := range h {
		x := float64(v)
		cdf, bell := normal(x)
		dx[i] = float32(float64(dy[i]) * (cdf + x*bell*inverseRoot2Pi))
		y[i] = float32(x * cdf)
	}
}
