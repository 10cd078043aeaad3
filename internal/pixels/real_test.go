package pixels

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
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

// TestRealTile finds stars at the same place in two bands of an SDSS field,
// whose frames are offset by some pixels.
func TestRealTile(t *testing.T) {
	dir := realData(t, "sdss-tile")
	if testing.Short() {
		t.Skip("unfolding bzip2 takes seconds")
	}
	r, i := filepath.Join(dir, "frame-r-000094-1-0012.fits.bz2"), filepath.Join(dir, "frame-i-000094-1-0012.fits.bz2")
	f, err := Open(Source{Files: []string{r, i}, HDU: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, h, w := f.Shape(); c != 2 || h != 1489 || w != 2048 {
		t.Fatalf("shape %d %d %d", c, h, w)
	}
	if dx, dy := f.shift(1, 1000, 700); dx == 0 && dy == 0 {
		t.Error("the frames are not offset; this test shows nothing")
	}
	stars, matched := 0, 0
	const side = 64
	for y := 0; y+side <= 1489; y += side {
		for x := 0; x+side <= 2048; x += side {
			im, err := f.Window(0, x, y, side, side, 0)
			if err != nil {
				t.Fatal(err)
			}
			a, b := peak(im, 0), peak(im, 1)
			ax, ay := a%side, a/side
			if im.Band(0)[a] < 2 || ax < 8 || ay < 8 || ax >= side-8 || ay >= side-8 {
				continue // faint, or cut by the edge of the window
			}
			stars++
			if abs(ax-b%side) <= 1 && abs(ay-b/side) <= 1 {
				matched++
			}
		}
	}
	// In some windows the brightest star of one band is not that of the other.
	t.Logf("%d of %d stars at one place", matched, stars)
	if stars < 30 || matched*10 < stars*9 {
		t.Errorf("%d of %d stars are at one place in both bands", matched, stars)
	}
}

func peak(im patch.Image, band int) int {
	best := 0
	for k, v := range im.Band(band) {
		if v > im.Band(band)[best] {
			best = k
		}
	}
	return best
}
