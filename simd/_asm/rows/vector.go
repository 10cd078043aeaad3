package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func vectors() {
	k := begin("dotAVX2", "func(x, y []float32) float64", "dotGeneric", "x", "y")
	sum := newSum()
	k.each(func() {
		xLow, xHigh := widen(k.load("x"))
		yLow, yHigh := widen(k.load("y"))
		VFMADD231PD(xLow, yLow, sum.low)
		VFMADD231PD(xHigh, yHigh, sum.high)
	})
	sum.total(ReturnIndex(0))
	k.end()

	k = begin("sumAVX2", "func(x []float32) float64", "sumGeneric", "x")
	sum = newSum()
	k.each(func() { sum.add(k.load("x")) })
	sum.total(ReturnIndex(0))
	k.end()

	k = begin("squaresAVX2", "func(x []float32, centre float64) float64", "squaresGeneric", "x")
	sum = newSum()
	centre := YMM()
	address, err := Param("centre").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(address.Addr, centre)
	k.each(func() {
		low, high := widen(k.load("x"))
		VSUBPD(centre, low, low)
		VSUBPD(centre, high, high)
		if k.mask != nil { // past the end the centre must not count
			maskLow, maskHigh := YMM(), YMM()
			upper := XMM()
			VEXTRACTF128(Imm(1), k.mask, upper)
			VPMOVSXDQ(k.mask.AsX(), maskLow)
			VPMOVSXDQ(upper, maskHigh)
			VANDPD(maskLow, low, low)
			VANDPD(maskHigh, high, high)
		}
		VFMADD231PD(low, low, sum.low)
		VFMADD231PD(high, high, sum.high)
	})
	sum.total(ReturnIndex(0))
	k.end()

	k = begin("axpyAVX2", "func(alpha float32, x, y []float32)", "axpyGeneric", "x", "y")
	alpha := scalar("alpha")
	k.each(func() {
		y := k.load("y")
		VFMADD231PS(alpha, k.load("x"), y)
		k.store(y, "y")
	})
	k.end()

	k = begin("addAVX2", "func(dst, x, y []float32)", "addGeneric", "dst", "x", "y")
	k.each(func() {
		x := k.load("x")
		VADDPS(k.load("y"), x, x)
		k.store(x, "dst")
	})
	k.end()

	k = begin("scaleAVX2", "func(alpha float32, x []float32)", "scaleGeneric", "x")
	alpha = scalar("alpha")
	k.each(func() {
		x := k.load("x")
		VMULPS(alpha, x, x)
		k.store(x, "x")
	})
	k.end()

	k = begin("addWideAVX2", "func(sums *[64]float64, x []float32)", "addWideGeneric", "x")
	sums := Load(Param("sums"), GP64())
	k.each(func() {
		low, high := widen(k.load("x"))
		at := Mem{Base: sums, Index: k.index, Scale: 8}
		VADDPD(at, low, low)
		VMOVUPD(low, at)
		VADDPD(at.Offset(32), high, high)
		VMOVUPD(high, at.Offset(32))
	})
	k.end()
}
