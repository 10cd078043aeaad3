package patch

import (
	"fmt"
	"math"
)

// Edge says what a cutout does beyond the image.
type Edge int

const (
	// Strict refuses a cutout that is not wholly inside.
	Strict Edge = iota
	// Pad fills what is outside.
	Pad
)

// Start is the first pixel of a cutout of n pixels around position x, as
// astropy.nddata's overlap_slices and photutils' CutoutImage have it:
// ceil(x - n/2). A cutout of odd n is centred on the pixel nearest to x, of even
// n on the nearest edge between two; half way between, on the lower one.
func Start(x float64, n int) int {
	return int(math.Ceil(x - float64(n)/2))
}

// Cutout copies height x width pixels of im [C, H, W] around the 0-based
// position (x, y). It gives the fraction of the cutout that lies on the image;
// the rest has the value fill. A cutout without overlap is an error, as is, if
// edge is Strict, one that is not wholly inside.
func (im Image) Cutout(height, width int, x, y float64, edge Edge, fill float32) (cut Image, overlap float64, err error) {
	h, w := im.plane()
	if math.IsNaN(x) || math.IsNaN(y) || math.Abs(x) > 1e9 || math.Abs(y) > 1e9 {
		return Image{}, 0, fmt.Errorf("position (%g, %g) is not in the image of %d x %d pixels", x, y, w, h)
	}
	if height < 1 || width < 1 {
		panic("patch: a cutout without pixels")
	}
	x0, y0 := Start(x, width), Start(y, height)
	inside := max(0, min(y0+height, h)-max(y0, 0)) * max(0, min(x0+width, w)-max(x0, 0))
	overlap = float64(inside) / float64(height*width)
	if inside == 0 {
		return Image{}, 0, fmt.Errorf("a cutout of %d x %d pixels at (%g, %g) does not touch the image of %d x %d pixels", width, height, x, y, w, h)
	}
	if edge == Strict && inside < height*width {
		return Image{}, overlap, fmt.Errorf("a cutout of %d x %d pixels at (%g, %g) reaches out of the image of %d x %d pixels", width, height, x, y, w, h)
	}
	return im.window(height, width, x0, y0, fill), overlap, nil
}

// CenterCrop copies the height x width pixels in the middle of im, the lower ones
// if there are two middles, as [Image.Cutout] around it does; where im is smaller,
// the rest has the value fill.
func (im Image) CenterCrop(height, width int, fill float32) Image {
	h, w := im.plane()
	return im.window(height, width, Start(float64(w-1)/2, width), Start(float64(h-1)/2, height), fill)
}

// window copies height x width pixels from (x0, y0) on.
func (im Image) window(height, width, x0, y0 int, fill float32) Image {
	h, w := im.plane()
	cut := NewImage(im.Bands(), height, width)
	left, right := max(0, -x0), min(width, w-x0)
	for c := range im.Bands() {
		src, dst := im.Band(c), cut.Band(c)
		for y := range height {
			row := dst[y*width:][:width]
			if y+y0 < 0 || y+y0 >= h || left >= right {
				set(row, fill)
				continue
			}
			set(row[:left], fill)
			copy(row[left:right], src[(y+y0)*w+left+x0:])
			set(row[right:], fill)
		}
	}
	return cut
}

func set(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}
