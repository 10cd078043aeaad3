package patch

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestStartAgainstAstropy(t *testing.T) {
	var cases []struct {
		Shape  [2]int
		X, Y   float64
		Inside bool
		Want   []float32 // nil: the cutout does not touch the image
	}
	golden(t, "cutout.json", &cases)
	// The second band tells whether planes are kept apart.
	im := Image{Shape: []int{2, 5, 4}, Pixels: append(counting(20), counting(20)...)}
	for _, c := range cases {
		h, w := c.Shape[0], c.Shape[1]
		x0, y0 := Start(c.X, w), Start(c.Y, h)
		if inside := x0 >= 0 && y0 >= 0 && x0+w <= 4 && y0+h <= 5; inside != c.Inside {
			t.Errorf("%d x %d at (%g, %g) begins at (%d, %d): inside is %v, want %v", w, h, c.X, c.Y, x0, y0, inside, c.Inside)
		}
		cut := im.window(h, w, x0, y0, -1)
		if c.Want == nil {
			c.Want = slices.Repeat([]float32{-1}, h*w)
		}
		if !slices.Equal(cut.Shape, []int{2, h, w}) || !slices.Equal(cut.Band(0), c.Want) || !slices.Equal(cut.Band(1), c.Want) {
			t.Errorf("%d x %d at (%g, %g): %v, want %v", w, h, c.X, c.Y, cut.Pixels, c.Want)
		}
	}
}

// Transformers' center_crop begins at (H - h) // 2 too.
func TestCenterCrop(t *testing.T) {
	for h := 1; h <= 6; h++ {
		for w := 1; w <= 6; w++ {
			im := Image{Shape: []int{1, h, w}, Pixels: counting(h * w)}
			for size := 1; size <= 8; size++ {
				crop := im.CenterCrop(size, size, -1)
				y, x := int(math.Floor(float64(h-size)/2)), int(math.Floor(float64(w-size)/2))
				if y >= 0 && x >= 0 && crop.Pixels[0] != float32(y*w+x) {
					t.Errorf("%d of %d x %d begins with pixel %g, want (%d, %d)", size, w, h, crop.Pixels[0], x, y)
				}
			}
		}
	}
}

func ExampleImage_CenterCrop() {
	im := Image{Shape: []int{1, 3, 4}, Pixels: []float32{
		0, 1, 2, 3,
		4, 5, 6, 7,
		8, 9, 10, 11,
	}}
	fmt.Println(im.CenterCrop(1, 2, -1).Pixels, im.CenterCrop(2, 6, -1).Pixels)
	// Output: [5 6] [-1 0 1 2 3 -1 -1 4 5 6 7 -1]
}
