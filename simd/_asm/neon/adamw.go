package main

func (f *file) adamW() {
	k := f.beginRows("adamWNEON", "func(w []float32, g []float32, m []float32, v []float32, factors *float32)",
		"adamWGeneric, where factors is the first field of adamWFactors", "w", "g", "m", "v")
	k.op("MOVD %s, %s", k.arg("factors"), regTable)
	// The fields of adamWFactors in their order.
	field := map[string]v{}
	for _, name := range []string{"gradScale", "keep", "beta1", "rest1", "beta2", "rest2", "rate", "root", "eps"} {
		field[name] = k.keep()
		k.op("FMOVS.P 4(%s), F%d", regTable, field[name])
		k.op("VDUP V%d.S[0], V%d.S4", field[name], field[name])
	}
	k.each(2, func() {
		g, m := k.load("g"), k.load("m")
		k.fmul(g, g, field["gradScale"])
		k.fmul(m, m, field["beta1"])
		k.fmla(m, g, field["rest1"])
		k.store(m, "m")
		k.fmul(g, g, g)
		v := k.load("v")
		k.fmul(v, v, field["beta2"])
		k.fmla(v, g, field["rest2"])
		k.store(v, "v")
		k.fsqrt(v, v)
		below := k.temp()
		k.op("VMOV V%d.B16, V%d.B16", field["eps"], below)
		k.fmla(below, v, field["root"])
		k.fmul(m, m, field["rate"])
		k.fdiv(m, m, below)
		k.fneg(m, m)
		w := k.load("w")
		k.fmla(m, w, field["keep"])
		k.store(m, "w")
	})
	k.op("RET")
}
