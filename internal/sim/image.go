package sim

import "math"

// An Image is a field of expected electrons, row-major: pixel (x, y) is Pix[y*Width+x].
type Image struct {
	Width, Height int
	Pix           []float64
}

// NewImage returns a dark image.
func NewImage(width, height int) *Image {
	return &Image{width, height, make([]float64, width*height)}
}

// Integration of a pixel stops where halving its cells changes it by less than tolerance electrons, or at cells of
// 2^-maxDepth pixels. The error is far smaller, since that change is extrapolated.
const (
	tolerance = 0.3
	maxDepth  = 6
)

// Add draws light centred at pixel position (x0, y0): each pixel receives the surface brightness integrated over its
// area. Cusps, thin discs and arcs are sampled as finely as they need.
func (im *Image) Add(l Light, x0, y0 float64) {
	switch l := l.(type) { // components one by one, each within its own reach
	case Sum:
		for _, part := range l {
			im.Add(part, x0, y0)
		}
		return
	case Offset:
		im.Add(l.Light, x0+l.X, y0+l.Y)
		return
	}
	reach := l.Reach()
	lox, hix := span(x0, reach, im.Width)
	loy, hiy := span(y0, reach, im.Height)
	for y := loy; y < hiy; y++ {
		row := im.Pix[y*im.Width : (y+1)*im.Width]
		for x := lox; x < hix; x++ {
			u, v := float64(x)-x0, float64(y)-y0
			row[x] += integrate(l, u, v, 1, l.At(u, v), maxDepth)
		}
	}
}

// span returns the pixels lo <= i < hi within reach of a centre.
func span(centre, reach float64, size int) (lo, hi int) {
	return int(max(0, math.Floor(centre-reach+0.5))), int(min(float64(size), math.Ceil(centre+reach+0.5)))
}

// integrate returns the light in the square cell of a side around (x, y), at whose centre it is middle.
func integrate(l Light, x, y, side, middle float64, depth int) float64 {
	var quarters [4]float64
	d := side / 4
	quarters[0] = l.At(x-d, y-d)
	quarters[1] = l.At(x+d, y-d)
	quarters[2] = l.At(x-d, y+d)
	quarters[3] = l.At(x+d, y+d)
	mean := (quarters[0] + quarters[1] + quarters[2] + quarters[3]) / 4
	if depth == 0 || math.Abs(mean-middle)*side*side < tolerance {
		return (4*mean - middle) / 3 * side * side // Richardson: the error of both is quadratic in the side
	}
	return integrate(l, x-d, y-d, side/2, quarters[0], depth-1) + integrate(l, x+d, y-d, side/2, quarters[1], depth-1) +
		integrate(l, x-d, y+d, side/2, quarters[2], depth-1) + integrate(l, x+d, y+d, side/2, quarters[3], depth-1)
}

// Inner returns the image without a border of some pixels on each side.
func (im *Image) Inner(border int) *Image {
	out := NewImage(im.Width-2*border, im.Height-2*border)
	for y := range out.Height {
		copy(out.Pix[y*out.Width:(y+1)*out.Width], im.Pix[(y+border)*im.Width+border:])
	}
	return out
}

// spans returns for each row the pixels lo <= x < hi outside of which it is dark.
func (im *Image) spans() [][2]int {
	spans := make([][2]int, im.Height)
	for y := range spans {
		row := im.Pix[y*im.Width : (y+1)*im.Width]
		lo, hi := 0, im.Width
		for lo < hi && row[lo] == 0 {
			lo++
		}
		for lo < hi && row[hi-1] == 0 {
			hi--
		}
		spans[y] = [2]int{lo, hi}
	}
	return spans
}
