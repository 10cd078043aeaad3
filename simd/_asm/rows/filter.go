package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// filters writes the transforms of minimal filtering, for one row of the matrices.
func (s isa) filters() {
	k := s.begin("filterInputs", "func(v0, v1, v2, v3, x0, x1, x2, x3 *float32, cols int)", "each matrix has one row of cols numbers")
	k.pointers("v0", "v1", "v2", "v3", "x0", "x1", "x2", "x3")
	k.each(2, func(blocks int) {
		x1, x2 := k.load("x1", blocks), k.load("x2", blocks)
		k.write("v1", VADDPS, x2, x1)
		k.write("v2", VSUBPS, x1, x2)
		k.write("v0", VSUBPS, x2, k.load("x0", blocks))
		k.write("v3", VSUBPS, x1, k.load("x3", blocks))
	})
	k.end()

	k = s.begin("filterOutputs", "func(y0, y1, m0, m1, m2, m3 *float32, cols int)", "each matrix has one row of cols numbers")
	k.pointers("y0", "y1", "m0", "m1", "m2", "m3")
	k.each(2, func(blocks int) {
		m1, m2, sum, difference := k.load("m1", blocks), k.load("m2", blocks), k.load("m0", blocks), k.group(blocks)
		k.do(VADDPS, m1, sum, sum)
		k.write("y0", VADDPS, m2, sum)
		k.do(VSUBPS, m2, m1, difference)
		k.write("y1", VADDPS, k.load("m3", blocks), difference)
	})
	k.end()

	k = s.begin("filterSlopes", "func(sum, difference, x, y *float32, cols int)", "each matrix has one row of cols numbers")
	k.pointers("sum", "difference", "x", "y")
	k.each(together, func(blocks int) {
		x, y := k.load("x", blocks), k.load("y", blocks)
		k.write("sum", VADDPS, y, x)
		k.write("difference", VSUBPS, y, x)
	})
	k.end()
}

// write stores the result of an operation on the current blocks.
func (k *kernel) write(slice string, op func(...Op), second, first group) {
	result := k.group(len(first))
	k.do(op, second, first, result)
	k.store(result, slice)
}
