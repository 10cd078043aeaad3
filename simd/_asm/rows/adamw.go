package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func adamW() {
	k := begin("adamWAVX2", "func(w, g, m, v []float32, factors *float32)", "adamWGeneric, where factors is the first field of adamWFactors", "w", "g", "m", "v")
	factors := Load(Param("factors"), GP64())
	// The fields of adamWFactors in their order.
	field := map[string]VecVirtual{}
	for i, name := range []string{"gradScale", "keep", "beta1", "rest1", "beta2", "rest2", "rate", "root", "eps"} {
		field[name] = YMM()
		VBROADCASTSS(Mem{Base: factors, Disp: 4 * i}, field[name])
	}
	k.each(func() {
		g := k.load("g")
		VMULPS(field["gradScale"], g, g)
		m := k.load("m")
		VMULPS(field["beta1"], m, m)
		VFMADD231PS(field["rest1"], g, m)
		k.store(m, "m")
		VMULPS(g, g, g)
		v := k.load("v")
		VMULPS(field["beta2"], v, v)
		VFMADD231PS(field["rest2"], g, v)
		k.store(v, "v")
		VSQRTPS(v, v)
		VFMADD213PS(field["eps"], field["root"], v)
		VMULPS(field["rate"], m, m)
		VDIVPS(v, m, m)
		w := k.load("w")
		VFMSUB213PS(m, field["keep"], w)
		k.store(w, "w")
	})
	k.end()
}
