package infer

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
)

// A row of a tile with a position is what --positions gives there.
func TestRowsOfATile(t *testing.T) {
	model, dir := save(t, tinyModel(t, 1)), t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 30, 30), sky(10, 20).Cards()...)
	visited := mustPredict(t, Options{Model: model, Inputs: []string{tile},
		Positions: put(t, filepath.Join(dir, "at.csv"), []byte("id,x,y\na,20,11\nb,1,2\nc,31,3\n"))})
	rows := mustPredict(t, Options{Model: model, Inputs: []string{
		put(t, filepath.Join(dir, "rows.csv"), []byte("id,file,x,y\na,tile.fits,20,11\nb,tile.fits,1,2\nc,tile.fits,31,3\n"))}})
	for i, row := range rows.rows {
		for _, name := range []string{"id_str", "hdu", "x", "y", "ra", "dec", "label", "p_ring", "flags"} {
			if want := visited.rows[i][name]; row[name] != want {
				t.Errorf("row %s: %s is %q, want %q", row["id_str"], name, row[name], want)
			}
		}
	}
	if got := column(rows, "flags"); !slices.Equal(got, []string{"", catalog.FlagEdge, catalog.FlagOutside}) {
		t.Errorf("flags %q", got)
	}
	middle := mustPredict(t, Options{Model: model, As: AsCutout, Inputs: []string{
		put(t, filepath.Join(dir, "cut.csv"), []byte("id,file\na,tile.fits\n"))}})
	again := mustPredict(t, Options{Model: model, As: AsCutout, Inputs: []string{filepath.Join(dir, "rows.csv")}})
	if again.rows[0]["p_ring"] != middle.rows[0]["p_ring"] {
		t.Error("--as cutout does not look at the middle")
	}
}

// What a row lacks of its positions is computed from what it has.
func TestRowsDoNotContradictThemselves(t *testing.T) {
	model, dir, wcs := save(t, tinyModel(t, 1)), t.TempDir(), sky(10, 20)
	putFITS(t, filepath.Join(dir, "a.fits"), noise(1, side, side), wcs.Cards()...)
	out := mustPredict(t, Options{Model: model, Inputs: []string{
		put(t, filepath.Join(dir, "in.csv"), []byte("id,file,x,y,ra,dec\na,a.fits,1,2,,\nb,a.fits,,,10,20\nc,a.fits,3,,,7\nd,a.fits,1,2,30,40\n"))}})
	for i, want := range [][2]float64{{1, 2}, {12, 9}, {3.5, 3.5}, {1, 2}} {
		row := out.rows[i]
		if !near(number(t, row, "x"), want[0], 1e-4) || !near(number(t, row, "y"), want[1], 1e-4) {
			t.Errorf("row %s: x, y %s, %s; want %v", row["id_str"], row["x"], row["y"], want)
		}
		ra, dec, err := wcs.PixelToICRS(want[0], want[1])
		if i == 3 {
			ra, dec = 30, 40 // both are given, and stay as they are
		}
		if err != nil || !near(number(t, row, "ra"), ra, 1e-8) || !near(number(t, row, "dec"), dec, 1e-8) {
			t.Errorf("row %s: ra, dec %s, %s; want %g, %g", row["id_str"], row["ra"], row["dec"], ra, dec)
		}
	}
}

// A frame that cannot be turned into ICRS is said once a file, and an error
// where positions need it.
func TestUnsupportedFrame(t *testing.T) {
	model, dir := save(t, tinyModel(t, 1)), t.TempDir()
	cards := append([]fits.Card{{Key: "RADESYS", Value: "GAPPT"}}, sky(10, 20).Cards()...) // the first counts
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 30, 30), cards...)
	out := mustPredict(t, Options{Model: model, Inputs: []string{tile}})
	if n := strings.Count(out.log, "GAPPT"); n != 1 || len(out.rows) < 2 || out.rows[0]["ra"] != "NaN" {
		t.Errorf("%d times in the log of %d rows, ra %q:\n%s", n, len(out.rows), out.rows[0]["ra"], out.log)
	}
	rows := put(t, filepath.Join(dir, "rows.csv"), []byte("id,file\n1,tile.fits\n"))
	if out := mustPredict(t, Options{Model: model, Inputs: []string{rows}}); !strings.Contains(out.log, "GAPPT") {
		t.Errorf("nothing is said of a catalogue's row:\n%s", out.log)
	}
	at := put(t, filepath.Join(dir, "at.csv"), []byte("ra,dec\n10,20\n"))
	fails(t, Options{Model: model, Inputs: []string{tile}, Positions: at}, 1, "tile.fits", "RADESYS", "GAPPT")
}

// Undefined pixels of the tile are worth a word in the windows at its edge too.
func TestUndefinedAtTheEdge(t *testing.T) {
	im := noise(1, 3*side, 3*side)
	im.Pixels[2] = float32(math.NaN())
	tile := putFITS(t, filepath.Join(t.TempDir(), "tile.fits"), im)
	out := mustPredict(t, Options{Model: save(t, tinyModel(t, 1)), Inputs: []string{tile}})
	for _, row := range out.rows {
		x, y := number(t, row, "x"), number(t, row, "y")
		var want []string
		if last := 3*side - 1 - float64(side-1)/2; min(x, y) < float64(side-1)/2 || max(x, y) > last {
			want = append(want, catalog.FlagEdge)
		}
		if math.Abs(x-2) < float64(side)/2 && y < float64(side)/2 {
			want = append(want, "nan")
		}
		if got := row["flags"]; got != strings.Join(want, "|") {
			t.Errorf("window at (%g, %g): flags %q, want %q", x, y, got, want)
		}
	}
}
