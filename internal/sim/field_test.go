package sim

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTileConvention(t *testing.T) {
	f := newTile(512, rand.New(rand.NewPCG(5, 0)))
	seen := map[Class]int{}
	for i, o := range f.Objects {
		seen[o.Class]++
		if min(o.X, o.Y) < 15.5 || max(o.X, o.Y) >= 495.5 {
			t.Errorf("object %d at (%.1f, %.1f) is in the cell of no window", i, o.X, o.Y)
		}
		for _, p := range f.Objects[:i] {
			if d := math.Hypot(o.X-p.X, o.Y-p.Y); d < Separation {
				t.Errorf("two objects are %.1f apart", d)
			}
		}
	}
	for c := range Empty {
		if n := seen[c]; n < len(f.Objects)/int(Empty) {
			t.Errorf("%d of %d objects are of class %s", n, len(f.Objects), c)
		}
	}
}

// inCell says whether a centre lies in the central cell of the window whose first pixel is (x0, y0).
func inCell(o Object, x0, y0 float64) bool {
	const rim = (WindowSide-CellSide)/2 - 0.5
	u, v := o.X-x0-rim, o.Y-y0-rim
	return u >= 0 && v >= 0 && u < CellSide && v < CellSide
}

// neighbours counts the centres in a window outside of its cell.
func neighbours(f *Field, x0, y0 float64) (n float64) {
	for _, o := range f.Objects {
		u, v := o.X-x0+0.5, o.Y-y0+0.5
		if u >= 0 && v >= 0 && u < WindowSide && v < WindowSide && !inCell(o, x0, y0) {
			n++
		}
	}
	return n
}

// Windows look like what a scan of tiles comes by: they are labelled by what their cell holds, and have as many
// neighbours, around an object and around nothing.
func TestWindowsAreThoseOfAScan(t *testing.T) {
	var scan, set [2]struct{ windows, neighbours float64 } // of empty cells, of others
	for seed := range uint64(8) {
		f := newTile(512, rand.New(rand.NewPCG(seed, 0)))
		for y := 32.0; y <= 512-96; y += CellSide { // away from the rim of the tile, beyond which nothing lies
			for x := 32.0; x <= 512-96; x += CellSide {
				occupied := 0
				for _, o := range f.Objects {
					if inCell(o, x, y) {
						occupied++
					}
				}
				if occupied > 1 {
					t.Fatalf("%d objects in one cell", occupied)
				}
				scan[occupied].windows++
				scan[occupied].neighbours += neighbours(f, x, y)
			}
		}
	}
	for i := range 420 {
		class := Class(i % Classes)
		f := newWindow(class, rand.New(rand.NewPCG(9, uint64(i))))
		occupied := 0
		for k, o := range f.Objects {
			if inCell(o, 0, 0) {
				occupied++
				if k != 0 || o.Class != class {
					t.Fatalf("window %d of class %s has a %s in its cell", i, class, o.Class)
				}
			}
		}
		if want := min(1, int(Empty-class)); occupied != want {
			t.Fatalf("window %d of class %s has %d objects in its cell", i, class, occupied)
		}
		set[occupied].windows++
		set[occupied].neighbours += neighbours(f, 0, 0)
	}
	for k, what := range []string{"empty", "occupied"} {
		got, want := set[k].neighbours/set[k].windows, scan[k].neighbours/scan[k].windows
		t.Logf("%s: %.3f neighbours in a window of the set, %.3f in one of a tile", what, got, want)
		near(t, "neighbours of "+what+" cells", got, want, 0.25*want+0.02)
	}
}

// Each class draws in all of its variety, finitely and positively.
func TestObjects(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 60 {
		class := Class(i) % Empty
		f := &Field{Width: 64, Height: 64, Seeing: NewPSF(2.8, 3.5), Noise: DarkSky}
		f.Objects = []Object{NewObject(class, 31.5, 31.5, f.Noise, r)}
		im := f.Expected()
		peak := 0.0
		for _, v := range im.Pix {
			if math.IsNaN(v) || v < -1 {
				t.Fatalf("%s %d: expects %g electrons", class, i, v)
			}
			peak = max(peak, v)
		}
		if snr := peak / f.Noise.Sigma(); snr < 4 || snr > 2000 {
			t.Errorf("%s %d: brightest pixel is %.1f times the noise", class, i, snr)
		}
	}
}

func TestWindowIsItsSeed(t *testing.T) {
	_, a := Window(Spiral, 3, 7)
	_, b := Window(Spiral, 3, 7)
	_, c := Window(Spiral, 3, 8)
	same := true
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("the same seed and index make two windows")
		}
		same = same && a[i] == c[i]
	}
	if same {
		t.Error("two indices make the same window")
	}
}
