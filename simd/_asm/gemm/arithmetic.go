package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// float32s are products of float32 numbers.
type float32s struct{}

func (float32s) signature(s isa, rows, columns int) (name, parameters, like string) {
	return fmt.Sprintf("tiles%dx%d%s", rows, columns, s.name), "", "tilesGeneric"
}

func (float32s) begin(*tile)       {}
func (float32s) spare(isa) int     { return 2 }
func (float32s) finish(*tile, int) {}

func (float32s) start(t *tile, h int) {
	for i := range h {
		for _, sum := range t.sums[i] {
			t.clear(sum)
		}
	}
}

func (float32s) load(m Mem, e VecVirtual)      { VBROADCASTSS(m, e) }
func (float32s) multiply(e, b, sum VecVirtual) { VFMADD231PS(e, b, sum) }

// quantised are products of unsigned bytes (a) and signed ones (b), four to an
// element. The sums begin with what the bytes' zero point takes away, and end
// multiplied by the scales of their row and column.
type quantised struct{}

const quantisedParameters = ", starts *int32, columnScales, rowScales *float32"

func (quantised) begin(*tile) {}

func (quantised) start(t *tile, h int) {
	starts := Load(Param("starts"), GP64())
	t.eachVector(h, starts, func(vector, sum VecVirtual) { VMOVAPS(vector, sum) })
}

func (quantised) finish(t *tile, h int) {
	scales := Load(Param("columnScales"), GP64())
	t.eachVector(h, scales, func(vector, sum VecVirtual) {
		VCVTDQ2PS(sum, sum)
		VMULPS(vector, sum, sum)
	})
	rows := Load(Param("rowScales"), GP64())
	scale := t.reg()
	for i := range h {
		VBROADCASTSS(Mem{Base: rows, Disp: 4 * i}, scale)
		for _, sum := range t.sums[i] {
			VMULPS(scale, sum, sum)
		}
	}
	ADDQ(Imm(uint64(4*h)), rows)
	Store(rows, Param("rowScales"))
}

// bytesAVX2 multiplies and adds in three steps. The first, which sums two
// products in 16 bits, would saturate if b had more than 7 bits.
type bytesAVX2 struct {
	quantised
	ones Mem
}

func (*bytesAVX2) signature(s isa, rows, columns int) (name, parameters, like string) {
	return fmt.Sprintf("byteTiles%dx%d%s", rows, columns, s.name), quantisedParameters, "byteTilesGeneric"
}

func (q *bytesAVX2) begin(*tile) {
	if q.ones.Symbol.Name != "" {
		return
	}
	q.ones = GLOBL("ones", attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(2*i, U16(1))
	}
}

func (*bytesAVX2) spare(isa) int            { return 1 }
func (*bytesAVX2) load(m Mem, e VecVirtual) { VPBROADCASTD(m, e) }

func (q *bytesAVX2) multiply(e, b, sum VecVirtual) {
	product := YMM()
	VPMADDUBSW(b, e, product)
	VPMADDWD(q.ones, product, product)
	VPADDD(product, sum, sum)
}

// bytesVNNI multiplies and adds at once.
type bytesVNNI struct{ quantised }

func (bytesVNNI) signature(_ isa, rows, columns int) (name, parameters, like string) {
	return fmt.Sprintf("byteTiles%dx%dVNNI", rows, columns), quantisedParameters, "byteTilesGeneric"
}

func (bytesVNNI) spare(isa) int                 { return 2 }
func (bytesVNNI) load(m Mem, e VecVirtual)      { VPBROADCASTD(m, e) }
func (bytesVNNI) multiply(e, b, sum VecVirtual) { VPDPBUSD(b, e, sum) }
