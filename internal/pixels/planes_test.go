package pixels

import (
	"image"
	"math"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

var nan = float32(math.NaN())

// extension is an image HDU with a name.
func extension(name string, shape []int, pixels ...float32) fits.ImageHDU {
	return fits.ImageHDU{Image: &fits.Image{Shape: shape, Pixels: pixels}, Header: []fits.Card{{Key: "EXTNAME", Value: name}}}
}

func TestExtensions(t *testing.T) {
	dir, shape := t.TempDir(), []int{1, 2}
	file := writeFile(t, dir, "tile.fits.gz", zipped(t, fitsBytes(t, fits.ImageHDU{},
		extension("SCI_G", shape, 1, 2), extension("MSK", []int{3}, 0, 0, 0), extension("sci_r", shape, 3, 4))))
	f := open(t, Source{Files: []string{file + "[sci_g]", file + "[SCI_R]", file + "[1]"}, HDU: -1})
	im, err := whole(f, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, im, []int{3, 1, 2}, []float32{1, 2, 3, 4, 1, 2})
	if f.HDU() != 1 || len(f.files.open) != 1 {
		t.Errorf("HDU %d of %d open files", f.HDU(), len(f.files.open))
	}
	odd := writeFITS(t, dir, "odd[1].fits[2]", ramp(1, 2)) // brackets in a file's own name
	if got := open(t, Source{Files: []string{odd}, HDU: -1}); got.HDU() != 0 {
		t.Errorf("HDU %d", got.HDU())
	}
	photo := writeFile(t, dir, "grey.png", encodePNG(t, image.NewGray(image.Rect(0, 0, 3, 3))))
	for name, want := range map[string][]string{
		file + "[sci]":              {"tile.fits.gz", "no extension sci", "SCI_G", "MSK", "sci_r"},
		file + "[MSK]":              {"tile.fits.gz", "HDU 2", "no image of two axes"},
		file + "[9]":                {"tile.fits.gz", "HDU 9", "the file has 4"},
		file + "[-1]":               {"no extension -1"},
		photo + "[SCI]":             {"grey.png", "no FITS file", "SCI"},
		filepath.Join(dir, "[SCI]"): {"is a folder"},
	} {
		_, err := Open(Source{Files: []string{name}, HDU: -1})
		wantError(t, err, want...)
	}
}

func TestPlanes(t *testing.T) {
	dir, shape := t.TempDir(), []int{2, 3}
	cube := []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	image := func(hdus ...fits.ImageHDU) []byte {
		return fitsBytes(t, append([]fits.ImageHDU{{Image: &fits.Image{Shape: []int{2, 2, 3}, Pixels: cube}}}, hdus...)...)
	}
	mask := extension("DQ", shape, 0, 1, 4, 0, -8, nan)
	weight := extension("WHT", []int{2, 2, 3}, 1, 1, 1, 0, -1, nan, 2, 2, 0, 2, 2, 2)
	file := writeFile(t, dir, "tile-image.fits", image(mask, weight))
	writeFile(t, dir, "tile-mask.fits", fitsBytes(t, fits.ImageHDU{}, mask))
	writeFile(t, dir, "tile-image.weight.fits", fitsBytes(t, fits.ImageHDU{Image: weight.Image}))
	for name, test := range map[string]struct {
		how  Reading
		want []float32
	}{
		"none":           {Reading{}, cube},
		"mask":           {Reading{Mask: "[DQ]"}, []float32{0, nan, nan, 3, nan, nan, 6, nan, nan, 9, nan, nan}},
		"by its index":   {Reading{Mask: "[1]"}, []float32{0, nan, nan, 3, nan, nan, 6, nan, nan, 9, nan, nan}},
		"bits":           {Reading{Mask: "[dq]", MaskBits: 1 << 2}, []float32{0, 1, nan, 3, 4, nan, 6, 7, nan, 9, 10, nan}},
		"bit of a sign":  {Reading{Mask: "[dq]", MaskBits: 1 << 15}, []float32{0, 1, 2, 3, nan, nan, 6, 7, 8, 9, nan, nan}},
		"other file":     {Reading{Mask: "image=mask", MaskBits: 1}, []float32{0, nan, 2, 3, 4, nan, 6, nan, 8, 9, 10, nan}},
		"its extension":  {Reading{Mask: "-image.fits=-mask.fits[DQ]", MaskBits: 1}, []float32{0, nan, 2, 3, 4, nan, 6, nan, 8, 9, 10, nan}},
		"weight":         {Reading{Weight: "[WHT]"}, []float32{0, 1, 2, nan, nan, nan, 6, 7, nan, 9, 10, 11}},
		"weight in file": {Reading{Weight: ".fits=.weight.fits"}, []float32{0, 1, 2, nan, nan, nan, 6, 7, nan, 9, 10, 11}},
		"both":           {Reading{Mask: "[DQ]", Weight: "[WHT]"}, []float32{0, nan, nan, nan, nan, nan, 6, nan, nan, 9, nan, nan}},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, Source{Files: []string{file}, HDU: -1, Reading: test.how})
			im, err := whole(f, 0)
			if err != nil {
				t.Fatal(err)
			}
			wantImage(t, im, []int{2, 2, 3}, test.want)
			undefined := 0
			for _, v := range test.want {
				if v != v {
					undefined++
				}
			}
			if n := Excluded(im.Pixels); n != undefined {
				t.Errorf("%d pixels are excluded, want %d", n, undefined)
			}
			// A window over the edge is not excluded there.
			im, err = f.Window(0, -1, -1, 3, 2, nan)
			if n := Excluded(im.Pixels); err != nil || n > 2*2 {
				t.Errorf("%d pixels are excluded in a corner, %v", n, err)
			}
		})
	}
	large := writeFile(t, dir, "large.fits", image(extension("DQ", shape, 0, 0, 0, 0, 0, 1<<24)))
	f := open(t, Source{Files: []string{large}, HDU: -1, Reading: Reading{Mask: "[DQ]", MaskBits: 1}})
	_, err := whole(f, 0)
	wantError(t, err, "large.fits[DQ]", "HDU 1", "1.6777216e+07", "too large")
	wantError(t, f.Check(), "large.fits[DQ]")
	wrong := writeFile(t, dir, "wrong.fits", image(extension("DQ", []int{3, 2}, 0, 0, 0, 0, 0, 0)))
	for _, test := range []struct {
		file string
		how  Reading
		want []string
	}{
		{file, Reading{Mask: "[MSK]"}, []string{"mask of", "tile-image.fits", "no extension MSK"}},
		{file, Reading{Weight: ".fits=.wht.fits"}, []string{"weight of", "tile-image.wht.fits", "no such file"}},
		{file, Reading{Weight: "sci=wht"}, []string{"weight of", "tile-image.fits", "sci"}},
		{wrong, Reading{Mask: "[DQ]"}, []string{"wrong.fits[DQ]", "HDU 1", "[3 2]", "[2 2 3]", "mask"}},
	} {
		_, err := Open(Source{Files: []string{test.file}, HDU: -1, Reading: test.how})
		wantError(t, err, test.want...)
	}
	for _, p := range []Plane{"MASK", "=x", "[]", "[MASK", "[DQ]x"} {
		if p.Validate() == nil {
			t.Errorf("%q is a plane", p)
		}
	}
	for _, p := range []Plane{"", "[MASK]", "[2]", "a=b", "a="} {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// What is excluded of a band leaves a hole where it is resampled, too.
func TestExcludedInAWarp(t *testing.T) {
	dir := t.TempDir()
	const side = 24
	im, mask := ramp(side, side), extension("DQ", []int{side, side}, make([]float32, side*side)...)
	for y := 8; y < 12; y++ {
		for x := 8; x < 13; x++ {
			mask.Image.Pixels[y*side+x] = 1
			im.Pixels[y*side+x] = 1e9 // that nothing may be seen of
		}
	}
	clean := extension("DQ", []int{side, side}, make([]float32, side*side)...)
	for _, kernel := range Kernels {
		f := open(t, Source{HDU: -1, Reading: Reading{Mask: "[DQ]", Kernel: kernel}, Files: []string{
			frame(t, dir, "g.fits", ramp(side, side), 10, 10, arcsec, clean), frame(t, dir, "r.fits", im, 10.2, 9.7, arcsec, mask)}})
		got, err := whole(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := Excluded(got.Band(1)); n != 20 || Excluded(got.Band(0)) != 0 {
			t.Errorf("%s: %d pixels are excluded, want 20", kernel, n)
		}
		for i, v := range got.Band(1) {
			x, y := i%side, i/side
			if hole := x >= 8 && x < 13 && y >= 8 && y < 12; isExcluded(v) != hole {
				t.Errorf("%s: (%d, %d) is %v", kernel, x, y, v)
			}
			// Right of the edge that the kernel does not reach, the ramp is what it was.
			if want := float64(side)*(float64(y)-0.3) + float64(x) + 0.2; v == v && math.Abs(float64(v)-want) > 10 {
				t.Errorf("%s: (%d, %d) is %v, want about %v", kernel, x, y, v, want)
			}
		}
	}
}

// A file that is cut off is found out, whichever it is.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	data := fitsBytes(t, fits.ImageHDU{Image: ramp(60, 60)})
	g := writeFile(t, dir, "g.fits", data)
	cut := writeFile(t, dir, "cut.fits", data[:len(data)-2880])
	if err := open(t, Source{Files: []string{g, "", g}, HDU: -1}).Check(); err != nil {
		t.Error(err)
	}
	wantError(t, open(t, Source{Files: []string{g, cut}, HDU: -1}).Check(), "cut.fits")
	wantError(t, open(t, Source{Files: []string{g}, HDU: -1, Reading: Reading{Mask: "g.fits=cut.fits"}}).Check(), "cut.fits")
}

// A mask on pixels of its own excludes what the nearest of them does, and what it
// does not reach.
func TestRegisteredMask(t *testing.T) {
	dir := t.TempDir()
	const height, width = 20, 24
	const rows, columns = 30, 34
	flags := &fits.Image{Shape: []int{rows, columns}, Pixels: make([]float32, rows*columns)}
	for i := range flags.Pixels {
		flags.Pixels[i] = float32(i * i % 7 % 3) // 0, 1 and 2 in no order
	}
	for name, test := range map[string]struct {
		x, y, scale float64 // of the mask: its reference pixel and the side of one; the image has 10, 10 and arcsec
		column, row func(x, y int) int
	}{
		"whole pixels":   {12, 9, arcsec, func(x, _ int) int { return x + 2 }, func(_, y int) int { return y - 1 }},
		"parts of them":  {12.3, 9.4, arcsec, func(x, _ int) int { return x + 2 }, func(_, y int) int { return y - 1 }},
		"smaller pixels": {10.2, 10.3, arcsec / 2, func(x, _ int) int { return 2*x - 10 }, func(_, y int) int { return 2*y - 10 }},
		"larger pixels":  {10.1, 10.1, 3 * arcsec, func(x, _ int) int { return (x + 21) / 3 }, func(_, y int) int { return (y + 21) / 3 }},
	} {
		t.Run(name, func(t *testing.T) {
			file := frame(t, dir, "image.fits", ramp(height, width), 10, 10, arcsec)
			frame(t, dir, "mask.fits", flags, test.x, test.y, test.scale)
			f := open(t, Source{Files: []string{file}, HDU: -1, Reading: Reading{Mask: "image=mask", MaskBits: 2}})
			im, err := whole(f, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range im.Pixels {
				x, y := i%width, i/width
				u, w := test.column(x, y), test.row(x, y)
				out := u < 0 || w < 0 || u >= columns || w >= rows || flags.Pixels[w*columns+u] == 2
				if isExcluded(v) != out || !out && v != float32(i) {
					t.Errorf("(%d, %d) is %v; pixel (%d, %d) of the mask says excluded %v", x, y, v, u, w, out)
				}
			}
			part, err := f.Window(0, 5, 7, 4, 6, nan)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range part.Pixels {
				if want := im.Pixels[(7+i/6)*width+5+i%6]; math.Float32bits(v) != math.Float32bits(want) {
					t.Errorf("pixel %d of a window is %v, want %v", i, v, want)
				}
			}
		})
	}
	file := frame(t, dir, "image.fits", ramp(height, width), 10, 10, arcsec)
	frame(t, dir, "mask.fits", flags, 5000, 10, arcsec)
	_, err := Open(Source{Files: []string{file}, HDU: -1, Reading: Reading{Mask: "image=mask"}})
	wantError(t, err, "mask of", "image.fits", "mask.fits", "shows nothing of")
}
