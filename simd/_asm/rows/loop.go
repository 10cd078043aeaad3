package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const width = 8 // float32 numbers to a register

// kernel begins a function whose slices, named in its Go signature, all have
// the length of the first.
type kernel struct {
	base  map[string]Register
	count Register // numbers left to do
	index Register // of the current block's first number

	mask VecVirtual // lanes in use, nil in a full block
}

// begin writes the head of a kernel which works like the Go function like.
func begin(name, signature, like string, slices ...string) *kernel {
	TEXT(name, NOSPLIT, signature)
	Doc(fmt.Sprintf("%s works like %s.", name, like))
	Pragma("noescape")
	k := &kernel{base: map[string]Register{}}
	for _, s := range slices {
		k.base[s] = Load(Param(s).Base(), GP64())
	}
	k.count = Load(Param(slices[0]).Len(), GP64())
	k.index = GP64()
	return k
}

// end writes the return.
func (k *kernel) end() {
	VZEROUPPER()
	RET()
}

// each writes a loop over blocks of 8 numbers and, for a rest, the same body
// once more with masked loads and stores, which touch no memory outside.
func (k *kernel) each(body func()) {
	XORQ(k.index, k.index)
	SUBQ(Imm(width), k.count)
	JLT(LabelRef("rest"))
	Label("loop")
	body()
	ADDQ(Imm(width), k.index)
	SUBQ(Imm(width), k.count)
	JGE(LabelRef("loop"))

	Label("rest")
	ADDQ(Imm(width), k.count)
	JZ(LabelRef("done"))
	k.mask = YMM()
	table := GP64()
	LEAQ(lanes(), table)
	NEGQ(k.count)
	VMOVDQU(Mem{Base: table, Disp: 4 * width, Index: k.count, Scale: 4}, k.mask)
	body()
	k.mask = nil
	Label("done")
}

// load reads the current block of a slice. Lanes past the end become zero.
func (k *kernel) load(slice string) VecVirtual {
	v := YMM()
	if k.mask != nil {
		VMASKMOVPS(k.at(slice), k.mask, v)
	} else {
		VMOVUPS(k.at(slice), v)
	}
	return v
}

// store writes the current block of a slice.
func (k *kernel) store(v VecVirtual, slice string) {
	if k.mask != nil {
		VMASKMOVPS(v, k.mask, k.at(slice))
	} else {
		VMOVUPS(v, k.at(slice))
	}
}

// clip sets the lanes past the end to zero.
func (k *kernel) clip(v VecVirtual) {
	if k.mask != nil {
		VANDPS(k.mask, v, v)
	}
}

func (k *kernel) at(slice string) Mem {
	return Mem{Base: k.base[slice], Index: k.index, Scale: 4}
}

// scalar loads a float32 parameter to all lanes.
func scalar(name string) VecVirtual {
	v := YMM()
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(address.Addr, v)
	return v
}

// sum64 is a sum in float64 over blocks, in eight lanes.
type sum64 struct{ low, high VecVirtual }

func newSum() sum64 {
	s := sum64{YMM(), YMM()}
	VXORPD(s.low, s.low, s.low)
	VXORPD(s.high, s.high, s.high)
	return s
}

// add adds the block v.
func (s sum64) add(v VecVirtual) {
	low, high := widen(v)
	VADDPD(low, s.low, s.low)
	VADDPD(high, s.high, s.high)
}

// total stores the sum of all lanes as a float64 result.
func (s sum64) total(result gotypes.Component) {
	VADDPD(s.high, s.low, s.low)
	x, y := XMM(), XMM()
	VEXTRACTF128(Imm(1), s.low, x)
	VADDPD(s.low.AsX(), x, x)
	VUNPCKHPD(x, x, y)
	VADDSD(y, x, x)
	Store(x, result)
}

// widen converts a block to float64.
func widen(v VecVirtual) (low, high VecVirtual) {
	low, high = YMM(), YMM()
	upper := XMM()
	VEXTRACTF128(Imm(1), v, upper)
	VCVTPS2PD(v.AsX(), low)
	VCVTPS2PD(upper, high)
	return low, high
}

// constants are the read-only numbers written so far, by name.
var constants = map[string]Mem{}

// constant is eight copies of the bits of a float32 in memory.
func constant(name string, v Constant) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range width {
		DATA(4*i, v)
	}
	constants[name] = m
	return m
}

func number(name string, v float64) Mem { return constant(name, F32(v)) }

// lanes is a table of eight set lanes and eight cleared ones: eight words from
// number 8-n on are a mask of the first n lanes.
func lanes() Mem {
	if m, ok := constants["lanes"]; ok {
		return m
	}
	m := GLOBL("lanes", attr.RODATA|attr.NOPTR)
	for i := range 2 * width {
		bits := uint32(0)
		if i < width {
			bits = 1<<32 - 1
		}
		DATA(4*i, U32(bits))
	}
	constants["lanes"] = m
	return m
}
