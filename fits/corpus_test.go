package fits

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// manifest is the part of fits-corpus/manifest.json that these tests use.
type manifest struct {
	Files []struct {
		File      string
		Container string
		HDUs      []manifestHDU
	}
}

type manifestHDU struct {
	Index      int
	Kind       string
	Shape      []int
	Dtype      string
	Error      string
	Compressed *struct{ Zcmptype string }
	Stats      *struct {
		N      int `json:"n"`
		NaN    int `json:"n_nan"`
		Inf    int `json:"n_inf"`
		Mean   *float64
		Min    *float64
		Max    *float64
		Probe  [][2]*float64
		SHA256 string `json:"sha256_le"`
	}
	WCS *struct {
		Ctype   []*string
		Error   string
		Pix2sky []struct {
			Pix []float64
			Sky []*float64 // nil where the projection is not defined
		}
		Axes  []int  `json:"celestial_pixel_axes"`
		Lng   string `json:"lng_ctype"`
		CPDIS bool   `json:"has_cpdis"`
		D2IM  bool   `json:"has_d2im"`
	}
	Table *struct {
		Rows    int `json:"nrows"`
		Columns []struct{ Name string }
	}
}

func readManifest(t *testing.T) (m manifest, dir string) {
	dir = sharedData(t, "fits-corpus")
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	b = []byte(strings.NewReplacer(": NaN", ": null", ": Infinity", ": null", ": -Infinity", ": null", ", NaN", ", null",
		", Infinity", ", null", ", -Infinity", ", null").Replace(string(b)))
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m, filepath.Join(dir, "files")
}

// forEachHDU opens every file of the corpus and checks that the index finds the HDUs of the manifest.
func forEachHDU(t *testing.T, visit func(file string, h *HDU, want manifestHDU)) {
	m, dir := readManifest(t)
	for _, entry := range m.Files {
		f, err := Open(filepath.Join(dir, entry.File))
		if len(entry.HDUs) == 0 { // no FITS file, or in a container that astropy 5.2 cannot open
			var format *FormatError
			var unsupported *UnsupportedError
			if entry.Container == "lzw" && err == nil {
				f.Close()
			} else if !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Errorf("%s: %v", entry.File, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", entry.File, err)
			continue
		}
		if f.NumHDU() != len(entry.HDUs) {
			t.Errorf("%s: %d HDUs (%v), want %d", entry.File, f.NumHDU(), f.Err(), len(entry.HDUs))
		}
		for i, want := range entry.HDUs[:min(len(entry.HDUs), f.NumHDU())] {
			visit(entry.File, f.HDU(i), want)
		}
		f.Close()
	}
}

func TestCorpusImages(t *testing.T) {
	plain, hashed, scaled, compressed, groups := 0, 0, 0, 0, 0
	forEachHDU(t, func(file string, h *HDU, want manifestHDU) {
		if want.Kind == "groups" {
			if len(h.axes) == 0 {
				return // GROUPS = T without the axes that make random groups: an empty primary HDU
			}
			groups++
			_, err := h.Read()
			var unsupported *UnsupportedError
			if h.IsImage() || !errors.As(err, &unsupported) {
				t.Errorf("%s: random groups: %v", file, err)
			}
			return
		}
		if want.Kind != "image" {
			return
		}
		if !h.IsImage() || want.Error == "" && !slices.Equal(h.Shape(), want.Shape) {
			t.Errorf("%s HDU %d: image %v of shape %v, want %v", file, want.Index, h.IsImage(), h.Shape(), want.Shape)
			return
		}
		im, err := h.Read()
		if want.Compressed != nil {
			compressed++
		}
		plain++
		if err != nil {
			t.Error(err)
			return
		}
		if want.Stats == nil {
			return
		}
		if h.header.Has("BSCALE") && want.Dtype == "float32" {
			if scale, _ := h.header.Float("BSCALE"); scale != 1 {
				scaled++ // astropy scales in float32; TestCorpusFloat32 has these exactly
				return
			}
		}
		if checkStats(t, file, im, want) {
			hashed++
		}
	})
	t.Logf("%d images read (%d compared by SHA-256 of every pixel, %d scaled), %d tile-compressed among them, %d random groups refused",
		plain, hashed, scaled, compressed, groups)
}

// checkStats compares an image with the manifest; it reports whether the hash could be compared, which needs a stored
// type that float32 holds without loss.
func checkStats(t *testing.T, file string, im *Image, want manifestHDU) (hashed bool) {
	t.Helper()
	nan, inf, sum := 0, 0, 0.0
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range im.Pixels {
		switch v := float64(v); {
		case math.IsNaN(v):
			nan++
		case math.IsInf(v, 0):
			inf++
		default:
			sum += v
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	s := want.Stats
	if len(im.Pixels) != s.N || nan != s.NaN || inf != s.Inf {
		t.Errorf("%s HDU %d: %d pixels, %d NaN, %d Inf, want %d, %d, %d", file, want.Index, len(im.Pixels), nan, inf,
			s.N, s.NaN, s.Inf)
		return false
	}
	if finite := s.N - nan - inf; finite > 0 {
		if s.Min != nil && (float32(lo) != float32(*s.Min) || float32(hi) != float32(*s.Max)) {
			t.Errorf("%s HDU %d: range [%v, %v], want [%v, %v]", file, want.Index, lo, hi, *s.Min, *s.Max)
		}
		mean := sum / float64(finite)
		if s.Mean != nil && math.Abs(mean-*s.Mean) > 1e-7*max(math.Abs(lo), math.Abs(hi)) {
			t.Errorf("%s HDU %d: mean %v, want %v", file, want.Index, mean, *s.Mean)
		}
	}
	for _, p := range s.Probe {
		if p[0] == nil || p[1] == nil {
			continue
		}
		if got := im.Pixels[int(*p[0])]; got != float32(*p[1]) {
			t.Errorf("%s HDU %d: pixel %v is %v, want %v", file, want.Index, *p[0], got, *p[1])
		}
	}
	raw, ok := littleEndian(im.Pixels, want.Dtype)
	if !ok || nan > 0 {
		return false
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != s.SHA256 {
		t.Errorf("%s HDU %d: SHA-256 of the %s pixels differs", file, want.Index, want.Dtype)
	}
	return true
}

// littleEndian returns pixels in a numpy type that float32 holds without loss.
func littleEndian(pixels []float32, dtype string) (raw []byte, ok bool) {
	for _, v := range pixels {
		switch dtype {
		case "float32":
			b := math.Float32bits(v)
			raw = append(raw, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
		case "int16", "uint16":
			raw = append(raw, byte(int(v)), byte(int(v)>>8))
		case "int8", "uint8":
			raw = append(raw, byte(int(v)))
		default:
			return nil, false
		}
	}
	return raw, true
}

// TestCorpusFloat32 compares every pixel of every plain image with numpy's: stored values from astropy without its
// scaling, the physical value in float64, one rounding to float32, NaN made uniform.
func TestCorpusFloat32(t *testing.T) {
	long(t)
	dir := filepath.Join(sharedData(t, "fits-corpus"), "files")
	var want map[string]string
	if err := json.Unmarshal(astropy(t, `
import sys, os, json, hashlib
import numpy as np
from astropy.io import fits
out = {}
for name in sorted(os.listdir(sys.argv[1])):
    try: hdus = fits.open(os.path.join(sys.argv[1], name), do_not_scale_image_data=True, memmap=False)
    except OSError: continue
    with hdus:
        for i, h in enumerate(hdus):
            if type(h) not in (fits.PrimaryHDU, fits.ImageHDU) or h.header.get('NAXIS', 0) == 0:
                continue
            try: data = h.data
            except Exception: continue
            if data is None: continue
            k = h.header
            scale, zero = float(k.get('BSCALE', 1)), float(k.get('BZERO', 0))
            if k['BITPIX'] == 64 and scale == 1 and zero == 2.0**63:
                f = (data.astype('>i8').view('>u8') ^ np.uint64(1 << 63)).astype('f8')
            else:
                f = data.astype('f8')
                if (scale, zero) != (1, 0): f = scale * f + zero
            with np.errstate(all='ignore'): f = f.astype('<f4')
            if k['BITPIX'] > 0 and isinstance(k.get('BLANK'), int): f[data == k['BLANK']] = np.nan
            f[np.isnan(f)] = np.nan
            out['%s %d' % (name, i)] = hashlib.sha256(f.tobytes()).hexdigest()
print(json.dumps(out))`, dir), &want); err != nil {
		t.Fatal(err)
	}
	compared := 0
	forEachHDU(t, func(file string, h *HDU, m manifestHDU) {
		hash, ok := want[file+" "+strconv.Itoa(m.Index)]
		if !ok {
			return
		}
		im, err := h.Read()
		if err != nil {
			t.Error(err)
			return
		}
		for i, v := range im.Pixels {
			if v != v {
				im.Pixels[i] = math.Float32frombits(0x7fc00000)
			}
		}
		raw, _ := littleEndian(im.Pixels, "float32")
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != hash {
			t.Errorf("%s HDU %d: pixels differ from numpy's", file, m.Index)
		}
		compared++
	})
	t.Logf("%d images equal in every pixel", compared)
}
