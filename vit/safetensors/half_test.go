package safetensors

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every finite half, read, must be the number that its fields spell, and be
// written as the same bits.
func TestEveryHalf(t *testing.T) {
	for h := range 1 << 16 {
		exponent, fraction := h>>10&31, float64(h&1023)
		want := math.Ldexp(1+fraction/1024, exponent-15)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = -want
		}
		got := fromHalf(uint16(h))
		if want != want {
			if got == got || toHalf(got)&0x7c00 != 0x7c00 || toHalf(got)&0x3ff == 0 {
				t.Fatalf("half %#04x is %g and written as %#04x, want NaN", h, got, toHalf(got))
			}
			continue
		}
		if float64(got) != want || math.Signbit(float64(got)) != (h>>15 == 1) {
			t.Fatalf("half %#04x is %g, want %g", h, got, want)
		}
		if back := toHalf(got); back != uint16(h) {
			t.Fatalf("half %#04x is written as %#04x", h, back)
		}
	}
}

// Between two neighbours a number goes to the nearer, the midpoint to the one
// whose last bit is 0; for halves that is asked of every pair.
func TestHalfRoundsToNearestEven(t *testing.T) {
	for h := range uint16(0x7bff) {
		low, high := fromHalf(h), fromHalf(h+1)
		middle := (low + high) / 2 // exact in float32
		even := h + h&1
		for _, c := range []struct {
			x    float32
			want uint16
		}{{middle, even}, {math.Nextafter32(middle, 0), h}, {math.Nextafter32(middle, 1e9), h + 1}} {
			if got := toHalf(c.x); got != c.want {
				t.Fatalf("%g, between %g and %g, is written as %#04x, want %#04x", c.x, low, high, got, c.want)
			}
			if got := toHalf(-c.x); got != c.want|0x8000 {
				t.Fatalf("%g is written as %#04x, want %#04x", -c.x, got, c.want|0x8000)
			}
		}
	}
	for _, c := range []struct {
		x    float32
		want uint16
	}{{65519.996, 0x7bff}, {65520, 0x7c00}, {math.MaxFloat32, 0x7c00}, {math.SmallestNonzeroFloat32, 0}} {
		if got := toHalf(c.x); got != c.want {
			t.Errorf("%g is written as %#04x, want %#04x", c.x, got, c.want)
		}
	}
}

func TestBrainRoundsToNearestEven(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100000 {
		x := math.Float32frombits(r.Uint32())
		got := math.Float32frombits(uint32(toBrain(x)) << 16)
		if x != x {
			if got == got {
				t.Fatalf("NaN is written as %g", got)
			}
			continue
		}
		low := math.Float32bits(x) &^ 0xffff
		want := math.Float32frombits(low)
		if rest := math.Float32bits(x) & 0xffff; rest > 0x8000 || rest == 0x8000 && low&0x10000 != 0 {
			want = math.Float32frombits(low + 0x10000)
		}
		if got != want {
			t.Fatalf("%g is written as %g, want %g", x, got, want)
		}
	}
	if got := toBrain(math.MaxFloat32); got != 0x7f80 {
		t.Errorf("the largest float32 is written as %#04x, want infinity", got)
	}
}
