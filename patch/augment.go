package patch

import "math/rand/v2"

// Augment is how a training image [C, H, W] is varied: moves that do not
// change what is seen on the sky.
type Augment struct {
	Flip   bool // left to right, half of the time
	Rotate bool // by quarter turns; of half turns where the image is not square
	Shift  int  // by up to this many pixels along each axis; what comes in is 0
}

// Apply writes a random variation of src to dst, of the same shape but other
// memory. The same state of r gives the same variation. It does not allocate.
func (a Augment) Apply(dst, src Image, r *rand.Rand) {
	h, w := src.plane()
	if len(dst.Pixels) != len(src.Pixels) || dst.Bands() != src.Bands() {
		panic("patch: images of different sizes")
	}
	flip := a.Flip && r.IntN(2) == 1
	turns := 0
	if a.Rotate {
		turns = r.IntN(4)
		if h != w {
			turns &= 2
		}
	}
	dx, dy := 0, 0
	if a.Shift > 0 {
		dx, dy = r.IntN(2*a.Shift+1)-a.Shift, r.IntN(2*a.Shift+1)-a.Shift
	}
	for c := range src.Bands() {
		move(dst.Band(c), src.Band(c), h, w, flip, turns, dx, dy)
	}
}

// move is one band: out(x, y) = in(turned and flipped (x - dx, y - dy)).
func move(dst, src []float32, h, w int, flip bool, turns, dx, dy int) {
	// Along a row of dst, src is walked from origin by step; the next row
	// begins at origin + down.
	var origin, step, down int
	switch turns {
	case 0:
		origin, step, down = 0, 1, w
	case 1:
		origin, step, down = w-1, w, -1
	case 2:
		origin, step, down = h*w-1, -1, -w
	case 3:
		origin, step, down = (h-1)*w, -w, 1
	}
	if flip {
		origin, step = origin+(w-1)*step, -step
	}
	for y := range h {
		row := dst[y*w:][:w]
		if y-dy < 0 || y-dy >= h {
			clear(row)
			continue
		}
		at := origin + (y-dy)*down - dx*step
		for x := range row {
			if x-dx < 0 || x-dx >= w {
				row[x] = 0
			} else {
				row[x] = src[at+x*step]
			}
		}
	}
}
