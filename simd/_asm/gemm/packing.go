package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// rowsAhead is how early the rows of b are asked for: they are far apart, where
// the hardware does not foresee them.
const rowsAhead = 16

// packingTile writes a kernel for one full tile that takes b as it lies in
// memory and leaves it packed for the tiles that follow. The stores cost nothing
// beside the multiplications, whereas a copy beforehand is time of its own: a
// tenth of a product of 200 rows.
func packingTile(s isa) {
	TEXT(fmt.Sprintf("packingTile%dx%d%s", s.rows, 2*s.lanes, s.name), NOSPLIT,
		"func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, strip *float32, depth int, add *float32, ldadd int, bias *float32)")
	Doc(
		fmt.Sprintf("packingTile%dx%d%s works like packB for rows b[p*ldb:] and %d columns, followed", s.rows, 2*s.lanes, s.name, 2*s.lanes),
		fmt.Sprintf("by tilesGeneric for one tile of height %d. Depth is at least 1; add and bias may be nil.", s.rows),
	)
	Pragma("noescape")

	t := &tile{isa: s, arith: float32s{}, vectors: 2}
	t.begin()
	stride := t.bytes("ldb")
	strip := Load(Param("strip"), GP64())
	t.allocate(s.rows)
	t.prepare(s.rows)
	ahead := GP64()
	MOVQ(stride, ahead)
	IMUL3Q(Imm(rowsAhead), ahead, ahead)
	ADDQ(t.b, ahead)

	b, elements := t.registers(2), t.registers(t.arith.spare(s))
	Label("loop")
	for v := range b {
		at := 4 * s.lanes * v
		VMOVUPS(Mem{Base: t.b, Disp: at}, b[v])
		VMOVUPS(b[v], Mem{Base: strip, Disp: at})
		if at%64 == 0 {
			PREFETCHT0(Mem{Base: ahead, Disp: at})
		}
	}
	t.outer(s.rows, 0, b, elements)
	t.along(s.rows, 1)
	ADDQ(stride, t.b)
	ADDQ(stride, ahead)
	ADDQ(Imm(uint64(t.strip())), strip)
	DECQ(t.depth)
	JNZ(LabelRef("loop"))

	t.store(s.rows)
	VZEROUPPER()
	RET()
}
