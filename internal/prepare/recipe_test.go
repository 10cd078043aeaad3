package prepare

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/patch"
)

var nan = float32(math.NaN())

// ramp is a picture whose pixel (c, y, x) is 10000c + 100y + x.
func ramp(bands, height, width int) patch.Image {
	im := patch.NewImage(bands, height, width)
	for c := range bands {
		for y := range height {
			for x := range width {
				im.Band(c)[y*width+x] = float32(10000*c + 100*y + x)
			}
		}
	}
	return im
}

// bare takes pixels as they stand.
func bare(height, width int, change func(*Recipe)) Recipe {
	r := Recipe{Size: [2]int{height, width}, Filter: patch.Bilinear, Rescale: 1, Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Zero}}
	change(&r)
	return r
}

func with(im patch.Image, v float32, at ...int) patch.Image {
	for _, i := range at {
		im.Pixels[i] = v
	}
	return im
}

func TestPrepare(t *testing.T) {
	none := func(*Recipe) {}
	window := func(n int) func(*Recipe) { return func(r *Recipe) { r.Window = n } }
	background := func(r *Recipe) {
		r.Window, r.Stretch.NaN, r.Stretch.Background = 2, patch.Background, []float64{-1, -2}
	}
	for _, c := range []struct {
		name   string
		recipe Recipe
		im     patch.Image
		photo  bool
		want   []float32
		flags  []string
	}{
		{name: "as it stands", recipe: bare(2, 3, none), im: ramp(2, 2, 3),
			want: []float32{0, 1, 2, 100, 101, 102, 10000, 10001, 10002, 10100, 10101, 10102}},
		{name: "window, even in odd", recipe: bare(2, 2, window(2)), im: ramp(1, 5, 5), want: []float32{101, 102, 201, 202}},
		{name: "window, odd in odd", recipe: bare(3, 3, window(3)), im: ramp(1, 5, 7),
			want: []float32{102, 103, 104, 202, 203, 204, 302, 303, 304}},
		{name: "window, even in even", recipe: bare(2, 2, window(2)), im: ramp(1, 4, 6), want: []float32{102, 103, 202, 203}},
		{name: "window halved", recipe: bare(1, 1, func(r *Recipe) { r.Window = 2 }), im: ramp(1, 4, 4), want: []float32{151.5}},
		{name: "padded", recipe: bare(3, 3, window(3)), im: ramp(1, 1, 3),
			want: []float32{0, 0, 0, 0, 1, 2, 0, 0, 0}, flags: []string{FlagPadded}},
		{name: "padded and undefined", recipe: bare(3, 3, window(3)), im: with(ramp(1, 1, 3), nan, 2),
			want: []float32{0, 0, 0, 0, 1, 0, 0, 0, 0}, flags: []string{FlagPadded, FlagNaN}},
		{name: "undefined", recipe: bare(2, 2, background), im: with(ramp(2, 2, 2), nan, 0, 7),
			want: []float32{-1, 1, 100, 101, 10000, 10001, 10100, -2}, flags: []string{FlagNaN}},
		{name: "infinite", recipe: bare(2, 2, none), im: with(ramp(1, 2, 2), float32(math.Inf(-1)), 1),
			want: []float32{0, 0, 100, 101}, flags: []string{FlagNaN}},
		{name: "undefined outside of the window", recipe: bare(2, 2, window(2)), im: with(ramp(1, 4, 4), nan, 0, 15),
			want: []float32{101, 102, 201, 202}},
		{name: "undefined in all of the window", recipe: bare(2, 2, background), im: with(ramp(2, 2, 2), nan, 0, 1, 2, 3, 4, 5, 6, 7),
			want: []float32{-1, -1, -1, -1, -2, -2, -2, -2}, flags: []string{FlagEmpty}},
		{name: "defined outside of the window only", recipe: bare(1, 1, window(1)), im: with(ramp(1, 3, 3), nan, 4),
			want: []float32{0}, flags: []string{FlagEmpty}},
		{name: "padded and empty", recipe: bare(2, 2, window(2)), im: with(ramp(1, 1, 1), nan, 0),
			want: []float32{0, 0, 0, 0}, flags: []string{FlagPadded, FlagEmpty}},
		// The middle of a picture that is too wide, or too high, is kept.
		{name: "aspect, wide", recipe: bare(2, 2, none), im: ramp(1, 2, 4), want: []float32{1, 2, 101, 102}},
		{name: "aspect, high", recipe: bare(2, 2, none), im: ramp(1, 4, 2), want: []float32{100, 101, 200, 201}},
		{name: "aspect of the input", recipe: bare(1, 2, none), im: ramp(1, 2, 2), want: []float32{0, 1}},
		{name: "whole, halved", recipe: bare(1, 1, none), im: ramp(1, 2, 2), want: []float32{50.5}},
		{name: "shortest edge", recipe: bare(2, 2, func(r *Recipe) { r.Shortest = 4 }), im: ramp(1, 4, 6), want: []float32{102, 103, 202, 203}},
		{name: "shortest edge of a photo", recipe: bare(1, 1, func(r *Recipe) { r.Shortest, r.Photo = 2, 0.5 }), im: ramp(1, 2, 3), photo: true, want: []float32{0.5}},
		{name: "distorted", recipe: bare(2, 2, func(r *Recipe) { r.Distort = true }), im: ramp(1, 2, 4), want: []float32{5.0 / 7, 16.0 / 7, 705.0 / 7, 716.0 / 7}},
		{name: "photo", recipe: bare(1, 2, func(r *Recipe) { r.Photo = 1.0 / 255 }), im: with(ramp(1, 1, 2), 255, 0), photo: true, want: []float32{1, 1.0 / 255}},
		{name: "not a photo", recipe: bare(1, 2, func(r *Recipe) { r.Photo = 1.0 / 255 }), im: ramp(1, 1, 2), want: []float32{0, 1}},
		{name: "normalised", recipe: bare(1, 1, func(r *Recipe) { r.Rescale, r.Mean, r.Std = 0.5, []float64{1, 2}, []float64{2, 4} }), im: with(ramp(2, 1, 1), 8, 0, 1),
			want: []float32{1.5, 0.5}},
		{name: "stretched, then normalised", recipe: bare(1, 2, func(r *Recipe) {
			r.Stretch = patch.Stretch{Kind: patch.Linear, NaN: patch.Zero, Low: []float64{-2}, High: []float64{2}}
			r.Rescale, r.Mean, r.Std = 10, []float64{5}, []float64{2}
		}), im: with(ramp(1, 1, 2), 2, 1), want: []float32{0, 2.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.recipe.Validate(c.im.Bands()); err != nil {
				t.Fatal(err)
			}
			before := slices.Clone(c.im.Pixels)
			got, flags, err := c.recipe.Prepare(Picture{Image: c.im, Photo: c.photo})
			if err != nil {
				t.Fatal(err)
			}
			if shape := []int{c.im.Bands(), c.recipe.Size[0], c.recipe.Size[1]}; !slices.Equal(got.Shape, shape) {
				t.Fatalf("shape %v, want %v", got.Shape, shape)
			}
			for i, want := range c.want {
				if math.Abs(float64(got.Pixels[i]-want)) > 1e-5*math.Abs(float64(want)) {
					t.Errorf("pixels %v, want %v", got.Pixels, c.want)
					break
				}
			}
			if !slices.Equal(flags, c.flags) {
				t.Errorf("flags %q, want %q", flags, c.flags)
			}
			for i, v := range before {
				if math.Float32bits(v) != math.Float32bits(c.im.Pixels[i]) {
					t.Error("the picture has changed")
					break
				}
			}
			x, y, h, w := c.recipe.Region(c.im.Shape[1], c.im.Shape[2])
			part := patch.NewImage(c.im.Bands(), h, w)
			for band := range c.im.Bands() {
				for row := range h {
					copy(part.Band(band)[row*w:], c.im.Band(band)[(y+row)*c.im.Shape[2]+x:][:w])
				}
			}
			if of, _, err := c.recipe.Prepare(Picture{Image: part, Photo: c.photo}); err != nil || !slices.Equal(of.Pixels, got.Pixels) {
				t.Errorf("of its region %v, %v; of the whole %v", of.Pixels, err, got.Pixels)
			}
			framed, again, err := c.recipe.Frame(Picture{Image: c.im, Photo: c.photo})
			c.recipe.Finish(framed)
			if err != nil || !slices.Equal(framed.Pixels, got.Pixels) || !slices.Equal(again, flags) {
				t.Errorf("Frame and Finish give %v %q %v, Prepare %v %q", framed.Pixels, again, err, got.Pixels, flags)
			}
		})
	}
}

// What lies beyond a tile's edge is undefined, which is not worth a word; what
// of the tile is undefined is.
func TestOutside(t *testing.T) {
	r := bare(2, 2, func(r *Recipe) { r.Window = 2 })
	for _, c := range []struct {
		outside int
		want    []string
	}{{0, []string{FlagNaN}}, {1, []string{FlagNaN}}, {2, nil}} {
		_, flags, err := r.Prepare(Picture{Image: with(ramp(1, 2, 2), nan, 0, 1), Outside: c.outside})
		if err != nil || !slices.Equal(flags, c.want) {
			t.Errorf("2 undefined pixels, %d of them outside: flags %q, want %q, %v", c.outside, flags, c.want, err)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	reject := bare(2, 2, func(r *Recipe) { r.Stretch.NaN = patch.Reject })
	if _, _, err := reject.Prepare(Picture{Image: with(ramp(1, 2, 2), nan, 3)}); !errors.Is(err, patch.ErrUndefined) || !strings.Contains(err.Error(), "1 of 4 pixels") {
		t.Errorf("an undefined pixel: %v", err)
	}
	if _, _, err := reject.Prepare(Picture{Image: ramp(1, 2, 2)}); err != nil {
		t.Errorf("no undefined pixel: %v", err)
	}
	// Resizing a thread of a picture would take its length squared of memory.
	long := bare(224, 224, func(r *Recipe) { r.Shortest = 256 })
	if _, _, err := long.Prepare(Picture{Image: patch.NewImage(1, 1, 100000)}); err == nil || !strings.Contains(err.Error(), "100000 x 1") {
		t.Errorf("a long picture: %v", err)
	}
}

func TestValidate(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		change func(*Recipe)
		want   string
	}{
		"fine":            {func(r *Recipe) { r.Mean, r.Std, r.Bands = []float64{0, 1e-19}, []float64{1e-19, 1}, []string{"g", "r"} }, ""},
		"no stretch":      {func(r *Recipe) { r.Stretch.Kind = "" }, "no stretch"},
		"no filter":       {func(r *Recipe) { r.Filter = "" }, "no resampling"},
		"unwritable":      {func(r *Recipe) { r.Filter = patch.Bicubic75 }, "no resampling"},
		"no height":       {func(r *Recipe) { r.Size[0] = 0 }, "height"},
		"huge width":      {func(r *Recipe) { r.Size[1] = 1 << 20 }, "width"},
		"negative window": {func(r *Recipe) { r.Window = -1 }, "window"},
		"huge window":     {func(r *Recipe) { r.Window = 1 << 20 }, "window"},
		"negative edge":   {func(r *Recipe) { r.Shortest = -1 }, "shortest edge"},
		"small edge":      {func(r *Recipe) { r.Shortest = 3 }, "shortest edge 3 is less"},
		"bands":           {func(r *Recipe) { r.Bands = []string{"g"} }, "1 bands are named, the model has 2"},
		"no bands":        {func(r *Recipe) { r.Bands = []string{} }, "0 bands are named"},
		"mean":            {func(r *Recipe) { r.Mean, r.Std = []float64{0}, []float64{1} }, "1 and 1 values for 2 bands"},
		"no std":          {func(r *Recipe) { r.Mean = []float64{0, 0} }, "2 and 0 values"},
		"no mean":         {func(r *Recipe) { r.Std = []float64{1, 1} }, "0 and 2 values"},
		"std 0":           {func(r *Recipe) { r.Mean, r.Std = []float64{0, 0}, []float64{1, 0} }, "std"},
		"std NaN":         {func(r *Recipe) { r.Mean, r.Std = []float64{0, 0}, []float64{1, math.NaN()} }, "std"},
		"std infinite":    {func(r *Recipe) { r.Mean, r.Std = []float64{0, 0}, []float64{1, inf} }, "std"},
		"mean NaN":        {func(r *Recipe) { r.Mean, r.Std = []float64{0, math.NaN()}, []float64{1, 1} }, "mean"},
		"rescale 0":       {func(r *Recipe) { r.Rescale = 0 }, "rescaling"},
		"rescale NaN":     {func(r *Recipe) { r.Rescale = math.NaN() }, "rescaling"},
		"scale":           {func(r *Recipe) { r.PixelScale = -0.2 }, "pixel scale"},
		"scale infinite":  {func(r *Recipe) { r.PixelScale = inf }, "pixel scale"},
		"Petrosian":       {func(r *Recipe) { r.Petrosian = -1 }, "Petrosian"},
		"Petrosian NaN":   {func(r *Recipe) { r.Petrosian = math.NaN() }, "Petrosian"},
		"colours":         {func(r *Recipe) { r.RGB = "hst" }, "hst"},
		"two colours":     {func(r *Recipe) { r.RGB = SDSS }, "2 bands"},
		"samples":         {func(r *Recipe) { r.Samples = 9 }, "up to 8 turns and flips"},
		"photo":           {func(r *Recipe) { r.Photo = -1 }, "photo"},
		"background":      {func(r *Recipe) { r.Stretch.NaN = patch.Background }, "background"},
	} {
		err := bare(4, 4, c.change).Validate(2)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestScanned(t *testing.T) {
	if n := bare(64, 64, func(*Recipe) {}).Scanned(); n != 64 {
		t.Errorf("without a window %d, want 64", n)
	}
	if n := bare(64, 64, func(r *Recipe) { r.Window = 90 }).Scanned(); n != 90 {
		t.Errorf("with a window %d, want 90", n)
	}
	if n := bare(32, 128, func(*Recipe) {}).Scanned(); n != 128 {
		t.Errorf("of an oblong input %d, want 128", n)
	}
}

// What is more than twice as high or as wide as what the model sees is a tile.
func TestIsTile(t *testing.T) {
	none, window := func(*Recipe) {}, func(r *Recipe) { r.Window = 50 }
	for _, c := range []struct {
		recipe        Recipe
		height, width int
		photo, want   bool
	}{
		{bare(64, 64, none), 128, 128, false, false},
		{bare(64, 64, none), 64, 129, false, true},
		{bare(64, 64, none), 129, 129, true, false},
		{bare(32, 128, none), 32, 128, false, false},
		{bare(32, 128, none), 64, 256, false, false},
		{bare(32, 128, none), 65, 128, false, true},
		{bare(128, 32, none), 128, 65, false, true},
		{bare(32, 128, window), 100, 100, false, false},
		{bare(32, 128, window), 101, 60, true, true},
	} {
		if got := c.recipe.IsTile(c.height, c.width, c.photo); got != c.want {
			t.Errorf("%v with window %d, %d x %d, photo %v: %v", c.recipe.Size, c.recipe.Window, c.height, c.width, c.photo, got)
		}
	}
}
