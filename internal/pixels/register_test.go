package pixels

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

const arcsec = 1.0 / 3600

// frame writes an image of the sky whose pixel (x, y) is at ra 150, dec 2.
func frame(t testing.TB, dir, name string, im *fits.Image, x, y, scale float64, hdus ...fits.ImageHDU) string {
	t.Helper()
	w := fits.NewTAN(x, y, 150, 2, [2][2]float64{{-scale, 0}, {0, scale}})
	return writeFile(t, dir, name, fitsBytes(t, append([]fits.ImageHDU{{Image: im, Header: w.Cards()}}, hdus...)...))
}

func point1(shape [2]int, x, y int) *fits.Image {
	im := &fits.Image{Shape: shape[:], Pixels: make([]float32, shape[0]*shape[1])}
	im.Pixels[y*shape[1]+x] = 1
	return im
}

func open(t testing.TB, s Source) *File {
	t.Helper()
	f, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Bands that are offset by whole pixels keep their values, whatever their shapes.
func TestWholePixels(t *testing.T) {
	dir := t.TempDir()
	// The same source: pixel (6, 5) of g, and (8, 4) of r.
	g := frame(t, dir, "g.fits", point1([2]int{12, 12}, 6, 5), 6, 5, 0.4*arcsec)
	r := frame(t, dir, "r.fits", point1([2]int{11, 12}, 8, 4), 8.004, 3.996, 0.4*arcsec)
	f := open(t, Source{Files: []string{g, "", r}, HDU: -1})
	if f.WCS() == nil {
		t.Fatal("no WCS")
	}
	for _, window := range [][4]int{{0, 0, 12, 12}, {4, 3, 6, 6}, {-3, 2, 12, 16}} {
		x, y, h, w := window[0], window[1], window[2], window[3]
		im, err := f.Window(0, x, y, h, w, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range im.Pixels {
			px, py := x+i%w, y+i/w%h
			want := float32(0)
			switch inside := px >= 0 && py >= 0 && px < 12 && py < 12; {
			case !inside:
			case i/(w*h) == 1 || i/(w*h) == 2 && (px > 9 || py < 1 || py > 11):
				want = float32(math.NaN()) // no file, or beyond the edge of r
			case px == 6 && py == 5:
				want = 1
			}
			if v != want && (v == v || want == want) {
				t.Errorf("window %v: band %d is %v at (%d, %d), want %v", window, i/(w*h), v, px, py, want)
			}
		}
	}
}

func TestBandsThatCannotBeRegistered(t *testing.T) {
	dir := t.TempDir()
	im := point1([2]int{12, 12}, 6, 5)
	g := frame(t, dir, "g.fits", im, 6, 5, 0.4*arcsec)
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"elsewhere": {frame(t, dir, "i.fits", im, 500, 5, 0.4*arcsec), []string{"i.fits", "WCS", "g.fits", "(494, ", "one field"}},
		"too fine":  {frame(t, dir, "hst.fits", im, 6, 5, 0.02*arcsec), []string{"hst.fits", "20 times smaller", "g.fits", "16"}},
		"no sky":    {writeFITS(t, dir, "bare.fits", ramp(12, 13)), []string{"bare.fits", "[12 13]", "g.fits", "[12 12]", "one shape"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(Source{Files: []string{g, test.file}, HDU: -1})
			wantError(t, err, test.want...)
		})
	}
	// Without sky coordinates one shape will do.
	bare := ramp(12, 12)
	f := open(t, Source{Files: []string{g, writeFITS(t, dir, "same.fits", bare)}, HDU: -1})
	got, err := whole(f, 0)
	if err != nil || !slices.Equal(got.Band(1), bare.Pixels) {
		t.Errorf("a band without sky coordinates has moved, or %v", err)
	}
}

// TestRegistered compares with the same kernels in float64 on astropy's
// coordinates, and with reproject (testdata/make_register.py). The band that is
// compared with is in the same file, and so in the first band's place.
func TestRegistered(t *testing.T) {
	files, err := filepath.Glob("testdata/register/*.fits")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		for name, kernel := range map[string]Kernel{"BILINEAR": Bilinear, "LANCZOS3": Lanczos3, "REPROJECT": Bilinear} {
			f := open(t, Source{Files: []string{file + "[" + name + "]", file + "[0]"}, HDU: -1, Reading: Reading{Kernel: kernel}})
			if f.maps[1] == nil || f.maps[1].whole {
				t.Fatalf("%s is not interpolated", file)
			}
			im, err := whole(f, 0)
			if err != nil {
				t.Fatal(err)
			}
			want, got := im.Band(0), im.Band(1)
			compared, unlike, worst, sum, total := 0, 0, 0.0, 0.0, 0.0
			for i, v := range got {
				defined := v == v
				if name != "REPROJECT" && defined != (want[i] == want[i]) {
					unlike++
				}
				if !defined || want[i] != want[i] {
					continue
				}
				compared++
				worst = max(worst, math.Abs(float64(v-want[i])))
				sum, total = sum+float64(v), total+float64(want[i])
			}
			t.Logf("%s %s: %d of %d pixels differ by up to %.2g, sums by %.2g", file, name, compared, len(got), worst, sum/total-1)
			tolerance := 2e-4 // of stars of 10, whose slope is up to 4 a pixel
			if f.maps[1].finer > 1.01 && name == "REPROJECT" {
				tolerance = 0.5 // that is the mean over the area, with no kernel
			}
			if worst > tolerance || compared < len(got)/4 || math.Abs(sum/total-1) > 2e-3 {
				t.Errorf("%s %s: %d pixels differ by up to %g, their sums by %g", file, name, compared, worst, sum/total-1)
			}
			if unlike > 1 { // one may be defined for just half of the kernel
				t.Errorf("%s %s: %d pixels are undefined on one side only", file, name, unlike)
			}
		}
	}
}

// curved is a mapping with a distortion, quadratic and cubic, that reaches so many
// pixels 1000 pixels from the reference point.
func curved(t testing.TB, size float64) *mapping {
	t.Helper()
	w := fits.NewTAN(1000, 1000, 150, 2, [2][2]float64{{-arcsec, 0}, {0, arcsec}})
	cards := w.Cards()
	for i, c := range cards {
		if c.Key == "CTYPE1" || c.Key == "CTYPE2" {
			cards[i].Value = c.Value.(string) + "-SIP"
		}
	}
	for key, v := range map[string]float64{"A_ORDER": 3, "B_ORDER": 3, "A_2_0": size / 1e6, "A_0_2": -size / 1e6, "B_1_1": 2 * size / 1e6, "B_0_3": size / 1e9} {
		var value any = v
		if v == 3 {
			value = 3
		}
		cards = append(cards, fits.Card{Key: key, Value: value})
	}
	name := writeFile(t, t.TempDir(), "curved.fits", fitsBytes(t, fits.ImageHDU{Image: ramp(2, 2), Header: cards}))
	f := open(t, Source{Files: []string{name}, HDU: -1})
	return &mapping{from: w, to: f.WCS(), finer: 1}
}

// Positions are right to the tolerance, and do not depend on the window.
func TestPositions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []float64{0, 1, 30, 100} {
		m := curved(t, size)
		worst, interpolated := 0.0, 0
		for range 20 {
			x, y := r.IntN(1500), r.IntN(1500)
			b := box{x, y, x + 1 + r.IntN(150), y + 1 + r.IntN(70)}
			at := make([]point, b.width()*b.height())
			m.positions(at, b)
			for i, p := range at {
				want := m.exact(float64(b.x0+i%b.width()), float64(b.y0+i/b.width()))
				off := math.Hypot(p.x-want.x, p.y-want.y)
				if !(off <= tolerance) {
					t.Fatalf("distortion %g: pixel %d of %v is at %v, want %v", size, i, b, p, want)
				}
				worst = max(worst, off)
				if p != want {
					interpolated++
				}
			}
			small := box{b.x0 + b.width()/2, b.y0 + b.height()/2, b.x1, b.y1}
			part := make([]point, small.width()*small.height())
			m.positions(part, small)
			for i, p := range part {
				if at[(small.y0-b.y0+i/small.width())*b.width()+small.x0-b.x0+i%small.width()] != p {
					t.Fatalf("distortion %g: a pixel of %v has another position in %v", size, small, b)
				}
			}
		}
		t.Logf("distortion %g: off by up to %.2g pixels", size, worst)
		if interpolated == 0 {
			t.Errorf("distortion %g: no position is interpolated", size)
		}
	}
}

// A window is what the whole has there, though it is read in parts: of more
// pixels than are resampled at once, or than are read.
func TestWindowsOfAWarp(t *testing.T) {
	dir, r := t.TempDir(), rand.New(rand.NewPCG(3, 4))
	for _, test := range []struct {
		height, width, other int // of the first band, and the side of the second
		finer                float64
	}{{300, 280, 280, 1.4}, {150, 160, 2200, 15}} {
		im := ramp(test.other, test.other)
		for i := range im.Pixels {
			im.Pixels[i] = float32(r.NormFloat64())
		}
		f := open(t, Source{HDU: -1, Files: []string{
			frame(t, dir, "g.fits", ramp(test.height, test.width), 70, 70, arcsec),
			frame(t, dir, "r.fits", im, 70*test.finer+0.3, 70*test.finer, arcsec/test.finer)}})
		all, err := whole(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		if test.height*test.width <= mostPixels && test.other*test.other <= mostRead {
			t.Fatal("the whole is read at once; this test shows nothing")
		}
		undefined := 0
		for range 10 {
			x, y := r.IntN(test.width)-20, r.IntN(test.height)-20
			part, err := f.Window(0, x, y, 41, 37, 7)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range part.Band(1) {
				px, py := x+i%37, y+i/37
				want := float32(7)
				if px >= 0 && py >= 0 && px < test.width && py < test.height {
					want = all.Band(1)[py*test.width+px]
				}
				if v != want && (v == v || want == want) {
					t.Fatalf("pixel (%d, %d) is %v, and %v in the whole", px, py, v, want)
				}
				if v != v {
					undefined++
				}
			}
		}
		if undefined == 10*41*37 {
			t.Error("no pixel is defined")
		}
	}
}

// Pixels of the first band that are nowhere on the sky are undefined in the others.
func TestNowhere(t *testing.T) {
	dir := t.TempDir()
	const side, scale = 20, 10.0 // degrees; the whole sphere
	w := fits.NewTAN(9.5, 9.5, 150, 2, [2][2]float64{{-scale, 0}, {0, scale}})
	cards := w.Cards()
	for i, c := range cards {
		switch c.Key {
		case "CTYPE1":
			cards[i].Value = "RA---SIN"
		case "CTYPE2":
			cards[i].Value = "DEC--SIN"
		}
	}
	ones := ramp(side, side)
	for i := range ones.Pixels {
		ones.Pixels[i] = 1
	}
	g := writeFile(t, dir, "g.fits", fitsBytes(t, fits.ImageHDU{Image: ones, Header: cards}))
	f := open(t, Source{Files: []string{g, frame(t, dir, "r.fits", ones, 9.4, 9.6, scale)}, HDU: -1})
	im, err := whole(f, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range im.Band(1) {
		// A radian is 57.3 degrees: beyond it there is no sky in SIN.
		away := scale * math.Hypot(float64(i%side)-9.5, float64(i/side)-9.5)
		if away > 57.3 && v == v || away < 40 && math.Abs(float64(v)-1) > 1e-6 {
			t.Errorf("%.1f degrees away there is %v", away, v)
		}
	}
}

func BenchmarkRegistered(b *testing.B) {
	dir := b.TempDir()
	im := ramp(512, 512)
	for _, kernel := range Kernels {
		b.Run(string(kernel), func(b *testing.B) {
			f := open(b, Source{Files: []string{frame(b, dir, "g.fits", im, 100, 100, arcsec), frame(b, dir, "r.fits", im, 101.3, 98.2, arcsec)}, HDU: -1,
				Reading: Reading{Kernel: kernel}})
			for b.Loop() {
				if _, err := f.Window(0, 200, 200, 64, 64, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
