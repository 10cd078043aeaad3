package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// kernel is a function that is being written. It passes over the numbers of a
// row, block by block, where a block fills a register and the last one, the
// tail, may fill it in part only.
type kernel struct {
	isa
	base  map[string]Register // of the current row, by parameter
	cols  Register            // numbers in a row
	index Register            // of the current block's first number
	rest  GPVirtual           // numbers in the tail
	mask  Register            // its lanes: a vector of AVX2, an opmask of AVX-512

	inTail bool
	labels int
}

// begin writes the head of a kernel which works like the Go function of its
// name and Generic.
func (s isa) begin(name, signature string, notes ...string) *kernel {
	TEXT(name+s.name, NOSPLIT, signature)
	Doc(strings.Join(append([]string{fmt.Sprintf("%s%s works like %sGeneric", name, s.name, name)}, notes...), ", where ") + ".")
	Pragma("noescape")
	return &kernel{isa: s, base: map[string]Register{}, index: GP64()}
}

// vectors tells the slices that the kernel passes over, which have the length
// of the first.
func (k *kernel) vectors(slices ...string) {
	for _, s := range slices {
		k.base[s] = Load(Param(s).Base(), GP64())
	}
	k.cols = Load(Param(slices[0]).Len(), GP64())
	k.findTail()
}

// pointers tells the pointers to what has the length of the parameter cols.
func (k *kernel) pointers(names ...string) {
	for _, s := range names {
		k.base[s] = Load(Param(s), GP64())
	}
	k.cols = Load(Param("cols"), GP64())
	k.findTail()
}

// findTail makes the mask.
func (k *kernel) findTail() {
	k.rest = GP64()
	MOVQ(k.cols, k.rest)
	ANDQ(Imm(uint64(k.lanes-1)), k.rest)
	if k.many {
		ones := GP32()
		MOVL(U32(1<<16-1), ones)
		BZHIL(k.rest.As32(), ones, ones)
		k.mask = K()
		KMOVW(ones, k.mask)
		return
	}
	// Eight words of this table from number 8-n on are a mask of n lanes.
	var words []Constant
	for i := range 2 * k.lanes {
		words = append(words, U32(uint64(1<<32-1)*uint64((2*k.lanes-1-i)/k.lanes)))
	}
	lanes, from := GP64(), GP64()
	LEAQ(table("lanes", words...), lanes)
	MOVQ(k.rest, from)
	NEGQ(from)
	k.mask = YMM()
	VMOVDQU(Mem{Base: lanes, Disp: k.bytes(), Index: from, Scale: 4}, k.mask)
}

// rows writes a loop over rows, with a body for one of them. The slice perRow
// has one number a row; a matrix is a pointer with its stride in numbers.
func (k *kernel) rows(perRow string, matrices []matrix, body func(row Register)) {
	strides := map[string]Register{}
	for _, m := range matrices {
		if strides[m.stride] == nil {
			strides[m.stride] = Load(Param(m.stride), GP64())
			SHLQ(Imm(2), strides[m.stride])
		}
	}
	count, row := Load(Param(perRow).Len(), GP64()), GP64()
	XORQ(row, row)
	loop := k.label("row")
	Label(loop)
	body(row)
	for _, m := range matrices {
		ADDQ(strides[m.stride], k.base[m.pointer])
	}
	INCQ(row)
	CMPQ(row, count)
	JLT(LabelRef(loop))
}

// matrix names the parameters of a matrix.
type matrix struct{ pointer, stride string }

// end writes the return.
func (k *kernel) end() {
	VZEROUPPER()
	RET()
}

// each writes a loop over the blocks of a row. The body handles some neighbours,
// together at the most; where fewer are left, and in the tail, one.
func (k *kernel) each(together int, body func(blocks int)) {
	left := GP64()
	MOVQ(k.cols, left)
	XORQ(k.index, k.index)
	step := func(blocks int) {
		numbers := Imm(uint64(blocks * k.lanes))
		loop, after := k.label("loop"), k.label("after")
		SUBQ(numbers, left)
		JLT(LabelRef(after))
		Label(loop)
		body(blocks)
		ADDQ(numbers, k.index)
		SUBQ(numbers, left)
		JGE(LabelRef(loop))
		Label(after)
		ADDQ(numbers, left)
	}
	if together > 1 {
		step(together)
	}
	step(1)
	done := k.label("done")
	JZ(LabelRef(done))
	k.inTail = true
	body(1)
	k.inTail = false
	Label(done)
}

// label is a name that no other label of the function has.
func (k *kernel) label(name string) string {
	k.labels++
	return fmt.Sprint(name, k.labels)
}

// at is block j of those that the body handles.
func (k *kernel) at(slice string, j int) Mem {
	return Mem{Base: k.base[slice], Index: k.index, Scale: 4, Disp: j * k.bytes()}
}

// load reads the current blocks of a slice. Lanes past the end become zero.
func (k *kernel) load(slice string, blocks int) group {
	g := make(group, blocks)
	for j := range g {
		g[j] = k.loadAt(k.at(slice, j))
	}
	return g
}

func (k *kernel) loadAt(m Mem) VecVirtual {
	v := k.reg()
	switch {
	case !k.inTail:
		VMOVUPS(m, v)
	case k.many:
		VMOVUPS_Z(m, k.mask, v)
	default:
		VMASKMOVPS(m, k.mask, v)
	}
	return v
}

// source is the current blocks of a slice as operands: where they are, or loaded
// if it is the tail.
func (k *kernel) source(slice string, blocks int) []Op {
	ops := make([]Op, blocks)
	for j := range ops {
		ops[j] = k.at(slice, j)
		if k.inTail {
			ops[j] = k.loadAt(k.at(slice, j))
		}
	}
	return ops
}

// wide reads the current block of a slice as float64.
func (k *kernel) wide(slice string, j int) (low, high VecVirtual) {
	if k.inTail {
		return k.widen(k.loadAt(k.at(slice, j)))
	}
	low, high = k.reg(), k.reg()
	VCVTPS2PD(k.at(slice, j), low)
	VCVTPS2PD(k.at(slice, j).Offset(k.bytes()/2), high)
	return low, high
}

// store writes the current blocks of a slice.
func (k *kernel) store(g group, slice string) {
	for j, v := range g {
		k.storeAt(v, k.at(slice, j))
	}
}

func (k *kernel) storeAt(v VecVirtual, m Mem) {
	if k.inTail {
		k.storePieces(v, m)
		return
	}
	VMOVUPS(v, m)
}

// storePieces writes the lanes of a tail as pieces of 8, 4, 2 and 1 of them.
// A masked store takes several times as long on AMD's CPUs before Zen 4, and on
// Zen 5 it holds up a load from its address range, masked or not, which is where
// the next row begins: that took half of a softmax's time.
func (k *kernel) storePieces(v VecVirtual, m Mem) {
	to, part := GP64(), XMM()
	LEAQ(m, to)
	piece := func(lanes int, store, shift func()) {
		without := k.label("without")
		TESTQ(U32(uint32(lanes)), k.rest)
		JZ(LabelRef(without))
		store()
		if lanes > 1 {
			shift()
			ADDQ(Imm(uint64(4*lanes)), to)
		}
		Label(without)
	}
	half := v
	if k.many {
		half = YMM()
		VMOVAPS(v.AsY(), half)
		piece(8, func() { VMOVUPS(half, Mem{Base: to}) }, func() { VEXTRACTF64X4(Imm(1), v, half) })
	}
	VMOVAPS(half.AsX(), part)
	piece(4, func() { VMOVUPS(part, Mem{Base: to}) }, func() {
		if k.many {
			VEXTRACTF32X4(Imm(1), half, part)
		} else {
			VEXTRACTF128(Imm(1), half, part)
		}
	})
	piece(2, func() { VMOVLPS(part, Mem{Base: to}) }, func() { VPERMILPS(Imm(0b1110), part, part) })
	piece(1, func() { VMOVSS(part, Mem{Base: to}) }, nil)
}

// clip sets the lanes past the end to zero.
func (k *kernel) clip(g group) {
	switch {
	case !k.inTail:
	case k.many:
		VMOVAPS_Z(g[0], k.mask, g[0])
	default:
		VANDPS(k.mask, g[0], g[0])
	}
}

// clipTo sets the lanes past the end to those of other.
func (k *kernel) clipTo(g group, other VecVirtual) {
	switch {
	case !k.inTail:
	case k.many:
		VBLENDMPS(g[0], other, k.mask, g[0])
	default:
		VBLENDVPS(k.mask, g[0], other, g[0])
	}
}

// of loads number row of a slice or pointer parameter to all lanes.
func (k *kernel) of(base, row Register) VecVirtual {
	v := k.reg()
	VBROADCASTSS(Mem{Base: base, Index: row, Scale: 4}, v)
	return v
}

// number is number i of an array.
func number(base, i Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
