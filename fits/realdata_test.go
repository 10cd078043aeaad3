package fits

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// oneOf returns the first file of a pattern under the shared data.
func oneOf(t *testing.T, pattern string) string {
	t.Helper()
	dir := sharedData(t, filepath.Dir(pattern))
	names, err := filepath.Glob(filepath.Join(dir, filepath.Base(pattern)))
	if err != nil || len(names) == 0 {
		t.Skipf("no %s in the shared data", pattern)
	}
	return names[0]
}

// TestRealImages compares real files with astropy: shape, mean of the finite pixels, number of undefined ones, and the
// sky position of a pixel.
func TestRealImages(t *testing.T) {
	long(t)
	for _, pattern := range []string{"sdss-tile/frame-r-*.fits.bz2", "mirabest/cutouts/*.fits.gz", "sled/cutouts/*.fits.gz",
		"cosmos/cutouts/*.fits*", "des-hosts/g.fits"} {
		t.Run(filepath.Dir(pattern), func(t *testing.T) {
			name := oneOf(t, pattern)
			var want struct {
				HDU   int
				Shape []int
				Mean  float64
				NaN   int
				Sky   []float64
			}
			if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
with fits.open(sys.argv[1]) as f:
    i = next(i for i, h in enumerate(f) if h.data is not None)
    d = f[i].data.astype('f8')
    w = WCS(f[i].header)
    sky = [float(v) for v in w.celestial.all_pix2world([[10, 20]], 0)[0]] if w.has_celestial else []
    print(json.dumps(dict(HDU=i, Shape=d.shape, Mean=float(np.mean(d[np.isfinite(d)])), NaN=int(np.isnan(d).sum()), Sky=sky)))`,
				name), &want); err != nil {
				t.Fatal(err)
			}
			f, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			h := f.HDU(want.HDU)
			im, err := h.Read()
			if err != nil {
				t.Fatal(err)
			}
			sum, n := 0.0, 0
			for _, v := range im.Pixels {
				if !math.IsNaN(float64(v)) {
					sum += float64(v)
					n++
				}
			}
			if !slices.Equal(im.Shape, want.Shape) || len(im.Pixels)-n != want.NaN || math.Abs(sum/float64(n)-want.Mean) > 1e-9*math.Abs(want.Mean)+1e-15 {
				t.Errorf("%s: shape %v, mean %v, %d NaN, want %+v", filepath.Base(name), im.Shape, sum/float64(n), len(im.Pixels)-n, want)
			}
			w, err := h.WCS()
			if len(want.Sky) == 0 {
				t.Logf("%s has no sky coordinates: %v", filepath.Base(name), err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			lon, lat, err := w.PixelToSky(10, 20)
			if err != nil || math.Abs(lon-want.Sky[0]) > 1e-10 || math.Abs(lat-want.Sky[1]) > 1e-10 {
				t.Errorf("%s: pixel (10, 20) is at (%v, %v), want %v: %v", filepath.Base(name), lon, lat, want.Sky, err)
			}
		})
	}
}

// TestPhotoObj reads the SDSS object table, every column of it against astropy, and puts its objects on the frame.
func TestPhotoObj(t *testing.T) {
	name := oneOf(t, "sdss-tile/photoObj-*.fits")
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil || table.Rows != 999 {
		t.Fatal(err)
	}
	var want map[string]float64
	if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
d = fits.getdata(sys.argv[1], 1)
print(json.dumps({n: float(np.sum(np.asarray(d[n], 'f8'))) if d[n].dtype.kind in 'iufb' else float(sum(len(s) for s in d[n])) for n in d.names}))`,
		name), &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range table.Names() {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		sum, abs := 0.0, 0.0
		for i := range c.Len() {
			v := c.Float(i)
			if c.Strings != nil {
				v = float64(len(c.Strings[i]))
			}
			sum += v
			abs += math.Abs(v)
		}
		if math.Abs(sum-want[name]) > 1e-9*abs {
			t.Errorf("%s: sum %v, want %v", name, sum, want[name])
		}
	}
	column := func(name string) *Column {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ra, dec, rowc, colc := column("RA"), column("DEC"), column("ROWC"), column("COLC")
	frame, err := Open(oneOf(t, "sdss-tile/frame-r-*.fits.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	defer frame.Close()
	w, err := frame.HDU(0).WCS()
	if err != nil {
		t.Fatal(err)
	}
	bands := colc.Shape[0]
	var offsets []float64
	for i := range table.Rows {
		x, y, err := w.SkyToPixel(ra.Floats[i], dec.Floats[i])
		if err != nil {
			t.Fatal(err)
		}
		const r = 2 // ugriz; SDSS counts pixel edges, so the centre of the first pixel is 0.5
		offsets = append(offsets, math.Hypot(x-(colc.Floats[i*bands+r]-0.5), y-(rowc.Floats[i*bands+r]-0.5)))
	}
	slices.Sort(offsets)
	median := offsets[len(offsets)/2]
	if median > 1 {
		t.Errorf("objects lie %v pixels from where SDSS measured them (median)", median)
	}
	t.Logf("%d columns; %d objects, median distance from SDSS's own pixel positions %.3f pixels", len(table.Names()),
		table.Rows, median)
}
