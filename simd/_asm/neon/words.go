package main

import "fmt"

// v is the number of a vector register.
type v = int

// Operations of vectors of float32: d = n + m and so on.
func (k *function) fadd(d, n, m v)   { k.three(0x4e20d400, "fadd", "4s", d, n, m) }
func (k *function) fsub(d, n, m v)   { k.three(0x4ea0d400, "fsub", "4s", d, n, m) }
func (k *function) fmul(d, n, m v)   { k.three(0x6e20dc00, "fmul", "4s", d, n, m) }
func (k *function) fdiv(d, n, m v)   { k.three(0x6e20fc00, "fdiv", "4s", d, n, m) }
func (k *function) fmax(d, n, m v)   { k.three(0x4e20f400, "fmax", "4s", d, n, m) }
func (k *function) fmin(d, n, m v)   { k.three(0x4ea0f400, "fmin", "4s", d, n, m) }
func (k *function) fmaxnm(d, n, m v) { k.three(0x4e20c400, "fmaxnm", "4s", d, n, m) } // overlooks NaN
func (k *function) fabs(d, n v)      { k.two(0x4ea0f800, "fabs", "v%d.4s, v%d.4s", d, n) }
func (k *function) fneg(d, n v)      { k.two(0x6ea0f800, "fneg", "v%d.4s, v%d.4s", d, n) }
func (k *function) fsqrt(d, n v)     { k.two(0x6ea1f800, "fsqrt", "v%d.4s, v%d.4s", d, n) }

// fmla is d += n·m, fmls is d -= n·m.
func (k *function) fmla(d, n, m v) { k.op("VFMLA V%d.S4, V%d.S4, V%d.S4", m, n, d) }
func (k *function) fmls(d, n, m v) { k.op("VFMLS V%d.S4, V%d.S4, V%d.S4", m, n, d) }

// fmlaElement is d += n·m[lane], fmulElement is d = n·m[lane].
func (k *function) fmlaElement(d, n, m v, lane int) {
	k.element(0x4f801000, "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}
func (k *function) fmulElement(d, n, m v, lane int) {
	k.element(0x4f809000, "fmul v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}

// sdotElement adds to each lane of d the products of its four bytes of n with
// the four of m[lane].
func (k *function) sdotElement(d, n, m v, lane int) {
	k.element(0x4f80e000, "sdot v%d.4s, v%d.16b, v%d.4b[%d]", d, n, m, lane)
}

// element writes an operation of two vectors and one lane of a third.
func (k *function) element(code uint32, format string, d, n, m v, lane int) {
	k.word(code|uint32(lane&1<<21|lane>>1<<11|m<<16|n<<5|d), format, d, n, m, lane)
}

// The same of vectors of float64.
func (k *function) faddWide(d, n, m v) { k.three(0x4e60d400, "fadd", "2d", d, n, m) }
func (k *function) fsubWide(d, n, m v) { k.three(0x4ee0d400, "fsub", "2d", d, n, m) }
func (k *function) fmlaWide(d, n, m v) { k.op("VFMLA V%d.D2, V%d.D2, V%d.D2", m, n, d) }

// faddPair is the sum of both lanes of n.
func (k *function) faddPair(d, n v) { k.two(0x7e70d800, "faddp", "d%d, v%d.2d", d, n) }

// fmaxnmv is the largest lane of n.
func (k *function) fmaxnmv(d, n v) { k.two(0x6e30c800, "fmaxnmv", "s%d, v%d.4s", d, n) }

// negative sets the bits of the lanes whose sign is set and clears the others'.
func (k *function) negative(d, n v) { k.two(0x4ea0a800, "cmlt", "v%d.4s, v%d.4s, #0", d, n) }

// fcvtl and fcvtl2 convert the lower and the upper half of n to float64.
func (k *function) fcvtl(d, n v)  { k.two(0x0e617800, "fcvtl", "v%d.2d, v%d.2s", d, n) }
func (k *function) fcvtl2(d, n v) { k.two(0x4e617800, "fcvtl2", "v%d.2d, v%d.4s", d, n) }

// Conversions: int32 to float32, float32 to int32 by rounding to nearest, ties
// to even, and to lanes of half the width, in the lower and the upper half of d.
func (k *function) scvtf(d, n v)   { k.two(0x4e21d800, "scvtf", "v%d.4s, v%d.4s", d, n) }
func (k *function) fcvtns(d, n v)  { k.two(0x4e21a800, "fcvtns", "v%d.4s, v%d.4s", d, n) }
func (k *function) xtn4(d, n v)    { k.two(0x0e612800, "xtn", "v%d.4h, v%d.4s", d, n) }
func (k *function) xtn4up(d, n v)  { k.two(0x4e612800, "xtn2", "v%d.8h, v%d.4s", d, n) }
func (k *function) xtn8(d, n v)    { k.two(0x0e212800, "xtn", "v%d.8b, v%d.8h", d, n) }
func (k *function) shll(d, n v)    { k.two(0x2e613800, "shll", "v%d.4s, v%d.4h, #16", d, n) }
func (k *function) shll2(d, n v)   { k.two(0x6e613800, "shll2", "v%d.4s, v%d.8h, #16", d, n) }
func (k *function) umax(d, n, m v) { k.three(0x6ea06400, "umax", "4s", d, n, m) }
func (k *function) umaxv(d, n v)   { k.two(0x6eb0a800, "umaxv", "s%d, v%d.4s", d, n) }

// two writes an operation of two registers.
func (k *function) two(code uint32, name, operands string, d, n v) {
	k.word(code|uint32(n<<5|d), name+" "+operands, d, n)
}

// three writes an operation of three vectors of one arrangement.
func (k *function) three(code uint32, name, arrangement string, d, n, m v) {
	reg := func(r v) string { return fmt.Sprintf("v%d.%s", r, arrangement) }
	k.word(code|uint32(m<<16|n<<5|d), "%s %s, %s, %s", name, reg(d), reg(n), reg(m))
}
