package infer

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
)

const python = "/usr/bin/python3"

// noAstropy is why there is none.
var noAstropy = sync.OnceValue(exec.Command(python, "-c", "import astropy").Run)

// icrsByAstropy asks astropy where pixels [x, y] of a file's first HDU are on the sky.
func icrsByAstropy(t *testing.T, name string, pixels [][2]float64) (sky [][2]float64) {
	t.Helper()
	return icrsOfHDU(t, name, 0, pixels)
}

func icrsOfHDU(t *testing.T, name string, hdu int, pixels [][2]float64) (sky [][2]float64) {
	t.Helper()
	if testing.Short() {
		t.Skip("what follows is astropy's: nothing runs at once in it")
	}
	if err := noAstropy(); err != nil {
		t.Skipf("no %s with astropy: %v", python, err)
	}
	in, err := json.Marshal(pixels)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-W", "ignore", "-c", `
import json, sys
from astropy.io import fits
from astropy.wcs import WCS
w = WCS(fits.getheader(sys.argv[1], int(sys.argv[3])), naxis=2)
c = [w.pixel_to_world(x, y).icrs for x, y in json.loads(sys.argv[2])]
print(json.dumps([[float(s.ra.deg), float(s.dec.deg)] for s in c]))`, name, string(in), strconv.Itoa(hdu)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &sky); err != nil {
		t.Fatal(err)
	}
	return sky
}

// frames are headers of tiles on a tangent plane.
var frames = map[string][]fits.Card{
	"icrs":     {{Key: "CTYPE1", Value: "RA---TAN"}, {Key: "CTYPE2", Value: "DEC--TAN"}, {Key: "RADESYS", Value: "ICRS"}},
	"fk5":      {{Key: "CTYPE1", Value: "RA---TAN"}, {Key: "CTYPE2", Value: "DEC--TAN"}, {Key: "RADESYS", Value: "FK5"}, {Key: "EQUINOX", Value: 1975.0}},
	"galactic": {{Key: "CTYPE1", Value: "GLON-TAN"}, {Key: "CTYPE2", Value: "GLAT-TAN"}},
}

func TestSkyAgainstAstropy(t *testing.T) {
	model := save(t, tinyModel(t, 1))
	for frame, cards := range frames {
		t.Run(frame, func(t *testing.T) {
			dir := t.TempDir()
			cards = append(cards[:len(cards):len(cards)],
				fits.Card{Key: "CRPIX1", Value: 7.25}, fits.Card{Key: "CRPIX2", Value: -3.5},
				fits.Card{Key: "CRVAL1", Value: 203.4}, fits.Card{Key: "CRVAL2", Value: 47.2},
				fits.Card{Key: "CD1_1", Value: -1.1e-3}, fits.Card{Key: "CD1_2", Value: 2e-4},
				fits.Card{Key: "CD2_1", Value: 3e-4}, fits.Card{Key: "CD2_2", Value: 1.2e-3})
			name := putFITS(t, filepath.Join(dir, "field.fits"), noise(1, 24, 30), cards...)
			scan := mustPredict(t, Options{Model: model, Inputs: []string{name}})
			var pixels [][2]float64
			for _, row := range scan.rows {
				pixels = append(pixels, [2]float64{number(t, row, "x"), number(t, row, "y")})
			}
			want := icrsByAstropy(t, name, pixels)
			var onSky, onPixels strings.Builder
			onSky.WriteString("ra,dec\n")
			onPixels.WriteString("x,y\n")
			for i, row := range scan.rows {
				sameSky(t, row, want[i])
				fmt.Fprintf(&onSky, "%.12f,%.12f\n", want[i][0], want[i][1])
				fmt.Fprintf(&onPixels, "%v,%v\n", pixels[i][0]+0.3, pixels[i][1]-0.4)
			}

			// Positions on the sky lead back to the pixels.
			visit := mustPredict(t, Options{Model: model, Inputs: []string{name}, Positions: put(t, filepath.Join(dir, "sky.csv"), []byte(onSky.String()))})
			if len(visit.rows) != len(scan.rows) {
				t.Fatalf("%d rows of %d positions", len(visit.rows), len(scan.rows))
			}
			for i, row := range visit.rows {
				if x, y := number(t, row, "x"), number(t, row, "y"); !near(x, pixels[i][0], 1e-5) || !near(y, pixels[i][1], 1e-5) {
					t.Errorf("position %d: pixel (%v, %v), want %v", i, x, y, pixels[i])
				}
				sameSky(t, row, want[i])
			}

			// A position in pixels has its own place on the sky, not its window's.
			visit = mustPredict(t, Options{Model: model, Inputs: []string{name}, Positions: put(t, filepath.Join(dir, "xy.csv"), []byte(onPixels.String()))})
			pixels = pixels[:0]
			for _, row := range visit.rows {
				pixels = append(pixels, [2]float64{number(t, row, "x"), number(t, row, "y")})
			}
			want = icrsByAstropy(t, name, pixels)
			for i, row := range visit.rows {
				if row["flags"] != catalog.FlagOutside {
					sameSky(t, row, want[i])
				}
			}
		})
	}
}

func sameSky(t *testing.T, row map[string]string, want [2]float64) {
	t.Helper()
	const tolerance = 2e-9 // degrees; nine decimals are written
	ra, dec := number(t, row, "ra"), number(t, row, "dec")
	if !near(math.Remainder(ra-want[0], 360)*math.Cos(dec*math.Pi/180), 0, tolerance) || !near(dec, want[1], tolerance) {
		t.Errorf("%s is at (%.9f, %.9f), astropy says (%.9f, %.9f)", row["id_str"], ra, dec, want[0], want[1])
	}
}
