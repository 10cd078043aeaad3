package pixels

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"golang.org/x/image/tiff"
)

func encodePNG(t testing.TB, im image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, im); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodeTIFF(t testing.TB, im image.Image, compression tiff.CompressionType) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := tiff.Encode(&out, im, &tiff.Options{Compression: compression}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The test images are two rows of three pixels.
var (
	grey8  = &image.Gray{Pix: []uint8{0, 1, 2, 253, 254, 255}, Stride: 3, Rect: image.Rect(0, 0, 3, 2)}
	grey16 = &image.Gray16{Pix: []uint8{0, 0, 0, 1, 1, 0, 255, 254, 255, 255, 18, 52}, Stride: 6, Rect: image.Rect(0, 0, 3, 2)}
	rgb8   = &image.NRGBA{Pix: []uint8{
		1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255,
		10, 20, 30, 255, 40, 50, 60, 255, 70, 80, 90, 255}, Stride: 12, Rect: image.Rect(0, 0, 3, 2)}
	rgba8 = &image.NRGBA{Pix: []uint8{
		1, 2, 3, 0, 4, 5, 6, 128, 7, 8, 9, 255,
		10, 20, 30, 1, 40, 50, 60, 2, 70, 80, 90, 3}, Stride: 12, Rect: image.Rect(0, 0, 3, 2)}
	rgb16 = &image.NRGBA64{Pix: []uint8{
		0, 1, 0, 2, 0, 3, 255, 255, 1, 0, 2, 0, 3, 0, 255, 255, 0, 7, 0, 8, 0, 9, 0, 1,
		0, 10, 0, 20, 0, 30, 255, 255, 0, 40, 0, 50, 0, 60, 255, 255, 0, 70, 0, 80, 0, 90, 255, 255}, Stride: 24, Rect: image.Rect(0, 0, 3, 2)}
	paletted = &image.Paletted{Pix: []uint8{0, 1, 2, 2, 1, 0}, Stride: 3, Rect: image.Rect(0, 0, 3, 2),
		Palette: color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{9, 9, 9, 255}, color.NRGBA{200, 100, 0, 255}}}
)

var rgb8Planes = []float32{1, 4, 7, 10, 40, 70, 2, 5, 8, 20, 50, 80, 3, 6, 9, 30, 60, 90}

func scaled(factor float64, x []float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(factor * float64(v))
	}
	return y
}

func TestRasters(t *testing.T) {
	dir := t.TempDir()
	grey16Values := []float32{0, 1. / 257, 256. / 257, 65534. / 257, 255, 0x1234 / 257.}
	for name, test := range map[string]struct {
		data  []byte
		bands int
		want  []float32
	}{
		"grey.png":         {encodePNG(t, grey8), 1, []float32{0, 1, 2, 253, 254, 255}},
		"grey16.png":       {encodePNG(t, grey16), 1, grey16Values},
		"rgb.png":          {encodePNG(t, rgb8), 3, rgb8Planes},
		"rgba.png":         {encodePNG(t, rgba8), 3, rgb8Planes},
		"rgb16.png":        {encodePNG(t, rgb16), 3, scaled(1./257, []float32{1, 256, 7, 10, 40, 70, 2, 512, 8, 20, 50, 80, 3, 768, 9, 30, 60, 90})},
		"palette.png":      {encodePNG(t, paletted), 3, []float32{1, 9, 200, 200, 9, 1, 2, 9, 100, 100, 9, 2, 3, 9, 0, 0, 9, 3}},
		"grey alpha.png":   {greyAlphaPNG, 1, []float32{10, 200}},
		"grey.tif":         {encodeTIFF(t, grey8, tiff.Uncompressed), 1, []float32{0, 1, 2, 253, 254, 255}},
		"grey16.tif":       {encodeTIFF(t, grey16, tiff.Deflate), 1, grey16Values},
		"rgb.tif":          {encodeTIFF(t, rgb8, tiff.Deflate), 3, rgb8Planes},
		"called png.fits":  {encodePNG(t, grey8), 1, []float32{0, 1, 2, 253, 254, 255}},
		"without a suffix": {encodeTIFF(t, grey8, tiff.Uncompressed), 1, []float32{0, 1, 2, 253, 254, 255}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(Source{Files: []string{writeFile(t, dir, name, test.data)}, HDU: 5, Bands: test.bands}, -1)
			if err != nil {
				t.Fatal(err)
			}
			width := 3
			if len(test.want) == 2 {
				width = 2
			}
			wantImage(t, got.Image, []int{test.bands, len(test.want) / test.bands / width, width}, test.want)
			if got.HDU != -1 || got.WCS != nil {
				t.Errorf("HDU %d, WCS %v", got.HDU, got.WCS)
			}
		})
	}
}

// greyAlphaPNG has two pixels, 10 with alpha 128 and 200 with alpha 255: Go has
// no type for it and writes none, so it is here as bytes.
var greyAlphaPNG = []byte("\x89PNG\r\n\x1a\n" +
	"\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x02\x00\x00\x00\x01\x08\x04\x00\x00\x00\x5e\x2b\xb7\x01" +
	"\x00\x00\x00\x0d\x49\x44\x41\x54\x78\xda\x63\xe0\x6a\x38\xf1\x1f\x00\x04\x3c\x02\x52\x50\xf3\xda\xfe" +
	"\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82")

func TestJPEG(t *testing.T) {
	dir := t.TempDir()
	// A flat image survives the compression; half of it suffices to see the order.
	colour := image.NewRGBA(image.Rect(0, 0, 32, 16))
	grey := image.NewGray(colour.Rect)
	for y := range 16 {
		for x := range 32 {
			c := color.RGBA{200, 100, 50, 255}
			if x >= 16 {
				c = color.RGBA{20, 40, 220, 255}
			}
			colour.Set(x, y, c)
			grey.Set(x, y, color.Gray{uint8(10 * (x / 8))})
		}
	}
	for name, test := range map[string]struct {
		image image.Image
		bands int
		at    map[int]float64 // pixel: value
	}{
		"colour.jpg": {colour, 3, map[int]float64{4: 200, 28: 20, 512 + 4: 100, 512 + 28: 40, 1024 + 4: 50, 1024 + 28: 220}},
		"grey.jpeg":  {grey, 1, map[int]float64{4: 0, 12: 10, 20: 20, 28: 30}},
	} {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, test.image, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		whole := out.Bytes()
		got, err := read(Source{Files: []string{writeFile(t, dir, name, whole)}, HDU: -1}, -1)
		if err != nil {
			t.Fatal(err)
		}
		if got.Image.Shape[0] != test.bands {
			t.Errorf("%s has %d bands", name, got.Image.Shape[0])
		}
		for k, want := range test.at {
			if v := float64(got.Image.Pixels[k]); math.Abs(v-want) > 3 {
				t.Errorf("%s: pixel %d is %g, want about %g", name, k, v, want)
			}
		}
		_, err = read(Source{Files: []string{writeFile(t, dir, "cut-"+name, whole[:len(whole)*2/3])}, HDU: -1}, -1)
		wantError(t, err, "cut-"+name, "cut off")
	}
}

func TestDamagedRasters(t *testing.T) {
	dir := t.TempDir()
	// A header that promises 2^31 x 2^31 pixels, and one of 16384 x 16384 in 100 bytes.
	huge := bytes.Clone(encodePNG(t, grey8))
	copy(huge[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	fixCRC(huge)
	large := bytes.Clone(encodePNG(t, grey8))
	copy(large[16:], "\x00\x00\x40\x00\x00\x00\x40\x00")
	fixCRC(large)
	colour := encodePNG(t, rgb8)
	grey := encodePNG(t, grey8)
	for name, test := range map[string]struct {
		data  []byte
		bands int
		want  string
	}{
		"huge.png":  {huge, 0, "dimension overflow"},
		"large.png": {large, 0, "16384 x 16384 pixels cannot be in"},
		"cut.png":   {grey[:50], 0, "cut.png"},
		"cut.tif":   {encodeTIFF(t, grey8, tiff.Uncompressed)[:30], 0, "cut.tif"},
		"rgb.png":   {colour, 5, "3 bands, and 5 bands expected"},
		"grey.png":  {grey, 3, "1 band, and 3 bands expected"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(Source{Files: []string{writeFile(t, dir, name, test.data)}, HDU: -1, Bands: test.bands}, -1)
			wantError(t, err, name, test.want)
		})
	}
	a, b := writeFile(t, dir, "a.png", grey), writeFile(t, dir, "b.png", colour)
	_, err := read(Source{Files: []string{a, b}, HDU: -1}, -1)
	wantError(t, err, "b.png", "one band")
	got, err := read(Source{Files: []string{a, a}, HDU: -1, Bands: 2}, -1)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, got.Image, []int{2, 2, 3}, []float32{0, 1, 2, 253, 254, 255, 0, 1, 2, 253, 254, 255})
}

// An empty mask of one bit a pixel is as small as a file can be.
func TestBlankBits(t *testing.T) {
	const side = 2048
	blank := encodePNG(t, image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White}))
	if len(blank) > side*side/6000 {
		t.Fatalf("%d bytes do not try it", len(blank))
	}
	got, err := read(Source{Files: []string{writeFile(t, t.TempDir(), "mask.png", blank)}, HDU: -1}, -1)
	if err != nil {
		t.Fatal(err)
	}
	if got.Image.Shape[1] != side {
		t.Errorf("shape %v", got.Image.Shape)
	}
}

func TestRasterWindow(t *testing.T) {
	name := writeFile(t, t.TempDir(), "rgb.png", encodePNG(t, rgb8))
	f, err := Open(Source{Files: []string{name}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := f.Window(0, 2, 0, 2, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, im, []int{3, 2, 2}, []float32{7, 0, 70, 0, 8, 0, 80, 0, 9, 0, 90, 0})
}

// FuzzRead gives the bytes of a file of any kind to Read.
func FuzzRead(f *testing.F) {
	f.Add(encodePNG(f, rgb16))
	f.Add(encodeTIFF(f, grey16, tiff.Deflate))
	f.Add(encodeTIFF(f, paletted, tiff.Uncompressed))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, rgb8, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	dir := f.TempDir()
	f.Add(greyAlphaPNG)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		name := writeFile(t, dir, "fuzz", data)
		got, err := read(Source{Files: []string{name}, HDU: -1}, -1)
		if err == nil && len(got.Image.Pixels) != got.Image.Shape[0]*got.Image.Shape[1]*got.Image.Shape[2] {
			t.Errorf("%d pixels in an image of shape %v", len(got.Image.Pixels), got.Image.Shape)
		}
	})
}

// fixCRC makes the checksum of a PNG's first chunk right again, so that the
// size in it is what is met with, not the damage.
func fixCRC(data []byte) {
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
}
