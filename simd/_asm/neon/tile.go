package main

import "fmt"

const (
	tileRows = 8
	lanes    = 4 // numbers to a register
	strip    = 2 * 4 * lanes
	unroll   = lanes // steps in depth to a pass of the loop
)

// The micro-kernel's registers. A full tile is 8 rows by two vectors: its sums
// take 16 of the 32 vector registers, four elements of each row of a take 8 and
// rows of b take 6. Row i of a has its own pointer, R(8+i).
const (
	regC, regLDC     = "R0", "R1" // strides in bytes
	regA, regLDA     = "R2", "R3"
	regB             = "R4"
	regLeft          = "R5" // steps in depth left to do
	regCount         = "R6"
	regAdd, regLDAdd = "R7", "R16"
	regBias          = "R17"
	regBRow          = "R19"
	regDepth         = "R20"
	regDown          = "R21" // from tile to tile of a, in bytes
	regScratch       = "R22"

	regColumnScales, regRowScales = "R23", "R24"

	elements = 2 * tileRows        // first vector register of a
	factors  = elements + tileRows // first vector register of b
	zero     = factors + 7         // of bytes: 128, the byte of a that stands for zero
)

func rowOfA(i int) string { return fmt.Sprintf("R%d", 8+i) }

// tile is a kernel of tiles that are some vectors wide.
type tile struct {
	*function
	vectors int
	bytes   bool // an element is four bytes, which are multiplied at once
}

// tiles writes a kernel for tiles that are the given number of vectors wide.
//
// Four steps in depth of a full tile are 64 multiplications fused with their
// additions, for which it loads 8 vectors of a and 4 pairs of vectors of b: 12
// instructions. Cores that have as many as four units of latency 4 want 16
// chains of sums, which are those of a full tile.
func (f *file) tiles(vectors int) {
	name := fmt.Sprintf("tiles%dx%dNEON", tileRows, vectors*lanes)
	k := f.begin(name, "func("+tileParameters+")",
		fmt.Sprintf("%s works like tilesGeneric for strips of %d columns, of which it", name, 2*lanes),
		fmt.Sprintf("computes the first %d, and heights up to %d. It fuses each multiplication with", vectors*lanes, tileRows),
		"its addition. Depth, height and count are at least 1; add and bias may be nil.",
	)
	(&tile{k, vectors, false}).body()
}

// byteTiles writes a kernel for products of bytes. In 8 more instructions to
// four steps in depth, it turns bytes of a into signed ones, by which the sums
// need no start.
func (f *file) byteTiles(vectors int) {
	name := fmt.Sprintf("byteTiles%dx%dNEON", tileRows, vectors*lanes)
	k := f.begin(name, "func("+tileParameters+", columnScales *float32, rowScales *float32)",
		fmt.Sprintf("%s works like byteTilesGeneric for strips of %d columns, of which", name, 2*lanes),
		fmt.Sprintf("it computes the first %d, and heights up to %d. The CPU must have FEAT_DotProd.", vectors*lanes, tileRows),
		"Depth, height and count are at least 1; add and bias may be nil.",
	)
	k.op("MOVD %s, %s", k.arg("columnScales"), regColumnScales)
	k.op("MOVD %s, %s", k.arg("rowScales"), regRowScales)
	k.op("VMOVI $%d, V%d.B16", 128, zero)
	(&tile{k, vectors, true}).body()
}

const tileParameters = "c *float32, ldc int, a *float32, lda int, b *float32, depth int, height int, count int, add *float32, ldadd int, bias *float32"

// body writes all but the head.
func (t *tile) body() {
	for _, p := range []struct{ name, reg string }{
		{"c", regC}, {"ldc", regLDC}, {"a", regA}, {"lda", regLDA}, {"b", regB}, {"depth", regDepth}, {"height", regScratch},
		{"count", regCount}, {"add", regAdd}, {"ldadd", regLDAdd}, {"bias", regBias},
	} {
		t.op("MOVD %s, %s", t.arg(p.name), p.reg)
	}
	for _, stride := range []string{regLDC, regLDA, regLDAdd} {
		t.op("LSL $2, %s", stride)
	}
	t.op("MUL %s, %s, %s", regLDA, regScratch, regDown)
	for h := 1; h < tileRows; h++ {
		t.op("CMP $%d, %s", h, regScratch)
		t.op("BEQ tile%d", h)
	}
	for h := tileRows; h >= 1; h-- {
		t.ofHeight(h)
	}
}

// ofHeight writes the loop over count tiles of h rows.
func (t *tile) ofHeight(h int) {
	t.label("tile%d", h)
	t.fetch(h)
	t.op("MOVD %s, %s", regA, rowOfA(0))
	for i := 1; i < h; i++ {
		t.op("ADD %s, %s, %s", regLDA, rowOfA(i-1), rowOfA(i))
	}
	for i := range h * t.vectors {
		t.op("VMOVI $0, V%d.B16", i)
	}
	t.multiply(h)
	t.finish(h)
	t.op("ADD %s, %s", regDown, regA)
	t.op("SUBS $1, %s", regCount)
	t.op("BNE tile%d", h)
	t.op("RET")
}

// fetch asks for the rows of c, which are needed when the sums are made.
func (t *tile) fetch(h int) {
	t.op("PRFM (%s), PSTL1KEEP", regC)
	for i := 1; i < h; i++ {
		from := regScratch
		if i == 1 {
			from = regC
		}
		t.op("ADD %s, %s, %s", regLDC, from, regScratch)
		t.op("PRFM (%s), PSTL1KEEP", regScratch)
	}
}

// sum is the register of the sums of row i.
func (t *tile) sum(i, vector int) v { return i*t.vectors + vector }

// factor is the register of row p of b. Two rows would do.
func factor(p, vector int) v { return factors + 2*(p%3) + vector }

// multiply writes the loop over depth: sum(i, j) += a[i][p] * b[p][j].
func (t *tile) multiply(h int) {
	t.op("MOVD %s, %s", regB, regBRow)
	t.op("SUBS $%d, %s, %s", unroll, regDepth, regLeft)
	t.op("BLT rest%d", h)

	// A row of b is loaded one step ahead of its use.
	t.label("loop%d", h)
	t.load(regBRow, 0, factor(0, 0))
	for i := range h {
		t.op("FMOVQ.P %d(%s), F%d", 4*lanes, rowOfA(i), elements+i)
	}
	t.sign(h)
	for p := range unroll {
		if p+1 < unroll {
			t.load(regBRow, strip*(p+1), factor(p+1, 0))
		}
		t.step(h, factor(p, 0), p)
	}
	t.op("ADD $%d, %s", strip*unroll, regBRow)
	t.op("SUBS $%d, %s", unroll, regLeft)
	t.op("BGE loop%d", h)

	t.label("rest%d", h)
	t.op("ADDS $%d, %s", unroll, regLeft)
	t.op("BEQ sum%d", h)
	t.label("single%d", h)
	t.load(regBRow, 0, factor(0, 0))
	for i := range h {
		t.op("FMOVS.P 4(%s), F%d", rowOfA(i), elements+i)
	}
	t.sign(h)
	t.step(h, factor(0, 0), 0)
	t.op("ADD $%d, %s", strip, regBRow)
	t.op("SUBS $1, %s", regLeft)
	t.op("BNE single%d", h)
	t.label("sum%d", h)
}

// step adds the products of a row of b with one lane of the elements of a.
func (t *tile) step(h int, b v, lane int) {
	for i := range h {
		for j := range t.vectors {
			if t.bytes {
				t.sdotElement(t.sum(i, j), b+j, elements+i, lane)
			} else {
				t.fmlaElement(t.sum(i, j), b+j, elements+i, lane)
			}
		}
	}
}

// sign takes the zero point off the elements of a.
func (t *tile) sign(h int) {
	if t.bytes {
		for i := range h {
			t.op("VEOR V%d.B16, V%d.B16, V%d.B16", zero, elements+i, elements+i)
		}
	}
}

// scale makes float32 of sums of bytes.
func (t *tile) scale(h int) {
	t.load(regColumnScales, 0, factor(0, 0))
	for i := range h {
		t.op("FMOVS.P 4(%s), F%d", regRowScales, elements+i)
		for j := range t.vectors {
			sum := t.sum(i, j)
			t.scvtf(sum, sum)
			t.fmul(sum, sum, factor(0, j))
			t.fmulElement(sum, sum, elements+i, 0)
		}
	}
}

// load reads as many vectors as the tile is wide.
func (t *tile) load(pointer string, offset int, to v) {
	if t.vectors == 2 {
		t.op("FLDPQ %d(%s), (F%d, F%d)", offset, pointer, to, to+1)
	} else {
		t.op("FMOVQ %d(%s), F%d", offset, pointer, to)
	}
}

// finish adds what there is to add, stores the tile and steps to the next.
func (t *tile) finish(h int) {
	if t.bytes {
		t.scale(h)
	}
	t.op("CBZ %s, unbiased%d", regBias, h)
	t.load(regBias, 0, factor(0, 0))
	for i := range h {
		for j := range t.vectors {
			t.fadd(t.sum(i, j), t.sum(i, j), factor(0, j))
		}
	}
	t.label("unbiased%d", h)
	t.op("CBZ %s, store%d", regAdd, h)
	for i := range h {
		t.load(regAdd, 0, factor(i, 0))
		t.op("ADD %s, %s", regLDAdd, regAdd)
		for j := range t.vectors {
			t.fadd(t.sum(i, j), t.sum(i, j), factor(i, j))
		}
	}
	t.label("store%d", h)
	for i := range h {
		if t.vectors == 2 {
			t.op("FSTPQ (F%d, F%d), (%s)", t.sum(i, 0), t.sum(i, 1), regC)
		} else {
			t.op("FMOVQ F%d, (%s)", t.sum(i, 0), regC)
		}
		t.op("ADD %s, %s", regLDC, regC)
	}
}
