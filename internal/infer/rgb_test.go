package infer

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// A model of JPEGs sees of frames in i, r and g what it sees of a picture.
func TestRGB(t *testing.T) {
	m, dir := tinyModel(t, 3), t.TempDir()
	m.Recipe.Photo, m.Recipe.RGB, m.Recipe.Bands = 0.01, prepare.SDSS, prepare.SDSSBands
	model, im := save(t, m), noise(1, 3, side, side)
	colours := patch.Image{Shape: im.Shape, Pixels: slices.Clone(im.Pixels)}
	patch.SDSS(colours)
	for c, band := range []string{"i", "r", "g"} {
		putFITS(t, filepath.Join(dir, "frame-"+band+".fits"), patch.Image{Shape: []int{side, side}, Pixels: im.Band(c)})
	}
	rows := put(t, filepath.Join(dir, "rows.csv"), []byte("id,file_g,file_i,file_r\n1,frame-g.fits,frame-i.fits,frame-r.fits\n"))
	for _, input := range []string{filepath.Join(dir, "frame-{band}.fits"), rows} {
		out := mustPredict(t, Options{Model: model, Inputs: []string{input}})
		sameProbabilities(t, out.rows[0], look(t, m, colours, true))
	}
}

// TestRGBLooksLikeGalaxyZoo makes pictures of the galaxies of an SDSS field that are
// bright enough for Galaxy Zoo, in the frame of its pictures, and compares the
// medians of their brightness by radius with those of Galaxy Zoo's own pictures.
func TestRGBLooksLikeGalaxyZoo(t *testing.T) {
	files, zoo := sdssFrames(t), realFolder(t, "gz1")
	f, err := pixels.Open(pixels.Source{Files: files, HDU: -1, Bands: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := galaxyZoo
	r.Filter, r.Rescale, r.Stretch = patch.Bilinear, 1, patch.Stretch{Kind: patch.None, NaN: patch.Zero}
	var made, theirs [][]float64
	for _, g := range photoObj(t) {
		if !(g.galaxy && g.petrosian < 17.9) {
			continue
		}
		x, y, err := f.Pixel(g.ra, g.dec)
		if err != nil {
			t.Fatal(err)
		}
		c, err := cutout.At(f, x, y, cutout.Radius(f, x, y, g.radius), r)
		if err != nil {
			t.Fatal(err)
		}
		im, _, err := r.Prepare(c.Picture)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, profile(im))
	}
	pictures, err := filepath.Glob(filepath.Join(zoo, "images", "*.jpg"))
	if err != nil || len(pictures) < 1000 || len(made) < 6 {
		t.Fatalf("%d pictures, %d galaxies, %v", len(pictures), len(made), err)
	}
	for i := 0; i < len(pictures); i += 20 {
		p, err := pixels.Open(pixels.Source{Files: pictures[i : i+1], HDU: -1})
		if err != nil {
			t.Fatal(err)
		}
		im, err := p.Window(0, 0, 0, 128, 128, 0)
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, profile(im))
	}
	got, want := medians(made), medians(theirs)
	for c, band := range []string{"red", "green", "blue"} {
		n := len(edges) - 1
		t.Logf("%s: %.0f, in Galaxy Zoo %.0f", band, got[c*n:(c+1)*n], want[c*n:(c+1)*n])
	}
	for i, v := range got {
		// So few galaxies are not all of them, and the sky of Galaxy Zoo is not quite black.
		if math.Abs(v-want[i]) > 20 {
			t.Errorf("value %d is %.0f, in Galaxy Zoo %.0f", i, v, want[i])
		}
	}
}

// edges are the radii of a profile's rings.
var edges = []float64{0, 3, 7, 12, 18, 26, 36, 48, 64}

// profile is the medians in rings, band after band.
func profile(im patch.Image) (values []float64) {
	for c := range im.Bands() {
		rings := make([][]float64, len(edges)-1)
		for i, v := range im.Band(c) {
			r := math.Hypot(float64(i%128)-63.5, float64(i/128)-63.5)
			for k := range rings {
				if r >= edges[k] && r < edges[k+1] {
					rings[k] = append(rings[k], float64(v))
				}
			}
		}
		for _, ring := range rings {
			slices.Sort(ring)
			values = append(values, ring[len(ring)/2])
		}
	}
	return values
}

// medians are those of each value of many profiles.
func medians(all [][]float64) []float64 {
	out := make([]float64, len(all[0]))
	for i := range out {
		var values []float64
		for _, p := range all {
			values = append(values, p[i])
		}
		slices.Sort(values)
		out[i] = values[len(values)/2]
	}
	return out
}
