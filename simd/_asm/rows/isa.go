package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set as the kernels use it. AVX-512 is here the union of
// its parts F, DQ, BW and VL, with BMI2.
type isa struct {
	name  string
	lanes int // float32 numbers to a register
	reg   func() VecVirtual
	many  bool // registers enough to keep the constants of a formula in them

	inStep int // blocks that pass through the longest formula together
}

var (
	avx2   = isa{"AVX2", 8, YMM, false, 2}
	avx512 = isa{"AVX512", 16, ZMM, true, 4}
)

// bytes is the size of a register.
func (s isa) bytes() int { return 4 * s.lanes }

// constants are the read-only numbers written so far, by name.
var constants = map[string]Mem{}

// constant is eight copies of the bits of a float32 in memory.
func constant(name string, v Constant) Mem { return table(name, v, v, v, v, v, v, v, v) }

// table is some words in memory.
func table(name string, words ...Constant) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i, v := range words {
		DATA(4*i, v)
	}
	constants[name] = m
	return m
}

// constant64 is a float64 in memory.
func constant64(name string, v float64) Mem { return table(name, F64(v)) }

// held is a register whose lanes all hold a constant.
func (s isa) held(m Mem) VecVirtual {
	v := s.reg()
	VBROADCASTSS(m, v)
	return v
}

// bits is a constant as a source operand: in a register if there are enough of
// them, else in memory.
func (s isa) bits(name string, v uint32) Op {
	m := constant(name, U32(v))
	if s.many {
		return s.held(m)
	}
	return m
}

// number is bits of a float32.
func (s isa) number(name string, v float64) Op {
	m := constant(name, F32(v))
	if s.many {
		return s.held(m)
	}
	return m
}

// numbers are the coefficients of a polynomial.
func (s isa) numbers(name string, values ...float64) []Op {
	ops := make([]Op, len(values))
	for i, v := range values {
		ops[i] = constant(fmt.Sprint(name, i), F32(v))
	}
	return ops
}

// group is one register for each of some neighbouring blocks, which pass
// through a formula in step, so that none waits for what it made just before.
type group []VecVirtual

func (s isa) group(n int) group {
	g := make(group, n)
	for j := range g {
		g[j] = s.reg()
	}
	return g
}

// do writes an instruction for each block of the groups among its operands; the
// other operands are the same for all.
func (s isa) do(instruction func(...Op), operands ...any) {
	n := 0
	for _, o := range operands {
		switch o := o.(type) {
		case group:
			n = len(o)
		case []Op:
			n = len(o)
		}
	}
	for i, o := range operands {
		if m, ok := o.(Mem); ok && (n > 1 || s.many) { // a constant that is read once
			v := s.reg()
			if s.many {
				VBROADCASTSS(m, v)
			} else {
				VMOVUPS(m, v)
			}
			operands[i] = v
		}
	}
	for j := range n {
		var ops []Op
		for _, o := range operands {
			switch o := o.(type) {
			case group:
				ops = append(ops, o[j])
			case []Op:
				ops = append(ops, o[j])
			default:
				ops = append(ops, o.(Op))
			}
		}
		instruction(ops...)
	}
}

// horner is the polynomial c[0] + c[1]·x + ….
func (s isa) horner(x group, c []Op) group {
	top := len(c) - 1
	p := s.group(len(x))
	s.do(VMOVUPS, c[top], p)
	for i := top - 1; i >= 0; i-- {
		s.do(VFMADD213PS, c[i], x, p)
	}
	return p
}

// hornerMonic is the polynomial c[0] + c[1]·x + … + xⁿ for n coefficients.
func (s isa) hornerMonic(x group, c []Op) group {
	top := len(c) - 1
	p := s.group(len(x))
	s.do(VADDPS, c[top], x, p)
	for i := top - 1; i >= 0; i-- {
		s.do(VFMADD213PS, c[i], x, p)
	}
	return p
}

// clear sets v to zero.
func (s isa) clear(v VecVirtual) {
	if s.many {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// zero is a cleared register.
func (s isa) zero() VecVirtual {
	v := s.reg()
	s.clear(v)
	return v
}

// zeros are n cleared registers.
func (s isa) zeros(n int) group {
	v := make(group, n)
	for i := range v {
		v[i] = s.zero()
	}
	return v
}

// scalar loads a float32 parameter to all lanes.
func (s isa) scalar(name string) VecVirtual {
	v := s.reg()
	VBROADCASTSS(parameter(name), v)
	return v
}

// parameter is a parameter in memory.
func parameter(name string) Mem {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return address.Addr
}

// reduce folds vectors by an operation, and then the lanes of what is left by
// halves, into the lowest lane.
func (s isa) reduce(op func(...Op), v group) VecVirtual {
	x, other := s.reduceTo128(op, v), XMM()
	VPERMILPS(Imm(0b1110), x, other)
	op(other, x, x)
	VPERMILPS(Imm(1), x, other)
	op(other, x, x)
	return x
}

// reduce64 is the sum of all lanes of vectors of float64.
func (s isa) reduce64(v group) VecVirtual {
	x, other := s.reduceTo128(VADDPD, v), XMM()
	VUNPCKHPD(x, x, other)
	VADDSD(other, x, x)
	return x
}

// fold combines vectors, a power of two of them, to one.
func (s isa) fold(op func(...Op), v group) VecVirtual {
	for n := len(v); n > 1; n /= 2 {
		s.do(op, v[n/2:n], v[:n/2], v[:n/2])
	}
	return v[0]
}

func (s isa) reduceTo128(op func(...Op), v group) VecVirtual {
	sum, x := s.fold(op, v), XMM()
	if s.many {
		half := YMM()
		VEXTRACTF64X4(Imm(1), sum, half)
		op(sum.AsY(), half, half)
		sum = half
		VEXTRACTF32X4(Imm(1), sum, x)
	} else {
		VEXTRACTF128(Imm(1), sum, x)
	}
	op(sum.AsX(), x, x)
	return x
}

// addWide adds a block to sums in float64 of the low and the high halves.
func (s isa) addWide(v VecVirtual, sums group) {
	low, high := s.widen(v)
	s.do(VADDPD, group{low, high}, sums, sums)
}

// widen converts a block to float64.
func (s isa) widen(v VecVirtual) (low, high VecVirtual) {
	low, high = s.reg(), s.reg()
	if s.many {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), v, upper)
		VCVTPS2PD(v.AsY(), low)
		VCVTPS2PD(upper, high)
	} else {
		upper := XMM()
		VEXTRACTF128(Imm(1), v, upper)
		VCVTPS2PD(v.AsX(), low)
		VCVTPS2PD(upper, high)
	}
	return low, high
}
