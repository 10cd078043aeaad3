package main

import "fmt"

// v is the number of a vector register.
type v = int

// fmlaElement is d[:] += n[:] * m[lane].
func (k *function) fmlaElement(d, n, m v, lane int) {
	k.word(0x4f801000|uint32(lane&1<<21|lane>>1<<11|m<<16|n<<5|d), "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}

// fadd is d = n + m.
func (k *function) fadd(d, n, m v) { k.three(0x4e20d400, "fadd", "4s", d, n, m) }

// three writes an operation of three vectors of one arrangement.
func (k *function) three(code uint32, name, arrangement string, d, n, m v) {
	reg := func(r v) string { return fmt.Sprintf("v%d.%s", r, arrangement) }
	k.word(code|uint32(m<<16|n<<5|d), "%s %s, %s, %s", name, reg(d), reg(n), reg(m))
}
