package patch

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

func TestPreview(t *testing.T) {
	nan := float32(math.NaN())
	grey := Preview(Image{Shape: []int{1, 2, 2}, Pixels: []float32{-1, 1, nan, 0}})
	for i, want := range []uint8{0, 255, 0, 128} {
		if got := grey.RGBAAt(i%2, i/2); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("pixel %d is %v, want %d", i, got, want)
		}
	}
	rgb := Preview(Image{Shape: []int{3, 1, 2}, Pixels: []float32{0, 4, 2, 2, 4, 0}})
	if a, b := rgb.RGBAAt(0, 0), rgb.RGBAAt(1, 0); a != (color.RGBA{0, 128, 255, 255}) || b != (color.RGBA{255, 128, 0, 255}) {
		t.Errorf("three bands give %v and %v", a, b)
	}
	mean := Preview(Image{Shape: []int{2, 1, 2}, Pixels: []float32{0, 4, 0, 0}})
	if a, b := mean.RGBAAt(0, 0), mean.RGBAAt(1, 0); a.R != 0 || b != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("two bands give %v and %v", a, b)
	}
	for name, v := range map[string]float32{"constant": 3, "undefined": nan, "infinite": float32(math.Inf(1))} {
		im := NewImage(3, 4, 4)
		set(im.Pixels, v)
		Preview(im) // must not panic
		if n := len(Preview(im).Pix); n != 4*4*4 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// The hottest patch is the brightest place of the right half; the left half is
// the picture without it.
func TestOverlay(t *testing.T) {
	im := NewImage(1, 20, 30)
	heat := make([]float32, 4*6)
	heat[1*6+4] = 3 // row 1 of 4, column 4 of 6
	look := Overlay(im, heat, 4, 6)
	w, h := 30*13, 20*13
	if look.Bounds() != image.Rect(0, 0, 2*w, h) {
		t.Fatalf("bounds %v, want %d x %d", look.Bounds(), 2*w, h)
	}
	luma := func(x, y int) uint8 { return color.GrayModel.Convert(look.RGBAAt(x, y)).(color.Gray).Y }
	brightest := image.Point{}
	for y := range h {
		for x := range w {
			if luma(x, y) != 0 {
				t.Fatalf("the left half has a pixel (%d, %d) of brightness %d", x, y, luma(x, y))
			}
			if luma(w+x, y) > luma(w+brightest.X, brightest.Y) {
				brightest = image.Pt(x, y)
			}
		}
	}
	if x, y := brightest.X*6/w, brightest.Y*4/h; x != 4 || y != 1 {
		t.Errorf("the brightest place is in patch (%d, %d), want (4, 1)", x, y)
	}
	for _, v := range []float32{0, float32(math.NaN()), float32(math.Inf(-1))} {
		Overlay(im, slices.Repeat([]float32{v}, 24), 4, 6) // must not panic
	}
	plain := Heat(heat, 4, 6)
	for i, v := range heat {
		want := color.RGBA{0, 0, 4, 255}
		if v == 3 {
			want = color.RGBA{0xfc, 0xff, 0xa4, 255}
		}
		if got := plain.RGBAAt(i%6, i/6); got != want {
			t.Errorf("value %d is %v, want %v", i, got, want)
		}
	}
}

func TestInfernoBrightens(t *testing.T) {
	before := -1.0
	for i := range 256 {
		c := inferno(float64(i) / 255)
		brightness := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
		if brightness < before-0.5 { // of rounding
			t.Errorf("step %d has brightness %.2f after %.2f", i, brightness, before)
		}
		before = brightness
	}
	if got := inferno(math.Inf(1)); got != (color.RGBA{0xfc, 0xff, 0xa4, 255}) {
		t.Errorf("beyond 1: %v", got)
	}
}

func TestFlipped(t *testing.T) {
	im := Image{Shape: []int{2, 3, 2}, Pixels: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	want := []float32{5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}
	if got := im.Flipped(); !slices.Equal(got.Pixels, want) || !slices.Equal(got.Shape, im.Shape) {
		t.Errorf("flipped is %v, want %v", got, want)
	}
}
