package infer

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/patch"
)

// gri is a model of three bands with names.
func gri(t *testing.T) string {
	t.Helper()
	m := tinyModel(t, 3)
	m.Recipe.Bands = []string{"g", "r", "i"}
	return save(t, m)
}

// samePredictions compares rows but for what they are called.
func samePredictions(t *testing.T, got, want output) {
	t.Helper()
	if len(got.rows) != len(want.rows) || len(got.rows) == 0 {
		t.Fatalf("%d rows, want %d", len(got.rows), len(want.rows))
	}
	for i, row := range got.rows {
		for _, name := range []string{"x", "y", "ra", "dec", "label", "p_disc", "p_ring", "flags"} {
			if row[name] != want.rows[i][name] {
				t.Fatalf("row %d: %s is %q, want %q", i, name, row[name], want.rows[i][name])
			}
		}
	}
}

// encodeHDUs writes the bands of an image as extensions SCI_G, SCI_R, SCI_I, and
// a mask as MSK.
func encodeHDUs(t *testing.T, im patch.Image, mask []float32) []byte {
	t.Helper()
	hdus, plane := []fits.ImageHDU{{}}, im.Shape[1:]
	add := func(name string, pixels []float32) {
		hdus = append(hdus, fits.ImageHDU{Image: &fits.Image{Shape: plane, Pixels: pixels}, Header: append(sky(10, 20).Cards(), fits.Card{Key: "EXTNAME", Value: name})})
	}
	for c, name := range []string{"SCI_G", "SCI_R", "SCI_I"} {
		add(name, im.Band(c))
	}
	add("MSK", mask)
	var b bytes.Buffer
	if err := fits.WriteImages(&b, hdus...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The bands of a tile may be files, extensions or planes.
func TestBandsOfATile(t *testing.T) {
	model, dir := gri(t), t.TempDir()
	const height, width = 23, 30
	im := noise(1, 3, height, width)
	want := mustPredict(t, Options{Model: model, Inputs: []string{putFITS(t, filepath.Join(dir, "cube.fits"), im, sky(10, 20).Cards()...)}})
	for c, band := range []string{"g", "r", "i"} {
		putFITS(t, filepath.Join(dir, "tile-"+band+".fits"), patch.Image{Shape: []int{height, width}, Pixels: im.Band(c)}, sky(10, 20).Cards()...)
	}
	mask := make([]float32, height*width)
	put(t, filepath.Join(dir, "all.fits"), encodeHDUs(t, im, mask))
	put(t, filepath.Join(dir, "tiles.csv"), []byte("id,file_i,file_r,file_g\nT,tile-i.fits,tile-r.fits,tile-g.fits\n"))
	for input, id := range map[string]string{
		filepath.Join(dir, "tile-{band}.fits"):     "tile-gri_1.5_1.5",
		filepath.Join(dir, "all.fits[sci_{band}]"): "all_1.5_1.5",
		filepath.Join(dir, "tiles.csv"):            "T_1.5_1.5",
	} {
		got := mustPredict(t, Options{Model: model, Inputs: []string{input}, As: AsTile, Batch: 7, Workers: 2})
		samePredictions(t, got, want)
		if ids := column(got, "id_str"); !slices.Contains(ids, id) {
			t.Errorf("ids %q without %s", ids, id)
		}
		if !strings.HasSuffix(input, ".csv") && got.rows[0]["file_loc"] != input {
			t.Errorf("file_loc %q, want %q", got.rows[0]["file_loc"], input)
		}
	}
	// The second band's pixels are two further to the right: whole pixels are moved.
	moved := noise(2, height, width)
	for y := range height {
		copy(moved.Pixels[y*width+2:(y+1)*width], im.Band(1)[y*width:])
	}
	offset := fits.NewTAN(14, 9, 10, 20, [2][2]float64{{-0.8660254037844386 * 2e-4, 1e-4}, {1e-4, 0.8660254037844386 * 2e-4}})
	putFITS(t, filepath.Join(dir, "tile-r.fits"), moved, offset.Cards()...)
	at := put(t, filepath.Join(dir, "at.csv"), []byte("x,y\n12,11\n7,9\n"))
	input := []string{filepath.Join(dir, "tile-{band}.fits")}
	samePredictions(t, mustPredict(t, Options{Model: model, Inputs: input, Positions: at}),
		mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "cube.fits")}, Positions: at}))
	// And by parts of pixels with the kernel that is asked for.
	offset = fits.NewTAN(14.4, 9, 10, 20, [2][2]float64{{-0.8660254037844386 * 2e-4, 1e-4}, {1e-4, 0.8660254037844386 * 2e-4}})
	putFITS(t, filepath.Join(dir, "tile-r.fits"), moved, offset.Cards()...)
	seen := map[string]bool{}
	for _, kernel := range []string{"", "lanczos3", "bilinear"} {
		seen[mustPredict(t, Options{Model: model, Inputs: input, Positions: at, Resample: kernel}).rows[0]["p_ring"]] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d probabilities by the default, lanczos3 and bilinear; want 2", len(seen))
	}
}

// What is masked is as if it were not a number, in tiles and in catalogues.
func TestMasks(t *testing.T) {
	model, dir := gri(t), t.TempDir()
	const height, width = 23, 30
	im, mask := noise(1, 3, height, width), make([]float32, height*width)
	holed, single := noise(1, 3, height, width), noise(1, 3, height, width)
	for i := range mask {
		if i%7 == 0 {
			mask[i] = float32(1 + i%2) // bits 0 and 1
			for c := range 3 {
				holed.Band(c)[i] = float32(math.NaN())
				if i%2 == 1 {
					single.Band(c)[i] = float32(math.NaN())
				}
			}
		}
	}
	put(t, filepath.Join(dir, "all.fits"), encodeHDUs(t, im, mask))
	put(t, filepath.Join(dir, "rows.csv"), []byte("id,file_g,file_r,file_i,x,y\na,all.fits[SCI_G],all.fits[SCI_R],all.fits[SCI_I],9,11\n"))
	cube := putFITS(t, filepath.Join(dir, "holed.fits"), holed, sky(10, 20).Cards()...)
	putFITS(t, filepath.Join(dir, "cube-sci.fits"), im, sky(10, 20).Cards()...)
	putFITS(t, filepath.Join(dir, "cube-wht.fits"), patch.Image{Shape: []int{height, width}, Pixels: negated(mask)})
	want := mustPredict(t, Options{Model: model, Inputs: []string{cube}})
	samePredictions(t, mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "all.fits[SCI_{band}]")}, Mask: "[MSK]"}), want)
	samePredictions(t, mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "cube-sci.fits")}, Weight: "sci=wht"}), want)
	bits := mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "all.fits[SCI_{band}]")}, Mask: "[MSK]", MaskBits: "1, 5"})
	samePredictions(t, bits, mustPredict(t, Options{Model: model, Inputs: []string{putFITS(t, filepath.Join(dir, "single.fits"), single, sky(10, 20).Cards()...)}}))
	row := mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "rows.csv")}, Mask: "[MSK]"})
	samePredictions(t, row, mustPredict(t, Options{Model: model, Inputs: []string{cube}, Positions: put(t, filepath.Join(dir, "at.csv"), []byte("x,y\n9,11\n"))}))

	// A row without its mask cannot be read; a tile that is named cannot either.
	out := mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "rows.csv")}, Mask: "[DQ]"})
	if out.rows[0]["flags"] != catalog.FlagFailed || !strings.Contains(out.log, "no extension DQ") {
		t.Errorf("flags %q, log\n%s", out.rows[0]["flags"], out.log)
	}
	fails(t, Options{Model: model, Inputs: []string{cube}, Weight: "holed=weight"}, 1, "weight of", "weight.fits")
}

// negated is 1 where a mask is 0 and 0 or less elsewhere: a weight.
func negated(mask []float32) []float32 {
	weight := make([]float32, len(mask))
	for i, v := range mask {
		weight[i] = 1 - v
	}
	return weight
}

func TestBandsUsage(t *testing.T) {
	dir := t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile-g.fits"), noise(1, 30, 30))
	pattern := filepath.Join(dir, "tile-{band}.fits")
	for i, test := range []struct {
		change func(*Options)
		words  []string
	}{
		{func(o *Options) { o.Inputs = []string{pattern} }, []string{"tile-{band}.fits", "no names", "file_<band>"}},
		{func(o *Options) { o.Resample = "cubic" }, []string{"--resample", "cubic", "lanczos3"}},
		{func(o *Options) { o.Mask = "MSK" }, []string{"--mask", "MSK", "OLD=NEW"}},
		{func(o *Options) { o.Weight = "[" }, []string{"--weight", "OLD=NEW"}},
		{func(o *Options) { o.MaskBits = "1" }, []string{"--mask-bits", "--mask"}},
		{func(o *Options) { o.Mask, o.MaskBits = "[MSK]", "1,24" }, []string{"--mask-bits", "24"}},
		{func(o *Options) { o.Mask, o.MaskBits = "[MSK]", "-1" }, []string{"--mask-bits", "-1"}},
	} {
		o := Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{tile}}
		test.change(&o)
		t.Run(fmt.Sprint(i), func(t *testing.T) { fails(t, o, 2, test.words...) })
	}
	fails(t, Options{Model: gri(t), Inputs: []string{pattern}}, 1, "tile-r.fits", "no such file")
	for _, band := range "gri" {
		put(t, filepath.Join(dir, "bands-"+string(band)+".csv"), nil)
	}
	_, err := predict(t, Options{Model: gri(t), Inputs: []string{filepath.Join(dir, "bands-{band}.csv")}, Out: filepath.Join(dir, "bands-r.csv")})
	if err == nil || !strings.Contains(err.Error(), "overwritten") || cli.Code(err) != cli.WrongUsage {
		t.Errorf("a band that --out replaces: %v", err)
	}
}
