package main

// filters writes the transforms of minimal filtering, for one row of the matrices.
func (f *file) filters() {
	k := f.beginRows("filterInputsNEON", "func(v0 []float32, v1 []float32, v2 []float32, v3 []float32, x0 []float32, x1 []float32, x2 []float32, x3 []float32)",
		"filterInputsGeneric for one row", "v0", "v1", "v2", "v3", "x0", "x1", "x2", "x3")
	k.each(2, func() {
		x0, x1, x2, x3 := k.load("x0"), k.load("x1"), k.load("x2"), k.load("x3")
		v := k.temp()
		k.fadd(v, x1, x2)
		k.store(v, "v1")
		k.fsub(v, x2, x1)
		k.store(v, "v2")
		k.fsub(x0, x0, x2)
		k.store(x0, "v0")
		k.fsub(x3, x3, x1)
		k.store(x3, "v3")
	})
	k.op("RET")

	k = f.beginRows("filterOutputsNEON", "func(y0 []float32, y1 []float32, m0 []float32, m1 []float32, m2 []float32, m3 []float32)",
		"filterOutputsGeneric for one row", "y0", "y1", "m0", "m1", "m2", "m3")
	k.each(2, func() {
		m0, m1, m2, m3 := k.load("m0"), k.load("m1"), k.load("m2"), k.load("m3")
		k.fadd(m0, m0, m1)
		k.fadd(m0, m0, m2)
		k.store(m0, "y0")
		k.fsub(m1, m1, m2)
		k.fadd(m1, m1, m3)
		k.store(m1, "y1")
	})
	k.op("RET")

	k = f.beginRows("filterSlopesNEON", "func(sum []float32, difference []float32, x []float32, y []float32)",
		"filterSlopesGeneric for one row", "sum", "difference", "x", "y")
	k.each(4, func() {
		x, y, v := k.load("x"), k.load("y"), k.temp()
		k.fadd(v, x, y)
		k.store(v, "sum")
		k.fsub(x, x, y)
		k.store(x, "difference")
	})
	k.op("RET")
}
