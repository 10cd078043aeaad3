package patch

// Variants is the number of an image's turns and flips: 8 of a square one, and 4
// of another, which quarter turns would not fit.
func Variants(height, width int) int {
	if height == width {
		return 8
	}
	return 4
}

// Variant copies turn and flip k of src to dst, of the same shape but other
// memory: the image itself, its half turn, both flipped left to right, and those
// four after a quarter turn. The first 1, 2, 4 and 8 are groups: as sets, they
// are the same for each of their members.
func Variant(dst, src Image, k int) {
	h, w := src.plane()
	if len(dst.Pixels) != len(src.Pixels) || dst.Bands() != src.Bands() {
		panic("patch: images of different sizes")
	}
	if k < 0 || k >= Variants(h, w) {
		panic("patch: no such variant of the image")
	}
	first, right, down := 0, 1, w // where dst's first pixel is in src, and the steps to those beside and below it
	if k&4 != 0 {
		first, right, down = first+right*(w-1), down, -right
	}
	if k&1 != 0 {
		first, right, down = first+right*(w-1)+down*(h-1), -right, -down
	}
	if k&2 != 0 {
		first, right = first+right*(w-1), -right
	}
	for c := range src.Bands() {
		from, to := src.Band(c), dst.Band(c)
		for i := range to {
			to[i] = from[first+i%w*right+i/w*down]
		}
	}
}
