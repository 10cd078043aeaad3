package pixels

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
)

// realData returns a folder of ../shared/data beside the repository, or skips.
func realData(t *testing.T, set string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the working folder")
		}
		root = parent
	}
	dir := filepath.Join(root, "..", "shared", "data", set)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real data %s are not here", set)
	}
	return dir
}

// python runs a script, or skips the test if no Python here has the modules.
func python(t *testing.T, modules, script string, args ...string) []byte {
	t.Helper()
	for _, interpreter := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(interpreter, "-c", "import "+modules).Run() != nil {
			continue
		}
		cmd := exec.Command(interpreter, append([]string{"-c", script}, args...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("python: %v", err)
		}
		return out
	}
	t.Skipf("no Python with %s here", modules)
	return nil
}

// TestRealCutouts reads some cutouts of all catalogues as the commands do.
func TestRealCutouts(t *testing.T) {
	for _, test := range []struct {
		set               string
		bands, side, most int
		wcs               bool
	}{
		{"mirabest", 1, 128, 60, true},
		{"sled", 5, 64, 97, true},
		{"cosmos", 1, 168, 50, true},
		{"gz1", 3, 128, 100, false},
		{"first4", 1, 300, 30, false},
	} {
		t.Run(test.set, func(t *testing.T) {
			table, err := catalog.Read(filepath.Join(realData(t, test.set), "catalog.csv"))
			if err != nil {
				t.Fatal(err)
			}
			objects, _, err := table.Objects(catalog.Columns{})
			if err != nil {
				t.Fatal(err)
			}
			emptyBands := 0
			for i := 0; i < len(objects); i += max(1, len(objects)/test.most) {
				o := objects[i]
				got, err := read(Source{Files: o.Files, HDU: o.HDU, Bands: test.bands}, o.Plane)
				if err != nil {
					t.Fatal(err)
				}
				if s := got.Image.Shape; s[0] != test.bands || s[1] != test.side || s[2] != test.side {
					t.Fatalf("%s has shape %v", o.File, s)
				}
				if (got.WCS != nil) != test.wcs {
					t.Fatalf("%s: WCS %v", o.File, got.WCS)
				}
				known := 0
				for band := range test.bands {
					if finite(got.Image.Band(band)) == 0 {
						emptyBands++
					} else {
						known++
					}
				}
				if known == 0 {
					t.Errorf("%s has no pixel", o.File)
				}
			}
			if test.set == "sled" && emptyBands == 0 {
				t.Error("no missing band met; row 486 of sled has one")
			}
		})
	}
}

func finite(pixels []float32) int {
	n := 0
	for _, v := range pixels {
		if !math.IsNaN(float64(v)) {
			n++
		}
	}
	return n
}

// TestRealStack reads the DES hosts, a stack of 46 galaxies in a file a band.
func TestRealStack(t *testing.T) {
	dir := realData(t, "des-hosts")
	var files []string
	for _, band := range []string{"g", "r", "i", "z", "Y"} {
		files = append(files, filepath.Join(dir, band+".fits"))
	}
	f, err := Open(Source{Files: files, HDU: -1, Bands: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, h, w := f.Shape(); f.Len() != 46 || c != 5 || h != 91 || w != 91 {
		t.Fatalf("%d cutouts of %d x %d x %d", f.Len(), c, h, w)
	}
	im, err := whole(f, 17)
	if err != nil {
		t.Fatal(err)
	}
	var want []float32
	out := python(t, "astropy", `
import json, sys
from astropy.io import fits
print(json.dumps([float(v) for name in sys.argv[1:] for v in fits.getdata(name)[17].ravel()]))
`, files...)
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	wantImage(t, im, []int{5, 91, 91}, want)
}

// TestRealJPEG compares with Pillow. The decoders may round differently, and
// smooth the colours of neighbouring pixels differently.
func TestRealJPEG(t *testing.T) {
	dir := realData(t, "gz1")
	files, err := filepath.Glob(filepath.Join(dir, "images", "*.jpg"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d images, %v", len(files), err)
	}
	var want [][]float64
	out := python(t, "PIL, numpy", `
import json, sys
import numpy as np
from PIL import Image
print(json.dumps([np.moveaxis(np.asarray(Image.open(f)), -1, 0).ravel().tolist() for f in sys.argv[1:]]))
`, files[:20]...)
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, name := range files[:20] {
		got, err := read(Source{Files: []string{name}, HDU: -1}, -1)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k, v := range got.Image.Pixels {
			sum += math.Abs(float64(v) - want[i][k])
		}
		if mean := sum / float64(len(want[i])); mean > 2 {
			t.Errorf("%s differs from Pillow by %.2f on average", filepath.Base(name), mean)
		}
	}
}

// TestRealTile compares where bright stars of an SDSS field are in the registered
// frames, which were offset by some pixels, with where they are in the frames
// themselves, and with each other. The survey's positions correct for asymmetric
// images of the stars, which differ from band to band; so does this test.
func TestRealTile(t *testing.T) {
	dir := realData(t, "sdss-tile")
	if testing.Short() {
		t.Skip("unfolding bzip2 takes seconds")
	}
	bands := []int{2, 1, 3, 4} // of ugriz; r is the first
	var files []string
	var frames []*File
	for _, band := range bands {
		files = append(files, filepath.Join(dir, "frame-"+"ugriz"[band:band+1]+"-000094-1-0012.fits.bz2"))
		frames = append(frames, open(t, Source{Files: files[len(files)-1:], HDU: -1}))
	}
	f := open(t, Source{Files: files, HDU: -1})
	if c, h, w := f.Shape(); c != 4 || h != 1489 || w != 2048 {
		t.Fatalf("shape %d %d %d", c, h, w)
	}
	var moved float64
	var wrong, offset [4][]float64
	for _, star := range stars(t, filepath.Join(dir, "photoObj-000094-1-0012.fits")) {
		at := star[bands[0]]
		var registered, skew [4]point // skew is the centroid less the survey's position
		for k, band := range bands {
			frame := centroid(t, frames[k], 0, star[band])
			registered[k] = centroid(t, f, k, at)
			skew[k] = point{frame.x - star[band].x, frame.y - star[band].y}
			if k == 0 {
				continue
			}
			should := f.maps[k].exact(registered[k].x, registered[k].y)
			moved = max(moved, math.Hypot(should.x-registered[k].x, should.y-registered[k].y))
			off := math.Hypot(registered[k].x-skew[k].x-registered[0].x+skew[0].x, registered[k].y-skew[k].y-registered[0].y+skew[0].y)
			if off == off { // not at an edge
				wrong[k] = append(wrong[k], math.Hypot(frame.x-should.x, frame.y-should.y))
				offset[k] = append(offset[k], off)
			}
		}
	}
	if moved < 2 {
		t.Error("the frames are not offset; this test shows nothing")
	}
	for k := 1; k < 4; k++ {
		band, n := "ugriz"[bands[k]:bands[k]+1], len(offset[k])
		if n < 40 {
			t.Fatalf("%d stars in %s", n, band)
		}
		slices.Sort(offset[k])
		slices.Sort(wrong[k])
		t.Logf("%d stars in %s: %.4f pixels from where they are in the frame, %.3f from r (medians; offset by up to %.1f before)",
			n, band, wrong[k][n/2], offset[k][n/2], moved)
		if offset[k][n/2] > 0.1 || wrong[k][n/2] > 0.02 {
			t.Errorf("stars in %s are %.4f pixels from where they are in the frame, %.3f from r (medians)", band, wrong[k][n/2], offset[k][n/2])
		}
	}
}

// stars are the pixels in ugriz of the stars of a photoObj file that are brighter
// than magnitude 17.5 in g, r, i and z.
func stars(t *testing.T, name string) (all [][5]point) {
	t.Helper()
	f, err := fits.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) []float64 {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c.Floats
	}
	rowc, colc, flux := column("ROWC"), column("COLC"), column("PSFFLUX") // nanomaggies
	kind, err := table.Column("OBJC_TYPE")
	if err != nil {
		t.Fatal(err)
	}
	for i := range table.Rows {
		if kind.Ints[i] != 6 || slices.Min(flux[5*i+1:5*i+5]) < 100 {
			continue
		}
		var star [5]point
		for band := range star {
			// SDSS counts pixel edges: the centre of the first pixel is 0.5.
			star[band] = point{colc[5*i+band] - 0.5, rowc[5*i+band] - 0.5}
		}
		all = append(all, star)
	}
	return all
}

// centroid is the mean position under a Gaussian window that follows it, as
// SExtractor's XWIN_IMAGE; NaN where pixels are undefined.
func centroid(t *testing.T, f *File, band int, near point) point {
	t.Helper()
	const sigma, side = 2, 25
	x0, y0 := int(near.x)-side/2, int(near.y)-side/2
	im, err := f.Window(0, x0, y0, side, side, float32(math.NaN()))
	if err != nil {
		t.Fatal(err)
	}
	at := point{near.x - float64(x0), near.y - float64(y0)}
	for range 30 {
		var sum, dx, dy float64
		for k, v := range im.Band(band) {
			x, y := float64(k%side)-at.x, float64(k/side)-at.y
			w := math.Exp(-(x*x+y*y)/(2*sigma*sigma)) * float64(v)
			sum, dx, dy = sum+w, dx+w*x, dy+w*y
		}
		at.x, at.y = at.x+2*dx/sum, at.y+2*dy/sum
	}
	return point{at.x + float64(x0), at.y + float64(y0)}
}
