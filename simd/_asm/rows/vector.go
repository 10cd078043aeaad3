package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// together is how many blocks a loop with little work for each takes in one go,
// and how many sums it keeps.
const together = 4

func (s isa) vectors() {
	k := s.begin("dot", "func(x, y []float32) float64")
	k.vectors("x", "y")
	Store(k.dot(), ReturnIndex(0))
	k.end()

	k = s.begin("sum", "func(x []float32) float64")
	k.vectors("x")
	sums := k.zeros(4)
	k.each(2, func(blocks int) {
		for j := range blocks {
			low, high := k.wide("x", j)
			VADDPD(low, sums[2*j], sums[2*j])
			VADDPD(high, sums[2*j+1], sums[2*j+1])
		}
	})
	Store(k.reduce64(sums), ReturnIndex(0))
	k.end()

	k = s.begin("squares", "func(x []float32) float64")
	k.vectors("x")
	sums = k.zeros(4)
	k.each(2, func(blocks int) {
		for j := range blocks {
			low, high := k.wide("x", j)
			VFMADD231PD(low, low, sums[2*j])
			VFMADD231PD(high, high, sums[2*j+1])
		}
	})
	Store(k.reduce64(sums), ReturnIndex(0))
	k.end()

	k = s.begin("axpy", "func(alpha float32, x, y []float32)")
	k.vectors("x", "y")
	alpha := k.scalar("alpha")
	k.each(together, func(blocks int) {
		y := k.load("y", blocks)
		k.do(VFMADD231PS, k.source("x", blocks), alpha, y)
		k.store(y, "y")
	})
	k.end()

	k = s.begin("add", "func(dst, x, y []float32)")
	k.vectors("dst", "x", "y")
	k.each(together, func(blocks int) {
		x := k.load("x", blocks)
		k.do(VADDPS, k.source("y", blocks), x, x)
		k.store(x, "dst")
	})
	k.end()

	k = s.begin("scale", "func(alpha float32, x []float32)")
	k.vectors("x")
	k.scaleBlocks(k.scalar("alpha"))
	k.end()
}

// scaleBlocks multiplies the current row of x.
func (k *kernel) scaleBlocks(factor VecVirtual) {
	k.each(together, func(blocks int) {
		x := k.group(blocks)
		k.do(VMULPS, k.source("x", blocks), factor, x)
		k.store(x, "x")
	})
}

// dot returns Σ x[i]·y[i] of the current row.
func (k *kernel) dot() VecVirtual {
	sums := k.zeros(4)
	k.each(2, func(blocks int) {
		for j := range blocks {
			xLow, xHigh := k.wide("x", j)
			yLow, yHigh := k.wide("y", j)
			VFMADD231PD(xLow, yLow, sums[2*j])
			VFMADD231PD(xHigh, yHigh, sums[2*j+1])
		}
	})
	return k.reduce64(sums)
}

// columns writes the sums over rows, some columns at a time from top to bottom.
// Four rows are added in float32 first.
func (s isa) columns() {
	const rowsTogether = 4
	k := s.begin("addColumns", "func(sums *float64, x *float32, rows, cols, stride int)",
		"there is room for sums of whole blocks")
	k.pointers("x")
	sums := Load(Param("sums"), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(Imm(2), stride)
	rows := Load(Param("rows"), GP64())
	k.each(2, func(blocks int) {
		totals := k.zeros(2 * blocks)
		at, left := GP64(), GP64()
		LEAQ(k.at("x", 0), at)
		MOVQ(rows, left)
		pass := func(rows int) {
			loop, after := k.label("row"), k.label("rows")
			SUBQ(Imm(uint64(rows)), left)
			JLT(LabelRef(after))
			Label(loop)
			parts := make(group, blocks)
			for i := range rows {
				for j := range parts {
					m := Mem{Base: at, Disp: j * k.bytes()}
					switch {
					case i == 0:
						parts[j] = k.loadAt(m)
					case k.inTail:
						VADDPS(k.loadAt(m), parts[j], parts[j])
					default:
						VADDPS(m, parts[j], parts[j])
					}
				}
				ADDQ(stride, at)
			}
			for j, part := range parts {
				low, high := k.widen(part)
				VADDPD(low, totals[2*j], totals[2*j])
				VADDPD(high, totals[2*j+1], totals[2*j+1])
			}
			SUBQ(Imm(uint64(rows)), left)
			JGE(LabelRef(loop))
			Label(after)
			ADDQ(Imm(uint64(rows)), left)
		}
		pass(rowsTogether)
		pass(1)
		for j, total := range totals {
			to := Mem{Base: sums, Index: k.index, Scale: 8, Disp: j * k.bytes()}
			VADDPD(to, total, total)
			VMOVUPD(total, to)
		}
	})
	k.end()
}
