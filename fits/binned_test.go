package fits

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// A pixel of a binned coordinate system is where it was, and so it is when it
// comes back from a file: for each kind of distortion.
func TestBinned(t *testing.T) {
	plain := []Card{{"CTYPE1", "RA---TAN", ""}, {"CTYPE2", "DEC--TAN", ""}}
	linear := []Card{{"CRPIX1", 30.5, ""}, {"CRPIX2", -7.25, ""}, {"CRVAL1", 150.1, ""}, {"CRVAL2", 2.2, ""},
		{"CD1_1", -1e-4, ""}, {"CD1_2", 2e-5, ""}, {"CD2_1", 1e-5, ""}, {"CD2_2", 1.1e-4, ""}}
	for name, cards := range map[string][]Card{
		"none": plain,
		"SIP": {{"CTYPE1", "RA---TAN-SIP", ""}, {"CTYPE2", "DEC--TAN-SIP", ""}, {"A_ORDER", 3, ""}, {"A_2_0", 2e-5, ""}, {"A_1_1", -1e-5, ""}, {"A_0_3", 3e-7, ""},
			{"B_ORDER", 2, ""}, {"B_0_2", 1e-5, ""}, {"B_1_1", 2e-5, ""}},
		"TPV": {{"CTYPE1", "RA---TPV", ""}, {"CTYPE2", "DEC--TPV", ""}, {"PV1_0", 1e-4, ""}, {"PV1_1", 1.01, ""}, {"PV1_4", 0.02, ""}, {"PV2_1", 0.99, ""}, {"PV2_5", 0.03, ""}},
		"SIP and TNX": {{"CTYPE1", "RA---TNX", ""}, {"CTYPE2", "DEC--TNX", ""}, {"A_ORDER", 2, ""}, {"A_2_0", 2e-5, ""}, {"B_ORDER", 2, ""}, {"B_0_2", 1e-5, ""},
			{"WAT1_001", `wtype=tnx axtype=ra lngcor = "3. 2. 2. 0. -1. 1. -1. 1. 1e-4 0.01 0.02"`, ""},
			{"WAT2_001", `wtype=tnx axtype=dec latcor = "3. 2. 2. 0. -1. 1. -1. 1. 2e-4 0.02 -0.01"`, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			w := systemOf(t, append(cards[:len(cards):len(cards)], linear...))
			const x, y, nx, ny = 3.25, -2.5, 7.5, 4.0
			b := w.Binned(x, y, nx, ny)
			read := systemOf(t, b.Cards())
			if scale := b.PixelScale() / w.PixelScale(); math.Abs(scale-math.Sqrt(nx*ny)) > 1e-12 {
				t.Errorf("pixels are %v times as large", scale)
			}
			for _, p := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {12, 17}, {-3.5, 8.25}} {
				ra, dec, err := w.PixelToICRS(x+nx*p[0], y+ny*p[1])
				if err != nil {
					t.Fatal(err)
				}
				for which, s := range map[string]*WCS{"": b, " from a file": read} {
					gotRA, gotDec, err := s.PixelToICRS(p[0], p[1])
					if err != nil || math.Abs(gotRA-ra) > 1e-11 || math.Abs(gotDec-dec) > 1e-11 {
						t.Errorf("pixel %v%s is at (%v, %v), want (%v, %v); %v", p, which, gotRA, gotDec, ra, dec, err)
					}
					u, v, err := s.ICRSToPixel(ra, dec)
					if err != nil || math.Abs(u-p[0]) > 1e-7 || math.Abs(v-p[1]) > 1e-7 {
						t.Errorf("pixel %v%s comes back as (%v, %v); %v", p, which, u, v, err)
					}
				}
			}
		})
	}
}

// systemOf is the coordinate system of a file with these cards.
func systemOf(t *testing.T, cards []Card) *WCS {
	t.Helper()
	var b bytes.Buffer
	if err := WriteImages(&b, ImageHDU{Image: &Image{Shape: []int{2, 2}, Pixels: make([]float32, 4)}, Header: cards}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "a.fits")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := f.HDU(0).WCS()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
