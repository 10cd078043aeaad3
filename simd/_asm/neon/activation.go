package main

// mills are the coefficients m0, m1, … of simd/activation.go.
var mills = polynomial("m",
	0.12151394751367931,
	-0.20640262040916055,
	0.12322504122100609,
	-0.046213263625926395,
	0.0061319422812038145,
	0.002904387400667768,
	-0.00098328821171432079,
	-0.00033901292000215597,
	0.00011501367782144137,
	5.3161978810661968e-5,
)

// normal returns Φ(x) and e^(-x²/2), like the function in simd/activation.go.
func (k *rows) normal(x v) (cdf, bell v) {
	t := k.temp()
	k.fabs(t, x)
	k.fmin(t, t, k.once(number("limit", 15))) // past it the bell is zero; NaN stays NaN

	// The rounding of t² would show in its exponential, so it is carried along.
	q, low := k.temp(), k.temp()
	bell = k.temp()
	k.fmul(q, t, k.once(number("minusHalf", -0.5)))
	k.fmul(bell, q, t)
	k.fneg(low, bell)
	k.fmla(low, q, t)
	k.exp(bell, low)

	u, below := k.temp(), k.temp()
	three := k.set(number("three", 3))
	k.fadd(below, t, three)
	k.fsub(u, t, three)
	k.fdiv(u, u, below)
	tail := k.horner(u, mills)
	k.fmul(tail, tail, bell)

	other, negative := k.temp(), k.temp()
	k.fsub(other, k.once(one), tail)
	k.negative(negative, x)
	k.op("VBSL V%d.B16, V%d.B16, V%d.B16", other, tail, negative)
	return negative, bell
}

func (f *file) activations() {
	k := f.beginRows("geluNEON", "func(dst []float32, x []float32)", "geluGeneric", "dst", "x")
	k.useTable()
	k.each(1, func() {
		x := k.load("x")
		cdf, _ := k.normal(x)
		k.fmul(cdf, cdf, x)
		k.store(cdf, "dst")
	})
	k.op("RET")

	k = f.beginRows("geluBackwardNEON", "func(dx []float32, x []float32, dy []float32)", "geluBackwardGeneric", "dx", "x", "dy")
	k.useTable()
	k.each(1, func() {
		x := k.load("x")
		slope, bell := k.normal(x)
		k.fmul(bell, bell, k.once(number("inverseRoot2Pi", 0.39894228040143267794)))
		k.fmla(slope, bell, x)
		k.fmul(slope, slope, k.load("dy"))
		k.store(slope, "dx")
	})
	k.op("RET")
}
