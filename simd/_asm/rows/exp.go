package main

import (
	"math"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// exponential makes powers of 2 from exponents cut into a whole number of steps
// and a rest: 2^((n+rest)/steps) = 2^(n/steps)·p(rest). A register holds one
// octave, so that one permutation looks up the powers of all its lanes, and the
// rest is so small that a cubic does. AVX2 has 8 steps, AVX-512 has 16.
type exponential struct {
	isa
	shift  VecVirtual // added to a number it leaves n in the low bits
	powers Op         // 2^(j/steps), less what an exponent of j/steps adds to its bits
	p      []Op
}

// steps of an octave.
func (s isa) steps() float64 { return float64(s.lanes) }

// fraction is how many low bits of n are below an octave.
func (s isa) fraction() int { return bits.TrailingZeros(uint(s.lanes)) }

// newExponential holds the constants for a polynomial p with p(0) = 1 whose
// other coefficients are given. Powers come out larger by some octaves.
func (s isa) newExponential(name string, octaves int, p ...float64) exponential {
	e := exponential{isa: s, shift: s.held(constant("shift", F32(0x1.8p23)))}
	var words []Constant
	for j := range s.lanes {
		power := math.Float32bits(float32(math.Exp2(float64(octaves) + float64(j)/s.steps())))
		words = append(words, U32(power-uint32(j)<<(23-s.fraction())))
	}
	m := table(name+"Powers"+s.name, words...)
	e.powers = m
	if s.many {
		v := s.reg()
		VMOVUPS(m, v)
		e.powers = v
	}
	e.p = append([]Op{s.number("one", 1)}, s.numbers(name+s.name, p...)...)
	return e
}

// power returns 2^(octaves+n/steps)·p(rest), where n is in the low bits of t. It
// is 0 for an exponent of -127, the least that may be, and off by up to 2^-126
// below the normal numbers.
func (e exponential) power(t, rest group) group {
	p := e.horner(rest, e.p)
	power := e.group(len(t))
	e.do(VPERMPS, e.powers, t, power)
	e.do(VPSLLD, Imm(uint64(23-e.fraction())), t, t)
	e.do(VPADDD, t, power, power)
	e.do(VMULPS, power, p, p)
	return p
}
