package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transpose writes the kernel that packs what lies across the kernels' order:
// blocks of 8 x 8 through registers, by the three stages of swaps between rows
// that are 1, 2 and 4 apart.
func transpose() {
	TEXT("transpose8AVX2", NOSPLIT, "func(dst *float32, ldd int, src *float32, lds int, blocks int)")
	Doc("transpose8AVX2 works like transpose8Generic. Blocks is at least 1.")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	ldd := Load(Param("ldd"), GP64())
	src := Load(Param("src"), GP64())
	lds := Load(Param("lds"), GP64())
	blocks := Load(Param("blocks"), GP64())
	SHLQ(Imm(2), ldd)
	SHLQ(Imm(2), lds)
	ldd3, lds3, down := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: ldd, Index: ldd, Scale: 2}, ldd3)
	LEAQ(Mem{Base: lds, Index: lds, Scale: 2}, lds3)

	// row is row i of eight that start at base; half is base + 4 rows.
	row := func(base, half, stride, stride3 Register, i int) Mem {
		m := Mem{Base: base}
		if i >= 4 {
			m.Base = half
		}
		switch i % 4 {
		case 1:
			m.Index, m.Scale = stride, 1
		case 2:
			m.Index, m.Scale = stride, 2
		case 3:
			m.Index, m.Scale = stride3, 1
		}
		return m
	}

	Label("block")
	LEAQ(Mem{Base: src, Index: lds, Scale: 4}, down)
	var r, s [8]VecVirtual
	for i := range r {
		r[i], s[i] = YMM(), YMM()
	}
	// Rows i and i+4 side by side: what is left happens inside of 128 bits.
	for i := range 4 {
		VMOVUPS(row(src, down, lds, lds3, i).Offset(0), r[i].AsX())
		VINSERTF128(Imm(1), row(src, down, lds, lds3, i+4), r[i], r[i])
		VMOVUPS(row(src, down, lds, lds3, i).Offset(16), r[i+4].AsX())
		VINSERTF128(Imm(1), row(src, down, lds, lds3, i+4).Offset(16), r[i+4], r[i+4])
	}
	for half := 0; half < 8; half += 4 {
		VUNPCKLPS(r[half+1], r[half], s[half])
		VUNPCKHPS(r[half+1], r[half], s[half+1])
		VUNPCKLPS(r[half+3], r[half+2], s[half+2])
		VUNPCKHPS(r[half+3], r[half+2], s[half+3])
		VUNPCKLPD(s[half+2], s[half], r[half])
		VUNPCKHPD(s[half+2], s[half], r[half+1])
		VUNPCKLPD(s[half+3], s[half+1], r[half+2])
		VUNPCKHPD(s[half+3], s[half+1], r[half+3])
	}
	LEAQ(Mem{Base: dst, Index: ldd, Scale: 4}, down)
	for i := range 8 {
		VMOVUPS(r[i], row(dst, down, ldd, ldd3, i))
	}
	ADDQ(Imm(32), src)
	LEAQ(Mem{Base: dst, Index: ldd, Scale: 8}, dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
