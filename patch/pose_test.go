package patch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func posed(im Image, height, width int, p pose) Image {
	out := NewImage(im.Bands(), height, width)
	p.resample(out, im)
	return out
}

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

func quarters(n int) float64 { return float64(n) * math.Pi / 2 }

// noisy is pixels without any order, so that only exact copies are equal.
func noisy(shape ...int) Image {
	im := NewImage(shape...)
	r := rand.New(rand.NewPCG(9, uint64(len(im.Pixels))))
	for i := range im.Pixels {
		im.Pixels[i] = float32(r.NormFloat64())
	}
	return im
}

// Quarter turns and flips are exact copies, however large the image.
func TestQuarterTurns(t *testing.T) {
	for _, side := range []int{1, 2, 5, 64, 65, 301} {
		im := noisy(2, side, side)
		want := im
		for turns := range 4 {
			if got := posed(im, side, side, pose{angle: quarters(turns), zoom: 1}); !slices.Equal(got.Pixels, want.Pixels) {
				t.Errorf("side %d: %d quarter turns are not exact", side, turns)
			}
			if got, want := posed(im, side, side, pose{angle: quarters(turns), zoom: 1, flip: true}), mirror(want); !slices.Equal(got.Pixels, want.Pixels) {
				t.Errorf("side %d: %d quarter turns, flipped, are not exact", side, turns)
			}
			want = turn(want)
		}
		if !slices.Equal(want.Pixels, im.Pixels) {
			t.Errorf("side %d: four quarter turns are not the identity", side)
		}
	}
}

// A shift by whole pixels is an exact copy, the nearest pixels at the edges.
func TestShift(t *testing.T) {
	im := noisy(1, 3, 4)
	for dy := -4; dy <= 4; dy++ {
		for dx := -5; dx <= 5; dx++ {
			for _, turns := range []int{0, 2} {
				turned := posed(im, 3, 4, pose{angle: quarters(turns), zoom: 1})
				got := posed(im, 3, 4, pose{angle: quarters(turns), zoom: 1, dx: float64(dx), dy: float64(dy)})
				for i, v := range got.Pixels {
					y, x := min(max(i/4-dy, 0), 2), min(max(i%4-dx, 0), 3)
					if want := turned.Pixels[y*4+x]; v != want {
						t.Fatalf("shift (%d, %d) after %d turns: pixel %d is %g, want %g", dx, dy, turns, i, v, want)
					}
				}
			}
		}
	}
}

// What is not moved is the middle that CenterCrop cuts.
func TestPoseIsCentred(t *testing.T) {
	im := noisy(2, 9, 12)
	for height := 1; height <= 9; height++ {
		for width := 1; width <= 12; width++ {
			got, want := posed(im, height, width, pose{zoom: 1}), im.CenterCrop(height, width, 0)
			if !slices.Equal(got.Pixels, want.Pixels) {
				t.Errorf("%d x %d pixels of 12 x 9 are not those in its middle", width, height)
			}
		}
	}
}

// In the corners of a turned image is what a larger source has there: within
// the plane a x + b y + c nothing but the plane is seen.
func TestTurnsShowTheSky(t *testing.T) {
	const side, wide = 16, 26
	im := NewImage(1, wide, wide)
	for i := range im.Pixels {
		im.Pixels[i] = float32(i%wide)/64 - float32(i/wide)/32
	}
	for _, angle := range []float64{0.3, math.Pi / 4, 2, 5} {
		got := posed(im, side, side, pose{angle: angle, zoom: 1})
		sin, cos := math.Sincos(angle)
		for i, v := range got.Pixels {
			x, y := float64(i%side)-(side-1)/2.0, float64(i/side)-(side-1)/2.0
			sx, sy := (wide-1)/2.0+cos*x-sin*y, (wide-1)/2.0+sin*x+cos*y
			if want := sx/64 - sy/32; math.Abs(float64(v)-want) > 1e-6 {
				t.Fatalf("angle %g, pixel %d: %g, want %g", angle, i, v, want)
			}
		}
	}
}

// bilinear is a pixel of a pose by the definition, in float64.
func bilinear(im Image, c, height, width, x, y int, p pose) float64 {
	h, w := im.plane()
	centreX, centreY := float64(width-1)/2, float64(height-1)/2
	qx, qy := (float64(x)-centreX-p.dx)/p.zoom, (float64(y)-centreY-p.dy)/p.zoom
	if p.flip {
		qx = -qx
	}
	sin, cos := math.Sincos(p.angle)
	at := func(size, n int, offset float64) float64 { // a position among size pixels
		return float64(Start(float64(size-1)/2, n)) + float64(n-1)/2 + offset
	}
	sx, sy := at(w, width, cos*qx-sin*qy), at(h, height, sin*qx+cos*qy)
	sum := 0.0
	for j := range h { // beyond the edge the first or last pixel has all of the weight
		for i := range w {
			weight := max(0, 1-math.Abs(min(max(sx, 0), float64(w-1))-float64(i))) * max(0, 1-math.Abs(min(max(sy, 0), float64(h-1))-float64(j)))
			sum += weight * float64(im.Band(c)[j*w+i])
		}
	}
	return sum
}

func TestPoseAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][4]int{{8, 8, 8, 8}, {5, 9, 5, 9}, {13, 12, 8, 9}, {1, 7, 1, 7}, {2, 70, 2, 70}, {4, 4, 9, 6}} {
		im := noisy(2, size[0], size[1])
		for range 20 {
			p := pose{r.IntN(2) == 1, 7 * symmetric(r), math.Exp(symmetric(r)), 5 * symmetric(r), 5 * symmetric(r)}
			got := posed(im, size[2], size[3], p)
			for c := range 2 {
				for i, v := range got.Band(c) {
					want := bilinear(im, c, size[2], size[3], i%size[3], i/size[3], p)
					if !(math.Abs(float64(v)-want) < 2e-6) {
						t.Fatalf("%v, %+v: band %d, pixel %d is %g, want %g", size, p, c, i, v, want)
					}
				}
			}
		}
	}
}

// peers is what testdata/make_augment.py wrote.
func peers(t *testing.T) (cases struct {
	Poses []struct {
		Size, To     [2]int
		Flip         bool
		Degrees      float64
		Zoom, Dx, Dy float64
		Pixels       []float32
		Want         []float64
	}
	Blurs []struct {
		Size   [2]int
		Sigma  float64
		Pixels []float32
		Want   []float64
	}
}) {
	golden(t, "augment.json", &cases)
	return cases
}

// off is the largest difference of two images.
func off(got []float32, want []float64) float64 {
	worst := 0.0
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-want[i]))
	}
	return worst
}

func TestPoseAgainstTorch(t *testing.T) {
	for _, c := range peers(t).Poses {
		im := Image{Shape: []int{1, c.Size[0], c.Size[1]}, Pixels: c.Pixels}
		got := posed(im, c.To[0], c.To[1], pose{c.Flip, c.Degrees * math.Pi / 180, c.Zoom, c.Dx, c.Dy})
		if d := off(got.Pixels, c.Want); !(d < 1e-6) {
			t.Errorf("%v to %v, flip %v, %g degrees, zoom %g, (%g, %g): off by %.2g", c.Size, c.To, c.Flip, c.Degrees, c.Zoom, c.Dx, c.Dy, d)
		}
	}
}
