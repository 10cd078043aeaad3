package simd

import (
	"fmt"
	"os"
)

// level is a set of instructions that kernels are written for. A level is
// better than those before it on the same architecture.
type level uint8

const (
	generic level = iota // plain Go
	avx2                 // amd64: AVX2 and FMA3
	avx512               // amd64: AVX-512F, with the kernels of avx2 where it has none of its own
	neon                 // arm64: NEON, which every arm64 has
)

func (l level) String() string {
	switch l {
	case generic:
		return "generic"
	case avx2:
		return "avx2"
	case avx512:
		return "avx512"
	case neon:
		return "neon"
	}
	panic("simd: unknown level")
}

// active is the level of every kernel. Only tests change it after the start.
var active = startLevel()

// Level names the instruction set that the kernels use: "generic", "avx2",
// "avx512" or "neon".
func Level() string { return active.String() }

// startLevel is the best level of this CPU or the one that ASTROVIT_SIMD names.
// It ends the program if that is not to be had: who forces a level measures or
// compares, and must not get another without notice.
func startLevel() level {
	l, err := chooseLevel(os.Getenv("ASTROVIT_SIMD"), supported())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return l
}

// chooseLevel returns the level that name asks for, or the last, which is the
// best, of the levels had if name is empty.
func chooseLevel(name string, had []level) (level, error) {
	if name == "" {
		return had[len(had)-1], nil
	}
	for _, l := range had {
		if l.String() == name {
			return l, nil
		}
	}
	return generic, fmt.Errorf("ASTROVIT_SIMD=%s: this program on this CPU has the levels %v", name, had)
}
