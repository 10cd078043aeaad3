package fits

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sameBits compares pixels bit by bit, all NaN being alike.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
	})
}

func TestScaling(t *testing.T) {
	nan := float32(math.NaN())
	for _, test := range []struct {
		name   string
		bitpix int
		data   []byte
		cards  []string
		want   []float32
	}{
		{"bytes", 8, []byte{0, 1, 255}, nil, []float32{0, 1, 255}},
		{"signed bytes", 8, []byte{0, 128, 255}, []string{"BZERO   = -128"}, []float32{-128, 0, 127}},
		{"BLANK 0", 8, []byte{0, 1}, []string{"BLANK   = 0"}, []float32{nan, 1}},
		{"int16", 16, []byte{0x80, 0, 0x7f, 0xff}, nil, []float32{-32768, 32767}},
		{"uint16", 16, []byte{0x80, 0, 0x7f, 0xff}, []string{"BZERO   = 32768.0"}, []float32{0, 65535}},
		{"scaled with BLANK", 16, []byte{0xff, 0x9d, 0, 3}, []string{"BSCALE  = 0.1D0", "BZERO   = .5", "BLANK   = -99"},
			[]float32{nan, float32(0.1*3 + 0.5)}},
		{"BLANK that is no integer", 16, []byte{0, 3}, []string{"BLANK   = 'x'"}, []float32{3}},
		{"int32", 32, []byte{0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}, nil, []float32{-1 << 31, 1<<31 - 1}},
		{"uint32", 32, []byte{0x7f, 0xff, 0xff, 0xff}, []string{"BZERO   = 2147483648"}, []float32{1<<32 - 1}},
		{"one rounding", 32, []byte{0x01, 0x00, 0x00, 0x01}, []string{"BZERO   = 1"}, []float32{16777218}},
		{"uint64", 64, []byte{0x80, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			[]string{"BZERO   = 9223372036854775808"}, []float32{1, 1 << 64}},
		{"float32", -32, []byte{0x3f, 0xc0, 0, 0, 0x7f, 0xc0, 0, 1, 0x7f, 0x80, 0, 0}, []string{"BLANK   = 0"},
			[]float32{1.5, nan, float32(math.Inf(1))}},
		{"scaled float32", -32, []byte{0x3f, 0xc0, 0, 0}, []string{"BSCALE  = 2", "BZERO   = -1"}, []float32{2}},
		{"float64", -64, []byte{0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}, nil, []float32{0.1}},
	} {
		axes := []int{len(test.data) * 8 / max(test.bitpix, -test.bitpix)}
		im, err := openBytes(t, rawImage(test.bitpix, axes, test.data, test.cards...)).HDU(0).Read()
		if err != nil || !sameBits(im.Pixels, test.want) {
			t.Errorf("%s: %v, %v, want %v", test.name, im, err, test.want)
		}
	}
	_, err := openBytes(t, rawImage(8, []int{1}, []byte{1}, "BSCALE  = NaN")).HDU(0).Read()
	var format *FormatError
	if !errors.As(err, &format) || format.Where != "BSCALE" {
		t.Errorf("BSCALE = NaN: %v", err)
	}
}

// readCounter counts the bytes that are read through it.
type readCounter struct {
	*bytes.Reader
	bytes int
}

func (c *readCounter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.bytes += n
	return n, err
}

func TestSection(t *testing.T) {
	data := make([]byte, 4*5*70)
	for i := range data {
		data[i] = byte(i * 7)
	}
	b := rawImage(8, []int{70, 5, 4}, data) // shape [4 5 70]
	h := openBytes(t, b).HDU(0)
	for _, test := range []struct{ lo, hi []int }{
		{[]int{0, 0, 0}, []int{4, 5, 70}},
		{[]int{1, 0, 0}, []int{3, 5, 70}},
		{[]int{1, 2, 3}, []int{4, 3, 60}},
		{[]int{3, 4, 69}, []int{4, 5, 70}},
		{[]int{2, 1, 0}, []int{3, 4, 70}},
		{[]int{2, 2, 2}, []int{2, 5, 7}},
	} {
		im, err := h.Section(test.lo, test.hi)
		if err != nil {
			t.Fatal(err)
		}
		var want []float32
		for z := test.lo[0]; z < test.hi[0]; z++ {
			for y := test.lo[1]; y < test.hi[1]; y++ {
				for x := test.lo[2]; x < test.hi[2]; x++ {
					want = append(want, float32(data[(z*5+y)*70+x]))
				}
			}
		}
		if !slices.Equal(im.Pixels, want) {
			t.Errorf("section %v to %v differs", test.lo, test.hi)
		}
		for k := range im.Shape {
			if im.Shape[k] != test.hi[k]-test.lo[k] {
				t.Errorf("section %v to %v has shape %v", test.lo, test.hi, im.Shape)
			}
		}
	}
	for _, bad := range [][2][]int{
		{{0, 0}, {1, 1}}, {{-1, 0, 0}, {1, 1, 1}}, {{0, 0, 0}, {5, 1, 1}}, {{2, 0, 0}, {1, 1, 1}}, {nil, nil},
	} {
		if _, err := h.Section(bad[0], bad[1]); err == nil || !strings.Contains(err.Error(), "memory.fits: HDU 0: section") {
			t.Errorf("section %v: %v", bad, err)
		}
	}
	big := rawImage(-32, []int{1000, 1000}, make([]byte, 4e6))
	counter := &readCounter{Reader: bytes.NewReader(big)}
	f, err := New(counter, int64(len(big)), "counted")
	if err != nil {
		t.Fatal(err)
	}
	counter.bytes = 0
	if _, err := f.HDU(0).Section([]int{500, 500}, []int{564, 564}); err != nil || counter.bytes != 64*64*4 {
		t.Errorf("a 64x64 window read %d bytes: %v", counter.bytes, err)
	}
}

// TestSizesAreChecked opens small files that claim to be huge: an error, and no memory.
func TestSizesAreChecked(t *testing.T) {
	for _, axes := range [][]int{{1e6, 1e6}, {math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {1 << 32, 1 << 31, 2},
		{4, 1 << 60}, {5000}} {
		h := openBytes(t, rawImage(-64, axes, make([]byte, 2880))).HDU(0)
		var format *FormatError
		if _, err := h.Read(); !errors.As(err, &format) {
			t.Errorf("axes %v: %v", axes, err)
		}
		lo, hi := make([]int, len(axes)), make([]int, len(axes))
		for i := range hi {
			hi[i] = 1
		}
		_, err := h.Section(lo, hi) // the first pixel is there, unless no file could hold the image
		if err != nil && !errors.As(err, &format) {
			t.Errorf("axes %v: %v", axes, err)
		}
	}
	im, err := openBytes(t, rawImage(8, []int{0, 1 << 40}, nil)).HDU(0).Read()
	if err != nil || len(im.Pixels) != 0 {
		t.Errorf("an axis of length 0: %v, %v", im, err)
	}
}

func TestCompressedFiles(t *testing.T) {
	plain := append(rawImage(8, []int{3}, []byte{1, 2, 3}),
		rawHDU([]byte{9}, "XTENSION= 'IMAGE'", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = 1", "PCOUNT  = 0", "GCOUNT  = 1")...)
	var members bytes.Buffer
	for _, part := range [][]byte{plain[:1000], plain[1000:4000], plain[4000:]} {
		z := gzip.NewWriter(&members)
		z.Write(part)
		z.Close()
	}
	check := func(name string, b []byte) {
		f := openBytes(t, b)
		if f.NumHDU() != 2 {
			t.Fatalf("%s: %d HDUs, %v", name, f.NumHDU(), f.Err())
		}
		a, errA := f.HDU(0).Read()
		c, errC := f.HDU(1).Read()
		if errA != nil || errC != nil || !slices.Equal(a.Pixels, []float32{1, 2, 3}) || !slices.Equal(c.Pixels, []float32{9}) {
			t.Errorf("%s: %v %v, %v %v", name, a, errA, c, errC)
		}
	}
	check("gzip in three members", members.Bytes())

	if zstd, err := exec.LookPath("zstd"); err != nil {
		t.Logf("SKIPPED zstd: %v", err)
	} else {
		cmd := exec.Command(zstd, "-19", "-c")
		cmd.Stdin = bytes.NewReader(plain[:4000])
		first, err := cmd.Output()
		cmd = exec.Command(zstd, "-1", "-c")
		cmd.Stdin = bytes.NewReader(plain[4000:])
		second, err2 := cmd.Output()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		check("zstd in two frames", append(first, second...))
		f, err := New(bytes.NewReader(first), int64(len(first)), "cut.fits.zst")
		if err != nil {
			t.Fatal(err)
		}
		var format *FormatError
		if im, err := f.HDU(0).Read(); err != nil || len(im.Pixels) != 3 {
			t.Errorf("the first of two frames: %v", err)
		}
		cut := append(slices.Clone(first), second[:len(second)-9]...)
		if f, err = New(bytes.NewReader(cut), int64(len(cut)), "cut.fits.zst"); err == nil {
			if err = f.Err(); f.NumHDU() == 2 {
				_, err = f.HDU(1).Read()
			}
		}
		if !errors.As(err, &format) {
			t.Errorf("a zstd file cut short: %v", err)
		}
	}

	if compress, err := exec.LookPath("compress"); err != nil {
		t.Logf("SKIPPED compress: %v", err)
	} else {
		cmd := exec.Command(compress, "-c")
		cmd.Stdin = bytes.NewReader(plain)
		packed, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		check("compress", packed)
	}

	cut := members.Bytes()[:members.Len()-20]
	f, err := New(bytes.NewReader(cut), int64(len(cut)), "cut.fits.gz")
	if err != nil {
		t.Fatal(err)
	}
	if n := f.NumHDU(); n == 2 {
		_, err = f.HDU(1).Read()
	} else {
		err = f.Err()
	}
	var format *FormatError
	if !errors.As(err, &format) {
		t.Errorf("a gzip file cut short: %v", err)
	}

	out := astropy(t, `
import bz2, sys, base64
print(base64.b64encode(bz2.compress(base64.b64decode(sys.argv[1]))).decode())`, base64.StdEncoding.EncodeToString(plain))
	bz, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	check("bzip2", bz)
}

// TestInflationIsBounded feeds 2 GiB of zeros in 2 MB of gzip.
func TestInflationIsBounded(t *testing.T) {
	z := &inflated{from: zeros{}, limit: 3 << 20, at: place{"bomb.gz", -1}}
	if n, err := z.extent(1 << 40); n != 3<<20 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	var unsupported *UnsupportedError
	if _, err := z.ReadAt(make([]byte, 10), 3<<20-5); !errors.As(err, &unsupported) {
		t.Errorf("reading over the bound: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestImagesAgainstAstropy has astropy write images of every type and kind of scaling, and compares all pixels.
func TestImagesAgainstAstropy(t *testing.T) {
	dir := t.TempDir()
	var want map[string]string
	if err := json.Unmarshal(astropy(t, `
import sys, json, base64
import numpy as np
from astropy.io import fits
rng = np.random.default_rng(5)
out = {}
def save(name, hdu, truth):
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(sys.argv[1] + '/' + name)
    with np.errstate(all='ignore'): out[name] = base64.b64encode(np.asarray(truth, 'f8').astype('<f4').tobytes()).decode()
for dt in ('u1', 'i1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'):
    if dt[0] == 'f':
        a = (rng.normal(size=(3, 17, 23)) * 10.0 ** rng.integers(-30, 30, (3, 17, 23))).astype(dt)
        a[0, 0, :3] = np.nan, np.inf, -np.inf
    else:
        i = np.iinfo(dt)
        a = rng.integers(i.min, i.max, (3, 17, 23), dtype=dt, endpoint=True)
    save(dt + '.fits', fits.ImageHDU(a), a.astype('f8'))
    for scale, zero in ((0.01, 3.25), (-2.5, 1e6)):
        if dt in ('u1', 'i2', 'i4', 'i8', 'f4', 'f8'):
            h = fits.ImageHDU(a)
            h.header['BSCALE'] = scale; h.header['BZERO'] = zero
            name = '%s_%g.fits' % (dt, scale)
            # astropy would rescale on writing: write raw values, then patch the header
            hdu = fits.ImageHDU(a); hdu.header['QSCALE'] = scale; hdu.header['QZERO'] = zero
            save(name, hdu, scale * a.astype('f8') + zero)
            b = open(sys.argv[1] + '/' + name, 'rb').read().replace(b'QSCALE  ', b'BSCALE  ').replace(b'QZERO   ', b'BZERO   ')
            open(sys.argv[1] + '/' + name, 'wb').write(b)
print(json.dumps(out))`, dir), &want); err != nil {
		t.Fatal(err)
	}
	for name, encoded := range want {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		truth := make([]float32, len(raw)/4)
		for i := range truth {
			truth[i] = math.Float32frombits(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
		}
		f, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		im, err := f.HDU(1).Read()
		if err != nil || !slices.Equal(im.Shape, []int{3, 17, 23}) || !sameBits(im.Pixels, truth) {
			t.Errorf("%s: %v: differs from numpy", name, err)
		}
		f.Close()
	}
	t.Logf("%d images", len(want))
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "absent.fits")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	var format *FormatError
	if _, err := Open(t.TempDir()); !errors.As(err, &format) {
		t.Errorf("a directory: %v", err)
	}
}
