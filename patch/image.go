package patch

// Image is C bands of pixels, planar and row-major: Shape is [C, H, W] for a
// picture, [C, n] for a spectrum, [C, D, H, W] for a cube.
type Image struct {
	Shape  []int
	Pixels []float32
}

// NewImage makes an image of zeros.
func NewImage(shape ...int) Image {
	return Image{Shape: shape, Pixels: make([]float32, product(shape))}
}

// Bands is C.
func (im Image) Bands() int { return im.Shape[0] }

// Band is the pixels of one band, not a copy.
func (im Image) Band(c int) []float32 {
	n := len(im.Pixels) / im.Shape[0]
	return im.Pixels[c*n : (c+1)*n : (c+1)*n]
}

// plane is the height and width of an image with two axes beside its bands.
func (im Image) plane() (height, width int) {
	if len(im.Shape) != 3 {
		panic("patch: an image that is not [C, H, W]")
	}
	return im.Shape[1], im.Shape[2]
}

// Flipped is a copy of im [C, H, W] with its rows in reverse order. Viewers of
// FITS files draw the first row at the bottom, those of photos at the top.
func (im Image) Flipped() Image {
	_, width := im.plane()
	out := NewImage(im.Shape...)
	for c := range im.Bands() {
		src, dst := im.Band(c), out.Band(c)
		for at := 0; at < len(src); at += width {
			copy(dst[len(dst)-at-width:], src[at:at+width])
		}
	}
	return out
}
