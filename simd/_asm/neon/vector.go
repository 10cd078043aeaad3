package main

func (f *file) vectors() {
	k := f.beginRows("dotNEON", "func(x []float32, y []float32) float64", "dotGeneric", "x", "y")
	sum := k.newSum(4)
	k.each(4, func() {
		xLow, xHigh := k.widen(k.load("x"))
		yLow, yHigh := k.widen(k.load("y"))
		k.fmlaWide(sum.low[k.copy], xLow, yLow)
		k.fmlaWide(sum.high[k.copy], xHigh, yHigh)
	})
	k.total(sum, "ret")
	k.op("RET")

	k = f.beginRows("sumNEON", "func(x []float32) float64", "sumGeneric", "x")
	sum = k.newSum(4)
	k.each(4, func() { k.add(sum, k.load("x")) })
	k.total(sum, "ret")
	k.op("RET")

	k = f.beginRows("squaresNEON", "func(x []float32, centre float64) float64", "squaresGeneric, but subtracts centre from each number first", "x")
	sum = k.newSum(4)
	centre := k.keep()
	k.op("FMOVD %s, F%d", k.arg("centre"), centre)
	k.op("VDUP V%d.D[0], V%d.D2", centre, centre)
	k.each(4, func() {
		low, high := k.widen(k.load("x"))
		k.fsubWide(low, low, centre)
		if k.single { // the centre must not count in the other lanes
			k.op("FMOVD F%d, F%d", low, low)
		} else {
			k.fsubWide(high, high, centre)
		}
		k.fmlaWide(sum.low[k.copy], low, low)
		k.fmlaWide(sum.high[k.copy], high, high)
	})
	k.total(sum, "ret")
	k.op("RET")

	k = f.beginRows("axpyNEON", "func(alpha float32, x []float32, y []float32)", "axpyGeneric", "x", "y")
	alpha := k.scalar("alpha")
	k.each(4, func() {
		x, y := k.load("x"), k.load("y")
		k.fmla(y, alpha, x)
		k.store(y, "y")
	})
	k.op("RET")

	k = f.beginRows("addNEON", "func(dst []float32, x []float32, y []float32)", "addGeneric", "dst", "x", "y")
	k.each(4, func() {
		x, y := k.load("x"), k.load("y")
		k.fadd(x, x, y)
		k.store(x, "dst")
	})
	k.op("RET")

	k = f.beginRows("scaleNEON", "func(alpha float32, x []float32)", "scaleGeneric", "x")
	alpha = k.scalar("alpha")
	k.each(4, func() {
		x := k.load("x")
		k.fmul(x, x, alpha)
		k.store(x, "x")
	})
	k.op("RET")

	k = f.beginRows("addWideNEON", "func(sums *[64]float64, x []float32)", "addColumnsGeneric for one row of at most 64 columns", "x")
	k.op("MOVD %s, %s", k.arg("sums"), regSums)
	k.each(1, func() {
		low, high := k.widen(k.load("x"))
		s, t := k.temp(), k.temp()
		if k.single {
			k.op("FMOVD (%s), F%d", regSums, s)
			k.faddWide(s, s, low)
			k.op("FMOVD.P F%d, 8(%s)", s, regSums)
			return
		}
		k.op("FLDPQ (%s), (F%d, F%d)", regSums, s, t)
		k.faddWide(s, s, low)
		k.faddWide(t, t, high)
		k.op("FSTPQ.P (F%d, F%d), 32(%s)", s, t, regSums)
	})
	k.op("RET")
}
