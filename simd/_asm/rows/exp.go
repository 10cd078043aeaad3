package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// exp replaces x by e^(x+low) for -113 <= x <= 0 and low beneath the precision
// of x, or nil. As in simd/exp.go, x = n·ln(2) + r and e^x = 2^n·e^r, but in
// float32: ln(2) is in two parts, of which the first times n is exact, and 2^n
// is made in two factors, since n may pass the exponents of normal numbers.
func exp(x, low VecVirtual) {
	t, n, p := YMM(), YMM(), YMM()
	shift := number("shift", 0x1.8p23) // adding it rounds to an integer in the low bits
	VMOVUPS(number("log2e", 1.44269504088896340736), t)
	VFMADD213PS(shift, x, t)
	VSUBPS(shift, t, n)
	VFNMADD231PS(number("ln2High", 0x1.63p-1), n, x)
	VFNMADD231PS(number("ln2Low", -2.12194440054690583e-4), n, x)
	if low != nil {
		VADDPS(low, x, x)
	}

	VMOVUPS(number("e4", 0.0013901287591103025), p)
	VFMADD213PS(number("e3", 0.0083631463867769714), x, p)
	VFMADD213PS(number("e2", 0.041666853418519056), x, p)
	VFMADD213PS(number("e1", 0.16666577283890208), x, p)
	VFMADD213PS(number("e0", 0.49999999552608668), x, p)
	square := YMM()
	VMULPS(x, x, square)
	VFMADD213PS(x, square, p) // r + r²·p
	one := number("one", 1)
	VADDPS(one, p, p)

	VPSLLD(Imm(23), t, t)
	VPADDD(constant("exponent64", U32((127+64)<<23)), t, t)
	VMULPS(t, p, x)
	VMULPS(number("minus64", 0x1p-64), x, x)
}
