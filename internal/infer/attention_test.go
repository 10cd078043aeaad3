package infer

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/patch"
)

func TestAttention(t *testing.T) {
	m := tinyModel(t, 1)
	dir := t.TempDir()
	a := noise(1, side, side)
	putFITS(t, filepath.Join(dir, "a.fits"), a)
	long := strings.Repeat("é", 150)
	input := put(t, filepath.Join(dir, "in.csv"), []byte("id,file\n"+
		"NGC 4636's,a.fits\nsame,a.fits\nsame,a.fits\nsame_2,a.fits\nsame,a.fits\n../../up/a,a.fits\n..,a.fits\n,a.fits\n"+
		long+",a.fits\nlost,none.fits\n"))
	maps := filepath.Join(dir, "deep", "maps")
	mustPredict(t, Options{Model: save(t, m), Inputs: []string{input}, Attention: maps, Batch: 4})

	entries, err := os.ReadDir(maps)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), "_attention.png"); ok {
			names = append(names, name)
		}
	}
	want := []string{"NGC 4636's", "_", "_..", "_.._.._up_a", "same", "same_2", "same_2_2", "same_3", strings.Repeat("é", 100)}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("maps of %q, want %q", names, want)
	}
	if outside, _ := filepath.Glob(filepath.Join(dir, "*", "*.png")); outside != nil {
		t.Errorf("maps outside of the folder: %q", outside)
	}
	for _, name := range want {
		checkMap(t, filepath.Join(maps, name+"_attention"), a.Pixels)
	}
}

func readPNG(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func checkMap(t *testing.T, name string, pixels []float32) {
	t.Helper()
	im := readPNG(t, name+".png")
	// Large enough to see; the image and, beside it, itself under the map.
	if b := im.Bounds(); b.Dx() != 2*b.Dy() || b.Dy() < 200 || b.Dy()%side != 0 {
		t.Errorf("%s.png is %v", name, b)
	}
	file, err := fits.Open(name + ".fits")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.NumHDU() != 2 || file.HDU(1).Name() != "ROLLOUT" {
		t.Fatalf("%s.fits: %d HDUs", name, file.NumHDU())
	}
	image, err := file.HDU(0).Read()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(image.Shape, []int{1, side, side}) || !slices.Equal(image.Pixels, pixels) {
		t.Errorf("%s.fits does not hold the image that the model sees", name)
	}
	rollout, err := file.HDU(1).Read()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rollout.Shape, []int{side / 4, side / 4}) {
		t.Errorf("%s.fits: a map of shape %v", name, rollout.Shape)
	}
	sum := float32(0)
	for _, v := range rollout.Pixels {
		if !(v >= 0) {
			t.Errorf("%s.fits: a share of %v", name, v)
		}
		sum += v
	}
	// The class token keeps a part for itself.
	if mean := sum / float32(len(rollout.Pixels)); !(mean > 0.05 && mean <= 1.000001) {
		t.Errorf("%s.fits: shares of %v on average", name, mean)
	}
}

// Bands that are known by name are seen in their colours, whatever their order: what is brightest in z is red.
func TestAttentionInColour(t *testing.T) {
	m := tinyModel(t, 3)
	m.Recipe.Bands = []string{"g", "z", "r"}
	im := patch.NewImage(3, side, side)
	for band, value := range []float32{1, 3, 2} {
		for i := range side * side {
			im.Band(band)[i] = value
		}
	}
	dir := t.TempDir()
	mustPredict(t, Options{Model: save(t, m), Inputs: []string{putFITS(t, filepath.Join(dir, "a.fits"), im)}, Attention: dir})
	picture := readPNG(t, filepath.Join(dir, "a_attention.png"))
	if r, g, b, _ := picture.At(0, 0).RGBA(); !(r > g && g > b) {
		t.Errorf("z, r and g of 3, 2 and 1 are seen as %d, %d, %d", r, g, b)
	}
}

// Maps go beside the cutouts, and replace none of them.
func TestAttentionBesideTheCutouts(t *testing.T) {
	model, dir := save(t, tinyModel(t, 1)), t.TempDir()
	name := putFITS(t, filepath.Join(dir, "a.fits"), noise(1, side, side))
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	mustPredict(t, Options{Model: model, Inputs: []string{name}, Attention: dir})
	if after, err := os.ReadFile(name); err != nil || !slices.Equal(after, before) {
		t.Errorf("the cutout was changed: %v", err)
	}
	other := put(t, filepath.Join(dir, "b_attention.fits"), before)
	rows := put(t, filepath.Join(dir, "in.csv"), []byte("id,file\nb,b_attention.fits\n"))
	fails(t, Options{Model: model, Inputs: []string{rows}, Attention: dir}, 2, "--attention", other)
}
