// Command gemm writes the micro-kernel of the matrix product for AVX2 and FMA3.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The tile, as in simd/gemm.go: 6 rows by 16 columns take 12 of the 16
// registers for the sums, 2 for a row of b and 1 for an element of a. Each step
// in p loads 8 times for 12 multiplications, and 12 independent chains of sums
// cover the latency of two FMA units (4 or 5 cycles each).
const (
	rows   = 6
	halves = 2 // registers to a row of the tile
	unroll = 4 // steps in p to a pass of the loop
)

func main() {
	ConstraintExpr("!purego")
	TEXT("gemm6x16AVX2", NOSPLIT, "func(c *float32, ldc int, a, b *float32, depth int, add bool)")
	Doc(
		"gemm6x16AVX2 works like gemm6x16Generic, whose len(b)/16 is depth, but fuses",
		"each multiplication with its addition. Depth is at least 1.",
	)
	Pragma("noescape")

	c := Load(Param("c"), GP64())
	stride := Load(Param("ldc"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	depth := Load(Param("depth"), GP64())
	SHLQ(Imm(2), stride) // to bytes

	// The rows of c are fetched while the sums are made.
	row := GP64()
	MOVQ(c, row)
	for i := range rows {
		PREFETCHT0(Mem{Base: row})
		PREFETCHT0(Mem{Base: row, Disp: 60})
		if i < rows-1 {
			ADDQ(stride, row)
		}
	}

	var sums [rows][halves]VecVirtual
	for i := range sums {
		for h := range sums[i] {
			sums[i][h] = YMM()
			VXORPS(sums[i][h], sums[i][h], sums[i][h])
		}
	}

	b0, b1, ai := YMM(), YMM(), YMM()
	step := func(p int) { // sums[i][j] += a[p*6+i] * b[p*16+j]
		VMOVUPS(Mem{Base: b, Disp: 64 * p}, b0)
		VMOVUPS(Mem{Base: b, Disp: 64*p + 32}, b1)
		for i := range sums {
			VBROADCASTSS(Mem{Base: a, Disp: 4 * (rows*p + i)}, ai)
			VFMADD231PS(ai, b0, sums[i][0])
			VFMADD231PS(ai, b1, sums[i][1])
		}
	}
	advance := func(steps uint64) {
		ADDQ(Imm(4*rows*steps), a)
		ADDQ(U32(64*steps), b)
	}

	SUBQ(Imm(unroll), depth)
	JLT(LabelRef("rest"))
	Label("loop")
	for p := range unroll {
		step(p)
	}
	advance(unroll)
	SUBQ(Imm(unroll), depth)
	JGE(LabelRef("loop"))
	Label("rest")
	ADDQ(Imm(unroll), depth)
	JZ(LabelRef("store"))
	Label("single")
	step(0)
	advance(1)
	DECQ(depth)
	JNZ(LabelRef("single"))

	Label("store")
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef("overwrite"))
	eachRow := func(f func(i int)) {
		for i := range rows {
			f(i)
			if i < rows-1 {
				ADDQ(stride, c)
			}
		}
	}
	eachRow(func(i int) {
		for h, sum := range sums[i] {
			VADDPS(Mem{Base: c, Disp: 32 * h}, sum, sum)
			VMOVUPS(sum, Mem{Base: c, Disp: 32 * h})
		}
	})
	VZEROUPPER()
	RET()
	Label("overwrite")
	eachRow(func(i int) {
		for h, sum := range sums[i] {
			VMOVUPS(sum, Mem{Base: c, Disp: 32 * h})
		}
	})
	VZEROUPPER()
	RET()
	Generate()
}
