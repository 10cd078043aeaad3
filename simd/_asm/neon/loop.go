package main

import (
	"fmt"
	"log"
)

// rows is a function of slices that all have the length of the first.
type rows struct {
	*function
	slices []string
	fixed  v        // vector registers below this number are the whole function's
	next   v        // where to look for the next one that a body may use
	taken  [32]bool // registers that the body uses
	copy   int      // of the body, in a pass of the first loop
	single bool     // only lane 0 holds a number
}

// Registers: a slice's pointer is R0 to R7 in the order of the names.
const (
	regNumbers = "R8" // numbers left to do
	regTable   = "R9" // of constants
	regSums    = "R10"
)

// beginRows writes the head of a kernel which works like the Go function like.
func (f *file) beginRows(name, signature, like string, slices ...string) *rows {
	k := &rows{function: f.begin(name, signature, fmt.Sprintf("%s works like %s.", name, like)), slices: slices}
	for i, s := range slices {
		k.op("MOVD %s, R%d", k.base(s), i)
	}
	k.op("MOVD %s, %s", k.length(slices[0]), regNumbers)
	return k
}

// keep is a register for the whole function, to be had before the loops.
func (k *rows) keep() v {
	k.fixed++
	return k.fixed - 1
}

// scalar loads a float32 parameter to all lanes.
func (k *rows) scalar(name string) v {
	r := k.keep()
	k.op("FMOVS %s, F%d", k.arg(name), r)
	k.op("VDUP V%d.S[0], V%d.S4", r, r)
	return r
}

// temp is a register for the rest of the body or until it is freed. Registers
// go round, so that the copies of a body wait as little for one another as can
// be.
func (k *rows) temp() v {
	for range k.taken {
		r := k.next
		k.next = (k.next + 1) % len(k.taken)
		if r >= k.fixed && !k.taken[r] {
			k.taken[r] = true
			return r
		}
	}
	log.Fatal("a body needs more registers than there are")
	return 0
}

// free allows other use of registers after the next instruction.
func (k *rows) free(registers ...v) {
	for _, r := range registers {
		k.taken[r] = false
	}
}

// each writes a loop whose passes do some blocks of 4 numbers, one for single
// blocks and, for a rest, one for single numbers, which are in lane 0. The
// other lanes hold zeros as loaded, and anything after what followed.
func (k *rows) each(copies int, body func()) {
	pass := func(name string, copies, numbers int) {
		k.label("%s", name)
		for k.copy = range copies {
			clear(k.taken[:])
			body()
		}
		k.copy = 0
		for i := range k.slices {
			k.op("ADD $%d, R%d", 4*numbers, i)
		}
	}
	if copies > 1 {
		k.op("SUBS $%d, %s", lanes*copies, regNumbers)
		k.op("BLT fours")
		pass("loop", copies, lanes*copies)
		k.op("SUBS $%d, %s", lanes*copies, regNumbers)
		k.op("BGE loop")
		k.label("fours")
		k.op("ADDS $%d, %s", lanes*copies-lanes, regNumbers)
	} else {
		k.op("SUBS $%d, %s", lanes, regNumbers)
	}
	k.op("BLT ones")
	pass("four", 1, lanes)
	k.op("SUBS $%d, %s", lanes, regNumbers)
	k.op("BGE four")

	k.label("ones")
	k.op("ADDS $%d, %s", lanes, regNumbers)
	k.op("BEQ done")
	k.single = true
	pass("one", 1, 1)
	k.single = false
	k.op("SUBS $1, %s", regNumbers)
	k.op("BNE one")
	k.label("done")
}

// load reads the current block of a slice, or its number.
func (k *rows) load(slice string) v {
	r := k.temp()
	k.op("%s %s, F%d", k.move(), k.at(slice), r)
	return r
}

// store writes the current block of a slice, or its number.
func (k *rows) store(r v, slice string) { k.op("%s F%d, %s", k.move(), r, k.at(slice)) }

func (k *rows) move() string {
	if k.single {
		return "FMOVS"
	}
	return "FMOVQ"
}

func (k *rows) at(slice string) string {
	for i, s := range k.slices {
		if s == slice {
			return fmt.Sprintf("%d(R%d)", 4*lanes*k.copy, i)
		}
	}
	log.Fatalf("no slice %s", slice)
	return ""
}

// clip sets the lanes to zero that hold no number.
func (k *rows) clip(r v) {
	if k.single {
		k.op("FMOVS F%d, F%d", r, r)
	}
}

// widen converts a block to float64.
func (k *rows) widen(r v) (low, high v) {
	low, high = k.temp(), k.temp()
	k.fcvtl(low, r)
	k.fcvtl2(high, r)
	return low, high
}

// sum64 is a sum in float64, in four lanes to a copy of the body.
type sum64 struct{ low, high []v }

func (k *rows) newSum(copies int) sum64 {
	var s sum64
	for range copies {
		s.low, s.high = append(s.low, k.keep()), append(s.high, k.keep())
	}
	for i := range copies {
		k.op("VMOVI $0, V%d.B16", s.low[i])
		k.op("VMOVI $0, V%d.B16", s.high[i])
	}
	return s
}

// add adds a block to a sum.
func (k *rows) add(s sum64, r v) {
	low, high := k.widen(r)
	k.faddWide(s.low[k.copy], s.low[k.copy], low)
	k.faddWide(s.high[k.copy], s.high[k.copy], high)
	k.free(low, high)
}

// total stores the sum of all lanes as a float64 result.
func (k *rows) total(s sum64, result string) {
	all := append(s.low, s.high...)
	for n := len(all); n > 1; n /= 2 {
		for i := range n / 2 {
			k.faddWide(all[i], all[i], all[n/2+i])
		}
	}
	k.faddPair(all[0], all[0])
	k.op("FMOVD F%d, %s", all[0], k.arg(result))
}
