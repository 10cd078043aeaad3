package patch

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// turn is a quarter turn by the definition: what was in column x, from the
// right, is now row x.
func turn(im Image) Image {
	h, w := im.plane()
	out := NewImage(im.Bands(), w, h)
	for c := range im.Bands() {
		for y := range h {
			for x := range w {
				out.Band(c)[(w-1-x)*h+y] = im.Band(c)[y*w+x]
			}
		}
	}
	return out
}

func mirror(im Image) Image {
	_, w := im.plane()
	out := NewImage(im.Shape...)
	for c := range im.Bands() {
		for i, v := range im.Band(c) {
			y, x := i/w, i%w
			out.Band(c)[y*w+w-1-x] = v
		}
	}
	return out
}

func moved(im Image, flip bool, turns, dx, dy int) Image {
	h, w := im.plane()
	out := NewImage(im.Shape...)
	for c := range im.Bands() {
		move(out.Band(c), im.Band(c), h, w, flip, turns, dx, dy)
	}
	return out
}

func TestQuarterTurns(t *testing.T) {
	im := Image{Shape: []int{2, 5, 5}, Pixels: counting(50)}
	want := im
	for turns := range 4 {
		if got := moved(im, false, turns, 0, 0); !slices.Equal(got.Pixels, want.Pixels) {
			t.Errorf("%d quarter turns give %v, want %v", turns, got.Pixels, want.Pixels)
		}
		if got, want := moved(im, true, turns, 0, 0), mirror(want); !slices.Equal(got.Pixels, want.Pixels) {
			t.Errorf("%d quarter turns, flipped, give %v, want %v", turns, got.Pixels, want.Pixels)
		}
		want = turn(want)
	}
	once := im
	for range 4 {
		once = moved(once, false, 1, 0, 0)
	}
	if !slices.Equal(once.Pixels, im.Pixels) {
		t.Error("four quarter turns are not the identity")
	}
}

func TestShift(t *testing.T) {
	im := Image{Shape: []int{1, 3, 4}, Pixels: counting(12)}
	for dy := -4; dy <= 4; dy++ {
		for dx := -5; dx <= 5; dx++ {
			for _, turns := range []int{0, 2} {
				turned := moved(im, false, turns, 0, 0)
				got := moved(im, false, turns, dx, dy)
				for i, v := range got.Pixels {
					y, x := i/4-dy, i%4-dx
					want := float32(0)
					if y >= 0 && y < 3 && x >= 0 && x < 4 {
						want = turned.Pixels[y*4+x]
					}
					if v != want {
						t.Fatalf("shift (%d, %d) after %d turns: pixel %d is %g, want %g", dx, dy, turns, i, v, want)
					}
				}
			}
		}
	}
}

// Over many draws every variation that is asked for turns up, and no other.
func TestAugmentReachesAll(t *testing.T) {
	square := Image{Shape: []int{1, 3, 3}, Pixels: counting(9)}
	oblong := Image{Shape: []int{1, 2, 3}, Pixels: counting(6)}
	for _, c := range []struct {
		name string
		a    Augment
		im   Image
		want int
	}{
		{"nothing", Augment{}, square, 1},
		{"flips", Augment{Flip: true}, square, 2},
		{"turns", Augment{Rotate: true}, square, 4},
		{"the dihedral group", Augment{Flip: true, Rotate: true}, square, 8},
		{"half turns", Augment{Rotate: true}, oblong, 2},
		{"the oblong's group", Augment{Flip: true, Rotate: true}, oblong, 4},
		{"shifts", Augment{Shift: 1}, square, 9},
		{"all", Augment{Flip: true, Rotate: true, Shift: 1}, square, 8 * 9},
	} {
		r := rand.New(rand.NewPCG(11, 12))
		seen := map[string]bool{}
		dst := NewImage(c.im.Shape...)
		for range 4000 {
			c.a.Apply(dst, c.im, r)
			key := make([]byte, len(dst.Pixels))
			for i, v := range dst.Pixels {
				key[i] = byte(v)
			}
			seen[string(key)] = true
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d variations, want %d", c.name, len(seen), c.want)
		}
	}
}

func TestAugmentIsDeterministic(t *testing.T) {
	im := Image{Shape: []int{3, 8, 8}, Pixels: counting(192)}
	a := Augment{Flip: true, Rotate: true, Shift: 2}
	one, two := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
	x, y := NewImage(3, 8, 8), NewImage(3, 8, 8)
	for i := range 50 {
		a.Apply(x, im, one)
		a.Apply(y, im, two)
		if !slices.Equal(x.Pixels, y.Pixels) {
			t.Fatalf("draw %d differs", i)
		}
	}
	if n := testing.AllocsPerRun(10, func() { a.Apply(x, im, one) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
