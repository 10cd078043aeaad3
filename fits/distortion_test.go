package fits

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// distortedHeaders returns headers of TPV, TNX, ZPX, SIP and plate solutions. They have CD matrices, as every
// writer of such does: with CDELT astropy applies the plane distortions to pixels.
func distortedHeaders(count int) [][]string {
	r := rand.New(rand.NewPCG(9, 10))
	small := func(size float64) float64 { return size * (2*r.Float64() - 1) }
	var headers [][]string
	for n := range count {
		kind := []string{"TPV", "TNX", "ZPX", "TAN-SIP", "ARC-SIP", "TAN"}[n%6]
		scale := 1e-3
		sin, cos := math.Sincos(r.Float64() * 2 * math.Pi)
		head := []string{card("CTYPE1", "RA---"+kind), card("CTYPE2", "DEC--"+kind), card("CRVAL1", r.Float64()*360),
			card("CRVAL2", r.Float64()*160-80), card("CRPIX1", r.Float64()*500), card("CRPIX2", r.Float64()*500),
			card("CD1_1", -scale*cos), card("CD1_2", scale*sin), card("CD2_1", scale*sin), card("CD2_2", scale*cos)}
		switch kind {
		case "TPV":
			for axis := range 2 {
				head = append(head, card(fmt.Sprintf("PV%d_1", axis+1), 1+small(0.01)))
				for m := range 40 {
					if m != 1 && r.IntN(3) > 0 {
						head = append(head, card(fmt.Sprintf("PV%d_%d", axis+1, m), small(0.003)))
					}
				}
			}
		case "TNX", "ZPX":
			nx, ny, cross := 2+r.IntN(4), 2+r.IntN(4), r.IntN(3)
			for axis := range 2 {
				text := fmt.Sprintf("wtype=%s axtype=%s ", strings.ToLower(kind), [2]string{"ra", "dec"}[axis])
				if kind == "ZPX" {
					text += "projp1=1.0 projp3=0.3 "
				}
				text += fmt.Sprintf("%s = \"%d. %d. %d. %d. -1.25 1.5 -1.125 1.0 ", [2]string{"lngcor", "latcor"}[axis], 1+n/6%3, nx, ny, cross)
				terms := []int{nx + ny - 1, nx * ny, 0}[cross]
				for j := range ny {
					if cross == 2 {
						terms += min(nx, max(nx, ny)-j)
					}
				}
				for range terms {
					text += fmt.Sprintf("%.17g ", small(2e-3))
				}
				text += `"`
				for k := 0; k*68 < len(text); k++ {
					head = append(head, card(fmt.Sprintf("WAT%d_%03d", axis+1, k+1), text[k*68:min(len(text), k*68+68)]))
				}
			}
		case "TAN":
			head = append(head, card("PPO3", 177500.0), card("PPO6", 178000.0), card("XPIXELSZ", 25.28), card("YPIXELSZ", 25.3),
				card("CNPIX1", r.IntN(14000)), card("CNPIX2", r.IntN(14000)), card("PLTRAH", r.IntN(24)), card("PLTRAM", r.IntN(60)),
				card("PLTRAS", r.Float64()*60), card("PLTDECSN", string("+-"[r.IntN(2)])+"       "), card("PLTDECD", r.IntN(80)),
				card("PLTDECM", r.IntN(60)), card("PLTDECS", r.Float64()*60), card("PLTSCALE", 67.2))
			for _, name := range []string{"AMDX", "AMDY"} {
				for k, size := range []float64{1, 0.1, 100, 1e-3, 1e-3, 1e-3, 1e-3, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-9} {
					value := small(size)
					if k == 0 {
						value += 67.2
					}
					head = append(head, card(fmt.Sprintf("%s%d", name, k+1), value))
				}
				for k := 14; k <= 20; k++ {
					head = append(head, card(fmt.Sprintf("%s%d", name, k), 0.0))
				}
			}
			for k := 1; k <= 6; k++ {
				if k%3 != 0 {
					head = append(head, card(fmt.Sprintf("PPO%d", k), 0.0))
				}
			}
		default:
			for _, name := range []string{"A", "B"} {
				order := 2 + r.IntN(3)
				head = append(head, card(name+"_ORDER", order))
				for p := range order + 1 {
					for q := range order + 1 - p {
						if p+q > 1 {
							head = append(head, card(fmt.Sprintf("%s_%d_%d", name, p, q), small(5*math.Pow(1e-3, float64(p+q)))))
						}
					}
				}
			}
		}
		headers = append(headers, head)
	}
	return headers
}

// swapAxes writes a header with latitude as the first axis. astropy then exchanges even what an identity of TPV gives.
var swapAxes = strings.NewReplacer("CTYPE1", "CTYPE2", "CTYPE2", "CTYPE1", "CRVAL1", "CRVAL2", "CRVAL2", "CRVAL1", "CD1_", "CD2_",
	"CD2_", "CD1_", "PV1_", "PV2_", "PV2_", "PV1_", "WAT1_", "WAT2_", "WAT2_", "WAT1_")

// TestDistortionsAgainstAstropy compares the sky of pixels with astropy, and every pixel with itself by way of the sky.
func TestDistortionsAgainstAstropy(t *testing.T) {
	long(t)
	headers := distortedHeaders(300)
	worst, worstBack := map[string]float64{}, map[string]float64{}
	for n, truth := range wcsTruths(t, headers, [][2]float64{{0, 0}}) {
		head := strings.Join(headers[n], "\n")
		w, err := wcsOf(t, headers[n]...)
		if err != nil || truth.Error != "" {
			t.Errorf("%v; astropy: %q\n%s", err, truth.Error, head)
			continue
		}
		kind := w.ctype[0][5:]
		latFirst, err := wcsOf(t, strings.Split(swapAxes.Replace(head), "\n")...)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range testPixels {
			lon, lat, err := w.PixelToSky(p[0], p[1])
			if err != nil || !isDefined(truth.Sky[i]) {
				t.Errorf("pixel %v: %v, want %v\n%s", p, err, values(truth.Sky[i]), head)
				continue
			}
			d := separation(lon, lat, *truth.Sky[i][0], *truth.Sky[i][1])
			if lon2, lat2, err := latFirst.PixelToSky(p[0], p[1]); err != nil || separation(lon, lat, lon2, lat2) > 1e-13 {
				t.Errorf("pixel %v: (%v, %v) with latitude first, want (%v, %v): %v\n%s", p, lon2, lat2, lon, lat, err, head)
			}
			x, y, err := w.SkyToPixel(lon, lat)
			back := math.Hypot(x-p[0], y-p[1]) * w.PixelScale()
			worst[kind], worstBack[kind] = max(worst[kind], d), max(worstBack[kind], back)
			if !(d < 1e-10) || err != nil || !(back < 1e-11) {
				t.Errorf("pixel %v: (%.11f, %.11f), want %.11f; and back (%v, %v) %v\n%s", p, lon, lat, values(truth.Sky[i]), x, y, err, head)
			}
		}
	}
	t.Logf("worst difference in degrees: sky %v, back %v", worst, worstBack)
}

// TestSCAMP reads SCAMP's polynomial on a TAN projection, which astropy refuses or takes for native coordinates, as TPV.
func TestSCAMP(t *testing.T) {
	for n, head := range distortedHeaders(60) {
		if n%6 != 0 {
			continue
		}
		want, err := wcsOf(t, head...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wcsOf(t, strings.Split(strings.ReplaceAll(strings.Join(head, "\n"), "TPV", "TAN"), "\n")...)
		if err != nil {
			t.Fatal(err)
		}
		lon, lat, err := want.PixelToSky(90, 10)
		x, y, err2 := got.SkyToPixel(lon, lat)
		if err != nil || err2 != nil || math.Hypot(x-90, y-10) > 1e-9 {
			t.Errorf("header %d: (%v, %v), %v %v", n, x, y, err, err2)
		}
		both, err := wcsOf(t, append(head, card("A_ORDER", 2), card("B_ORDER", 2), card("A_2_0", 1e-5), card("B_1_1", 2e-5))...)
		if err != nil {
			t.Fatal(err)
		}
		if lon2, lat2, err := both.PixelToSky(90, 10); err != nil || lon2 != lon || lat2 != lat || both.sip != nil {
			t.Errorf("header %d, with SIP beside TPV: (%v, %v), want (%v, %v): %v", n, lon2, lat2, lon, lat, err)
		}
	}
	tan := []string{card("CTYPE1", "RA---TAN"), card("CTYPE2", "DEC--TAN"), card("CDELT1", -0.1), card("CDELT2", 0.1)}
	for _, test := range []struct {
		cards []string
		scamp bool
	}{
		{[]string{card("PV1_1", 1.0), card("PV2_1", 1.0)}, true},
		{[]string{card("PV2_1", 0.3)}, false}, // TAN has no such parameter
		{[]string{card("PV1_1", 20.0), card("PV1_2", 80.0), card("PV1_3", 170.0)}, false},
		{[]string{card("PV1_1", 1.0), card("PV2_1", 1.0), card("PV1_5", 0.1), card("A_ORDER", 2), card("A_2_0", 1e-4)}, false},
	} {
		w, err := wcsOf(t, append(test.cards, tan...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.ofPlane != nil; got != test.scamp {
			t.Errorf("%v: SCAMP's polynomial: %v", test.cards, got)
		}
	}
}

// TestNoInverse asks for sky positions that a distortion reaches from nowhere: an error, and at once.
func TestNoInverse(t *testing.T) {
	tan := []string{card("CTYPE1", "RA---TAN-SIP"), card("CTYPE2", "DEC--TAN-SIP"), card("CD1_1", -0.01), card("CD2_2", 0.01)}
	for _, cards := range [][]string{
		{card("A_ORDER", 2), card("B_ORDER", 2), card("A_2_0", -0.01)},                   // u - 0.01 u² stays below 25
		{card("A_ORDER", 2), card("B_ORDER", 2), card("A_2_0", 1.0), card("B_0_2", 1.0)}, // folds at -1/2
	} {
		w, err := wcsOf(t, append(cards, tan...)...)
		if err != nil {
			t.Fatal(err)
		}
		u, v := -40.0, -40.0
		if cards[2] == card("A_2_0", -0.01) {
			u = 40
		}
		lon, lat := w.pole.Mul(sphere.Unit(math.Atan2(-0.01*u, -0.01*v), math.Pi/2-math.Hypot(u, v)*0.01*sphere.Degree)).Angles()
		if x, y, err := w.SkyToPixel(lon, lat); err == nil || !strings.Contains(err.Error(), "no inverse") {
			t.Errorf("%v: (%v, %v), %v", cards, x, y, err)
		}
	}
}
