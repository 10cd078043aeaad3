package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The normal distribution's tail is Φ(-t) = M(t)·e^(-t²/2) with Mills' ratio M,
// here a quotient of polynomials: a minimax fit for 0 <= t <= bellEnd, of
// relative error 1.7e-8 with these float32 coefficients. The denominator's
// leading one is 1. M varies slowly where the tail falls by 45 powers of ten,
// so the far tail is as exact, relative to itself, as the centre.
var (
	millsAbove = []float64{47.888824462890625, 42.115745544433594, 17.648439407348633, 3.92435884475708, 0.3989456593990326}
	millsBelow = []float64{95.77764892578125, 160.65103149414062, 115.58856201171875, 45.22484588623047, 9.837445259094238}
)

// raised is how many octaves the bell is raised by, and M lowered by, so that
// the bell is a normal number wherever its products are.
const raised = 24

// bellEnd is where e^(-t²/2) is 2^-151, which becomes zero.
var bellEnd = math.Sqrt((127 + raised) * 2 * math.Ln2)

// normal are the constants of the distribution.
type normal struct {
	exponential
	end          VecVirtual // bellEnd
	magnitude    Op         // all bits but the sign
	perStep      Op         // steps in t²
	step         Op         // and the t² of one
	above, below []Op
}

func (s isa) newNormal() normal {
	// e^(-rest/2) for |rest| <= ln(2)/steps, minimax fits of relative error
	// 1.6e-9 for 16 steps and 2.5e-8 for 8.
	p := []float64{-0.5000000245050787, 0.12501625948295483, -0.020830361148132755}
	if s.many {
		p = []float64{-0.5000000015318754, 0.12500406505358913, -0.020832590116024507}
	}
	n := normal{exponential: s.newExponential("bell", raised, p...)}
	n.end = s.held(constant("bellEnd", F32(bellEnd)))
	n.magnitude = s.bits("magnitude", 1<<31-1)
	n.perStep = s.number("perStep"+s.name, -s.steps()/(2*math.Ln2))
	n.step = s.number("step"+s.name, 2*math.Ln2/s.steps())
	var above []float64
	for _, c := range millsAbove {
		above = append(above, math.Ldexp(c, -raised))
	}
	n.above, n.below = s.numbers("millsAbove", above...), s.numbers("millsBelow", millsBelow...)
	return n
}

// abs returns |x|.
func (n normal) abs(x group) group {
	v := n.group(len(x))
	n.do(VANDPS, n.magnitude, x, v)
	return v
}

// most returns x or, if that is less, bellEnd. In this order NaN stays NaN.
func (n normal) most(x group) group {
	v := n.group(len(x))
	n.do(VMINPS, x, n.end, v)
	return v
}

// tail returns Φ(-t) and e^(-t²/2), raised, for 0 <= t <= bellEnd.
//
// The rounding of t² would show in its exponential, so it is carried along. The
// step is a float32, which is off 2·ln(2)/steps by 3e-9 of itself: all steps
// together by e^(1.37e-9·t²), which the fit of M has taken out again.
func (n normal) tail(t group) (tail, bell group) {
	square, shifted, steps := n.group(len(t)), n.group(len(t)), n.group(len(t))
	n.do(VMULPS, t, t, square)
	n.do(VMOVAPS, n.shift, shifted)
	n.do(VFMADD231PS, n.perStep, square, shifted)
	n.do(VSUBPS, n.shift, shifted, steps)
	n.do(VFMADD132PS, n.step, square, steps)
	n.do(VFMSUB231PS, t, t, square)
	n.do(VADDPS, steps, square, square)
	bell = n.power(shifted, square)

	tail = n.horner(t, n.above)
	n.do(VDIVPS, n.hornerMonic(t, n.below), tail, tail)
	n.do(VMULPS, bell, tail, tail)
	return tail, bell
}

// slope is the derivative of GELU from its parts.
type slope struct {
	normal
	density Op         // 1/√(2π), lowered as M is
	one     VecVirtual // 1
	sign    VecVirtual // the sign bit, of AVX-512 only
}

func (n normal) newSlope() slope {
	s := slope{normal: n, density: n.number("density", math.Ldexp(0.39894228040143267794, -raised))}
	s.one = n.held(constant("one", F32(1)))
	if n.many {
		s.sign = n.held(constant("sign", U32(1<<31)))
	}
	return s
}

// slope returns Φ(x) + x·φ(x), in which below zero is d = Φ(-t) - t·φ(t) for
// t = |x| and above zero 1-d.
func (s slope) slope(x, tail, bell group) group {
	d := s.abs(x)
	s.do(VMULPS, s.density, d, d)
	s.do(VFNMADD213PS, tail, bell, d)
	for j := range d {
		if s.many {
			positive := K()
			VPTESTNMD(s.sign, x[j], positive)
			VSUBPS(d[j], s.one, positive, d[j])
		} else {
			above := s.reg()
			VSUBPS(d[j], s.one, above)
			VBLENDVPS(x[j], d[j], above, d[j])
		}
	}
	return d
}

// gelu returns x·Φ(x), which is max(x, 0) - |x|·Φ(-|x|). At -Inf that is
// Inf·0, NaN, and to keep that from +Inf |x| ends there at bellEnd.
func (n normal) gelu(x []Op, most, tail group, zero VecVirtual) group {
	y := n.group(len(x))
	n.do(VMAXPS, x, zero, y)
	n.do(VFNMADD231PS, most, tail, y)
	return y
}

// activations writes kernels that read their numbers twice, for want of
// registers to keep them in.
func (s isa) activations() {
	k := s.begin("gelu", "func(dst, x []float32)")
	k.vectors("dst", "x")
	n := s.newNormal()
	zero := s.zero()
	k.each(s.inStep, func(blocks int) {
		most := n.abs(n.most(k.load("x", blocks)))
		tail, _ := n.tail(n.most(most))
		k.store(n.gelu(k.source("x", blocks), most, tail, zero), "dst")
	})
	k.end()

	k = s.begin("geluBackward", "func(dx, x, dy []float32)")
	k.vectors("dx", "x", "dy")
	n = s.newNormal()
	d := n.newSlope()
	k.each(s.inStep, func(blocks int) {
		tail, bell := n.tail(n.most(n.abs(k.load("x", blocks))))
		dx := d.slope(k.load("x", blocks), tail, bell)
		k.do(VMULPS, k.source("dy", blocks), dx, dx)
		k.store(dx, "dx")
	})
	k.end()

	k = s.begin("geluBoth", "func(y, dx, h, dy []float32)")
	k.vectors("y", "dx", "h", "dy")
	n = s.newNormal()
	d = n.newSlope()
	zero = s.zero()
	k.each(s.inStep, func(blocks int) {
		most := n.abs(n.most(k.load("h", blocks)))
		tail, bell := n.tail(n.most(most))
		dx := d.slope(k.load("h", blocks), tail, bell)
		k.do(VMULPS, k.source("dy", blocks), dx, dx)
		y := n.gelu(k.source("h", blocks), most, tail, zero)
		k.store(dx, "dx")
		k.store(y, "y")
	})
	k.end()
}
