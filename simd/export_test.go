package simd

import (
	"runtime"
	"slices"
	"testing"
)

// EachLevel runs f as a subtest once on every level that this program has on this CPU, and skips
// those that it has on others.
func EachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	chosen := active
	defer func() { active = chosen }()
	had := supported()
	for _, l := range had {
		active = l
		t.Run(l.String(), f)
	}
	for _, l := range map[string][]level{"amd64": {avx2, avx512}, "arm64": {neon}}[runtime.GOARCH] {
		if !slices.Contains(had, l) {
			t.Run(l.String(), func(t *testing.T) { t.Skipf("this program on this CPU has the levels %v", had) })
		}
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
