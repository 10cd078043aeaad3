package main

import . "github.com/mmcloughlin/avo/build"

func norms() {
	k := begin("normalizeAVX2", "func(dst, x, gamma, beta []float32, mean, rest, rstd float32)",
		"normalizeGeneric with a mean of mean+rest", "dst", "x", "gamma", "beta")
	mean, rest, rstd := scalar("mean"), scalar("rest"), scalar("rstd")
	k.each(func() {
		x := k.load("x")
		VSUBPS(mean, x, x)
		VSUBPS(rest, x, x)
		VMULPS(rstd, x, x)
		gamma := k.load("gamma")
		VFMADD213PS(k.load("beta"), x, gamma)
		k.store(gamma, "dst")
	})
	k.end()

	k = begin("normSumsAVX2", "func(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64)",
		"normSumsGeneric", "dy", "x", "gamma")
	mean, rstd = scalar("mean"), scalar("rstd")
	sumG, sumGX := newSum(), newSum()
	k.each(func() {
		g := k.load("dy")
		VMULPS(k.load("gamma"), g, g)
		x := k.load("x")
		VSUBPS(mean, x, x)
		VMULPS(rstd, x, x)
		k.clip(x)
		VMULPS(g, x, x)
		sumG.add(g)
		sumGX.add(x)
	})
	sumG.total(Return("sumG"))
	sumGX.total(Return("sumGX"))
	k.end()

	k = begin("normGradientsAVX2",
		"func(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32)",
		"normGradientsGeneric", "dx", "dgamma", "dbeta", "dy", "x", "gamma")
	mean, rstd = scalar("mean"), scalar("rstd")
	meanG, meanGX := scalar("meanG"), scalar("meanGX")
	k.each(func() {
		dy := k.load("dy")
		x := k.load("x")
		VSUBPS(mean, x, x)
		VMULPS(rstd, x, x)
		dgamma := k.load("dgamma")
		VFMADD231PS(dy, x, dgamma)
		k.store(dgamma, "dgamma")
		dbeta := k.load("dbeta")
		VADDPS(dy, dbeta, dbeta)
		k.store(dbeta, "dbeta")
		gamma := k.load("gamma")
		VFMSUB213PS(meanG, dy, gamma) // g - mean(g)
		VFNMADD231PS(meanGX, x, gamma)
		VMULPS(rstd, gamma, gamma)
		k.store(gamma, "dx")
	})
	k.end()
}
