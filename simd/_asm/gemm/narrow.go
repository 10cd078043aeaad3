package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// constant is eight copies of 32 bits in memory.
func constant(name string, bits uint32) Mem {
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 8 {
		DATA(4*i, U32(bits))
	}
	return m
}

// quantise writes the kernels that make bytes of float32 numbers.
func quantise() {
	TEXT("largestBitsAVX2", NOSPLIT, "func(x *float32, blocks int) uint32")
	Doc("largestBitsAVX2 works like largestBitsGeneric for 8*blocks numbers. Blocks is at least 1.")
	Pragma("noescape")
	x := Load(Param("x"), GP64())
	blocks := Load(Param("blocks"), GP64())
	magnitude, top, v := YMM(), YMM(), YMM()
	VMOVDQU(constant("magnitudeBits", 1<<31-1), magnitude)
	VPXOR(top, top, top)
	Label("block")
	VPAND(Mem{Base: x}, magnitude, v)
	VPMAXSD(v, top, top) // as integers NaN is above infinity, and that above all
	ADDQ(Imm(32), x)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	half := XMM()
	VEXTRACTI128(Imm(1), top, half)
	VPMAXSD(top.AsX(), half, half)
	other := XMM()
	VPSHUFD(Imm(0b1110), half, other)
	VPMAXSD(other, half, half)
	VPSHUFD(Imm(1), half, other)
	VPMAXSD(other, half, half)
	result := GP32()
	VMOVD(half, result)
	Store(result, ReturnIndex(0))
	VZEROUPPER()
	RET()

	TEXT("quantiseAVX2", NOSPLIT, "func(q *uint8, x *float32, blocks int, inverse float32)")
	Doc("quantiseAVX2 works like quantiseGeneric for 8*blocks numbers. Blocks is at least 1.")
	Pragma("noescape")
	q := Load(Param("q"), GP64())
	x = Load(Param("x"), GP64())
	blocks = Load(Param("blocks"), GP64())
	inverse, zero := YMM(), YMM()
	address, err := Param("inverse").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, inverse)
	VMOVDQU(constant("zeroPoint", 128), zero)
	v = YMM()
	Label("numbers")
	VMULPS(Mem{Base: x}, inverse, v)
	VCVTPS2DQ(v, v)
	VPADDD(zero, v, v)
	low, high := v.AsX(), XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKUSDW(high, low, low)
	VPACKUSWB(low, low, low)
	VMOVQ(low, Mem{Base: q})
	ADDQ(Imm(32), x)
	ADDQ(Imm(8), q)
	DECQ(blocks)
	JNZ(LabelRef("numbers"))
	VZEROUPPER()
	RET()
}

// widen writes the kernel that makes float32 numbers of bfloat16 ones.
func widen() {
	TEXT("widenAVX2", NOSPLIT, "func(dst *float32, src *uint16, blocks int)")
	Doc("widenAVX2 works like widenGeneric for 8*blocks numbers. Blocks is at least 1.")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	blocks := Load(Param("blocks"), GP64())
	v := YMM()
	Label("block")
	VPMOVZXWD(Mem{Base: src}, v)
	VPSLLD(Imm(16), v, v)
	VMOVDQU(v, Mem{Base: dst})
	ADDQ(Imm(16), src)
	ADDQ(Imm(32), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
