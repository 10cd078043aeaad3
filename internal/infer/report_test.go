package infer

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/report"
	"github.com/astrovit/astrovit/patch"
)

// reported is what a page's script reads of a run, as far as tests look at it.
type reported struct {
	Rows, Blank int
	Tiles       []struct {
		Name, Picture string
		Width, Height int
		Up            bool
		Marks         []struct {
			ID        string
			X, Y      float64
			Candidate int
		}
	}
	Candidates []candidateOf
}

type candidateOf struct {
	ID, File, Sky, Label, Picture, Heat, Problem string
	Files                                        []string
	HDU, Plane, Tile                             int
	X, Y, RA, Dec, Radius                        *float64
	Values, Sigmas                               []float64
	Flags                                        []string
	Lists                                        []int
}

func readReport(t *testing.T, dir string) (p reported, page []byte) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, report.File))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), `id="data">`)
	data, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		t.Fatal(err)
	}
	return p, page
}

// skyCards are those of a small field around 150 deg, 2 deg.
var skyCards = []fits.Card{
	{Key: "CTYPE1", Value: "RA---TAN"}, {Key: "CTYPE2", Value: "DEC--TAN"}, {Key: "CRPIX1", Value: 20.0}, {Key: "CRPIX2", Value: 20.0},
	{Key: "CRVAL1", Value: 150.0}, {Key: "CRVAL2", Value: 2.0}, {Key: "CDELT1", Value: -1e-4}, {Key: "CDELT2", Value: 1e-4},
}

// decoded is the picture in a data URL.
func decoded(t *testing.T, url string) image.Image {
	t.Helper()
	_, text, _ := strings.Cut(url, ";base64,")
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	im, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v: %.60s", err, url)
	}
	return im
}

// samePicture compares a data URL with a picture.
func samePicture(t *testing.T, what, url string, want image.Image) {
	t.Helper()
	got := decoded(t, url)
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s is %v, want %v", what, got.Bounds(), want.Bounds())
		return
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			if wr, wg, wb, _ := want.At(x, y).RGBA(); r != wr || g != wg || b != wb {
				t.Errorf("%s differs at %d, %d: %v, want %v", what, x, y, got.At(x, y), want.At(x, y))
				return
			}
		}
	}
}

// checkSight compares what the page shows of a candidate with what a model makes of an image, by the shortest way.
func checkSight(t *testing.T, m *modeldir.Model, what, picture, heat string, im patch.Image) {
	t.Helper()
	seen, _, err := m.Recipe.Prepare(prepare.Picture{Image: im})
	if err != nil {
		t.Fatal(err)
	}
	samePicture(t, what, picture, patch.Preview(seen.Flipped()))
	config := m.Net.Config
	patches, shares := make([]float32, config.Grid.Pixels()), make([]float32, config.Grid.Patches())
	config.Grid.Extract(patches, seen.Pixels)
	ws := m.Net.NewRolloutWorkspace(1)
	m.Net.Forward(ws, patches)
	m.Net.Rollout(ws, shares)
	counts := config.Grid.Counts()
	flipped := patch.Image{Shape: []int{1, counts[0], counts[1]}, Pixels: shares}.Flipped()
	samePicture(t, what+"'s attention", heat, patch.Heat(flipped.Pixels, counts[0], counts[1]))
}

// A page holds the best windows of each class, whatever the number of workers, and where they are.
func TestReportOfTile(t *testing.T) {
	m := tinyModel(t, 1)
	model, dir := save(t, m), t.TempDir()
	pixels := noise(1, 40, 48)
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), pixels, skyCards...)
	folder := filepath.Join(dir, "deep", "page")
	o := Options{Model: model, Inputs: []string{tile}, Report: folder, Stride: 3, Batch: 7}
	out := mustPredict(t, o)
	p, page := readReport(t, folder)
	o.Batch, o.Workers = 50, 3
	mustPredict(t, o)
	if _, again := readReport(t, folder); !bytes.Equal(again, page) {
		t.Error("the page depends on the number of workers")
	}
	if !strings.Contains(out.log, filepath.Join(folder, "index.html")) {
		t.Errorf("the log does not say where the page is:\n%s", out.log)
	}
	if p.Rows != len(out.rows) || p.Blank != 0 || len(p.Tiles) != 1 {
		t.Fatalf("%d rows of %d, %d blank, %d tiles", p.Rows, len(out.rows), p.Blank, len(p.Tiles))
	}
	for class, name := range classes {
		rows := slices.Clone(out.rows)
		slices.SortStableFunc(rows, func(a, b map[string]string) int {
			return cmp.Compare(number(t, b, "p_"+name), number(t, a, "p_"+name))
		})
		var want, got []string
		var cells [][2]float64
		for _, row := range rows { // less those whose cell touches that of a better one
			x, y := number(t, row, "x"), number(t, row, "y")
			touches := func(c [2]float64) bool { return math.Abs(c[0]-x) <= 3 && math.Abs(c[1]-y) <= 3 }
			if len(want) < report.PerClass && !slices.ContainsFunc(cells, touches) {
				want, cells = append(want, row["id_str"]), append(cells, [2]float64{x, y})
			}
		}
		for _, c := range p.Candidates {
			if slices.Contains(c.Lists, class) {
				got = append(got, c.ID)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("candidates of %s: %q, want %q", name, got, want)
		}
	}
	inside := 0
	for i, c := range p.Candidates {
		if c.Files[0] != tile || c.Tile != 0 || c.Sky == "" || c.HDU != 0 || c.Plane != -1 {
			t.Errorf("candidate %d is %+v", i, c)
		}
		x0, y0 := int(*c.X-3.5), int(*c.Y-3.5)
		if x0 < 0 || y0 < 0 || x0+side > 48 || y0+side > 40 {
			continue
		}
		cut := patch.NewImage(1, side, side)
		for y := range side {
			copy(cut.Pixels[y*side:], pixels.Pixels[(y0+y)*48+x0:][:side])
		}
		checkSight(t, m, c.ID, c.Picture, c.Heat, cut)
		inside++
	}
	if inside < report.PerClass {
		t.Errorf("only %d candidates are inside of the tile", inside)
	}
	drawn := p.Tiles[0]
	if drawn.Width != 48 || drawn.Height != 40 || !drawn.Up || decoded(t, drawn.Picture).Bounds() != image.Rect(0, 0, 48, 40) {
		t.Errorf("the tile is %d x %d, up %v", drawn.Width, drawn.Height, drawn.Up)
	}
	if len(drawn.Marks) != len(out.rows) {
		t.Errorf("%d marks for %d rows", len(drawn.Marks), len(out.rows))
	}
	for i, mark := range drawn.Marks {
		if row := out.rows[i]; mark.ID != row["id_str"] || mark.X != number(t, row, "x") || mark.Y != number(t, row, "y") {
			t.Errorf("mark %d is %+v, of %v", i, mark, row)
		}
		if mark.Candidate >= 0 && p.Candidates[mark.Candidate].ID != mark.ID {
			t.Errorf("mark %d is of candidate %d", i, mark.Candidate)
		}
	}
}

// The catalogue's rows of cutouts, stacks, photos and tiles are read again as they were read first.
func TestReportOfCatalogue(t *testing.T) {
	m := tinyModel(t, 1)
	dir := t.TempDir()
	a, stack := noise(2, side, side), noise(3, 3, 1, side, side)
	putFITS(t, filepath.Join(dir, "a.fits"), a)
	putFITS(t, filepath.Join(dir, "stack.fits"), stack)
	tile := noise(4, 30, 30)
	putFITS(t, filepath.Join(dir, "tile.fits"), tile, skyCards...)
	photo := image.NewGray(image.Rect(0, 0, side, side))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(i * 4)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, photo); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "photo.png"), b.Bytes())
	input := put(t, filepath.Join(dir, "in.csv"), []byte("id,file,plane,x,y\n"+
		"a,a.fits,,,\ns,stack.fits,1,,\nw,tile.fits,,12,9\nphoto,photo.png,,,\nlost,none.fits,,,\n"))
	folder := t.TempDir()
	mustPredict(t, Options{Model: save(t, m), Inputs: []string{input}, Report: folder, Batch: 4})
	p, _ := readReport(t, folder)
	if p.Rows != 5 || p.Blank != 1 || len(p.Candidates) != 4 || len(p.Tiles) != 1 {
		t.Fatalf("%d rows, %d blank, %d candidates, %d tiles", p.Rows, p.Blank, len(p.Candidates), len(p.Tiles))
	}
	window := patch.NewImage(1, side, side)
	for y := range side {
		copy(window.Pixels[y*side:], tile.Pixels[(9-4+y)*30+12-4:][:side])
	}
	for i, want := range []struct {
		id, file         string
		image            patch.Image
		hdu, plane, tile int
	}{
		{"a", "a.fits", banded(a), 0, -1, -1},
		{"s", "stack.fits", patch.Image{Shape: []int{1, side, side}, Pixels: stack.Pixels[side*side:][:side*side]}, 0, 1, -1},
		{"w", "tile.fits", window, 0, -1, 0},
		{id: "photo", file: "photo.png", hdu: -1, plane: -1, tile: -1},
	} {
		c := p.Candidates[i]
		if c.ID != want.id || c.File != want.file || c.Files[0] != filepath.Join(dir, want.file) || c.HDU != want.hdu || c.Plane != want.plane || c.Tile != want.tile {
			t.Errorf("candidate %d is %+v", i, c)
		}
		if want.image.Pixels != nil {
			checkSight(t, m, c.ID, c.Picture, c.Heat, want.image)
			continue
		}
		first := decoded(t, c.Picture).At(0, 0) // dark, since its first row is at the top
		if r, _, _, _ := first.RGBA(); r > 1<<12 {
			t.Errorf("the photo begins with %v", first)
		}
	}
}

func TestReportRefuses(t *testing.T) {
	m := tinyModel(t, 1)
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))
	occupied := put(t, filepath.Join(t.TempDir(), "file"), nil)
	fails(t, Options{Model: save(t, m), Inputs: []string{name}, Report: occupied}, 1, "--report", occupied)
}
