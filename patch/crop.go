package patch

import "math"

// Start is the first pixel of a cutout of n pixels around position x, as
// astropy.nddata's overlap_slices and photutils' CutoutImage have it:
// ceil(x - n/2). A cutout of odd n is centred on the pixel nearest to x, of even
// n on the nearest edge between two; half way between, on the lower one.
func Start(x float64, n int) int {
	return int(math.Ceil(x - float64(n)/2))
}

// CenterCrop copies the height x width pixels in the middle of im [C, H, W], from
// where [Start] of it is; where im is smaller, the rest has the value fill.
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
