package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mills are the coefficients m0, m1, … of simd/activation.go.
var mills = []float64{
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
}

// normal returns Φ(x) and e^(-x²/2), like the function in simd/activation.go.
func normal(x VecVirtual) (cdf, bell VecVirtual) {
	// Past 15 all is as at 15: the bell is zero. In this order NaN stays NaN.
	t, limit := YMM(), YMM()
	VANDPS(constant("magnitude", U32(1<<31-1)), x, t)
	VMOVUPS(number("limit", 15), limit)
	VMINPS(t, limit, t)

	// The rounding of t² would show in its exponential, so it is carried along.
	q, low := YMM(), YMM()
	bell = YMM()
	VMULPS(number("minusHalf", -0.5), t, q)
	VMULPS(q, t, bell)
	VMOVAPS(q, low)
	VFMSUB213PS(bell, t, low)
	exp(bell, low)

	u, below := YMM(), YMM()
	three := number("three", 3)
	VADDPS(three, t, below)
	VSUBPS(three, t, u)
	VDIVPS(below, u, u)
	tail := YMM()
	top := len(mills) - 1
	VMOVUPS(number(fmt.Sprintf("m%d", top), mills[top]), tail)
	for i := top - 1; i >= 0; i-- {
		VFMADD213PS(number(fmt.Sprintf("m%d", i), mills[i]), u, tail)
	}
	VMULPS(bell, tail, tail)

	cdf = YMM()
	VMOVUPS(number("one", 1), cdf)
	VSUBPS(tail, cdf, cdf)
	VBLENDVPS(x, tail, cdf, cdf) // by the sign of x
	return cdf, bell
}

func activations() {
	k := begin("geluAVX2", "func(dst, x []float32)", "geluGeneric", "dst", "x")
	k.each(func() {
		x := k.load("x")
		cdf, _ := normal(x)
		VMULPS(x, cdf, cdf)
		k.store(cdf, "dst")
	})
	k.end()

	k = begin("geluBackwardAVX2", "func(dx, x, dy []float32)", "geluBackwardGeneric", "dx", "x", "dy")
	k.each(func() {
		x := k.load("x")
		slope, bell := normal(x)
		VMULPS(number("inverseRoot2Pi", 0.39894228040143267794), bell, bell)
		VFMADD231PS(x, bell, slope)
		VMULPS(k.load("dy"), slope, slope)
		k.store(slope, "dx")
	})
	k.end()
}
