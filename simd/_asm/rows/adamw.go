package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func (s isa) adamW() {
	k := s.begin("adamW", "func(w, g, m, v []float32, factors *float32)", "factors is the first field of adamWFactors")
	k.vectors("w", "g", "m", "v")
	factors := Load(Param("factors"), GP64())
	// The fields of adamWFactors in their order.
	field := map[string]VecVirtual{}
	for i, name := range []string{"gradScale", "keep", "beta1", "rest1", "beta2", "rest2", "rate", "root", "eps"} {
		field[name] = k.reg()
		VBROADCASTSS(Mem{Base: factors, Disp: 4 * i}, field[name])
	}
	k.each(1, func(blocks int) {
		g, m, v, w := k.load("g", blocks), k.load("m", blocks), k.load("v", blocks), k.load("w", blocks)
		k.do(VMULPS, field["gradScale"], g, g)
		k.do(VMULPS, field["beta1"], m, m)
		k.do(VFMADD231PS, field["rest1"], g, m)
		k.store(m, "m")
		k.do(VMULPS, g, g, g)
		k.do(VMULPS, field["beta2"], v, v)
		k.do(VFMADD231PS, field["rest2"], g, v)
		k.store(v, "v")
		k.do(VSQRTPS, v, v)
		k.do(VFMADD213PS, field["eps"], field["root"], v)
		k.do(VMULPS, field["rate"], m, m)
		k.do(VDIVPS, v, m, m)
		k.do(VFMSUB213PS, m, field["keep"], w)
		k.store(w, "w")
	})
	k.end()
}
