package fits

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// projectionParameters returns cards of PVi_m for each projection: at least one set, {} being the defaults. L and B stand
// for the axes of longitude and latitude.
var projectionParameters = map[string][]string{
	"AZP": {"", "PVB_1 2", "PVB_1 2 PVB_2 30", "PVB_1 -2 PVB_2 30", "PVB_1 0.5 PVB_2 -45", "PVB_1 3 PVB_2 70"},
	"SZP": {"", "PVB_1 2 PVB_2 180 PVB_3 60", "PVB_1 0.5 PVB_2 120 PVB_3 20", "PVB_1 2 PVB_3 -20"},
	"TAN": {"", "PVL_3 150", "PVL_1 10 PVL_2 70"},
	"STG": {"", "PVL_0 1 PVL_1 10 PVL_2 70"},
	"SIN": {"", "PVB_1 0.1 PVB_2 -0.2", "PVB_1 0 PVB_2 0.7", "PVB_1 0.8 PVB_2 0.8"},
	"ARC": {""},
	"ZEA": {"", "PVL_4 20"},
	"ZPN": {"PVB_1 1", "PVB_1 1 PVB_3 -0.05", "PVB_0 0.05 PVB_1 0.975 PVB_2 -0.807 PVB_3 0.337 PVB_4 -0.065 PVB_5 0.01",
		"PVB_1 1 PVB_3 42", "PVB_1 1 PVB_2 0.2", "PVB_1 1 PVB_2 -0.2", "PVB_1 0.9 PVB_7 0.01"},
	"AIR": {"", "PVB_1 45", "PVB_1 -20", "PVB_1 80"},
	"CYP": {"", "PVB_1 1 PVB_2 0.7071", "PVB_1 0.3 PVB_2 2", "PVB_1 3 PVB_2 1"},
	"CEA": {"", "PVB_1 0.4", "PVL_1 20 PVL_2 10", "PVL_0 1 PVL_1 20 PVL_2 10"},
	"CAR": {"", "PVL_0 1 PVL_1 20 PVL_2 10", "PVL_1 -30 PVL_2 -20", "PVL_3 40", "PVL_2 90"},
	"MER": {"", "PVL_0 1 PVL_1 0 PVL_2 30"},
	"SFL": {"", "PVL_0 1 PVL_1 0 PVL_2 40"},
	"PAR": {"", "PVL_1 30"},
	"MOL": {"", "PVL_3 10 PVL_4 -50"},
	"AIT": {"", "PVL_2 -35"},
	"COP": {"PVB_1 45", "PVB_1 45 PVB_2 25", "PVB_1 -30 PVB_2 10", "PVB_1 60 PVL_2 60"},
	"COE": {"PVB_1 45", "PVB_1 45 PVB_2 25", "PVB_1 -30 PVB_2 10"},
	"COD": {"PVB_1 45", "PVB_1 45 PVB_2 25", "PVB_1 -30 PVB_2 10"},
	"COO": {"PVB_1 45", "PVB_1 45 PVB_2 25", "PVB_1 -30 PVB_2 10"},
	"BON": {"PVB_1 45", "PVB_1 -70", "PVB_1 0", "PVB_1 90"},
	"PCO": {""}, "TSC": {""}, "CSC": {""}, "QSC": {""}, "XPH": {""},
	"HPX": {"", "PVB_1 6 PVB_2 3", "PVB_1 3 PVB_2 4", "PVB_1 1 PVB_2 1", "PVB_1 5 PVB_2 2"},
	"GLS": {""}, "NCP": {""},
}

// projectionHeaders returns headers of every projection in every form.
func projectionHeaders(count int) [][]string {
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(from ...float64) float64 { return from[r.IntN(len(from))] }
	codes := make([]string, 0, len(projectionParameters))
	for code := range projectionParameters {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	var headers [][]string
	for n := range count {
		code := codes[n%len(codes)]
		sets := projectionParameters[code]
		set := sets[n/len(codes)%len(sets)]
		lon, lat := "1", "2"
		if r.IntN(5) == 0 {
			lon, lat = "2", "1"
		}
		names := [][2]string{{"RA---", "DEC--"}, {"GLON-", "GLAT-"}, {"ELON-", "ELAT-"}, {"HPLN-", "HPLT-"}}[r.IntN(4)]
		head := []string{card("CTYPE"+lon, names[0]+code), card("CTYPE"+lat, names[1]+code)}
		scale := pick(3, 0.5, 0.01)
		lonValue := pick(0, 360, 180, -30, r.Float64()*360, r.Float64()*360)
		latValue := pick(0, 0, 90, -90, r.Float64()*180-90, r.Float64()*60-30)
		if code == "NCP" && latValue == 0 {
			latValue = 50
		}
		head = append(head, card("CRPIX1", r.Float64()*120-10), card("CRPIX2", r.Float64()*120-10))
		unit := 1.0
		if r.IntN(6) == 0 {
			name := []string{"arcsec", "arcmin", "rad", "mas"}[r.IntN(4)]
			unit = map[string]float64{"arcsec": 3600, "arcmin": 60, "rad": sphere.Degree, "mas": 3.6e6}[name]
			head = append(head, card("CUNIT1", name), card("CUNIT2", name))
		}
		head = append(head, card("CRVAL"+lon, lonValue*unit), card("CRVAL"+lat, latValue*unit))
		turn := pick(0, 90, 180, r.Float64()*360)
		sin, cos := math.Sincos(turn * sphere.Degree)
		s := scale * unit
		delta := []string{card("CDELT1", -s), card("CDELT2", 1.1*s)}
		switch r.IntN(6) {
		case 0:
			head = append(head, card("CD1_1", -s*cos), card("CD1_2", s*sin), card("CD2_1", s*sin), card("CD2_2", 1.1*s*cos+0.1*s),
				card("CDELT1", 77.0), card("CROTA2", 10.0))
		case 1:
			head = append(append(head, delta...), card("PC1_1", cos), card("PC1_2", -sin), card("PC2_1", sin), card("PC2_2", cos))
		case 2:
			head = append(append(head, delta...), card("CROTA"+lat, turn))
		case 3:
			head = append(append(head, delta...), card("PC001001", cos), card("PC001002", -sin), card("PC002001", sin), card("PC002002", cos))
		case 4:
			head = append(append(head, delta...), card("PC1_2", 0.3), card("CD1_1", 5.0), card("CD2_2", 7.0))
		case 5:
			head = append(head, delta...)
		}
		if r.IntN(3) == 0 {
			head = append(head, card("LONPOLE", pick(0, 180, 90, 45, r.Float64()*360)))
		}
		if r.IntN(3) == 0 {
			head = append(head, card("LATPOLE", pick(10, 90, -90, r.Float64()*180-90)))
		}
		words := strings.Fields(strings.NewReplacer("PVL", "PV"+lon, "PVB", "PV"+lat).Replace(set))
		for k := 0; k+1 < len(words); k += 2 {
			head = append(head, fmt.Sprintf("%-8s= %s", words[k], words[k+1]))
		}
		headers = append(headers, head)
	}
	return headers
}

// separation returns the angle between two positions, in degrees.
func separation(lon1, lat1, lon2, lat2 float64) float64 {
	a, b := sphere.Unit(lon1*sphere.Degree, lat1*sphere.Degree), sphere.Unit(lon2*sphere.Degree, lat2*sphere.Degree)
	d := sphere.Vector{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
	return 2 * math.Asin(min(1, math.Sqrt(d.Dot(d))/2)) / sphere.Degree
}

// skyPoints are positions all over the sky.
func skyPoints() [][2]float64 {
	r := rand.New(rand.NewPCG(7, 8))
	points := [][2]float64{{0.5, 89.5}, {10.25, -89.75}}
	for range 12 {
		points = append(points, [2]float64{r.Float64() * 360, math.Asin(2*r.Float64()-1) / sphere.Degree})
	}
	return points
}

// A wcsTruth is what astropy says of a header: the sky of pixels, and the pixels of sky positions; nil where undefined.
type wcsTruth struct {
	Error string
	Sky   [][2]*float64
	Pix   [][2]*float64
}

var testPixels = [][2]float64{{0, 0}, {99, 0}, {0.25, 98.5}, {50, 50}, {37.1, 70.3}, {12.3, 45.6}, {80.2, 20.9}, {60.7, 90.1}}

func wcsTruths(t *testing.T, headers [][]string, skies [][2]float64) (truths []wcsTruth) {
	t.Helper()
	input, err := json.Marshal(map[string]any{"headers": headers, "pixels": testPixels, "skies": skies})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "headers.json")
	if err := os.WriteFile(name, input, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(astropy(t, `
import sys, json
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy import log
log.setLevel('ERROR')
given = json.load(open(sys.argv[1]))
def rows(a): return [[float(v) if np.isfinite(v) else None for v in row] for row in a]
out = []
for cards in given['headers']:
    h = fits.Header()
    h['NAXIS'] = 2; h['NAXIS1'] = 100; h['NAXIS2'] = 100
    for c in cards: h.append(fits.Card.fromstring(c.ljust(80)))
    try:
        w = WCS(h)
        s = w.all_pix2world(np.array(given['pixels']), 0)
        sky = np.empty_like(s)
        sky[:, 0], sky[:, 1] = s[:, w.wcs.lng], s[:, w.wcs.lat]
        skies = np.array(given['skies'])
        p = np.empty_like(skies)
        p[:, w.wcs.lng], p[:, w.wcs.lat] = skies[:, 0], skies[:, 1]
        if w.sip is None: pix = w.wcs_world2pix(p, 0)
        else: pix = np.full_like(p, np.nan)
        if h['CTYPE1'][-3:] in ('AZP', 'SZP'): # its bounds let some hidden points through
            s[np.abs(w.wcs_world2pix(s, 0) - given['pixels']).max(1) > 1e-3] = np.nan
            sky[np.isnan(s[:, 0])] = np.nan
            d = np.radians(w.wcs_pix2world(pix, 0) - p)
            pix[(np.abs(np.sin(d / 2)) > 1e-6).any(1)] = np.nan
        out.append(dict(sky=rows(sky), pix=rows(pix)))
    except Exception as e:
        out.append(dict(error=str(e)))
print(json.dumps(out))`, name), &truths); err != nil {
		t.Fatal(err)
	}
	return truths
}

// TestProjectionsAgainstAstropy compares every projection in both directions, where it is not defined too.
func TestProjectionsAgainstAstropy(t *testing.T) {
	long(t)
	headers, skies := projectionHeaders(2000), skyPoints()
	worst, worstPixel, worstBack := map[string]float64{}, map[string]float64{}, map[string]float64{}
	compared, refused := 0, 0
	for n, truth := range wcsTruths(t, headers, skies) {
		head := strings.Join(headers[n], "\n")
		w, err := wcsOf(t, headers[n]...)
		if truth.Error != "" || err != nil {
			refused++
			if (truth.Error == "") != (err == nil) {
				t.Errorf("%v, but astropy: %q\n%s", err, truth.Error, head)
			}
			continue
		}
		code, _ := splitCode(w.ctype[0])
		tolerance, backTolerance := 1e-8, 1e-9
		if code == "CSC" { // goes in steps of single precision
			backTolerance = 3e-5
		}
		for i, p := range testPixels {
			want := truth.Sky[i]
			lon, lat, err := w.PixelToSky(p[0], p[1])
			if (err == nil) != isDefined(want) {
				t.Errorf("pixel %v: (%v, %v, %v), want %v\n%s", p, lon, lat, err, values(want), head)
			}
			if err != nil || !isDefined(want) {
				continue
			}
			compared++
			d := separation(lon, lat, *want[0], *want[1])
			worst[code] = max(worst[code], d)
			if math.Abs(lon-*want[0]) > 359 {
				t.Errorf("pixel %v: longitude %v, want %v\n%s", p, lon, *want[0], head)
			}
			x, y, err := w.SkyToPixel(lon, lat)
			back := math.Hypot(x-p[0], y-p[1]) * w.PixelScale()
			if isCube := strings.HasSuffix(code, "SC"); isCube && back > 1 { // a pixel of the other arm of the cross
				lon2, lat2, _ := w.PixelToSky(x, y)
				back = separation(lon, lat, lon2, lat2)
			}
			worstBack[code] = max(worstBack[code], back)
			if !(d < tolerance) || err != nil || !(back < backTolerance) {
				t.Errorf("pixel %v: (%.11f, %.11f), want %.11f, %.1e off; and back (%v, %v) %v\n%s", p, lon, lat, values(want), d, x, y, err, head)
			}
		}
		for i, p := range skies {
			want := truth.Pix[i]
			x, y, err := w.SkyToPixel(p[0], p[1])
			if lon, lat, err2 := w.PixelToSky(x, y); err == nil && (err2 != nil || separation(lon, lat, p[0], p[1]) > max(1e-7, backTolerance)) {
				t.Errorf("sky %v: pixel (%v, %v) is at (%v, %v) %v\n%s", p, x, y, lon, lat, err2, head)
			}
			if (err == nil) != isDefined(want) && !(err == nil && code == "SZP") { // of which astropy refuses some that are visible
				t.Errorf("sky %v: (%v, %v, %v), want %v\n%s", p, x, y, err, values(want), head)
			}
			if err != nil || !isDefined(want) {
				continue
			}
			if code == "CSC" { // of which the other direction there is not the inverse
				continue
			}
			d := math.Hypot(x-*want[0], y-*want[1]) * w.PixelScale()
			worstPixel[code] = max(worstPixel[code], d)
			if far := math.Hypot(x, y) * w.PixelScale(); !(d < tolerance+1e-11*far) { // near the horizon of TAN
				t.Errorf("sky %v: (%.11f, %.11f), want %.11f\n%s", p, x, y, values(want), head)
			}
		}
	}
	t.Logf("%d points of %d headers, %d headers refused", compared, len(headers), refused)
	for code := range projectionParameters {
		t.Logf("%s: sky %.1e, pixel %.1e, back %.1e degrees at worst", code, worst[code], worstPixel[code], worstBack[code])
	}
}

func isDefined(p [2]*float64) bool { return p[0] != nil && p[1] != nil }

func values(p [2]*float64) any {
	if !isDefined(p) {
		return "nothing"
	}
	return [2]float64{*p[0], *p[1]}
}
