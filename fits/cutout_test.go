package fits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

var edgeModes = map[string]EdgeMode{"strict": Strict, "trim": Partial, "partial": Padded} // by astropy's names

// TestCutoutsAgainstAstropy has Cutout2D cut an image at many positions, half pixels and the edges among them.
func TestCutoutsAgainstAstropy(t *testing.T) {
	name := filepath.Join(t.TempDir(), "image.fits")
	var want []struct {
		X, Y          float64
		Height, Width int
		Mode, Error   string
		Origin, Shape [2]int
		Pixels        []*float32
		Sky           [][2]float64
	}
	if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.nddata import Cutout2D, NoOverlapError, PartialOverlapError
rng = np.random.default_rng(3)
data = rng.normal(size=(23, 31)).astype('f4')
w = WCS(naxis=2)
w.wcs.ctype = 'RA---TAN-SIP', 'DEC--TAN-SIP'
w.wcs.crval, w.wcs.crpix, w.wcs.cd = (150.1, -42.3), (12.5, 9.25), [[-9e-5, 3e-5], [3e-5, 9e-5]]
from astropy.wcs import Sip
a, b = np.zeros((3, 3)), np.zeros((3, 3))
a[2, 0], a[1, 1], b[0, 2] = 1e-4, -3e-5, 2e-4
w.sip = Sip(a, b, None, None, w.wcs.crpix)
fits.writeto(sys.argv[1], data, w.to_header(relax=True))
out = []
for i in range(600):
    height, width = (int(v) for v in rng.integers(1, 13, 2))
    x, y = rng.uniform(-9, 40), rng.uniform(-9, 32)
    if i % 3 == 0: x, y = np.round(2 * x) / 2, np.round(2 * y) / 2
    mode = ('strict', 'trim', 'partial')[rng.integers(3)]
    case = dict(X=x, Y=y, Height=height, Width=width, Mode=mode)
    out.append(case)
    if 0 in (np.ceil(x - width / 2) + width, np.ceil(y - height / 2) + height):
        case['Error'] = 'NoOverlapError' # astropy before 6.1 lets a cutout pass that ends where the image begins
        continue
    try: c = Cutout2D(data, (x, y), (height, width), wcs=w, mode=mode, fill_value=np.nan)
    except (NoOverlapError, PartialOverlapError) as e:
        case['Error'] = type(e).__name__
        continue
    case['Shape'] = c.data.shape
    case['Pixels'] = [None if np.isnan(v) else float(v) for v in c.data.ravel()]
    case['Origin'] = [int(v) for v in c._origin_original_true]
    case['Sky'] = [[float(v) for v in w.all_pix2world([p], 0)[0]] for w in [c.wcs] for p in [(0, 0), (2.5, -3), (11, 7)]]
print(json.dumps(out))`, name), &want); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	outcomes := map[string]int{}
	for _, w := range want {
		outcomes[w.Mode+w.Error]++
		what := fmt.Sprintf("%d × %d around (%v, %v), %s", w.Height, w.Width, w.X, w.Y, w.Mode)
		c, err := f.HDU(0).Cutout(w.X, w.Y, w.Height, w.Width, edgeModes[w.Mode])
		switch {
		case w.Error == "NoOverlapError" && errors.Is(err, ErrNoOverlap), w.Error == "PartialOverlapError" && errors.Is(err, ErrOverEdge):
			continue
		case w.Error != "" || err != nil:
			t.Errorf("%s: %v, want %q", what, err, w.Error)
			continue
		}
		if !slices.Equal(c.Shape, w.Shape[:]) || [2]int{c.X0, c.Y0} != w.Origin {
			t.Errorf("%s: shape %v from (%d, %d) on, want %v from %v", what, c.Shape, c.X0, c.Y0, w.Shape, w.Origin)
			continue
		}
		inside := 0
		for i, v := range w.Pixels {
			if got := c.Pixels[i]; v == nil != (got != got) || v != nil && got != *v {
				t.Errorf("%s: pixel %d is %v, want %v", what, i, got, v)
			}
			if v != nil {
				inside++
			}
		}
		if overlap := float64(inside) / float64(w.Height*w.Width); c.Overlap != overlap {
			t.Errorf("%s: overlap %v, want %v", what, c.Overlap, overlap)
		}
		for i, p := range [][2]float64{{0, 0}, {2.5, -3}, {11, 7}} {
			lon, lat, err := c.WCS.PixelToSky(p[0], p[1])
			if err != nil || math.Abs(lon-w.Sky[i][0]) > 1e-9 || math.Abs(lat-w.Sky[i][1]) > 1e-9 {
				t.Errorf("%s: pixel %v is at (%v, %v), want %v: %v", what, p, lon, lat, w.Sky[i], err)
			}
		}
	}
	if len(outcomes) != 7 {
		t.Errorf("not every outcome was met: %v", outcomes)
	}
	t.Logf("%d cutouts: %v", len(want), outcomes)
}

// TestCutoutOfCube cuts planes of which there are several, along the axes that the sky has, and writes what it cut.
func TestCutoutOfCube(t *testing.T) {
	im := &Image{Shape: []int{2, 3, 5, 7}, Pixels: make([]float32, 210)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(i)
	}
	var b bytes.Buffer
	if err := WriteImages(&b, ImageHDU{Image: im, Header: []Card{{"CTYPE1", "FREQ", ""}, {"CTYPE2", "RA---TAN", ""},
		{"CTYPE3", "DEC--TAN", ""}, {"CRVAL2", 10.0, ""}, {"CRPIX2", 2.0, ""}, {"CRPIX3", 3.0, ""}, {"CDELT2", -1e-3, ""}, {"CDELT3", 1e-3, ""}}}); err != nil {
		t.Fatal(err)
	}
	h := openBytes(t, b.Bytes()).HDU(0)
	c, err := h.Cutout(6, 0, 3, 3, Padded)
	if err != nil || !slices.Equal(c.Shape, []int{2, 3, 3, 3}) || c.X0 != 5 || c.Y0 != -1 || c.Overlap != 4.0/9 {
		t.Fatalf("%+v, %v", c, err)
	}
	for i, v := range c.Pixels {
		plane, y, x := i/9, i/3%3-1, i%3+5
		if on := y >= 0 && x < 7; on && v != float32(plane*35+y*7+x) || !on && v == v {
			t.Errorf("pixel %d is %v", i, v)
		}
	}
	c, err = h.CutoutSky(10, 0, 1, 3, Strict) // y is axis 3, of 3 pixels
	if err != nil || !slices.Equal(c.Shape, []int{2, 1, 3, 7}) || c.X0 != 0 || c.Y0 != 2 || c.Pixels[0] != 2*35 {
		t.Errorf("along axes 2 and 3: %+v, %v", c, err)
	}
	if x, y, err := c.WCS.SkyToPixel(10, 0); err != nil || math.Hypot(x-1, y) > 1e-9 {
		t.Errorf("the reference point is at (%v, %v) of the cutout, want (1, 0): %v", x, y, err)
	}
}

func TestCutoutRefuses(t *testing.T) {
	plain := openBytes(t, rawImage(8, []int{3, 3}, make([]byte, 9))).HDU(0)
	for name, cut := range map[string]struct {
		of    func() (*Cutout, error)
		cause error
	}{
		"NaN":             {func() (*Cutout, error) { return plain.Cutout(math.NaN(), 1, 1, 1, Padded) }, ErrNoOverlap},
		"far away":        {func() (*Cutout, error) { return plain.Cutout(1, 1e300, 1, 1, Padded) }, ErrNoOverlap},
		"beside":          {func() (*Cutout, error) { return plain.Cutout(1, 4, 2, 2, Padded) }, ErrNoOverlap},
		"sky without WCS": {func() (*Cutout, error) { return plain.CutoutICRS(1, 1, 1, 1, Padded) }, ErrNoWCS},
		"no size":         {func() (*Cutout, error) { return plain.Cutout(1, 1, 0, 1, Padded) }, nil},
		"one axis": {func() (*Cutout, error) {
			return openBytes(t, rawImage(8, []int{9}, make([]byte, 9))).HDU(0).Cutout(1, 0, 1, 1, Padded)
		}, nil},
		"no image": {func() (*Cutout, error) {
			return openBytes(t, rawTable(1, 0, nil, 0, "TFIELDS = 0")).HDU(1).Cutout(0, 0, 1, 1, Padded)
		}, nil},
	} {
		c, err := cut.of()
		if err == nil || cut.cause != nil && !errors.Is(err, cut.cause) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

// TestShifted compares positions in a cutout with those in its image, for every projection and distortion, also after the
// cutout's WCS was written and read.
func TestShifted(t *testing.T) {
	compared := 0
	for _, head := range slices.Concat(projectionHeaders(62), distortedHeaders(30), wcsHeaders()) {
		w, err := wcsOf(t, head...)
		if err != nil {
			continue // no pole gives the reference point its latitude
		}
		part := w.Shift(37, -12)
		var cards []string
		for _, c := range part.Cards() {
			cards = append(cards, card(c.Key, c.Value))
		}
		written, err := wcsOf(t, cards...)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range [][2]float64{{40, 3}, {100.25, 90}, {301, 200}} {
			lon, lat, err := w.PixelToSky(p[0], p[1])
			if err != nil {
				continue
			}
			want := sphere.Unit(lon*sphere.Degree, lat*sphere.Degree)
			for _, w := range []*WCS{part, written} {
				lon, lat, err := w.PixelToSky(p[0]-37, p[1]+12)
				got := sphere.Unit(lon*sphere.Degree, lat*sphere.Degree)
				if err != nil || math.Hypot(math.Hypot(got[0]-want[0], got[1]-want[1]), got[2]-want[2]) > 1e-9*sphere.Degree {
					t.Errorf("%v: (%v, %v), want direction %v: %v", head, lon, lat, want, err)
				}
			}
			compared++
		}
	}
	t.Logf("%d positions", compared)
}
