package fits

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packedImages are images that between them take every way of writing tiles.
func packedImages() []ImageHDU {
	r := rand.New(rand.NewPCG(11, 12))
	make := func(shape []int, pixel func(i int) float64) *Image {
		im := &Image{Shape: shape}
		n := 1
		for _, axis := range shape {
			n *= axis
		}
		for i := range n {
			im.Pixels = append(im.Pixels, float32(pixel(i)))
		}
		return im
	}
	sky := func(i int) float64 { return 1000 + 5*r.NormFloat64() }
	cards := func(name string) []Card {
		return append(NewTAN(50, 50, 10, 20, [2][2]float64{{-1e-3, 0}, {0, 1e-3}}).Cards(), Card{"EXTNAME", name, ""}, Card{"OBJECT", "it's", ""})
	}
	return []ImageHDU{
		{make([]int{100, 130}, func(i int) float64 {
			return []float64{sky(i), math.NaN(), math.Inf(-1), 1e-45, math.MaxFloat32, math.Copysign(0, -1)}[min(i%50, 5)]
		}), cards("LOSSLESS"), PackLossless},
		{make([]int{100, 130}, func(i int) float64 { return math.Round(sky(i)) * float64(1-2*(i/7%2)) }), cards("INT16"), PackInt16},
		{make([]int{2, 3, 37}, func(i int) float64 { return []float64{-32768, 32767, 0}[i%3] }), nil, PackInt16},
		{make([]int{100, 130}, func(i int) float64 { return math.Round(1e4 * sky(i)) }), cards("INT32"), PackInt32},
		{make([]int{4, 5000}, func(i int) float64 { return []float64{-1 << 31, 1<<31 - 128, 0, 5}[i/1000%4] }), nil, PackInt32},
		{make([]int{300, 130}, func(i int) float64 {
			switch {
			case i/130 >= 200 && i/130 < 240:
				return 7 // tiles without noise
			case i%53 == 0:
				return math.NaN()
			case i == 130*290:
				return math.Inf(1)
			}
			return sky(i)
		}), cards("QUANTISED"), PackQuantised},
		{make([]int{70}, sky), nil, PackQuantised},
		{make([]int{2, 2}, sky), cards("PLAIN"), Unpacked},
	}
}

// TestWritePacked writes compressed images and reads them with this package, with cfitsio, after funpack, and with astropy.
func TestWritePacked(t *testing.T) {
	hdus := packedImages()
	cfitsio, err := startCfitsio(t)
	if err != nil {
		t.Logf("SKIPPED cfitsio: %v", err)
	}
	for i, h := range hdus {
		var b bytes.Buffer
		if err := WriteImages(&b, h); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "packed.fits")
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		f := openBytes(t, b.Bytes())
		first := 0
		if h.packed() {
			first = 1
		}
		im, err := f.HDU(first).Read()
		if err != nil {
			t.Fatal(err)
		}
		if h.Packing == PackQuantised {
			checkQuantised(t, im, h.Image)
		} else if !sameBits(im.Pixels, withoutMinusZero(h)) {
			t.Errorf("image %d does not come back", i)
		}
		if h.Header != nil {
			if w, err := f.HDU(first).WCS(); err != nil || w.PixelScale() == 0 {
				t.Errorf("image %d: %v", i, err)
			}
		}
		if cfitsio == nil {
			continue
		}
		if h.Packing == PackQuantised { // cfitsio takes infinite pixels for undefined where it looks for these
			for k, v := range im.Pixels {
				if math.IsInf(float64(v), 0) {
					im.Pixels[k] = float32(math.NaN())
				}
			}
		}
		if !sameBits(dumped(t, cfitsio, name), im.Pixels) {
			t.Errorf("image %d: cfitsio reads other pixels", i)
		}
		if funpack, err := exec.LookPath("funpack"); err == nil && h.packed() {
			plain := name + ".plain"
			if out, err := exec.Command(funpack, "-O", plain, name).CombinedOutput(); err != nil {
				t.Fatalf("funpack: %v %s", err, out)
			}
			f, err := Open(plain)
			if err != nil {
				t.Fatal(err)
			}
			plainIm, err := f.HDU(0).Read()
			if err == nil && len(plainIm.Pixels) == 0 {
				plainIm, err = f.HDU(1).Read()
			}
			if err != nil || !sameBits(plainIm.Pixels, im.Pixels) {
				t.Errorf("image %d: funpack writes other pixels: %v", i, err)
			}
			f.Close()
		}
	}
	var b bytes.Buffer
	if err := WriteImages(&b, hdus...); err != nil {
		t.Fatal(err)
	}
	astropy(t, `
import sys, warnings
warnings.simplefilter('error')
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
with fits.open(sys.argv[1]) as f:
    f.verify('exception')
    assert len(f) == 9 and f[0].data is None
    assert f['INT16'].data.dtype == 'i2' and f['INT32'].data.dtype == 'i4' and f['LOSSLESS'].data.dtype == 'f4'
    assert f['QUANTISED'].shape == (300, 130) and f[3].shape == (2, 3, 37)
    assert f[3].data.ravel()[:3].tolist() == [-32768, 32767, 0]
    d = f['QUANTISED'].data
    assert (d[200:200 + 31] == 7).all() and np.isinf(d[290, 0])
    d = d[:186][np.arange(186 * 130).reshape(186, 130) % 53 != 0]
    assert abs(d.mean() - 1000) < 0.2 and abs(d.std() - 5) < 0.1
    d = f['LOSSLESS'].data.ravel()
    assert np.isnan(d[1]) and d[2] == -np.inf and d[3] == np.float32(1e-45)
    for name in 'LOSSLESS', 'INT16', 'INT32', 'QUANTISED':
        assert f[name].header['OBJECT'] == "it's" and WCS(f[name].header).wcs.crval.tolist() == [10, 20]`, writeFile(t, b.Bytes()))
	var unpacked bytes.Buffer
	for i := range hdus {
		hdus[i].Packing = Unpacked
	}
	if err := WriteImages(&unpacked, hdus...); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes packed, %d not", b.Len(), unpacked.Len())
}

// withoutMinusZero is what comes back of an image: whole numbers have no negative zero.
func withoutMinusZero(h ImageHDU) []float32 {
	if h.Packing != PackInt16 && h.Packing != PackInt32 {
		return h.Image.Pixels
	}
	pixels := make([]float32, len(h.Image.Pixels))
	for i, v := range h.Image.Pixels {
		pixels[i] = v + 0
	}
	return pixels
}

// checkQuantised compares pixels with what they were before quantisation: undefined ones exactly, others to a step, which
// is a quarter of their noise of 5.
func checkQuantised(t *testing.T, got, want *Image) {
	t.Helper()
	sum, n := 0.0, 0
	for i, v := range got.Pixels {
		w := want.Pixels[i]
		if d := math.Abs(float64(v - w)); d > 5.0/4/2*1.2 || (v != v) != (w != w) {
			t.Errorf("pixel %d is %v, was %v", i, v, w)
			return
		}
		if v == v && !math.IsInf(float64(v), 0) {
			sum += float64(v - w)
			n++
		}
	}
	if mean := sum / float64(n); math.Abs(mean) > 5.0/math.Sqrt(float64(n)) {
		t.Errorf("quantisation moves the mean by %v", mean)
	}
}

func TestWritePackedRefuses(t *testing.T) {
	for _, test := range []struct {
		packing Packing
		pixel   float32
	}{{PackInt16, 0.5}, {PackInt16, 32768}, {PackInt32, 1 << 31}, {PackInt32, float32(math.NaN())}, {PackInt16, float32(math.Inf(1))}} {
		err := WriteImages(&bytes.Buffer{}, ImageHDU{&Image{[]int{1, 2}, []float32{1, test.pixel}}, nil, test.packing})
		if err == nil || !strings.Contains(err.Error(), "HDU 0: pixels of tile 0 are not whole numbers of") {
			t.Errorf("%v: %v", test, err)
		}
	}
	err := WriteImages(&bytes.Buffer{}, ImageHDU{&Image{[]int{1, 2}, []float32{1, 2}}, []Card{{"ZBITPIX", 8, ""}}, PackInt16})
	if err == nil || !strings.Contains(err.Error(), "ZBITPIX") {
		t.Errorf("a card of the layout: %v", err)
	}
}
