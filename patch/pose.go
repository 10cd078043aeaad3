package patch

import "math"

// pose is how an output lies over its input: at the input's middle, moved by
// (dx, dy) pixels, mirrored, turned by an angle in radians from x to y and
// enlarged by zoom.
type pose struct {
	flip         bool
	angle        float64
	zoom, dx, dy float64
}

// quad is where a pixel comes from: four pixels of the input, from at on, and the
// weights of those to the right and below.
type quad struct {
	at, right, down int
	x, y            float32
}

// position is a pixel position in units of 2^-32. Rounded to them, the sines of
// quarter turns are whole.
type position int64

const one = 1 << 32

func fixed(x float64) position { return position(math.Round(x * one)) }

// between is the two of n pixels that a position lies between, both the same
// beyond the edge, and the weight of the second.
func (p position) between(n int) (first, second int, weight float32) {
	at := int(p >> 32)
	return min(max(at, 0), n-1), min(max(at+1, 0), n-1), float32(uint32(p)) * (1.0 / one)
}

// resample interpolates src [C, H', W'] bilinearly at the pixels of dst
// [C, H, W]. With p's matrix A the pixel at q from dst's centre is
//
//	src(centre + A (q - d)),  A = 1/zoom [cos -sin; sin cos] [±1 0; 0 1]
func (p pose) resample(dst, src Image) {
	height, width := dst.plane()
	h, w := src.plane()
	sin, cos := math.Sincos(p.angle)
	xx, xy, yx, yy := cos/p.zoom, -sin/p.zoom, sin/p.zoom, cos/p.zoom
	if p.flip {
		xx, yx = -xx, -yx
	}
	centreX, centreY := float64(width-1)/2, float64(height-1)/2
	left := centreX + float64(Start(float64(w-1)/2, width)) - xx*(centreX+p.dx) - xy*(centreY+p.dy)
	top := centreY + float64(Start(float64(h-1)/2, height)) - yx*(centreX+p.dx) - yy*(centreY+p.dy)

	stepX, stepY := fixed(xx), fixed(yx)
	var quads [64]quad
	for y := range height {
		atX, atY := fixed(left+xy*float64(y)), fixed(top+yy*float64(y))
		for from := 0; from < width; from += len(quads) {
			part := quads[:min(len(quads), width-from)]
			for i := range part {
				x0, x1, weightX := atX.between(w)
				y0, y1, weightY := atY.between(h)
				part[i] = quad{y0*w + x0, x1 - x0, (y1 - y0) * w, weightX, weightY}
				atX, atY = atX+stepX, atY+stepY
			}
			for c := range src.Bands() {
				gather(dst.Band(c)[y*width+from:], src.Band(c), part)
			}
		}
	}
}

// gather interpolates a band at quads.
func gather(dst, src []float32, quads []quad) {
	dst = dst[:len(quads)]
	for i := range quads {
		q := &quads[i]
		above, below := q.at, q.at+q.down
		a, b := src[above], src[below]
		a += q.x * (src[above+q.right] - a)
		b += q.x * (src[below+q.right] - b)
		dst[i] = a + q.y*(b-a)
	}
}
