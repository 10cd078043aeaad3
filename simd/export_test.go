package simd

import "testing"

// EachLevel runs f as a subtest once on every level that this CPU has.
func EachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	chosen := active
	defer func() { active = chosen }()
	for _, l := range supported() {
		active = l
		t.Run(l.String(), f)
	}
}

// EachLevelBench is EachLevel for benchmarks.
func EachLevelBench(b *testing.B, f func(b *testing.B)) {
	b.Helper()
	chosen := active
	defer func() { active = chosen }()
	for _, l := range supported() {
		active = l
		b.Run("level="+l.String(), f)
	}
}

// LargestByte is the most that a byte of a packed factor may be.
func LargestByte() int { return byteTiling().largest }
