package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func (s isa) softmax() {
	k := s.begin("largestRows", "func(top []float32, x *float32, stride, cols int)")
	k.pointers("x")
	top := Load(Param("top").Base(), GP64())
	least := s.held(constant("minusInf", U32(0xff800000)))
	k.rows("top", []matrix{{"x", "stride"}}, func(row Register) {
		tops := k.group(together)
		k.do(VMOVAPS, least, tops)
		k.each(together, func(blocks int) {
			if k.inTail {
				x := k.load("x", blocks)
				k.clipTo(x, least)
				k.do(VMAXPS, x, tops[:blocks], tops[:blocks])
			} else {
				k.do(VMAXPS, k.source("x", blocks), tops[:blocks], tops[:blocks])
			}
		})
		VMOVSS(k.reduce(VMAXPS, tops), number(top, row))
	})
	k.end()

	s.exps()

	k = s.begin("divideRows", "func(sums []float64, x *float32, stride, cols int)")
	k.pointers("x")
	totals := Load(Param("sums").Base(), GP64())
	one := XMM()
	VMOVSD(constant64("one64", 1), one)
	k.rows("sums", []matrix{{"x", "stride"}}, func(row Register) {
		quotient, factor := XMM(), k.reg()
		VDIVSD(Mem{Base: totals, Index: row, Scale: 8}, one, quotient)
		VCVTSD2SS(quotient, quotient, quotient)
		VBROADCASTSS(quotient, factor)
		k.scaleBlocks(factor)
	})
	k.end()

	k = s.begin("dotRows", "func(dots []float32, x *float32, strideX int, y *float32, strideY, cols int)")
	k.pointers("x", "y")
	dots := Load(Param("dots").Base(), GP64())
	k.rows("dots", []matrix{{"x", "strideX"}, {"y", "strideY"}}, func(row Register) {
		dot := k.dot()
		VCVTSD2SS(dot, dot, dot)
		VMOVSS(dot, number(dots, row))
	})
	k.end()

	k = s.begin("centreRows", "func(means []float32, dst *float32, strideDst int, p *float32, strideP int, y *float32, strideY, cols int, scale float32)")
	k.pointers("dst", "p", "y")
	means := Load(Param("means").Base(), GP64())
	scale := k.scalar("scale")
	k.rows("means", []matrix{{"dst", "strideDst"}, {"p", "strideP"}, {"y", "strideY"}}, func(row Register) {
		mean := k.of(means, row)
		k.each(2, func(blocks int) {
			y, p := k.load("y", blocks), k.group(blocks)
			k.do(VSUBPS, mean, y, y)
			k.do(VMULPS, k.source("p", blocks), scale, p)
			k.do(VMULPS, p, y, y)
			k.store(y, "dst")
		})
	})
	k.end()
}

func (s isa) exps() {
	k := s.begin("expRows", "func(sums []float64, top, x *float32, stride, cols int, unit, unitLow, floor float32)",
		"unit+unitLow is how many steps of an octave a difference of 1 is after scaling")
	k.pointers("x")
	totals, tops := Load(Param("sums").Base(), GP64()), Load(Param("top"), GP64())
	unit, unitLow, floor := k.scalar("unit"), k.scalar("unitLow"), k.scalar("floor")
	// 2^(rest/steps) for |rest| <= 1/2, the fits of newNormal in other units.
	p := []float64{0.08664340181639972, 0.0037540274160853485, 0.0001083909964400098}
	if s.many {
		p = []float64{0.04332169891772347, 0.000938415309484747, 1.355032436214272e-05}
	}
	e := s.newExponential("exp", 0, p...)
	k.rows("sums", []matrix{{"x", "stride"}}, func(row Register) {
		most := k.of(tops, row)
		// What blocks in step make is added in float32 first, and so are those that
		// are left over.
		sums, left := k.zeros(2), k.zero()
		k.each(k.inStep, func(blocks int) {
			x, shifted, n := k.load("x", blocks), k.group(blocks), k.group(blocks)
			k.do(VSUBPS, most, x, x)
			k.do(VMAXPS, x, floor, x) // in this order NaN stays NaN
			k.do(VMOVAPS, e.shift, shifted)
			k.do(VFMADD231PS, unit, x, shifted)
			k.do(VSUBPS, e.shift, shifted, n)
			k.do(VFMSUB231PS, unit, x, n)
			k.do(VFMADD231PS, unitLow, x, n)
			x = e.power(shifted, n)
			k.store(x, "x")
			if blocks == 1 {
				k.clip(x)
				VADDPS(x[0], left, left)
			} else {
				k.addWide(k.fold(VADDPS, x), sums)
			}
		})
		k.addWide(left, sums)
		VMOVSD(k.reduce64(sums), Mem{Base: totals, Index: row, Scale: 8})
	})
	k.end()
}
