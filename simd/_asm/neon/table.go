package main

import (
	"fmt"
	"math"
)

// constant is four copies of the bits of a float32, in the file's table.
type constant struct {
	name string
	bits uint32
}

func number(name string, x float64) constant {
	return constant{name, math.Float32bits(float32(x))}
}

// useTable makes constants available to the function.
func (k *rows) useTable() { k.op("MOVD $numbers<>(SB), %s", regTable) }

// set loads a constant to all lanes of a register for the rest of the body.
// Horner's scheme destroys what it adds to, so the table is as good a place for
// a coefficient as a register is.
func (k *rows) set(c constant) v {
	at, ok := k.places[c.name]
	if !ok {
		at = 4 * lanes * len(k.places)
		if k.places == nil {
			k.places = map[string]int{}
		}
		k.places[c.name] = at
		for i := 0; i < 4*lanes; i += 8 {
			fmt.Fprintf(&k.table, "DATA numbers<>+%d(SB)/8, $%#016x // %s\n", at+i, uint64(c.bits)<<32|uint64(c.bits), c.name)
		}
	}
	r := k.temp()
	k.op("FMOVQ %d(%s), F%d", at, regTable, r)
	return r
}

// once loads a constant for the next instruction only.
func (k *rows) once(c constant) v {
	r := k.set(c)
	k.free(r)
	return r
}

// horner is c[0] + x·(c[1] + x·(c[2] + …)).
func (k *rows) horner(x v, c []constant) v {
	p := k.set(c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		next := k.set(c[i])
		k.fmla(next, p, x)
		k.free(p)
		p = next
	}
	return p
}

// polynomial names coefficients.
func polynomial(name string, values ...float64) []constant {
	var c []constant
	for i, x := range values {
		c = append(c, number(fmt.Sprintf("%s%d", name, i), x))
	}
	return c
}
