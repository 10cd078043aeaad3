package main

import "fmt"

// transpose writes the kernel that packs what lies across the kernels' order:
// blocks of 8 x 8 through registers, each as four of 4 x 4 by two stages of
// swaps between rows that are 1 and 2 apart.
func (f *file) transpose() {
	k := f.begin("transpose8NEON", "func(dst *float32, ldd int, src *float32, lds int, blocks int)",
		"transpose8NEON works like transpose8Generic. Blocks is at least 1.")
	const dst, ldd, lds, blocks = "R0", "R1", "R3", "R4"
	row := func(i int) string { return fmt.Sprintf("R%d", 8+i) }
	k.op("MOVD %s, %s", k.arg("dst"), dst)
	k.op("MOVD %s, %s", k.arg("ldd"), ldd)
	k.op("MOVD %s, %s", k.arg("src"), row(0))
	k.op("MOVD %s, %s", k.arg("lds"), lds)
	k.op("MOVD %s, %s", k.arg("blocks"), blocks)
	k.op("LSL $2, %s", ldd)
	k.op("LSL $2, %s", lds)
	for i := 1; i < 8; i++ {
		k.op("ADD %s, %s, %s", lds, row(i-1), row(i))
	}

	k.label("block")
	for i := range 8 { // to registers 2i and 2i+1
		k.op("FLDPQ.P 32(%s), (F%d, F%d)", row(i), 2*i, 2*i+1)
	}
	for side := range 2 { // columns 0 to 3, columns 4 to 7
		in := func(i int) v { return 2*i + side }
		for _, top := range []int{0, 4} { // rows from 0, rows from 4
			for i := top; i < top+4; i += 2 {
				k.op("VTRN1 V%d.S4, V%d.S4, V%d.S4", in(i+1), in(i), 16+i)
				k.op("VTRN2 V%d.S4, V%d.S4, V%d.S4", in(i+1), in(i), 17+i)
			}
			// Now 16+top holds columns 0 and 2 of two rows, 17+top columns 1 and 3.
			for j := range 2 {
				k.op("VTRN1 V%d.D2, V%d.D2, V%d.D2", 18+top+j, 16+top+j, 24+top+j)
				k.op("VTRN2 V%d.D2, V%d.D2, V%d.D2", 18+top+j, 16+top+j, 26+top+j)
			}
		}
		for j := range 4 {
			k.op("FSTPQ (F%d, F%d), (%s)", 24+j, 28+j, dst)
			k.op("ADD %s, %s", ldd, dst)
		}
	}
	k.op("SUBS $1, %s", blocks)
	k.op("BNE block")
	k.op("RET")
}
