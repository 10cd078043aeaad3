package infer

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// scaling is a model of photos of objects, each six Petrosian radii wide.
func scaling(t *testing.T) *modeldir.Model {
	m := tinyModel(t, 3)
	r := &m.Recipe
	r.Bands, r.RGB, r.Petrosian, r.Rescale = prepare.SDSSBands, prepare.SDSS, 6, 1.0/255
	return m
}

// A model whose windows are scaled sees of a source in a tile what it would see of a photo of it.
func TestScaledToSources(t *testing.T) {
	const height, width = 120, 140
	dir, m := t.TempDir(), scaling(t)
	model, w := save(t, m), sky(10, 20)
	im := noise(4, 3, height, width)
	for i := range im.Pixels {
		im.Pixels[i] /= 50
	}
	for _, g := range []blob{{x: 40.3, y: 50.8, flux: 90, a: 3, b: 2, theta: 1}, {x: 95.6, y: 62.1, flux: 60, a: 2, b: 2}} {
		for i := range im.Pixels {
			im.Pixels[i] += float32(g.at(float64(i%width), float64(i/width%height)))
		}
	}
	for c, band := range prepare.SDSSBands {
		putFITS(t, filepath.Join(dir, "tile-"+band+".fits"), patch.Image{Shape: []int{height, width}, Pixels: im.Band(c)}, w.Cards()...)
	}
	pattern := filepath.Join(dir, "tile-{band}.fits")
	options := Options{Model: model, Inputs: []string{pattern}, Detection: detecting(""), Batch: 3}
	options.Sources.MinArea = 12
	out := mustPredict(t, options)
	if len(out.rows) != 2 {
		t.Fatalf("%d sources\n%s", len(out.rows), out.text)
	}
	colours := patch.Image{Shape: im.Shape, Pixels: slices.Clone(im.Pixels)}
	patch.SDSS(colours)
	for _, row := range out.rows {
		n := 6 * number(t, row, "petrosian_radius") / (3600 * w.PixelScale())
		x, y := number(t, row, "x"), number(t, row, "y")
		part := patch.Part{X: x + 0.5 - n/2, Y: y + 0.5 - n/2, Width: n, Height: n}
		photo := patch.ResizePart(colours, part, side, side, patch.Bilinear, true)
		seen := look(t, m, photo, true)
		for k, class := range classes { // the radius is written as a float32
			if got := number(t, row, "p_"+class); !near(got, seen[k], 1e-5) {
				t.Errorf("%s: p_%s is %g, of the photo %g", row["id_str"], class, got, seen[k])
			}
		}
		if row["flags"] != "" {
			t.Errorf("%s: flags %q", row["id_str"], row["flags"])
		}
	}

	// The catalogue of sources is one of positions, which says how large they are.
	again := mustPredict(t, Options{Model: model, Inputs: []string{pattern}, Positions: put(t, filepath.Join(dir, "sources.csv"), []byte(out.text))})
	for i, row := range again.rows {
		if !near(number(t, row, "p_disc"), number(t, out.rows[i], "p_disc"), 1e-5) || row["flags"] != "" {
			t.Errorf("visited: %v, detected: %v", row, out.rows[i])
		}
	}
	at := put(t, filepath.Join(dir, "at.csv"), []byte("id,x,y,petrosian_radius\na,40,50,3\nb,40,50,\nc,40,50,wide\n"))
	visited := mustPredict(t, Options{Model: model, Inputs: []string{pattern}, Positions: at})
	if got := column(visited, "flags"); !slices.Equal(got, []string{"", catalog.FlagRadius, catalog.FlagFailed}) {
		t.Errorf("flags %q of rows with and without a radius", got)
	}
	sameProbabilities(t, visited.rows[1], nil)

	bare := put(t, filepath.Join(dir, "bare.csv"), []byte("x,y\n40,50\n"))
	fails(t, Options{Model: model, Inputs: []string{pattern}}, 2, "--detect", "--positions", "petrosian_radius")
	fails(t, Options{Model: model, Inputs: []string{pattern}, Positions: bare}, 2, "bare.csv", "petrosian_radius")

	// Of cutouts, a photo is at the scale of training, and a FITS image need not be.
	small := putFITS(t, filepath.Join(dir, "small.fits"), noise(1, 3, side, side))
	whole := mustPredict(t, Options{Model: model, Inputs: []string{small}})
	if whole.rows[0]["flags"] != prepare.FlagScale || math.IsNaN(number(t, whole.rows[0], "p_disc")) {
		t.Errorf("a FITS cutout: %v", whole.rows[0])
	}
	if strings.Contains(whole.text, "petrosian_radius") {
		t.Error("columns of sources without sources")
	}
}
