package patch

import (
	"fmt"
	"math"
)

// Grid cuts images of C bands and any number of axes into patches: a spectrum
// or light curve has one axis, an image two, a data cube three.
type Grid struct {
	Channels int   // C
	Shape    []int // of the image without its bands, slowest axis first
	Patch    []int // of a patch, an axis for each of Shape
}

// maxPixels bounds an image, so that products of sizes do not overflow.
const maxPixels = math.MaxInt32

// Validate reports the first size that cannot be.
func (g Grid) Validate() error {
	if g.Channels < 1 {
		return fmt.Errorf("the number of bands is %d; it must be at least 1", g.Channels)
	}
	if len(g.Shape) == 0 || len(g.Shape) != len(g.Patch) {
		return fmt.Errorf("image shape %v and patch shape %v must have the same number of axes, at least one", g.Shape, g.Patch)
	}
	pixels := g.Channels
	for i, side := range g.Shape {
		if side < 1 || g.Patch[i] < 1 {
			return fmt.Errorf("axis %d has %d pixels in the image and %d in a patch; both must be at least 1", i, side, g.Patch[i])
		}
		if side%g.Patch[i] != 0 {
			return fmt.Errorf("image axis %d has %d pixels, which is not a multiple of the patch's %d", i, side, g.Patch[i])
		}
		if side > maxPixels/pixels {
			return fmt.Errorf("an image of %d bands x %v has too many pixels; at most %d are supported", g.Channels, g.Shape, maxPixels)
		}
		pixels *= side
	}
	return nil
}

// Counts is the number of patches along each axis.
func (g Grid) Counts() []int {
	counts := make([]int, len(g.Shape))
	for i, side := range g.Shape {
		counts[i] = side / g.Patch[i]
	}
	return counts
}

// Patches is N, the number of patches of an image.
func (g Grid) Patches() int {
	n := 1
	for i, side := range g.Shape {
		n *= side / g.Patch[i]
	}
	return n
}

// Length is P, the numbers in a patch: all bands of it.
func (g Grid) Length() int { return g.Channels * product(g.Patch) }

// Pixels is the numbers in an image, and so in its patches.
func (g Grid) Pixels() int { return g.Channels * product(g.Shape) }

// Extract writes the patches [N, P] of an image's pixels [C, Shape...]. Patches
// run row-major over the image, a patch's numbers row-major over (band, patch),
// which is the order of a convolution's weight [D, C, Patch...].
func (g Grid) Extract(patches, pixels []float32) { g.move(patches, pixels, false) }

// Assemble is the inverse of Extract.
func (g Grid) Assemble(pixels, patches []float32) { g.move(patches, pixels, true) }

// move copies, in the order of the patches' numbers, every run that is
// contiguous in both layouts: a row of a patch.
func (g Grid) move(patches, pixels []float32, assemble bool) {
	if len(patches) != g.Pixels() || len(pixels) != g.Pixels() {
		panic("patch: slices do not have the grid's number of pixels")
	}
	last := len(g.Shape) - 1
	width, height := g.Patch[last], 1
	if last > 0 {
		height = g.Patch[last-1]
	}
	plane, length := product(g.Shape), product(g.Patch)
	for n := range g.Patches() {
		corner := g.corner(n)
		for c := range g.Channels {
			for i := 0; i < length; i += height * width {
				at := c*plane + corner + g.inside(i)
				for range height {
					if assemble {
						copy(pixels[at:at+width], patches)
					} else {
						copy(patches, pixels[at:at+width])
					}
					patches = patches[width:]
					at += g.Shape[last]
				}
			}
		}
	}
}

// corner is the place in a plane of patch n's first pixel.
func (g Grid) corner(n int) int {
	at, stride := 0, 1
	for a := len(g.Shape) - 1; a >= 0; a-- {
		count := g.Shape[a] / g.Patch[a]
		at += n % count * g.Patch[a] * stride
		n /= count
		stride *= g.Shape[a]
	}
	return at
}

// inside is the place in a plane of a patch's pixel i, seen from its corner.
func (g Grid) inside(i int) int {
	at, stride := 0, 1
	for a := len(g.Shape) - 1; a >= 0; a-- {
		at += i % g.Patch[a] * stride
		i /= g.Patch[a]
		stride *= g.Shape[a]
	}
	return at
}

func product(x []int) int {
	n := 1
	for _, v := range x {
		n *= v
	}
	return n
}
