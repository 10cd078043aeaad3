package infer

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
)

// The central cells of a scan's windows cover each pixel once, and each row is
// what the model says of its window.
func TestScan(t *testing.T) {
	m := tinyModel(t, 1)
	model := save(t, m)
	for _, test := range []struct{ height, width, stride int }{
		{21, 37, 0}, {24, 24, 0}, {17, 17, 8}, {18, 23, 3}, {9, 20, 5}, {3, 18, 1}, {40, 17, 7},
	} {
		tile := noise(uint64(test.width), test.height, test.width)
		name := putFITS(t, filepath.Join(t.TempDir(), "field.fits"), tile)
		out := mustPredict(t, Options{Model: model, Inputs: []string{name}, Stride: test.stride, Batch: 7, Workers: 2})
		stride := test.stride
		if stride == 0 {
			stride = side / 2
		}
		covered := make([]int, test.height*test.width)
		lastY, lastX := math.Inf(-1), 0.0
		for _, row := range out.rows {
			x, y := number(t, row, "x"), number(t, row, "y")
			if y < lastY || y == lastY && x <= lastX {
				t.Errorf("%v: (%g, %g) comes after (%g, %g)", test, x, y, lastX, lastY)
			}
			lastX, lastY = x, y
			x0, y0 := int(x-float64(side-1)/2), int(y-float64(side-1)/2)
			margin := (side - stride) / 2
			for i := range stride * stride {
				if cx, cy := x0+margin+i%stride, y0+margin+i/stride; cx >= 0 && cy >= 0 && cx < test.width && cy < test.height {
					covered[cy*test.width+cx]++
				}
			}
			if want := fmt.Sprintf("field_%v_%v", x, y); row["id_str"] != want {
				t.Errorf("id %q, want %q", row["id_str"], want)
			}
			cut := patch.NewImage(1, side, side)
			flags := ""
			for i := range cut.Pixels {
				px, py := x0+i%side, y0+i/side
				if px < 0 || py < 0 || px >= test.width || py >= test.height {
					flags = catalog.FlagEdge
					continue // the background is 0
				}
				cut.Pixels[i] = tile.Pixels[py*test.width+px]
			}
			if row["flags"] != flags {
				t.Errorf("%s: flags %q, want %q", row["id_str"], row["flags"], flags)
			}
			sameProbabilities(t, row, look(t, m, cut, false))
		}
		if least, most := slices.Min(covered), slices.Max(covered); least != 1 || most != 1 {
			t.Errorf("%v: pixels are in %d to %d central cells", test, least, most)
		}
	}
}

func TestPositionsOfPixels(t *testing.T) {
	m := tinyModel(t, 1)
	model := save(t, m)
	dir := t.TempDir()
	tile := noise(3, 20, 30)
	name := putFITS(t, filepath.Join(dir, "field.fits"), tile)
	// The first pixel's corner belongs to it, the far one to no pixel.
	positions := put(t, filepath.Join(dir, "at.csv"), []byte(`id,x,y
middle,15.2,9.9
corner,-0.5,-0.5
far,29.49,19.49
left,-0.6,3
right,29.5,3
above,3,19.5
nowhere,,
nan,nan,3
huge,1e300,3
`))
	out := mustPredict(t, Options{Model: model, Inputs: []string{name}, Positions: positions, Batch: 4})
	want := []string{"middle", "corner", "far", "left", "right", "above", "nowhere", "nan", "huge"}
	if got := column(out, "id_str"); !slices.Equal(got, want) {
		t.Errorf("ids %q", got)
	}
	for i, row := range out.rows {
		if i > 2 {
			sameProbabilities(t, row, nil)
			want := catalog.FlagOutside
			if i == 6 || i == 7 {
				want = catalog.FlagFailed // no position at all
			}
			if row["flags"] != want {
				t.Errorf("%s: flags %q, want %s", row["id_str"], row["flags"], want)
			}
			continue
		}
		cut, x0, y0 := patch.NewImage(1, side, side), patch.Start(number(t, row, "x"), side), patch.Start(number(t, row, "y"), side)
		for i := range cut.Pixels {
			if x, y := x0+i%side, y0+i/side; x >= 0 && x < 30 && y >= 0 && y < 20 {
				cut.Pixels[i] = tile.Pixels[30*y+x]
			}
		}
		sameProbabilities(t, row, look(t, m, cut, false))
		if wantFlags := []string{"", catalog.FlagEdge, catalog.FlagEdge}[i]; row["flags"] != wantFlags {
			t.Errorf("%s: flags %q, want %q", row["id_str"], row["flags"], wantFlags)
		}
	}
	if out.rows[0]["x"] != "15.2" || out.rows[0]["y"] != "9.9" {
		t.Errorf("position (%s, %s) is not as given", out.rows[0]["x"], out.rows[0]["y"])
	}
	for _, want := range []string{"4 of 9 positions are not on", "2 of 9 positions cannot be read", "at.csv: row 7: neither ra and dec"} {
		if !strings.Contains(out.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, out.log)
		}
	}
}

// sky is a coordinate system turned by 30 degrees.
func sky(ra, dec float64) *fits.WCS {
	const s, c, scale = 0.5, 0.8660254037844386, 2e-4
	return fits.NewTAN(12, 9, ra, dec, [2][2]float64{{-c * scale, s * scale}, {s * scale, c * scale}})
}

// Several tiles share a list of positions: each has those that it shows.
func TestPositionsInSeveralTiles(t *testing.T) {
	model := save(t, tinyModel(t, 1))
	dir := t.TempDir()
	east := putFITS(t, filepath.Join(dir, "east.fits"), noise(1, 30, 30), sky(10, 20).Cards()...)
	west := putFITS(t, filepath.Join(dir, "west.fits"), noise(2, 30, 30), sky(350, 20).Cards()...)
	positions := put(t, filepath.Join(dir, "at.csv"), []byte("ra,dec\n350,20\n190,-20\n10,20\n10,20.001\n"))
	out := mustPredict(t, Options{Model: model, Inputs: []string{east, west}, Positions: positions})
	if got := column(out, "id_str"); !slices.Equal(got, []string{"3", "4", "1"}) {
		t.Errorf("ids %q", got)
	}
	if got := column(out, "file_loc"); !slices.Equal(got, []string{east, east, west}) {
		t.Errorf("files %q", got)
	}
	if !strings.Contains(out.log, "1 of 4 positions") {
		t.Errorf("the log does not say that a position is nowhere:\n%s", out.log)
	}
	catalogue := put(t, filepath.Join(dir, "tiles.csv"), []byte("id,file\nE,east.fits\nX,none.fits\nW,west.fits\n"))
	out = mustPredict(t, Options{Model: model, Inputs: []string{catalogue}, As: AsTile, Positions: positions})
	if got := column(out, "id_str"); !slices.Equal(got, []string{"3", "4", "X", "1"}) {
		t.Errorf("ids %q from a catalogue of tiles", got)
	}
	if got := column(out, "flags"); got[2] != catalog.FlagFailed {
		t.Errorf("flags %q from a catalogue of tiles", got)
	}

	bad := put(t, filepath.Join(dir, "bad.csv"), []byte("ra,dec\n350,20\n10,\n"))
	if out = mustPredict(t, Options{Model: model, Inputs: []string{east, west}, Positions: bad}); !strings.Contains(out.log, "1 of 2 positions cannot be read; the first: "+bad+": row 2") {
		t.Errorf("the log does not say that a position is none:\n%s", out.log)
	}
	if _, err := predict(t, Options{Model: model, Inputs: []string{east, west}, Positions: bad, Strict: true}); err == nil || !strings.Contains(err.Error(), "row 2") {
		t.Errorf("a position that is none, with --strict: %v", err)
	}
	bare := putFITS(t, filepath.Join(dir, "bare.fits"), noise(1, 30, 30))
	if _, err := predict(t, Options{Model: model, Inputs: []string{bare}, Positions: positions}); err == nil || !strings.Contains(err.Error(), "no sky coordinates") {
		t.Errorf("positions on the sky in a tile without: %v", err)
	}
	if _, err := predict(t, Options{Model: model, Inputs: []string{catalogue}, Positions: positions}); err == nil || !strings.Contains(err.Error(), "--as tile") {
		t.Errorf("positions in a catalogue of cutouts: %v", err)
	}
}

func TestScale(t *testing.T) {
	m := tinyModel(t, 1)
	m.Recipe.PixelScale = 0.72
	dir := t.TempDir()
	same := putFITS(t, filepath.Join(dir, "same.fits"), noise(1, side, side), sky(10, 20).Cards()...)
	other := fits.NewTAN(0, 0, 10, 20, [2][2]float64{{-1e-4, 0}, {0, 1e-4}})
	finer := putFITS(t, filepath.Join(dir, "finer.fits"), noise(1, side, side), other.Cards()...)
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{same, finer}})
	if got := column(out, "flags"); !slices.Equal(got, []string{"", "scale"}) {
		t.Errorf("flags %q", got)
	}
}
