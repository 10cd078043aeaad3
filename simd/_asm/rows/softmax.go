package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func softmax() {
	k := begin("largestAVX2", "func(x []float32) float32", "largestGeneric", "x")
	top := YMM()
	VMOVUPS(constant("minusInf", U32(0xff800000)), top)
	k.each(func() {
		x := k.load("x")
		if k.mask != nil {
			VBLENDVPS(k.mask, x, top, x)
		}
		VMAXPS(x, top, top)
	})
	half := XMM()
	VEXTRACTF128(Imm(1), top, half)
	VMAXPS(top.AsX(), half, half)
	other := XMM()
	VPERMILPS(Imm(0b1110), half, other)
	VMAXPS(other, half, half)
	VPERMILPS(Imm(1), half, other)
	VMAXSS(other, half, half)
	Store(half, ReturnIndex(0))
	k.end()

	k = begin("expsAVX2", "func(x []float32, top float32) float64", "expsGeneric", "x")
	most := scalar("top")
	sum := newSum()
	k.each(func() {
		x := k.load("x")
		VSUBPS(most, x, x)
		floor := YMM()
		VMOVUPS(number("expFloor", -104), floor)
		VMAXPS(x, floor, x) // in this order NaN stays NaN
		exp(x, nil)
		k.store(x, "x")
		k.clip(x)
		sum.add(x)
	})
	sum.total(ReturnIndex(0))
	k.end()

	k = begin("centreScaleAVX2", "func(dst, p, y []float32, mean float32)", "centreScaleGeneric", "dst", "p", "y")
	mean := scalar("mean")
	k.each(func() {
		y := k.load("y")
		VSUBPS(mean, y, y)
		VMULPS(k.load("p"), y, y)
		k.store(y, "dst")
	})
	k.end()
}
