package fits

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// benchFile writes a 4096x4096 image of a BITPIX to disk.
func benchFile(b *testing.B, bitpix int) string {
	name := filepath.Join(b.TempDir(), "bench.fits")
	file := rawImage(bitpix, []int{4096, 4096}, make([]byte, 4096*4096*max(bitpix, -bitpix)/8), "BZERO   = 32768")
	if err := os.WriteFile(name, file, 0o644); err != nil {
		b.Fatal(err)
	}
	return name
}

func BenchmarkRead(b *testing.B) {
	for _, bitpix := range []int{8, 16, 32, -32, -64} {
		b.Run(fmt.Sprintf("bitpix=%d", bitpix), func(b *testing.B) {
			name := benchFile(b, bitpix)
			b.SetBytes(4096 * 4096 * int64(max(bitpix, -bitpix)) / 8)
			for b.Loop() {
				f, err := Open(name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.HDU(0).Read(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkSection(b *testing.B) {
	name := benchFile(b, -32)
	for b.Loop() {
		f, err := Open(name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.HDU(0).Section([]int{2000, 2000}, []int{2064, 2064}); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func BenchmarkCutout(b *testing.B) {
	file := rawImage(-32, []int{64, 64, 3}, make([]byte, 64*64*3*4))
	b.ReportAllocs()
	for b.Loop() {
		f, err := New(bytes.NewReader(file), int64(len(file)), "cutout.fits")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.HDU(0).Read(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWCS maps one point; that of astropy, beside it, is its time for 100,000 in one call, by point.
func BenchmarkWCS(b *testing.B) {
	for _, code := range []string{"TAN", "TAN-SIP", "TPV", "SIN", "ZEA", "ZPN", "CAR", "AIT", "MOL", "COE", "BON", "PCO", "QSC", "HPX"} {
		head := []string{card("CTYPE1", "RA---"+code), card("CTYPE2", "DEC--"+code), card("CRVAL1", 150.0), card("CRVAL2", 2.0),
			card("CRPIX1", 2048.0), card("CRPIX2", 2048.0), card("CD1_1", -1e-4), card("CD1_2", 1e-6), card("CD2_1", 1e-6), card("CD2_2", 1e-4)}
		switch code {
		case "TAN-SIP":
			head = append(head, card("A_ORDER", 3), card("B_ORDER", 3), card("A_2_0", 1e-7), card("A_1_1", -2e-7), card("B_0_2", 1e-7),
				card("B_3_0", 1e-11))
		case "TPV":
			head = append(head, card("PV1_1", 1.001), card("PV2_1", 0.999), card("PV1_4", 1e-3), card("PV2_5", 1e-3), card("PV1_7", 1e-2),
				card("PV2_10", 1e-2))
		case "ZPN":
			head = append(head, card("PV2_1", 1.0), card("PV2_3", 42.0))
		case "COE", "BON":
			head = append(head, card("PV2_1", 45.0))
		}
		w, err := readWCS(parseHeader(rawHDU(nil, head...), place{"bench", 0}))
		if err != nil {
			b.Fatal(err)
		}
		input, _ := json.Marshal(head)
		var peer [2]float64
		if err := json.Unmarshal(astropy(b, `
import sys, json, time
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
h = fits.Header()
for c in json.loads(sys.argv[1]): h.append(fits.Card.fromstring(c.ljust(80)))
w = WCS(h)
pix = np.random.default_rng(1).uniform(0, 4095, (100000, 2))
def median(f):
    times = []
    for _ in range(9):
        start = time.perf_counter(); f(); times.append(time.perf_counter() - start)
    return sorted(times)[4] / len(pix) * 1e9
sky = w.all_pix2world(pix, 0)
print(json.dumps([median(lambda: w.all_pix2world(pix, 0)), median(lambda: w.all_world2pix(sky, 0, tolerance=1e-9))]))`, string(input)), &peer); err != nil {
			b.Fatal(err)
		}
		b.Run(code+"/sky", func(b *testing.B) {
			i := 0
			for b.Loop() {
				if _, _, err := w.PixelToSky(float64(i&4095), float64(i*7&4095)); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(peer[0], "astropy-ns")
		})
		b.Run(code+"/pixel", func(b *testing.B) {
			var skies [1024][2]float64
			for i := range skies {
				skies[i][0], skies[i][1], err = w.PixelToSky(float64(i*4), float64(i*28&4095))
				if err != nil {
					b.Fatal(err)
				}
			}
			i := 0
			for b.Loop() {
				if _, _, err := w.SkyToPixel(skies[i&1023][0], skies[i&1023][1]); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(peer[1], "astropy-ns")
		})
	}
}
