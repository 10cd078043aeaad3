package pixels

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/patch"
)

// ramp is an image whose pixels are numbered in order, so that each one says
// where it came from.
func ramp(shape ...int) *fits.Image {
	n := 1
	for _, side := range shape {
		n *= side
	}
	im := &fits.Image{Shape: shape, Pixels: make([]float32, n)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(i)
	}
	return im
}

func fitsBytes(t testing.TB, hdus ...fits.ImageHDU) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := fits.WriteImages(&out, hdus...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func writeFile(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeFITS(t testing.TB, dir, name string, im *fits.Image) string {
	t.Helper()
	return writeFile(t, dir, name, fitsBytes(t, fits.ImageHDU{Image: im}))
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func wantImage(t *testing.T, im patch.Image, shape []int, pixels []float32) {
	t.Helper()
	if !reflect.DeepEqual(im.Shape, shape) {
		t.Errorf("shape %v, want %v", im.Shape, shape)
	}
	if len(im.Pixels) != len(pixels) {
		t.Fatalf("%d pixels, want %d", len(im.Pixels), len(pixels))
	}
	for i, want := range pixels {
		if got := im.Pixels[i]; got != want && !(math.IsNaN(float64(got)) && math.IsNaN(float64(want))) {
			t.Fatalf("pixel %d is %v, want %v", i, got, want)
		}
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

// picture is an image read whole.
type picture struct {
	Image patch.Image
	WCS   *fits.WCS
	HDU   int
}

func read(s Source, plane int) (*picture, error) {
	f, err := Open(s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	i, err := f.Index(plane)
	if err != nil {
		return nil, err
	}
	image, err := whole(f, i)
	if err != nil {
		return nil, err
	}
	return &picture{image, f.WCS(), f.HDU()}, nil
}

// whole is all of cutout i.
func whole(f *File, i int) (patch.Image, error) {
	_, height, width := f.Shape()
	return f.Window(i, 0, 0, height, width, 0)
}

func TestFITSShapes(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		shape []int
		plane int
		want  []int
		first float32
	}{
		"one band":        {[]int{3, 4}, -1, []int{1, 3, 4}, 0},
		"cube":            {[]int{5, 3, 4}, -1, []int{5, 3, 4}, 0},
		"stack":           {[]int{6, 2, 3, 4}, 4, []int{2, 3, 4}, 96},
		"radio":           {[]int{1, 1, 3, 4}, -1, []int{1, 3, 4}, 0},
		"five axes":       {[]int{1, 6, 2, 3, 4}, 5, []int{2, 3, 4}, 120},
		"stack of one":    {[]int{1, 2, 3, 4}, 0, []int{2, 3, 4}, 0},
		"one-pixel sides": {[]int{2, 1, 1}, -1, []int{2, 1, 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			file := writeFITS(t, dir, name+".fits", ramp(test.shape...))
			got, err := read(Source{Files: []string{file}, HDU: -1}, test.plane)
			if err != nil {
				t.Fatal(err)
			}
			n := test.want[0] * test.want[1] * test.want[2]
			want := make([]float32, n)
			for i := range want {
				want[i] = test.first + float32(i)
			}
			wantImage(t, got.Image, test.want, want)
			if got.HDU != 0 || got.WCS != nil {
				t.Errorf("HDU %d, WCS %v", got.HDU, got.WCS)
			}
		})
	}
}

func TestHDUs(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, dir, "many.fits.gz", zipped(t, fitsBytes(t,
		fits.ImageHDU{}, fits.ImageHDU{Image: ramp(7)}, fits.ImageHDU{Image: ramp(2, 2)}, fits.ImageHDU{Image: ramp(3, 2, 2)})))
	got, err := read(Source{Files: []string{file}, HDU: -1}, -1)
	if err != nil || got.HDU != 2 {
		t.Fatalf("the first image is HDU %+v, %v; want 2", got, err)
	}
	wantImage(t, got.Image, []int{1, 2, 2}, ramp(2, 2).Pixels)
	got, err = read(Source{Files: []string{file}, HDU: 3, Bands: 3}, -1)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, got.Image, []int{3, 2, 2}, ramp(3, 2, 2).Pixels)
	for hdu, want := range map[int]string{0: "no image", 1: "no image", 4: "the file has 4"} {
		_, err := read(Source{Files: []string{file}, HDU: hdu}, -1)
		wantError(t, err, "many.fits.gz", "HDU", want)
	}
}

func TestOneFileABand(t *testing.T) {
	dir := t.TempDir()
	g := writeFITS(t, dir, "g.fits", ramp(2, 3))
	r := writeFITS(t, dir, "r.fits", ramp(2, 3))
	got, err := read(Source{Files: []string{g, "", r}, HDU: -1, Bands: 3}, -1)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	wantImage(t, got.Image, []int{3, 2, 3}, []float32{0, 1, 2, 3, 4, 5, nan, nan, nan, nan, nan, nan, 0, 1, 2, 3, 4, 5})

	stackG := writeFITS(t, dir, "stack-g.fits", ramp(4, 2, 3))
	stackR := writeFITS(t, dir, "stack-r.fits", ramp(4, 2, 3))
	f, err := Open(Source{Files: []string{stackG, stackR}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Len() != 4 {
		t.Fatalf("%d cutouts", f.Len())
	}
	im, err := whole(f, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantImage(t, im, []int{2, 2, 3}, []float32{12, 13, 14, 15, 16, 17, 12, 13, 14, 15, 16, 17})

	odd := writeFITS(t, dir, "odd.fits", ramp(3, 3))
	_, err = Open(Source{Files: []string{g, r, odd}, HDU: -1})
	wantError(t, err, "odd.fits", "HDU 0", "[3 3]", "g.fits", "[2 3]")
	cube := writeFITS(t, dir, "cube.fits", ramp(1, 5, 2, 3))
	_, err = Open(Source{Files: []string{g, cube}, HDU: -1})
	wantError(t, err, "cube.fits", "one band")
	_, err = Open(Source{Files: []string{"", ""}, HDU: -1})
	wantError(t, err, "no band has a file")
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	cube := fitsBytes(t, fits.ImageHDU{Image: ramp(3, 20, 20)})
	stack := writeFITS(t, dir, "stack.fits", ramp(4, 2, 3, 3))
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"truncated.fits":    {cube[:len(cube)-2880], "cut off"},
		"truncated.fits.gz": {zipped(t, cube)[:900], "cut off"},
		"header.fits":       {cube[:800], "header.fits"},
		"empty.fits":        {nil, "is empty"},
		"text.fits":         {[]byte("id_str,file_loc\n"), "is not a FITS, JPEG, PNG or TIFF file"},
		"line.fits":         {fitsBytes(t, fits.ImageHDU{Image: ramp(9)}), "no image of two axes"},
		"six.fits":          {fitsBytes(t, fits.ImageHDU{Image: ramp(2, 2, 2, 2, 2, 2)}), "at most four axes"},
		"short.png":         {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), "PNG"},
		"big.tif":           {[]byte("II+\x00\x08\x00\x00\x00"), "BigTIFF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(Source{Files: []string{writeFile(t, dir, name, test.data)}, HDU: -1}, -1)
			wantError(t, err, name, test.want)
			var format *fits.FormatError
			var unsupported *fits.UnsupportedError
			if !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Errorf("%v is a %T", err, err)
			}
		})
	}
	_, err := read(Source{Files: []string{stack}, HDU: -1}, -1)
	wantError(t, err, "stack.fits", "4 cutouts", "plane")
	_, err = read(Source{Files: []string{stack}, HDU: -1}, 4)
	wantError(t, err, "stack.fits", "no cutout 4")
	_, err = read(Source{Files: []string{stack}, HDU: -1, Bands: 5}, 0)
	wantError(t, err, "stack.fits", "HDU 0", "2 bands", "5 bands expected")
	_, err = read(Source{Files: []string{dir}, HDU: -1}, 0)
	wantError(t, err, dir, "is a folder")
	_, err = read(Source{Files: []string{filepath.Join(dir, "absent.fits")}, HDU: -1}, 0)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

func TestWindow(t *testing.T) {
	dir := t.TempDir()
	const height, width = 6, 5
	source := ramp(2, height, width)
	g := writeFITS(t, dir, "g.fits", &fits.Image{Shape: []int{height, width}, Pixels: source.Pixels[:height*width]})
	r := writeFITS(t, dir, "r.fits", &fits.Image{Shape: []int{height, width}, Pixels: source.Pixels[height*width:]})
	both := writeFITS(t, dir, "gr.fits", source)
	for name, files := range map[string][]string{"cube": {both}, "one file a band": {g, r}} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(Source{Files: files, HDU: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if c, h, w := f.Shape(); c != 2 || h != height || w != width {
				t.Fatalf("shape %d %d %d", c, h, w)
			}
			for _, window := range [][4]int{{0, 0, height, width}, {1, 2, 3, 2}, {-2, -1, 3, 4}, {3, 4, 4, 4}, {-1, -1, 9, 9},
				{5, 0, 2, 2}, {-2, 0, 2, 2}, {math.MaxInt - 1, 0, 2, 2}, {math.MinInt, 0, 2, 2}} {
				x, y, h, w := window[0], window[1], window[2], window[3]
				got, err := f.Window(0, x, y, h, w, -7)
				if err != nil {
					t.Fatal(err)
				}
				var want []float32
				for c := range 2 {
					for row := range h {
						for column := range w {
							if x < -100 || x > 100 || y+row < 0 || y+row >= height || x+column < 0 || x+column >= width {
								want = append(want, -7)
							} else {
								want = append(want, source.Pixels[(c*height+y+row)*width+x+column])
							}
						}
					}
				}
				wantImage(t, got, []int{2, h, w}, want)
			}
		})
	}
}

func TestWindowsOfManyGoroutines(t *testing.T) {
	const side = 40
	source := ramp(side, side)
	name := writeFile(t, t.TempDir(), "tile.fits.gz", zipped(t, fitsBytes(t, fits.ImageHDU{Image: source})))
	f, err := Open(Source{Files: []string{name}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for at := worker; at < side; at++ {
				im, err := f.Window(0, at, at, 1, 1, 0)
				if err != nil || im.Pixels[0] != float32(at*side+at) {
					t.Errorf("pixel %d, %d: %v, %v", at, at, im.Pixels, err)
				}
			}
		})
	}
	group.Wait()
}
