package fits

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stackTypes are pixel types as they are found in cutouts.
var stackTypes = []PixelType{
	Bytes, {Bitpix: 8, Scale: 0.5, Zero: -3}, {Bitpix: 16, Scale: 1}, {Bitpix: 16, Scale: 1, Zero: 1 << 15},
	{Bitpix: 16, Scale: 0.01, Zero: 7, HasBlank: true, Blank: -32768}, {Bitpix: 32, Scale: 1}, {Bitpix: 32, Scale: 1e-3, HasBlank: true, Blank: -1 << 31},
	{Bitpix: 64, Scale: 1}, {Bitpix: 64, Scale: 1, Zero: 1 << 63}, Float32, {Bitpix: -64, Scale: 1},
}

// randomStored are n random pixels of a type, some of them undefined.
func randomStored(p PixelType, n int, r *rand.Rand) (raw []byte) {
	for i := range n {
		v := 300 * r.NormFloat64()
		switch p.Bitpix {
		case 8:
			raw = append(raw, byte(v))
		case 16:
			raw = binary.BigEndian.AppendUint16(raw, uint16(int16(v)))
		case 32:
			raw = binary.BigEndian.AppendUint32(raw, uint32(int32(1e5*v)))
		case 64:
			raw = binary.BigEndian.AppendUint64(raw, uint64(1e12*v))
		case -32:
			raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(float32(v)))
		default:
			raw = binary.BigEndian.AppendUint64(raw, math.Float64bits(v))
		}
		size := p.Size()
		cell := raw[len(raw)-size:]
		switch {
		case i%17 > 0:
		case p.HasBlank:
			var blank [8]byte
			binary.BigEndian.PutUint64(blank[:], uint64(p.Blank))
			copy(cell, blank[8-size:])
		case p.Bitpix == -32:
			binary.BigEndian.PutUint32(cell, math.Float32bits(float32(math.NaN())))
		case p.Bitpix == -64:
			binary.BigEndian.PutUint64(cell, math.Float64bits(math.NaN()))
		}
	}
	return raw
}

// writeStack writes a stack of images of a shape, and a table beside it.
func writeStack(t *testing.T, p PixelType, shape []int, images [][]byte, room int) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stack.fits"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := NewStackWriter(f, p, shape, []Card{{"PACKED", true, "a cutout a plane"}, {"OBJECT", "it's", ""}}, room)
	if err != nil {
		t.Fatal(err)
	}
	ids, positions := []string{}, []float64{}
	for i, image := range images {
		if room > 0 {
			image = p.Compress(image)
		}
		if err := s.Write(image); err != nil {
			t.Fatal(err)
		}
		ids, positions = append(ids, fmt.Sprint("J", i)), append(positions, float64(i)/3)
	}
	if err := s.Close("CUTOUTS", []Column{{Name: "ID", Strings: ids}, {Name: "CRVAL1", Floats: positions}}); err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != s.Size() || s.Size()%blockSize != 0 || s.Len() != len(images) {
		t.Fatalf("%d images in %d bytes, %v", s.Len(), s.Size(), err)
	}
	return f.Name()
}

// TestStack writes stacks of each type, plain and compressed, and reads them with this package, astropy and cfitsio's
// verifier.
func TestStack(t *testing.T) {
	cfitsio, err := startCfitsio(t)
	if err != nil {
		t.Logf("SKIPPED cfitsio: %v", err)
	}
	for _, shape := range [][]int{{5, 7}, {3, 33, 31}} {
		n := 1
		for _, axis := range shape {
			n *= axis
		}
		for _, p := range stackTypes {
			for _, room := range []int{0, 9} {
				if room > 0 && !p.Compresses() {
					continue
				}
				t.Run(fmt.Sprintf("%v %v %v", p, shape, room > 0), func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 2))
					images := [][]byte{randomStored(p, n, r), randomStored(p, n, r), randomStored(p, n, r)}
					name := writeStack(t, p, shape, images, room)
					checkStack(t, name, p, shape, images, room)
					if out, err := exec.Command("fitsverify", "-q", name).CombinedOutput(); !bytes.Contains(out, []byte("verification OK")) && !bytes.Contains(out, []byte("executable file not found")) {
						if _, missing := exec.LookPath("fitsverify"); missing == nil {
							t.Errorf("fitsverify: %v: %s", err, out)
						}
					}
					if cfitsio == nil || p.Bitpix == 64 || room > 0 && len(shape) > 2 {
						return // cfitsio's doubles do not hold such numbers, and it reads three axes of a compressed image
					}
					f, err := Open(name)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					im, err := f.HDU(min(room, 1)).Read()
					if err != nil || !sameBits(dumped(t, cfitsio, name), im.Pixels) {
						t.Errorf("cfitsio reads other pixels: %v", err)
					}
				})
			}
		}
	}
}

// checkStack reads a stack image by image.
func checkStack(t *testing.T, name string, p PixelType, shape []int, images [][]byte, room int) {
	t.Helper()
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.NumHDU() != 2+min(room, 1) || f.Err() != nil {
		t.Fatalf("%d HDUs, %v", f.NumHDU(), f.Err())
	}
	h := f.HDU(min(room, 1))
	if object, err := h.Header().String("OBJECT"); err != nil || object != "it's" || !slices.Equal(h.Shape(), append([]int{len(images)}, shape...)) {
		t.Fatalf("%q, %v, shape %v", object, err, h.Shape())
	}
	scale, err := h.scaling(p.Bitpix)
	if err != nil {
		t.Fatal(err)
	}
	for i := range images {
		lo, hi := make([]int, len(shape)+1), append([]int{i + 1}, shape...)
		lo[0] = i
		want := make([]float32, len(images[i])/p.Size())
		scale.decode(want, images[i])
		im, err := h.Section(lo, hi)
		if err != nil || !sameBits(im.Pixels, want) {
			t.Errorf("image %d: other physical values: %v", i, err)
		}
		got, raw, err := h.Stored(lo, hi)
		switch {
		case err != nil:
			t.Error(err)
		case room == 0 || p.small():
			if got != p || !bytes.Equal(raw, images[i]) {
				t.Errorf("image %d: stored as %v, want %v, or other bytes", i, got, p)
			}
		case got != Float32 || !bytes.Equal(raw, Float32.Encode(want)):
			t.Errorf("image %d: stored as %v, or other bytes than float32's", i, got)
		}
	}
	table, err := f.HDU(min(room, 1) + 1).Table()
	if err != nil {
		t.Fatal(err)
	}
	cards, err := table.Row(2)
	if err != nil || len(cards) != 2 || cards[0].Value != "J2" || cards[1].Key != "CRVAL1" || cards[1].Value != 2.0/3 {
		t.Errorf("row 2: %v, %v", cards, err)
	}
	if _, err := table.Row(3); err == nil {
		t.Error("row 3 of three rows")
	}
}

// TestStackAgainstAstropy compares physical values with those that astropy reads of the same stack.
func TestStackAgainstAstropy(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var names []string
	var want []float32
	for _, p := range stackTypes {
		if p.Bitpix == 64 {
			continue // astropy's scaled ones are float64, of 53 bits
		}
		for _, room := range []int{0, 5} {
			images := [][]byte{randomStored(p, 60, r), randomStored(p, 60, r)}
			name := writeStack(t, p, []int{6, 10}, images, room)
			names = append(names, name)
			f, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			im, err := f.HDU(min(room, 1)).Read()
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, im.Pixels...)
		}
	}
	out := astropy(t, `
import sys
import numpy as np
from astropy.io import fits
for name in sys.argv[1:]:
    with fits.open(name) as f:
        f.verify('exception')
        k = 0 if f[0].data is not None else 1
        assert f[k].header['PACKED'] is True and f[k].header['OBJECT'] == "it's"
        d = np.ma.filled(np.ma.masked_invalid(f[k].data.astype('f8')), np.nan)
        assert list(f['CUTOUTS'].data['ID']) == ['J0', 'J1'] and f['CUTOUTS'].data['CRVAL1'][1] == 1 / 3
        sys.stdout.buffer.write(d.astype('>f4').tobytes())`, names...)
	if len(out) != 4*len(want) {
		t.Fatalf("%d bytes, want %d pixels", len(out), len(want))
	}
	for i, v := range want {
		got := math.Float32frombits(binary.BigEndian.Uint32(out[4*i:]))
		if !(got == v || got != got && v != v || math.Abs(float64(got-v)) <= 1e-6*(10+math.Abs(float64(v)))) {
			t.Fatalf("%s: astropy reads %g, we %g", strings.TrimPrefix(names[i/120], os.TempDir()), got, v)
		}
	}
}

// TestNewWCS reads cards that a coordinate system describes itself by, and maps pixels to the same bits.
func TestNewWCS(t *testing.T) {
	long(t)
	compared := 0
	same := func(t *testing.T, w *WCS) {
		again, err := NewWCS(w.Cards(), "cards")
		if err != nil {
			t.Error(err)
			return
		}
		compared++
		for _, p := range [][2]float64{{0, 0}, {31.5, 31.5}, {-7, 1e3}, {500, 3}} {
			lon, lat, err := w.PixelToSky(p[0], p[1])
			l, b, errAgain := again.PixelToSky(p[0], p[1])
			ra, dec, _ := w.PixelToICRS(p[0], p[1])
			r, d, _ := again.PixelToICRS(p[0], p[1])
			for _, v := range [][2]float64{{lon, l}, {lat, b}, {ra, r}, {dec, d}, {w.PixelScale(), again.PixelScale()}} {
				if math.Float64bits(v[0]) != math.Float64bits(v[1]) && (v[0] == v[0] || v[1] == v[1]) {
					t.Errorf("%v: pixel %v: %v, want %v (%v, %v)", w.at, p, v[1], v[0], err, errAgain)
					return
				}
			}
		}
	}
	same(t, NewTAN(31.5, 31.5, 150.1, 2.2, [2][2]float64{{-1.1e-4, 3e-6}, {3e-6, 1.1e-4}}))
	same(t, NewTAN(31.5, 31.5, 0, -90, [2][2]float64{{-1.1e-4, 0}, {0, 1.1e-4}}).Shift(12, -7))
	t.Run("corpus", func(t *testing.T) {
		forEachHDU(t, func(file string, h *HDU, want manifestHDU) {
			if w, err := h.WCS(); err == nil && h.IsImage() {
				same(t, w)
			}
		})
		if compared < 100 {
			t.Errorf("only %d coordinate systems", compared)
		}
	})
	if _, err := NewWCS(nil, "nothing"); err != ErrNoWCS {
		t.Errorf("no cards: %v", err)
	}
}
