package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set as its micro-kernel uses it. A full tile is rows by
// two vectors. The sums take rows*2 registers, a row of b takes 2 and elements
// of a what is left: 15 or 16 registers of AVX2, all 32 of AVX-512. Twelve
// independent chains of sums already cover the latency of two FMA units; the
// more rows, the fewer loads a multiplication needs.
type isa struct {
	name  string
	lanes int
	rows  int
	reg   func() VecVirtual
	clear func(v Op)
}

var (
	avx2   = isa{"AVX2", 8, 6, YMM, func(v Op) { VXORPS(v, v, v) }}
	avx512 = isa{"AVX512", 16, 14, ZMM, func(v Op) { VPXORD(v, v, v) }}
)

// arithmetic is what a tile is made of. An element, of a or of b, has 32 bits:
// one float32, or four bytes that follow each other in depth.
type arithmetic interface {
	// name of the kernel for tiles of so many rows and columns, its parameters
	// after those that all kernels have, and the reference that it works like.
	signature(s isa, rows, columns int) (name, parameters, like string)
	// begin loads what does not change from tile to tile.
	begin(t *tile)
	// start sets the sums of a tile of h rows.
	start(t *tile, h int)
	// spare is the number of registers that take elements of a in turn.
	spare(s isa) int
	// load reads an element of a to all lanes.
	load(m Mem, e VecVirtual)
	// multiply adds e·b to sum.
	multiply(e, b, sum VecVirtual)
	// finish makes float32 numbers of the sums.
	finish(t *tile, h int)
}

// unroll is the elements in depth to a pass of the loop: fewer where a tile is
// low, which is rare, to keep the code short.
func (t *tile) unroll(h int) int {
	if 2*h > t.rows {
		return 4
	}
	return 1
}

// rowsPerBase are the rows of a that one base register reaches with the
// indices 1, 2 and 4 times the stride and 3 and 5 times the stride.
const rowsPerBase = 6

// tiles writes a kernel for tiles that are the given number of vectors wide.
func tiles(s isa, arith arithmetic, vectors int) {
	name, parameters, like := arith.signature(s, s.rows, vectors*s.lanes)
	TEXT(name, NOSPLIT, "func(c *float32, ldc int, a *float32, lda int, b *float32, depth, height, count int, add *float32, ldadd int, bias *float32"+parameters+")")
	Doc(
		fmt.Sprintf("%s works like %s for strips of %d columns, of which it", name, like, 2*s.lanes),
		fmt.Sprintf("computes the first %d, and heights up to %d. It fuses each multiplication with", vectors*s.lanes, s.rows),
		"its addition. Depth, height and count are at least 1; add and bias may be nil.",
	)
	Pragma("noescape")

	t := &tile{isa: s, arith: arith, vectors: vectors}
	t.begin()
	t.count = Load(Param("count"), GP64())

	height := Load(Param("height"), GP64())
	for h := 1; h < s.rows; h++ {
		CMPQ(height, Imm(uint64(h)))
		JEQ(LabelRef(label("height", h)))
	}
	for h := s.rows; h >= 1; h-- {
		t.ofHeight(h)
	}
}

// tile is the state of a kernel that is being written.
type tile struct {
	isa
	arith                    arithmetic
	vectors                  int
	c, add, count            Register
	bases                    []Register // row 0, 6 and 12 of the tile in a
	stride, stride3, stride5 Register   // of a, in bytes
	b, depth                 Register
	sums                     [][]VecVirtual
}

// begin loads what all tiles need.
func (t *tile) begin() {
	t.c = Load(Param("c"), GP64())
	t.add = Load(Param("add"), GP64())
	a := Load(Param("a"), GP64())
	t.stride = t.bytes("lda")
	t.stride3, t.stride5 = GP64(), GP64()
	LEAQ(Mem{Base: t.stride, Index: t.stride, Scale: 2}, t.stride3)
	LEAQ(Mem{Base: t.stride, Index: t.stride, Scale: 4}, t.stride5)
	t.bases = []Register{a}
	for range (t.rows - 1) / rowsPerBase {
		t.bases = append(t.bases, GP64())
	}
	t.b, t.depth = GP64(), GP64()
	t.arith.begin(t)
}

// ofHeight writes the loop over count tiles of h rows.
func (t *tile) ofHeight(h int) {
	if h < t.rows {
		Label(label("height", h))
	}
	t.allocate(h)
	Label(label("tile", h))
	t.prepare(h)
	t.multiply(h)
	t.arith.finish(t, h)
	t.store(h)

	// To the next tile: the first base stands behind its row's last element.
	Load(Param("depth"), t.depth)
	SHLQ(Imm(2), t.depth)
	SUBQ(t.depth, t.bases[0])
	step := GP64()
	IMUL3Q(Imm(uint64(h)), t.stride, step)
	ADDQ(step, t.bases[0])
	DECQ(t.count)
	JNZ(LabelRef(label("tile", h)))
	VZEROUPPER()
	RET()
}

// allocate names the registers of h rows of sums.
func (t *tile) allocate(h int) {
	t.sums = make([][]VecVirtual, h)
	for i := range t.sums {
		t.sums[i] = t.registers(t.vectors)
	}
}

// prepare writes what comes before a tile's loop over depth.
func (t *tile) prepare(h int) {
	t.fetch(h)
	t.arith.start(t, h)
	for i := 1; i*rowsPerBase < h; i++ {
		LEAQ(Mem{Base: t.bases[i-1], Index: t.stride3, Scale: 2}, t.bases[i])
	}
	Load(Param("b"), t.b)
	Load(Param("depth"), t.depth)
}

// fetch asks for the rows of c, which are needed when the sums are made.
func (t *tile) fetch(h int) {
	row := GP64()
	MOVQ(t.c, row)
	stride := t.bytes("ldc")
	for i := range h {
		for line := 0; line < 4*t.lanes*t.vectors; line += 64 {
			PREFETCHT0(Mem{Base: row, Disp: line})
		}
		if i < h-1 {
			ADDQ(stride, row)
		}
	}
}

// bytes loads a parameter that counts numbers, as bytes.
func (t *tile) bytes(parameter string) Register {
	r := Load(Param(parameter), GP64())
	SHLQ(Imm(2), r)
	return r
}

// ahead is how many bytes early b is asked for, for the second-level cache: what
// memory takes to answer. The weights of a large model are in no cache when an
// image comes alone.
const ahead = 16 << 10

// multiply writes the loop over depth: sums[i][j] += a[i][p] * b[p][j].
func (t *tile) multiply(h int) {
	b, elements := t.registers(t.vectors), t.registers(t.arith.spare(t.isa))
	unroll := t.unroll(h)
	step := func(p int) {
		for v := range b {
			at := t.strip()*p + 4*t.lanes*v
			VMOVUPS(Mem{Base: t.b, Disp: at}, b[v])
			if at%64 == 0 && unroll > 1 {
				PREFETCHT1(Mem{Base: t.b, Disp: at + ahead})
			}
		}
		t.outer(h, p, b, elements)
	}
	forward := func(steps int) {
		t.along(h, steps)
		ADDQ(U32(uint32(t.strip()*steps)), t.b)
	}
	if unroll > 1 {
		SUBQ(Imm(uint64(unroll)), t.depth)
		JLT(LabelRef(label("rest", h)))
		Label(label("loop", h))
		for p := range unroll {
			step(p)
		}
		forward(unroll)
		SUBQ(Imm(uint64(unroll)), t.depth)
		JGE(LabelRef(label("loop", h)))
		Label(label("rest", h))
		ADDQ(Imm(uint64(unroll)), t.depth)
		JZ(LabelRef(label("sum", h)))
	}
	Label(label("single", h))
	step(0)
	forward(1)
	DECQ(t.depth)
	JNZ(LabelRef(label("single", h)))
	Label(label("sum", h))
}

// strip is the bytes of a row of packed b.
func (t *tile) strip() int { return 2 * 4 * t.lanes }

func (t *tile) registers(n int) []VecVirtual {
	r := make([]VecVirtual, n)
	for i := range r {
		r[i] = t.reg()
	}
	return r
}

// outer adds the product of a column of a, p elements further, and a row of b.
func (t *tile) outer(h, p int, b, elements []VecVirtual) {
	for i := range h {
		e := elements[i%len(elements)]
		t.arith.load(t.element(i, p), e)
		for v := range b {
			t.arith.multiply(e, b[v], t.sums[i][v])
		}
	}
}

// along steps the bases of a by elements in depth.
func (t *tile) along(h, steps int) {
	for i := 0; i*rowsPerBase < h; i++ {
		ADDQ(Imm(uint64(4*steps)), t.bases[i])
	}
}

// element is a[i][p].
func (t *tile) element(i, p int) Mem {
	m := Mem{Base: t.bases[i/rowsPerBase], Disp: 4 * p}
	switch i % rowsPerBase {
	case 1:
		m.Index, m.Scale = t.stride, 1
	case 2:
		m.Index, m.Scale = t.stride, 2
	case 3:
		m.Index, m.Scale = t.stride3, 1
	case 4:
		m.Index, m.Scale = t.stride, 4
	case 5:
		m.Index, m.Scale = t.stride5, 1
	}
	return m
}

// store adds what there is to add, stores the tile and steps to the next.
func (t *tile) store(h int) {
	bias := Load(Param("bias"), GP64())
	TESTQ(bias, bias)
	JZ(LabelRef(label("unbiased", h)))
	t.eachVector(h, bias, func(vector, sum VecVirtual) { VADDPS(vector, sum, sum) })
	Label(label("unbiased", h))
	TESTQ(t.add, t.add)
	JZ(LabelRef(label("store", h)))
	t.eachRow(h, t.add, "ldadd", func(m Mem, sum VecVirtual) { VADDPS(m, sum, sum) })
	Label(label("store", h))
	t.eachRow(h, t.c, "ldc", func(m Mem, sum VecVirtual) { VMOVUPS(sum, m) })
}

// eachVector passes the sums beside the numbers of their columns, which are in
// a row at base.
func (t *tile) eachVector(h int, base Register, f func(vector, sum VecVirtual)) {
	for v := range t.vectors {
		vector := t.reg()
		VMOVUPS(Mem{Base: base, Disp: 4 * t.lanes * v}, vector)
		for i := range h {
			f(vector, t.sums[i][v])
		}
	}
}

// eachRow steps a pointer through the rows of the tile and past its end.
func (t *tile) eachRow(h int, pointer Register, stride string, f func(m Mem, sum VecVirtual)) {
	step := t.bytes(stride)
	for i := range h {
		for v, sum := range t.sums[i] {
			f(Mem{Base: pointer, Disp: 4 * t.lanes * v}, sum)
		}
		ADDQ(step, pointer)
	}
}

func label(what string, h int) string { return fmt.Sprintf("%s%d", what, h) }
