package fits

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// wcsOf reads the coordinate system of a header of the given cards.
func wcsOf(t *testing.T, cards ...string) (*WCS, error) {
	t.Helper()
	return openBytes(t, rawImage(8, []int{1, 1}, []byte{1}, cards...)).HDU(0).WCS()
}

func card(key string, value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%-8s= '%s'", key, v)
	case float64:
		return fmt.Sprintf("%-8s= %.17E", key, v)
	}
	return fmt.Sprintf("%-8s= %v", key, value)
}

// wcsHeaders returns headers that between them use every way to write a TAN coordinate system.
func wcsHeaders() [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	var headers [][]string
	for n := range 120 {
		lonType, latType := "RA---TAN", "DEC--TAN"
		var head []string
		switch n % 12 {
		case 0:
			head = append(head, card("RADESYS", "FK5"))
		case 1:
			head = append(head, card("RADESYS", "FK5"), card("EQUINOX", 1975.5))
		case 2:
			head = append(head, card("RADESYS", "FK4"), card("EQUINOX", 1950.0))
		case 3:
			head = append(head, card("EQUINOX", 1950.0))
		case 4:
			head = append(head, card("RADESYS", "FK4-NO-E"), card("EQUINOX", 1962.25))
		case 5:
			head = append(head, card("EQUINOX", 2000.0))
		case 6, 7:
			lonType, latType = "GLON-TAN", "GLAT-TAN"
		case 8:
			head = append(head, card("RADESYS", "FK4"), card("EQUINOX", 1900.0))
		case 9:
			head = append(head, card("RADECSYS", "ICRS"))
		}
		lon, lat := "1", "2"
		if n%5 == 4 {
			lon, lat = "2", "1"
		}
		latitude := r.Float64()*180 - 90
		switch n {
		case 10, 11:
			latitude = 90
		case 22, 23:
			latitude = -90
		}
		head = append(head, card("CTYPE"+lon, lonType), card("CTYPE"+lat, latType), card("CRVAL"+lon, r.Float64()*400-20),
			card("CRVAL"+lat, latitude), card("CRPIX1", r.Float64()*200-50), card("CRPIX2", r.Float64()*200-50))
		scale, turn := math.Pow(10, -1-4*r.Float64()), r.Float64()*360
		sin, cos := math.Sincos(turn * sphere.Degree)
		switch n % 4 {
		case 0:
			head = append(head, card("CD1_1", -scale*cos), card("CD1_2", scale*sin), card("CD2_1", scale*sin),
				card("CD2_2", 1.1*scale*cos), card("CDELT1", 77.0))
		case 1:
			head = append(head, card("CDELT1", -scale), card("CDELT2", scale), card("PC1_1", cos), card("PC1_2", -sin),
				card("PC2_1", sin), card("PC2_2", cos))
		case 2:
			head = append(head, card("CDELT1", -scale), card("CDELT2", 0.9*scale), card("CROTA"+lat, turn))
		case 3:
			head = append(head, card("CDELT1", -scale), card("CDELT2", scale), card("PC001001", cos), card("PC001002", -sin),
				card("PC002001", sin), card("PC002002", cos))
		}
		if n%3 == 1 {
			head = append(head, card("LONPOLE", r.Float64()*360))
		}
		if n%7 == 3 { // units other than degrees apply to the linear part and the reference value
			for i, c := range head {
				for _, key := range []string{"CRVAL1", "CRVAL2", "CDELT1", "CDELT2"} {
					if v, ok := strings.CutPrefix(c, card(key, "")[:10]); ok && n%4 == 1 {
						var f float64
						fmt.Sscan(v, &f)
						head[i] = card(key, f*60)
					}
				}
			}
			if n%4 == 1 {
				head = append(head, card("CUNIT1", "arcmin"), card("CUNIT2", "arcmin"))
			}
		}
		if n%6 == 5 {
			head = append(head, card("LATPOLE", 30.0), card("PV1_1", 0.0))
		}
		if n%8 == 7 && lon == "1" {
			suffix := strings.NewReplacer("-TAN'", "-TAN-SIP'")
			for i := range head {
				head[i] = suffix.Replace(head[i])
			}
			head = append(head, card("A_ORDER", 3), card("B_ORDER", 2), card("A_0_2", 2e-6), card("A_2_0", -1e-6),
				card("A_1_1", 3e-6), card("A_3_0", 1e-9), card("B_2_0", 1e-6), card("B_0_2", 2e-6), card("B_1_1", -2e-6))
		}
		headers = append(headers, head)
	}
	return headers
}

// TestWCSAgainstAstropy compares pixel to sky, sky to pixel and conversion to ICRS for many headers.
func TestWCSAgainstAstropy(t *testing.T) {
	long(t)
	headers := wcsHeaders()
	input, err := json.Marshal(headers)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]struct{ Pix, Sky, ICRS [2]float64 }
	if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame
from astropy.coordinates import SkyCoord
out = []
for cards in json.loads(sys.argv[1]):
    h = fits.Header()
    h['NAXIS'] = 2; h['NAXIS1'] = 100; h['NAXIS2'] = 100
    for c in cards: h.append(fits.Card.fromstring(c.ljust(80)))
    w = WCS(h)
    frame = wcs_to_celestial_frame(w)
    rows = []
    for x, y in ((0, 0), (99, 0), (0.25, 98.5), (50, 50)):
        s = w.all_pix2world([[x, y]], 0)[0]
        lon, lat = s[w.wcs.lng], s[w.wcs.lat]
        i = SkyCoord(lon, lat, unit='deg', frame=frame).icrs
        rows.append(dict(pix=[x, y], sky=[float(lon), float(lat)], icrs=[float(i.ra.deg), float(i.dec.deg)]))
    out.append(rows)
print(json.dumps(out))`, string(input)), &want); err != nil {
		t.Fatal(err)
	}
	worst, worstICRS, worstBack := 0.0, 0.0, 0.0
	for n, head := range headers {
		w, err := wcsOf(t, head...)
		if err != nil {
			t.Errorf("%v\n%s", err, strings.Join(head, "\n"))
			continue
		}
		for _, p := range want[n] {
			lon, lat, err := w.PixelToSky(p.Pix[0], p.Pix[1])
			if err != nil {
				t.Fatal(err)
			}
			d := max(math.Abs(lon-p.Sky[0])*math.Cos(lat*sphere.Degree), math.Abs(lat-p.Sky[1]))
			worst = max(worst, d)
			ra, dec, err := w.PixelToICRS(p.Pix[0], p.Pix[1])
			if err != nil {
				t.Fatal(err)
			}
			turn := math.Remainder(ra-p.ICRS[0], 360)
			i := max(math.Abs(turn)*math.Cos(dec*sphere.Degree), math.Abs(dec-p.ICRS[1]))
			worstICRS = max(worstICRS, i)
			x, y, err := w.SkyToPixel(p.Sky[0], p.Sky[1])
			if err != nil {
				t.Fatal(err)
			}
			back := math.Hypot(x-p.Pix[0], y-p.Pix[1]) * w.PixelScale()
			if x, y, err := w.ICRSToPixel(ra, dec); err != nil || math.Hypot(x-p.Pix[0], y-p.Pix[1])*w.PixelScale() > 1e-10 {
				t.Errorf("header %d: pixel %v is (%v, %v) by way of ICRS (%v)\n%s", n, p.Pix, x, y, err, strings.Join(head, "\n"))
			}
			worstBack = max(worstBack, back)
			if !(d < 1e-10 && i < 1e-8 && back < 1e-10) {
				t.Errorf("header %d, pixel %v: sky (%.12f, %.12f) want %.12f; ICRS (%.12f, %.12f) want %.12f; back (%v, %v)\n%s",
					n, p.Pix, lon, lat, p.Sky, ra, dec, p.ICRS, x, y, strings.Join(head, "\n"))
			}
		}
	}
	t.Logf("%d headers: sky %.1e, ICRS %.1e, back %.1e degrees at worst", len(headers), worst, worstICRS, worstBack)
}

func TestWCSErrors(t *testing.T) {
	tan := []string{card("CTYPE1", "RA---TAN"), card("CTYPE2", "DEC--TAN"), card("CRVAL1", 10.0), card("CRVAL2", 20.0),
		card("CDELT1", -1e-3), card("CDELT2", 1e-3)}
	with := func(more ...string) []string { return append(more, tan...) }
	for _, test := range []struct {
		name        string
		cards       []string
		unsupported bool
		where       string
	}{
		{"another projection", []string{card("CTYPE1", "GLON-XYZ"), card("CTYPE2", "GLAT-XYZ")}, true, "CTYPE1"},
		{"another distortion", []string{card("CTYPE1", "RA---TAN-XYZ"), card("CTYPE2", "DEC--TAN-XYZ")}, true, "CTYPE1"},
		{"PV of another convention", []string{card("CTYPE1", "RA---ZEA"), card("CTYPE2", "DEC--ZEA"), card("PV1_5", 0.1)}, true, "PV1_5"},
		{"PV beyond TPV", with(card("PV1_40", 0.1)), true, "PV1_40"},
		{"half a plate solution", []string{card("AMDX1", 67.2), card("PPO3", 1.0)}, false, "PPO6"},
		{"lookup table", with(card("CPDIS2", "LOOKUP")), true, "CPDIS2"},
		{"lookup table of the detector", with(card("D2IMDIS1", "LOOKUP")), true, "D2IMDIS1"},
		{"depends on a third axis", with(card("CD2_3", 0.1)), true, "CD2_3"},
		{"unit", with(card("CUNIT1", "furlong")), true, "CUNIT1"},
		{"longitude alone", []string{card("CTYPE1", "RA---TAN")}, false, "CTYPE1"},
		{"latitude alone", []string{card("CTYPE3", "DEC--TAN")}, false, "CTYPE3"},
		{"coordinates of two systems", []string{card("CTYPE1", "RA---TAN"), card("CTYPE2", "GLAT-TAN")}, false, "CTYPE2"},
		{"two projections", []string{card("CTYPE1", "RA---TAN"), card("CTYPE2", "DEC--SIN")}, false, "CTYPE2"},
		{"text for a number", with(card("CRPIX1", "x")), false, "CRPIX1"},
		{"NaN", with("CRPIX1  = NaN"), false, "CRPIX1"},
		{"singular", append([]string{card("CDELT1", 0.0)}, tan[:4]...), false, "CDELT"},
		{"latitude of 100", append([]string{card("CRVAL2", 100.0)}, tan...), false, "CRVAL2"},
		{"SIP order", with(card("A_ORDER", 1000000)), false, "A_ORDER"},
	} {
		_, err := wcsOf(t, test.cards...)
		var format *FormatError
		var unsupported *UnsupportedError
		switch {
		case test.unsupported && errors.As(err, &unsupported) && unsupported.Where == test.where:
		case !test.unsupported && errors.As(err, &format) && format.Where == test.where:
		default:
			t.Errorf("%s: %v, want one at %s", test.name, err, test.where)
		}
	}
	for _, cards := range [][]string{nil, {card("CTYPE1", "LINEAR")}, {card("CTYPE1", "RA"), card("CTYPE2", "DEC")}} {
		if _, err := wcsOf(t, cards...); !errors.Is(err, ErrNoWCS) {
			t.Errorf("%v: %v, want ErrNoWCS", cards, err)
		}
	}
	w, err := wcsOf(t, tan...)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.SkyToPixel(190, -20); err == nil || !strings.Contains(err.Error(), "outside the TAN projection") {
		t.Errorf("the antipode has a pixel: %v", err)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		if _, _, err := w.PixelToSky(bad, 0); err == nil {
			t.Errorf("pixel %v is on the sky", bad)
		}
		if _, _, err := w.SkyToPixel(bad, 0); err == nil {
			t.Errorf("longitude %v has a pixel", bad)
		}
	}
	w, err = wcsOf(t, append([]string{card("RADESYS", "GAPPT")}, tan...)...)
	var unsupported *UnsupportedError
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.PixelToICRS(0, 0); !errors.As(err, &unsupported) || unsupported.Where != "RADESYS" {
		t.Errorf("geocentric apparent positions as ICRS: %v", err)
	}
}

// TestEquinox gives headers that say the same in ways that agree with the frame as Paper II has it.
func TestEquinox(t *testing.T) {
	at := func(cards ...string) (ra, dec float64, err error) {
		w, err := wcsOf(t, append(cards, card("CTYPE1", "RA---TAN"), card("CTYPE2", "DEC--TAN"), card("CRVAL1", 150.0),
			card("CRVAL2", 2.0), card("CDELT1", -1e-3), card("CDELT2", 1e-3))...)
		if err != nil {
			t.Fatal(err)
		}
		return w.PixelToICRS(0, 0)
	}
	icrs, fk5, fk4 := card("RADESYS", "ICRS"), card("RADESYS", "FK5"), card("RADESYS", "FK4")
	date := card("EPOCH", "2015-01-02T03:04:05")
	for _, test := range []struct{ have, same []string }{
		{[]string{icrs, date}, []string{icrs}},
		{[]string{icrs, card("EQUINOX", 0.0)}, []string{icrs}},
		{[]string{date}, []string{icrs}},
		{[]string{fk5, date}, []string{fk5}},
		{[]string{fk5, card("EQUINOX", " ")}, []string{fk5}},
		{[]string{card("EQUINOX", ""), card("EPOCH", 1950.0)}, []string{fk4, card("EQUINOX", 1950.0)}},
		{[]string{card("EQUINOX", "J2000.0")}, []string{fk5}},
		{[]string{card("EQUINOX", "B1950")}, []string{fk4}},
	} {
		ra, dec, err := at(test.have...)
		ra2, dec2, err2 := at(test.same...)
		if err != nil || err2 != nil || separation(ra, dec, ra2, dec2) > 1e-12 {
			t.Errorf("%q: (%v, %v), %v; %q: (%v, %v), %v", test.have, ra, dec, err, test.same, ra2, dec2, err2)
		}
	}
	for _, bad := range []string{card("EQUINOX", 0.0), card("EPOCH", 0.0), card("EQUINOX", "now"), card("EPOCH", 57000.0)} {
		_, _, err := at(fk5, bad)
		var format *FormatError
		if !errors.As(err, &format) || !strings.HasPrefix(bad, format.Where) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCards writes coordinate systems and reads them back: every projection, distortion, frame and order of axes.
func TestCards(t *testing.T) {
	systems := []*WCS{NewTAN(49.5, 31, 150.1, 2.2, [2][2]float64{{-7e-5, 1e-6}, {1e-6, 7e-5}}),
		NewTAN(0, 0, 0, 90, [2][2]float64{{0, 1e-3}, {1e-3, 0}})}
	for _, head := range slices.Concat(wcsHeaders(), projectionHeaders(400), distortedHeaders(60)) {
		if w, err := wcsOf(t, head...); err == nil { // some that are made at random have no native pole
			systems = append(systems, w)
		}
	}
	for n, w := range systems {
		var b strings.Builder
		if err := WriteImages(&b, ImageHDU{Image: &Image{[]int{1, 1}, []float32{0}}, Header: w.Shift(3, -2).Cards()}); err != nil {
			t.Fatal(err)
		}
		back, err := openBytes(t, []byte(b.String())).HDU(0).WCS()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range [][2]float64{{0, 0}, {40, 70}} {
			lon, lat, err := w.PixelToSky(p[0], p[1])
			lon2, lat2, err2 := back.PixelToSky(p[0]-3, p[1]+2)
			if (err == nil) != (err2 == nil) || err == nil && !(separation(lon, lat, lon2, lat2) < 1e-11) {
				t.Errorf("system %d: (%v, %v) comes back as (%v, %v): %v %v", n, lon, lat, lon2, lat2, err, err2)
			}
			ra, dec, err := w.PixelToICRS(p[0], p[1])
			ra2, dec2, err2 := back.PixelToICRS(p[0]-3, p[1]+2)
			if (err == nil) != (err2 == nil) || err == nil && !(separation(ra, dec, ra2, dec2) < 1e-11) {
				t.Errorf("system %d: ICRS (%v, %v) comes back as (%v, %v): %v %v", n, ra, dec, ra2, dec2, err, err2)
			}
		}
	}
	w := systems[0]
	if lon, lat, _ := w.PixelToSky(49.5, 31); math.Abs(lon-150.1) > 1e-12 || math.Abs(lat-2.2) > 1e-12 {
		t.Errorf("the reference point is at (%v, %v)", lon, lat)
	}
}
