package main

func (f *file) norms() {
	k := f.beginRows("normalizeNEON", "func(dst []float32, x []float32, gamma []float32, beta []float32, mean float32, rest float32, rstd float32)",
		"normalizeRowsGeneric for one row, with centre+shift/rstd in two parts", "dst", "x", "gamma", "beta")
	mean, rest, rstd := k.scalar("mean"), k.scalar("rest"), k.scalar("rstd")
	k.each(4, func() {
		x := k.load("x")
		k.fsub(x, x, mean)
		k.fsub(x, x, rest)
		k.fmul(x, x, rstd)
		gamma, y := k.load("gamma"), k.load("beta")
		k.fmla(y, gamma, x)
		k.store(y, "dst")
	})
	k.op("RET")

	k = f.beginRows("normSumsNEON", "func(dy []float32, x []float32, gamma []float32, mean float32, rstd float32) (sumG float64, sumGX float64)",
		"normSumsRowsGeneric for one row, but does not divide the sums", "dy", "x", "gamma")
	mean, rstd = k.scalar("mean"), k.scalar("rstd")
	sumG, sumGX := k.newSum(2), k.newSum(2)
	k.each(2, func() {
		g, gamma, x := k.load("dy"), k.load("gamma"), k.load("x")
		k.fmul(g, g, gamma)
		k.fsub(x, x, mean)
		k.fmul(x, x, rstd)
		k.clip(x)
		k.fmul(x, x, g)
		k.add(sumG, g)
		k.add(sumGX, x)
	})
	k.total(sumG, "sumG")
	k.total(sumGX, "sumGX")
	k.op("RET")

	k = f.beginRows("normGradientsNEON", "func(dx []float32, dgamma []float32, dbeta []float32, dy []float32, x []float32, gamma []float32, mean float32, rstd float32, meanG float32, meanGX float32)",
		"normGradientsRowsGeneric for one row", "dx", "dgamma", "dbeta", "dy", "x", "gamma")
	mean, rstd = k.scalar("mean"), k.scalar("rstd")
	meanG, meanGX := k.scalar("meanG"), k.scalar("meanGX")
	k.fneg(meanG, meanG)
	k.each(2, func() {
		dy, x := k.load("dy"), k.load("x")
		k.fsub(x, x, mean)
		k.fmul(x, x, rstd)
		dgamma := k.load("dgamma")
		k.fmla(dgamma, dy, x)
		k.store(dgamma, "dgamma")
		dbeta := k.load("dbeta")
		k.fadd(dbeta, dbeta, dy)
		k.store(dbeta, "dbeta")
		gamma, g := k.load("gamma"), k.temp()
		k.op("VMOV V%d.B16, V%d.B16", meanG, g)
		k.fmla(g, dy, gamma) // g - mean(g)
		k.fmls(g, x, meanGX)
		k.fmul(g, g, rstd)
		k.store(g, "dx")
	})
	k.op("RET")
}
