package detect_test

import (
	"bufio"
	"compress/bzip2"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/patch"
)

const (
	sdssTile    = "../../../shared/data/sdss-tile/"
	sdssFrame   = sdssTile + "frame-r-000094-1-0012.fits.bz2"
	arcsec      = 1 / 0.396 // SDSS pixels
	matchWithin = 2 * arcsec
)

// frame is the SDSS frame in r, sky-subtracted, in nanomaggies.
func frame(t testing.TB) (patch.Image, *fits.WCS) {
	t.Helper()
	if _, err := os.Stat(sdssFrame); err != nil {
		t.Skip("the SDSS frame is not beside the checkout")
	}
	readFrame.Do(func() { sdss.im, sdss.w, sdss.err = read() })
	if sdss.err != nil {
		t.Fatal(sdss.err)
	}
	return sdss.im, sdss.w
}

var (
	readFrame sync.Once // unfolding bzip2 takes a second
	sdss      struct {
		im  patch.Image
		w   *fits.WCS
		err error
	}
)

func read() (im patch.Image, w *fits.WCS, err error) {
	f, err := pixels.Open(pixels.Source{Files: []string{sdssFrame}, HDU: -1, Bands: 1})
	if err != nil {
		return im, nil, err
	}
	defer f.Close()
	_, height, width := f.Shape()
	im, err = f.Window(0, 0, 0, height, width, 0)
	return im, f.WCS(), err
}

// A listed source is one of a catalogue, at a pixel position.
type listed struct {
	x, y, magnitude float64
	petrosian       float64 // pixels
	primary, galaxy bool
}

// photoObj is SDSS's own catalogue of the frame, of each object one row. Primary are those that belong to this field
// (MODE 2 here, since another run covers it again), not to the overlap with the next.
func photoObj(t testing.TB, w *fits.WCS) []listed {
	t.Helper()
	f, err := fits.Open(sdssTile + "photoObj-000094-1-0012.fits")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	const r, bands = 2, 5
	column := func(name string) *fits.Column {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ra, dec, children, mode := column("RA"), column("DEC"), column("NCHILD"), column("MODE")
	flags, kind := column("OBJC_FLAGS"), column("OBJC_TYPE")
	magnitude, petrosian := column("MODELMAG"), column("PETROTHETA")
	var all []listed
	for i := range table.Rows {
		const bright = 1 << 1 // measured once more before the faint ones were looked for
		if children.Float(i) > 0 || int(flags.Float(i))&bright != 0 {
			continue
		}
		x, y, err := w.SkyToPixel(ra.Floats[i], dec.Floats[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, listed{x, y, magnitude.Floats[i*bands+r], petrosian.Floats[i*bands+r] * arcsec,
			mode.Float(i) == 2, kind.Float(i) == 3})
	}
	return all
}

// match pairs detections with listed sources, each with one at most, the nearest first: of each detection the listed
// source, or -1.
func match(found, list []listed) []int {
	type pair struct {
		i, k     int
		distance float64
	}
	var pairs []pair
	for i, a := range found {
		for k, b := range list {
			if d := math.Hypot(a.x-b.x, a.y-b.y); d <= matchWithin {
				pairs = append(pairs, pair{i, k, d})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return int(math.Copysign(1, a.distance-b.distance)) })
	matched, taken := make([]int, len(found)), make([]bool, len(list))
	for i := range matched {
		matched[i] = -1
	}
	for _, p := range pairs {
		if matched[p.i] < 0 && !taken[p.k] {
			matched[p.i], taken[p.k] = p.k, true
		}
	}
	return matched
}

// A score is how detections compare with a list, in a range of magnitudes.
type score struct {
	listed, found    int     // primary ones of these magnitudes
	detected, real   int     // detections of these magnitudes: the listed ones, or their own where there is none
	offset           float64 // median of those found, arcsec
	complete, purity float64
}

func scoreOf(found, list []listed, matched []int, bright, faint float64) (s score) {
	var offsets []float64
	for _, o := range list {
		if o.primary && o.magnitude >= bright && o.magnitude < faint {
			s.listed++
		}
	}
	for i, k := range matched {
		m := found[i].magnitude
		if k >= 0 {
			m = list[k].magnitude
		}
		if m >= bright && m < faint {
			s.detected++
			if k >= 0 {
				s.real++
			}
		}
		if k >= 0 && list[k].primary && list[k].magnitude >= bright && list[k].magnitude < faint {
			s.found++
			offsets = append(offsets, math.Hypot(found[i].x-list[k].x, found[i].y-list[k].y)/arcsec)
		}
	}
	slices.Sort(offsets)
	if len(offsets) > 0 {
		s.offset = offsets[len(offsets)/2]
	}
	s.complete, s.purity = float64(s.found)/float64(s.listed), float64(s.real)/float64(s.detected)
	return s
}

func (s score) String() string {
	return fmt.Sprintf("%3d of %3d listed (%.3f), %3d of %3d real (%.3f), %.3f arcsec", s.found, s.listed, s.complete,
		s.real, s.detected, s.purity, s.offset)
}

func magnitude(nanomaggies float64) float64 { return 22.5 - 2.5*math.Log10(max(nanomaggies, 1e-9)) }

// TestAgainstSourceExtractor compares what is found on an SDSS frame with SDSS's own catalogue, and that with what
// SExtractor finds with the same configuration.
func TestAgainstSourceExtractor(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole frame, for minutes under the race detector")
	}
	im, w := frame(t)
	list := photoObj(t, w)
	sources, err := detect.Sources(t.Context(), im, detect.Default, 2)
	if err != nil {
		t.Fatal(err)
	}
	ours := listing(sources)
	matched := match(ours, list)
	if all := scoreOf(ours, list, matched, 0, 20); all.offset > 0.1 || all.complete < 0.98 || all.purity < 0.97 {
		t.Errorf("r < 20: %v", all)
	}
	theirs := listing(sourceExtractor(t))
	theirMatched := match(theirs, list)
	t.Logf("%d sources, of SExtractor %d", len(ours), len(theirs))
	bins := [][2]float64{{0, 16}, {16, 17}, {17, 18}, {18, 19}, {19, 20}, {0, 20}, {20, 21}, {21, 22}, {22, 23}}
	for _, bin := range bins {
		a, b := scoreOf(ours, list, matched, bin[0], bin[1]), scoreOf(theirs, list, theirMatched, bin[0], bin[1])
		t.Logf("%2.0f <= r < %.0f ours       %v", bin[0], bin[1], a)
		t.Logf("              SExtractor %v", b)
		if bin == [2]float64{0, 20} && (a.complete < b.complete || a.purity < b.purity) {
			t.Errorf("r < 20: ours %v, SExtractor's %v", a, b)
		}
	}
}

// listing is sources as they are compared.
func listing(sources []detect.Source) (all []listed) {
	for _, s := range sources {
		all = append(all, listed{x: s.X, y: s.Y, magnitude: magnitude(s.KronFlux)})
	}
	return all
}

// TestMeasuresAsSourceExtractor compares what is measured of sources that are alone.
func TestMeasuresAsSourceExtractor(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole frame, for minutes under the race detector")
	}
	im, _ := frame(t)
	ours, err := detect.Sources(t.Context(), im, detect.Default, 2)
	if err != nil {
		t.Fatal(err)
	}
	quantities := []struct {
		name     string
		of       func(s detect.Source) float64
		relative bool
		most     float64 // median of the differences
	}{
		{"XIso", func(s detect.Source) float64 { return s.XIso }, false, 0.01},
		{"YIso", func(s detect.Source) float64 { return s.YIso }, false, 0.01},
		{"X", func(s detect.Source) float64 { return s.X }, false, 0.01},
		{"Y", func(s detect.Source) float64 { return s.Y }, false, 0.01},
		{"A", func(s detect.Source) float64 { return s.A }, true, 0.002},
		{"B", func(s detect.Source) float64 { return s.B }, true, 0.002},
		{"Theta", func(s detect.Source) float64 { return s.Theta }, false, 0.01},
		{"IsoFlux", func(s detect.Source) float64 { return s.IsoFlux }, true, 0.01},
		{"KronFlux", func(s detect.Source) float64 { return s.KronFlux }, true, 0.02},
		{"KronRadius", func(s detect.Source) float64 { return s.KronRadius }, true, 0.02},
		{"HalfLight", func(s detect.Source) float64 { return s.HalfLight }, true, 0.02},
	}
	differences := make([][]float64, len(quantities))
	for _, b := range sourceExtractor(t) {
		if b.Flags != 0 || b.Area < 5 {
			continue
		}
		for _, a := range ours {
			if a.Flags != 0 || math.Hypot(a.XIso-b.XIso, a.YIso-b.YIso) > 1 {
				continue
			}
			for i, q := range quantities {
				d := math.Abs(q.of(a) - q.of(b))
				if q.relative {
					d /= math.Abs(q.of(b))
				}
				differences[i] = append(differences[i], d)
			}
		}
	}
	for i, q := range quantities {
		d := differences[i]
		if len(d) < 300 {
			t.Fatalf("%d sources in common", len(d))
		}
		slices.Sort(d)
		t.Logf("%-10s median difference of %d: %.4f, of three in four less than %.4f", q.name, len(d), d[len(d)/2],
			d[len(d)*3/4])
		if d[len(d)/2] > q.most {
			t.Errorf("%s: the median difference is %v, want %v at most", q.name, d[len(d)/2], q.most)
		}
	}
}

// TestPetrosianAsSDSS compares Petrosian radii of galaxies with those that SDSS measured on the same frame.
func TestPetrosianAsSDSS(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole frame, for minutes under the race detector")
	}
	im, w := frame(t)
	list := photoObj(t, w)
	sources, err := detect.Sources(t.Context(), im, detect.Default, 2)
	if err != nil {
		t.Fatal(err)
	}
	var ratios []float64
	for i, k := range match(listing(sources), list) {
		if k >= 0 && list[k].galaxy && list[k].magnitude < 19 {
			ratios = append(ratios, sources[i].Petrosian/list[k].petrosian)
		}
	}
	slices.Sort(ratios)
	n := len(ratios)
	t.Logf("%d galaxies of r < 19: ratio %.3f, of the middle two thirds %.3f to %.3f", n, ratios[n/2], ratios[n/6],
		ratios[n*5/6])
	if n < 10 || math.Abs(ratios[n/2]-1) > 0.1 || ratios[n/6] < 0.9 || ratios[n*5/6] > 1.2 {
		t.Errorf("Petrosian radii are %v of SDSS's", ratios)
	}
}

// sourceExtractor is what Debian's source-extractor finds on the frame, with the configuration that it comes with.
func sourceExtractor(t *testing.T) (found []detect.Source) {
	t.Helper()
	const share = "/usr/share/source-extractor/"
	program, err := exec.LookPath("source-extractor")
	if _, missing := os.Stat(share + "default.sex"); err != nil || missing != nil {
		t.Skip("source-extractor is not here (Debian's source-extractor)")
	}
	dir := t.TempDir()
	packed, err := os.Open(sdssFrame)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	data, err := io.ReadAll(bzip2.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	parameters := strings.Join(strings.Fields(`X_IMAGE Y_IMAGE XWIN_IMAGE YWIN_IMAGE A_IMAGE B_IMAGE THETA_IMAGE
		FLUX_ISO FLUX_AUTO KRON_RADIUS FLUX_RADIUS ISOAREA_IMAGE FLAGS`), "\n")
	for name, data := range map[string][]byte{"r.fits": data, "columns.param": []byte(parameters)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "r.fits", "-c", share+"default.sex", "-PARAMETERS_NAME", "columns.param", "-FILTER_NAME",
		share+"default.conv", "-STARNNW_NAME", share+"default.nnw", "-CATALOG_NAME", "found.cat", "-DETECT_MINAREA", strconv.Itoa(detect.Default.MinArea), "-VERBOSE_TYPE", "QUIET")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("source-extractor: %v\n%s", err, out)
	}
	catalogue, err := os.Open(filepath.Join(dir, "found.cat"))
	if err != nil {
		t.Fatal(err)
	}
	defer catalogue.Close()
	for lines := bufio.NewScanner(catalogue); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var s detect.Source
		if _, err := fmt.Sscan(lines.Text(), &s.XIso, &s.YIso, &s.X, &s.Y, &s.A, &s.B, &s.Theta, &s.IsoFlux, &s.KronFlux,
			&s.KronRadius, &s.HalfLight, &s.Area, &s.Flags); err != nil {
			t.Fatal(err)
		}
		s.XIso, s.YIso, s.X, s.Y = s.XIso-1, s.YIso-1, s.X-1, s.Y-1
		s.Theta, s.KronRadius = s.Theta*math.Pi/180, s.KronRadius*s.A
		found = append(found, s)
	}
	return found
}
