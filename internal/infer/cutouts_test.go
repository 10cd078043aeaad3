package infer

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/patch"
)

// A photo is a picture with its pixels as the model gets them.
func photo(t *testing.T, encode func(io.Writer, image.Image) error, decode func(io.Reader) (image.Image, error), grey bool) ([]byte, patch.Image) {
	t.Helper()
	r := image.Rect(0, 0, side, side)
	var in image.Image
	rgb, g := image.NewRGBA(r), image.NewGray(r)
	for y := range side {
		for x := range side {
			rgb.Set(x, y, color.RGBA{uint8(9 * x), uint8(20 * y), uint8(3 * x * y), 255})
			g.Set(x, y, color.Gray{uint8(4*x*y + x)})
		}
	}
	in = rgb
	bands := 3
	if grey {
		in, bands = g, 1
	}
	var b bytes.Buffer
	if err := encode(&b, in); err != nil {
		t.Fatal(err)
	}
	back, err := decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	im := patch.Image{Shape: []int{bands, side, side}}
	for c := range bands {
		for i := range side * side {
			p := color.NRGBAModel.Convert(back.At(i%side, i/side)).(color.NRGBA)
			im.Pixels = append(im.Pixels, float32([]uint8{p.R, p.G, p.B}[c]))
		}
	}
	return b.Bytes(), im
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBareCutouts(t *testing.T) {
	encodeJPEG := func(w io.Writer, im image.Image) error { return jpeg.Encode(w, im, nil) }
	encodeTIFF := func(w io.Writer, im image.Image) error { return tiff.Encode(w, im, nil) }
	colour, grey := tinyModel(t, 3), tinyModel(t, 1)
	for _, m := range []*modeldir.Model{colour, grey} {
		m.Recipe.Photo = 1.0 / 64
	}
	for _, test := range []struct {
		model *modeldir.Model
		names []string
		files func(name string) ([]byte, patch.Image)
	}{
		{grey, []string{"plane.fits", "plane.fit.gz", "plane.fits.gz"}, func(name string) ([]byte, patch.Image) {
			im := noise(1, side, side+3)
			data := encodeFITS(t, im)
			if filepath.Ext(name) == ".gz" {
				data = gzipped(t, data)
			}
			return data, banded(im)
		}},
		{grey, []string{"grey.png", "grey.tiff"}, func(name string) ([]byte, patch.Image) {
			if filepath.Ext(name) == ".png" {
				return photo(t, png.Encode, png.Decode, true)
			}
			return photo(t, encodeTIFF, tiff.Decode, true)
		}},
		{colour, []string{"cube.fits", "a.jpg", "b.png", "c.tif"}, func(name string) ([]byte, patch.Image) {
			switch filepath.Ext(name) {
			case ".jpg":
				return photo(t, encodeJPEG, jpeg.Decode, false)
			case ".png":
				return photo(t, png.Encode, png.Decode, false)
			case ".tif":
				return photo(t, encodeTIFF, tiff.Decode, false)
			}
			im := noise(2, 3, side, side)
			return encodeFITS(t, im), im
		}},
	} {
		dir := t.TempDir()
		o := Options{Model: save(t, test.model), Batch: 3, Workers: 2}
		var images []patch.Image
		for _, name := range test.names {
			data, im := test.files(name)
			o.Inputs = append(o.Inputs, put(t, filepath.Join(dir, name), data))
			images = append(images, im)
		}
		out := mustPredict(t, o)
		if got := column(out, "file_loc"); !slices.Equal(got, o.Inputs) {
			t.Errorf("file_loc %q, want %q", got, o.Inputs)
		}
		for i, row := range out.rows {
			isPhoto := row["hdu"] == ""
			if fitsName := catalog.Stem(test.names[i]) == "plane" || catalog.Stem(test.names[i]) == "cube"; fitsName == isPhoto {
				t.Errorf("%s: hdu %q", test.names[i], row["hdu"])
			}
			if row["id_str"] != catalog.Stem(test.names[i]) {
				t.Errorf("%s: id %q", test.names[i], row["id_str"])
			}
			sameProbabilities(t, row, look(t, test.model, images[i], isPhoto))
		}
	}
}

func TestBzip2(t *testing.T) {
	if _, err := exec.LookPath("bzip2"); err != nil {
		t.Skip("no bzip2 program to make the file with")
	}
	m := tinyModel(t, 1)
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))
	if out, err := exec.Command("bzip2", name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name + ".bz2"}})
	sameProbabilities(t, out.rows[0], look(t, m, banded(noise(1, side, side)), false))
}

func TestStack(t *testing.T) {
	m := tinyModel(t, 2)
	stack := noise(7, 3, 2, side, side)
	wcs := fits.NewTAN(0, 0, 10, 20, [2][2]float64{{-1e-4, 0}, {0, 1e-4}})
	name := putFITS(t, filepath.Join(t.TempDir(), "many.fits"), stack, wcs.Cards()...)
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}, Batch: 2})
	if len(out.rows) != 3 {
		t.Fatalf("%d rows", len(out.rows))
	}
	n := 2 * side * side
	for i, row := range out.rows {
		sameProbabilities(t, row, look(t, m, patch.Image{Shape: []int{2, side, side}, Pixels: stack.Pixels[i*n:][:n]}, false))
		if want := fmt.Sprintf("many_%d", i); row["id_str"] != want {
			t.Errorf("id %q, want %q", row["id_str"], want)
		}
		if row["ra"] != "NaN" {
			t.Errorf("%s: the sky of a stack is not that of its cutouts: ra %s", row["id_str"], row["ra"])
		}
	}
}

// What is larger than twice the window is a tile.
func TestCutoutOrTile(t *testing.T) {
	model := save(t, tinyModel(t, 1))
	for _, test := range []struct {
		height, width int
		as            string
		rows          int
	}{
		{2 * side, 2 * side, "", 1},
		{2 * side, 2*side + 1, "", 4 * 5},
		{2*side + 1, side, "", 5 * 2},
		{5 * side, 5 * side, AsCutout, 1},
		{side, side, AsTile, 2 * 2},
		{1, 1, "", 1},
		{1, 1, AsTile, 1},
	} {
		name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, test.height, test.width))
		out := mustPredict(t, Options{Model: model, Inputs: []string{name}, As: test.as, Batch: 4})
		if len(out.rows) != test.rows {
			t.Errorf("%d x %d as %q: %d rows, want %d", test.width, test.height, test.as, len(out.rows), test.rows)
		}
	}
}

// A model that was trained on whole photos takes photos whole.
func TestWholePhotos(t *testing.T) {
	m := tinyModel(t, 1)
	m.Recipe.Window = 0
	model, dir := save(t, m), t.TempDir()
	grey := image.NewGray(image.Rect(0, 0, 5*side, 4*side))
	im := patch.NewImage(1, 4*side, 5*side)
	for i := range grey.Pix {
		grey.Pix[i] = uint8(i * i)
		im.Pixels[i] = float32(grey.Pix[i])
	}
	var data bytes.Buffer
	if err := png.Encode(&data, grey); err != nil {
		t.Fatal(err)
	}
	name := put(t, filepath.Join(dir, "photo.png"), data.Bytes())
	out := mustPredict(t, Options{Model: model, Inputs: []string{name}})
	if len(out.rows) != 1 {
		t.Fatalf("%d rows", len(out.rows))
	}
	sameProbabilities(t, out.rows[0], look(t, m, im, true))
	if out := mustPredict(t, Options{Model: model, Inputs: []string{name}, As: AsTile}); len(out.rows) == 1 {
		t.Error("--as tile does not scan it")
	}
	fitsName := putFITS(t, filepath.Join(dir, "image.fits"), noise(1, 5*side, 4*side))
	if out := mustPredict(t, Options{Model: model, Inputs: []string{fitsName}}); len(out.rows) == 1 {
		t.Error("a FITS tile is not scanned")
	}
}
