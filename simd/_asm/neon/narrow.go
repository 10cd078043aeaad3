package main

// narrow writes the kernels for rounding to fewer bits and back, which take
// blocks of 8 numbers.
func (f *file) narrow() {
	blocks := func(k *function, in, out string, body func()) {
		k.op("MOVD %s, R0", k.arg(in))
		if out != "ret" {
			k.op("MOVD %s, R1", k.arg(out))
		}
		k.op("MOVD %s, R2", k.arg("blocks"))
		k.label("block")
		body()
		k.op("SUBS $1, R2")
		k.op("BNE block")
	}

	k := f.begin("largestBitsNEON", "func(x *float32, blocks int) uint32",
		"largestBitsNEON works like largestBitsGeneric for 8*blocks numbers. Blocks is", "at least 1.")
	k.op("VMOVI $0, V2.B16")
	k.op("VMOVI $0, V3.B16")
	blocks(k, "x", "ret", func() {
		k.op("FLDPQ.P 32(R0), (F0, F1)")
		for i := range 2 {
			k.fabs(i, i)
			k.umax(2+i, 2+i, i)
		}
	})
	k.umax(2, 2, 3)
	k.umaxv(2, 2)
	k.op("FMOVS F2, %s", k.arg("ret"))
	k.op("RET")

	k = f.begin("quantiseNEON", "func(q *uint8, x *float32, blocks int, inverse float32)",
		"quantiseNEON works like quantiseGeneric for 8*blocks numbers. Blocks is at", "least 1.")
	k.op("FMOVS %s, F2", k.arg("inverse"))
	k.op("VMOVI $128, V3.B16")
	blocks(k, "x", "q", func() {
		k.op("FLDPQ.P 32(R0), (F0, F1)")
		for i := range 2 {
			k.fmulElement(i, i, 2, 0)
			k.fcvtns(i, i)
		}
		k.xtn4(0, 0)
		k.xtn4up(0, 1)
		k.xtn8(0, 0)
		k.op("VEOR V3.B8, V0.B8, V0.B8") // adds the zero point
		k.op("FMOVD.P F0, 8(R1)")
	})
	k.op("RET")

	k = f.begin("widenNEON", "func(dst *float32, src *uint16, blocks int)",
		"widenNEON works like widenGeneric for 8*blocks numbers. Blocks is at least 1.")
	blocks(k, "src", "dst", func() {
		k.op("FMOVQ.P 16(R0), F0")
		k.shll(1, 0)
		k.shll2(2, 0)
		k.op("FSTPQ.P (F1, F2), 32(R1)")
	})
	k.op("RET")
}
