package patch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestCutoutAgainstAstropy(t *testing.T) {
	var cases []struct {
		Shape  [2]int
		X, Y   float64
		Inside bool
		Want   []float32
	}
	golden(t, "cutout.json", &cases)
	// The second band tells whether planes are kept apart.
	im := Image{Shape: []int{2, 5, 4}, Pixels: append(counting(20), counting(20)...)}
	for _, c := range cases {
		h, w := c.Shape[0], c.Shape[1]
		_, _, err := im.Cutout(h, w, c.X, c.Y, Strict, -1)
		if (err == nil) != c.Inside {
			t.Errorf("strict, %d x %d at (%g, %g): %v, inside is %v", w, h, c.X, c.Y, err, c.Inside)
		}
		cut, overlap, err := im.Cutout(h, w, c.X, c.Y, Pad, -1)
		if c.Want == nil {
			if err == nil || overlap != 0 || !strings.Contains(err.Error(), "does not touch") {
				t.Errorf("%d x %d at (%g, %g), outside: overlap %g, %v", w, h, c.X, c.Y, overlap, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%d x %d at (%g, %g): %v", w, h, c.X, c.Y, err)
			continue
		}
		if !slices.Equal(cut.Shape, []int{2, h, w}) || !slices.Equal(cut.Band(0), c.Want) || !slices.Equal(cut.Band(1), c.Want) {
			t.Errorf("%d x %d at (%g, %g): %v, want %v", w, h, c.X, c.Y, cut.Pixels, c.Want)
		}
		on := 0
		for _, v := range c.Want {
			if v >= 0 {
				on++
			}
		}
		if overlap != float64(on)/float64(h*w) {
			t.Errorf("%d x %d at (%g, %g): overlap %g, want %d of %d", w, h, c.X, c.Y, overlap, on, h*w)
		}
	}
}

// The list of photutils' own tests, in words.
func TestCutoutEdges(t *testing.T) {
	im := Image{Shape: []int{1, 5, 4}, Pixels: counting(20)}
	nan := math.NaN()
	for _, c := range []struct {
		name    string
		h, w    int
		x, y    float64
		edge    Edge
		overlap float64
		want    string
	}{
		{"inside", 3, 3, 1, 2, Strict, 1, ""},
		{"the whole image", 5, 4, 2, 2, Strict, 1, ""},
		{"first corner", 3, 3, 0, 0, Pad, 4. / 9, ""},
		{"last corner", 3, 3, 3, 4, Pad, 4. / 9, ""},
		{"first corner, strict", 3, 3, 0, 0, Strict, 4. / 9, "reaches out"},
		{"larger than the image", 50, 40, 2, 2, Pad, 20. / 2000, ""},
		{"even size at the edge", 2, 2, 0, 0, Pad, 1. / 4, ""},
		{"beside the image", 3, 3, 10, 2, Pad, 0, "does not touch"},
		{"no position", 3, 3, nan, 2, Pad, 0, "not in the image"},
		{"infinitely far", 3, 3, 1, math.Inf(1), Pad, 0, "not in the image"},
		{"too far for an int", 3, 3, 1e300, 2, Pad, 0, "not in the image"},
	} {
		_, overlap, err := im.Cutout(c.h, c.w, c.x, c.y, c.edge, float32(nan))
		if overlap != c.overlap || c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: overlap %g, %v; want %g and %q", c.name, overlap, err, c.overlap, c.want)
		}
	}
}

func TestCutoutIsACopy(t *testing.T) {
	im := Image{Shape: []int{1, 2, 2}, Pixels: counting(4)}
	cut, _, err := im.Cutout(2, 2, 1, 1, Strict, 0)
	if err != nil {
		t.Fatal(err)
	}
	cut.Pixels[0] = 9
	if im.Pixels[0] != 0 {
		t.Error("a cutout shares its image's memory")
	}
}

// A crop is the cutout around the middle, which transformers' center_crop takes
// from (H - h) // 2 on.
func TestCenterCrop(t *testing.T) {
	for h := 1; h <= 6; h++ {
		for w := 1; w <= 6; w++ {
			im := Image{Shape: []int{1, h, w}, Pixels: counting(h * w)}
			for size := 1; size <= 8; size++ {
				crop := im.CenterCrop(size, size, -1)
				want, _, err := im.Cutout(size, size, float64(w-1)/2, float64(h-1)/2, Pad, -1)
				if err != nil || !slices.Equal(crop.Pixels, want.Pixels) {
					t.Errorf("%d of %d x %d: %v, the cutout is %v (%v)", size, w, h, crop.Pixels, want.Pixels, err)
				}
				y, x := int(math.Floor(float64(h-size)/2)), int(math.Floor(float64(w-size)/2))
				if y >= 0 && x >= 0 && crop.Pixels[0] != float32(y*w+x) {
					t.Errorf("%d of %d x %d begins with pixel %g, want (%d, %d)", size, w, h, crop.Pixels[0], x, y)
				}
			}
		}
	}
}

func ExampleImage_Cutout() {
	im := Image{Shape: []int{1, 3, 4}, Pixels: []float32{
		0, 1, 2, 3,
		4, 5, 6, 7,
		8, 9, 10, 11,
	}}
	cut, overlap, err := im.Cutout(2, 3, 3, 1, Pad, -1)
	fmt.Println(cut.Shape, cut.Pixels, err)
	fmt.Printf("%.2f of it is on the image\n", overlap)
	// Output:
	// [1 2 3] [2 3 -1 6 7 -1] <nil>
	// 0.67 of it is on the image
}
