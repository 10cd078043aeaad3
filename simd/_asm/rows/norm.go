package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func (s isa) norms() {
	k := s.begin("meanRows", "func(mean []float32, x *float32, cols, stride int, inverse float32)", "inverse is 1/cols")
	k.pointers("x")
	means := Load(Param("mean").Base(), GP64())
	inverse := XMM()
	VMOVSS(parameter("inverse"), inverse)
	k.rows("mean", []matrix{{"x", "stride"}}, func(row Register) {
		sums := k.zeros(together)
		k.each(together, func(blocks int) {
			k.do(VADDPS, k.source("x", blocks), sums[:blocks], sums[:blocks])
		})
		sum := k.reduce(VADDPS, sums)
		VMULSS(inverse, sum, sum)
		VMOVSS(sum, number(means, row))
	})
	k.end()

	s.moments()

	k = s.begin("normalizeRows", "func(centre []float32, rstd, shift, dst, x, gamma, beta *float32, cols, stride int)")
	k.pointers("dst", "x", "gamma", "beta")
	centres, rstds, shifts := Load(Param("centre").Base(), GP64()), Load(Param("rstd"), GP64()), Load(Param("shift"), GP64())
	k.rows("centre", []matrix{{"dst", "stride"}, {"x", "stride"}}, func(row Register) {
		centre, rstd, shift := k.of(centres, row), k.of(rstds, row), k.of(shifts, row)
		k.each(together, func(blocks int) {
			x := k.load("x", blocks)
			k.do(VSUBPS, centre, x, x)
			k.do(VFMSUB213PS, shift, rstd, x)
			gamma := k.load("gamma", blocks)
			k.do(VFMADD213PS, k.source("beta", blocks), x, gamma)
			k.store(gamma, "dst")
		})
	})
	k.end()

	s.normSums()
	s.normGradients()
}

func (s isa) moments() {
	k := s.begin("momentRows", "func(mean []float32, rstd, shift, centre, x *float32, cols, stride int, inverse, eps float64)",
		"inverse is 1/cols")
	k.pointers("x")
	means, rstds := Load(Param("mean").Base(), GP64()), Load(Param("rstd"), GP64())
	shifts, centres := Load(Param("shift"), GP64()), Load(Param("centre"), GP64())
	k.rows("mean", []matrix{{"x", "stride"}}, func(row Register) {
		centre := k.of(centres, row)
		first, second := k.zeros(together), k.zeros(together)
		k.each(together, func(blocks int) {
			x := k.load("x", blocks)
			k.do(VSUBPS, centre, x, x)
			k.clip(x)
			k.do(VADDPS, x, first[:blocks], first[:blocks])
			k.do(VFMADD231PS, x, x, second[:blocks])
		})
		// What is left is for one number a row, in float64.
		d, v := k.reduce(VADDPS, first), k.reduce(VADDPS, second)
		for _, sum := range []VecVirtual{d, v} {
			VCVTSS2SD(sum, sum, sum)
			VMULSD(parameter("inverse"), sum, sum)
		}
		VFNMADD231SD(d, d, v)
		VADDSD(parameter("eps"), v, v)
		VSQRTSD(v, v, v)
		rstd, result := XMM(), XMM()
		VMOVSD(constant64("one64", 1), rstd)
		VDIVSD(v, rstd, rstd)
		VCVTSD2SS(rstd, rstd, result)
		VMOVSS(result, number(rstds, row))
		VMULSD(d, rstd, rstd)
		VCVTSD2SS(rstd, rstd, rstd)
		VMOVSS(rstd, number(shifts, row))
		// If the centre is infinite, d is NaN, but the mean is not.
		known := XMM()
		VCMPSD(Imm(7), d, d, known)
		VANDPD(known, d, d)
		VCVTSS2SD(number(centres, row), d, result)
		VADDSD(d, result, result)
		VCVTSD2SS(result, result, result)
		VMOVSS(result, number(means, row))
	})
	k.end()
}

func (s isa) normSums() {
	k := s.begin("normSumsRows", "func(mean []float32, rstd, terms, dy, x, gamma *float32, cols, stride int, inverse float32)",
		"inverse is 1/cols")
	k.pointers("dy", "x", "gamma")
	means, rstds, terms := Load(Param("mean").Base(), GP64()), Load(Param("rstd"), GP64()), Load(Param("terms"), GP64())
	inverse := XMM()
	VMOVSS(parameter("inverse"), inverse)
	k.rows("mean", []matrix{{"dy", "stride"}, {"x", "stride"}}, func(row Register) {
		mean := k.of(means, row)
		sumG, sumGX := k.zeros(2), k.zeros(2)
		k.each(2, func(blocks int) {
			g, x := k.load("dy", blocks), k.load("x", blocks)
			k.do(VMULPS, k.source("gamma", blocks), g, g)
			k.do(VSUBPS, mean, x, x)
			k.clip(x)
			k.do(VADDPS, g, sumG[:blocks], sumG[:blocks])
			k.do(VFMADD231PS, g, x, sumGX[:blocks])
		})
		g, gx := k.reduce(VADDPS, sumG), k.reduce(VADDPS, sumGX)
		rstd := XMM()
		VMOVSS(number(rstds, row), rstd)
		VMULSS(inverse, g, g)
		VMULSS(inverse, gx, gx)
		VMULSS(rstd, gx, gx)
		for i, v := range []Op{mean.AsX(), rstd, g, gx} {
			VMOVSS(v, Mem{Base: terms, Disp: 4 * i})
		}
		ADDQ(Imm(16), terms)
	})
	k.end()
}

// normGradients takes two rows at a time, which share what they read and write
// of a column.
func (s isa) normGradients() {
	k := s.begin("normGradientsRows", "func(terms *float32, rows int, dx, dgamma, dbeta, dy, x, gamma *float32, cols, stride int)")
	k.pointers("dx", "dgamma", "dbeta", "dy", "x", "gamma")
	terms, left, stride := Load(Param("terms"), GP64()), Load(Param("rows"), GP64()), Load(Param("stride"), GP64())
	pass := func(rows int) {
		var mean, rstd, g, gx group
		for r := range rows {
			for i, f := range []*group{&mean, &rstd, &g, &gx} {
				v := k.reg()
				VBROADCASTSS(Mem{Base: terms, Disp: 16*r + 4*i}, v)
				*f = append(*f, v)
			}
		}
		k.each(1, func(int) {
			dgamma, dbeta, gamma := k.load("dgamma", 1)[0], k.load("dbeta", 1)[0], k.load("gamma", 1)[0]
			at := []Register{k.index}
			if rows == 2 {
				second := GP64()
				LEAQ(Mem{Base: k.index, Index: stride, Scale: 1}, second)
				at = append(at, second)
			}
			of := func(slice string, r int) Mem { return Mem{Base: k.base[slice], Index: at[r], Scale: 4} }
			var dy, x, dx group
			for r := range rows {
				dy, x = append(dy, k.loadAt(of("dy", r))), append(x, k.loadAt(of("x", r)))
			}
			k.do(VSUBPS, mean, x, x)
			k.do(VMULPS, rstd, x, x)
			for r := range rows {
				VFMADD231PS(dy[r], x[r], dgamma)
				VADDPS(dy[r], dbeta, dbeta)
			}
			dx = dy
			k.do(VFMSUB213PS, g, gamma, dx)
			k.do(VFNMADD231PS, gx, x, dx)
			k.do(VMULPS, rstd, dx, dx)
			for r := range rows {
				k.storeAt(dx[r], of("dx", r))
			}
			k.storeAt(dgamma, k.at("dgamma", 0))
			k.storeAt(dbeta, k.at("dbeta", 0))
		})
		ADDQ(Imm(uint64(16*rows)), terms)
		step := GP64()
		MOVQ(stride, step)
		if rows == 2 {
			ADDQ(stride, step)
		}
		SHLQ(Imm(2), step)
		for _, m := range []string{"dx", "dy", "x"} {
			ADDQ(step, k.base[m])
		}
	}
	SUBQ(Imm(2), left)
	JLT(LabelRef("odd"))
	Label("pair")
	pass(2)
	SUBQ(Imm(2), left)
	JGE(LabelRef("pair"))
	Label("odd")
	ADDQ(Imm(2), left)
	JZ(LabelRef("end"))
	pass(1)
	Label("end")
	k.end()
}
