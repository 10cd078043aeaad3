package infer

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// tilted is a coordinate system with SIP distortion.
var tilted = []fits.Card{{Key: "CTYPE1", Value: "RA---TAN-SIP"}, {Key: "CTYPE2", Value: "DEC--TAN-SIP"}, {Key: "RADESYS", Value: "ICRS"},
	{Key: "CRPIX1", Value: 7.25}, {Key: "CRPIX2", Value: -3.5}, {Key: "CRVAL1", Value: 203.4}, {Key: "CRVAL2", Value: 47.2},
	{Key: "CD1_1", Value: -1.1e-3}, {Key: "CD1_2", Value: 2e-4}, {Key: "CD2_1", Value: 3e-4}, {Key: "CD2_2", Value: 1.2e-3},
	{Key: "A_ORDER", Value: 2}, {Key: "A_2_0", Value: 1e-4}, {Key: "A_1_1", Value: -2e-4}, {Key: "B_ORDER", Value: 2}, {Key: "B_0_2", Value: 3e-4}}

// A heat map has the rows' numbers, and each cell is where astropy finds the
// row's window in the tile.
func TestHeatmap(t *testing.T) {
	dir := t.TempDir()
	name := putFITS(t, filepath.Join(dir, "field.fits"), noise(1, 21, 37), tilted...)
	for _, stride := range []int{0, 3, 8} {
		maps := filepath.Join(dir, "maps", strconv.Itoa(stride))
		out := mustPredict(t, Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{name}, Stride: stride, Heatmap: maps, Batch: 7, Workers: 2})
		file := filepath.Join(maps, "field_heatmap.fits")
		f, err := fits.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		im, err := f.HDU(0).Read()
		if err != nil {
			t.Fatal(err)
		}
		rows, columns := im.Shape[1], im.Shape[2]
		if im.Shape[0] != len(classes) || rows*columns != len(out.rows) {
			t.Fatalf("shape %v of %d rows", im.Shape, len(out.rows))
		}
		var cells, places [][2]float64
		for i, row := range out.rows {
			cells = append(cells, [2]float64{float64(i % columns), float64(i / columns)})
			places = append(places, [2]float64{number(t, row, "x"), number(t, row, "y")})
			for k, class := range classes {
				if got := im.Pixels[(k*rows+i/columns)*columns+i%columns]; !near(float64(got), number(t, row, "p_"+class), 1e-6) {
					t.Errorf("%s in row %d is %v", class, i, got)
				}
			}
		}
		want := icrsByAstropy(t, name, places)
		for i, got := range icrsByAstropy(t, file, cells) {
			if !near(got[0], want[i][0], 1e-9) || !near(got[1], want[i][1], 1e-9) {
				t.Errorf("stride %d: cell %v is at %v, want %v", stride, cells[i], got, want[i])
			}
		}
	}
}

// An attention map lies on the sky where its window does, resized or not.
func TestAttentionOnTheSky(t *testing.T) {
	dir := t.TempDir()
	name := putFITS(t, filepath.Join(dir, "field.fits"), noise(1, 40, 50), tilted...)
	at := put(t, filepath.Join(dir, "at.csv"), []byte("id,x,y\na,20.3,17.8\n"))
	for _, window := range []int{side, 2 * side, 13} {
		m := tinyModel(t, 1)
		m.Recipe.Window = window
		maps := filepath.Join(dir, strconv.Itoa(window))
		mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}, Positions: at, Attention: maps})
		// The window's first pixel is ceil(x - n/2), as everywhere.
		x0, y0 := math.Ceil(20.3-float64(window)/2), math.Ceil(17.8-float64(window)/2)
		for hdu, pixels := range []int{side, side / 4} {
			step := float64(window) / float64(pixels)
			var in, of [][2]float64
			for _, p := range [][2]float64{{0, 0}, {1, 0}, {0.5, 1}} {
				in = append(in, p)
				of = append(of, [2]float64{x0 - 0.5 + step*(p[0]+0.5), y0 - 0.5 + step*(p[1]+0.5)})
			}
			want := icrsByAstropy(t, name, of)
			for i, got := range icrsOfHDU(t, filepath.Join(maps, "a_attention.fits"), hdu, in) {
				if !near(got[0], want[i][0], 1e-9) || !near(got[1], want[i][1], 1e-9) {
					t.Errorf("window %d, HDU %d: %v is at %v, want %v", window, hdu, in[i], got, want[i])
				}
			}
		}
	}
}

// The regions of a run are read by the astropy package for them, where it is installed.
func TestRegions(t *testing.T) {
	dir := t.TempDir()
	name := putFITS(t, filepath.Join(dir, "field.fits"), noise(1, 21, 37), tilted...)
	file := filepath.Join(dir, "field.reg")
	out := mustPredict(t, Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{name}, Regions: file})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\ncircle("); n != len(out.rows) {
		t.Errorf("%d circles of %d rows", n, len(out.rows))
	}
	if testing.Short() {
		t.Skip("what follows is astropy's: nothing runs at once in it")
	}
	for _, reader := range []string{"regions", "pyregion"} {
		if exec.Command(python, "-c", "import "+reader).Run() != nil {
			t.Logf("no python3-%s", reader)
			continue
		}
		said, err := exec.Command(python, "-W", "ignore", "-c", map[string]string{
			"regions": `
import sys
from regions import Regions
for r in Regions.read(sys.argv[1], format="ds9"):
    print("%.7f %.7f %.3f" % (r.center.icrs.ra.deg, r.center.icrs.dec.deg, r.radius.to_value("arcsec")))`,
			"pyregion": `
import sys, pyregion
for r in pyregion.open(sys.argv[1]):
    assert r.name == "circle" and r.coord_format == "icrs"
    print("%.7f %.7f %.3f" % (r.coord_list[0], r.coord_list[1], 3600 * r.coord_list[2]))`,
		}[reader], file).Output()
		if err != nil {
			t.Errorf("%s: %v", reader, err)
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		for i, row := range out.rows {
			// Half the side of a cell of 4 pixels of 4.229 arcsec, the root of the determinant of CD.
			var ra, dec, radius float64
			if i < len(lines) {
				fmt.Sscan(lines[i], &ra, &dec, &radius)
			}
			if !near(ra, number(t, row, "ra"), 2e-7) || !near(dec, number(t, row, "dec"), 2e-7) || radius != 8.458 {
				t.Fatalf("%s: %d regions; %d is %v, %v, %v of %v", reader, len(lines), i, ra, dec, radius, row)
			}
		}
	}
}
