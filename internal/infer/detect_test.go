package infer

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/patch"
)

// detecting asks for the sources of a band.
func detecting(band string) Detection {
	return Detection{Detect: true, DetectBand: band, Sources: detect.Default}
}

// A blob is a Gaussian of light on a tile, its major axis theta from x towards y.
type blob struct{ x, y, flux, a, b, theta float64 }

func (g blob) at(x, y float64) float64 {
	sin, cos := math.Sincos(g.theta)
	u, v := ((x-g.x)*cos+(y-g.y)*sin)/g.a, (-(x-g.x)*sin+(y-g.y)*cos)/g.b
	return g.flux / (2 * math.Pi * g.a * g.b) * math.Exp(-(u*u+v*v)/2)
}

// towards is the angle from x towards y of a direction on the sky: an angle in degrees from north through east.
func towards(w *fits.WCS, x, y, angle float64) float64 {
	ra, dec, _ := w.PixelToICRS(x, y)
	const step = 1e-4
	sin, cos := math.Sincos(angle * math.Pi / 180)
	u, v, _ := w.ICRSToPixel(ra+step*sin/math.Cos(dec*math.Pi/180), dec+step*cos)
	return math.Atan2(v-y, u-x)
}

// Sources that are put into a tile are its rows: where they are, and how they look.
func TestDetect(t *testing.T) {
	const height, width = 150, 180
	w := sky(10, 20)
	scale := 3600 * w.PixelScale()
	blobs := []blob{{x: 2.2, y: 30, flux: 900, a: 2, b: 2}, {x: 60.3, y: 40.8, flux: 2000, a: 5, b: 2.5}, {x: 120.6, y: 42.1, flux: 1500, a: 4, b: 2}, {x: 90.4, y: 110.25, flux: 1000, a: 2, b: 2}}
	angles := []float64{0, 25, 140, 0}
	im := noise(1, 3, height, width)
	for i := range blobs {
		g := &blobs[i]
		g.theta = towards(w, g.x, g.y, angles[i])
		for k := range im.Band(1) {
			im.Band(1)[k] += float32(g.at(float64(k%width), float64(k/width)))
		}
	}
	// A mask over a corner of the last one's window.
	mask := make([]float32, height*width)
	for y := range 4 {
		for x := range 4 {
			mask[(107+y)*width+87+x] = 1
		}
	}
	dir, model := t.TempDir(), gri(t)
	put(t, filepath.Join(dir, "all.fits"), encodeHDUs(t, im, mask))
	options := Options{Model: model, Inputs: []string{filepath.Join(dir, "all.fits[SCI_{band}]")}, Mask: "[MSK]", Detection: detecting("r")}
	options.Sources.MinArea = 12 // nothing of the noise
	out := mustPredict(t, options)
	if want := "label,p_disc,p_ring,p_smooth,flux,kron_radius,petrosian_radius,half_light_radius,a,b,theta,edge_fraction,mask_fraction,flags"; !strings.HasSuffix(strings.Join(out.header, ","), want) {
		t.Errorf("columns %q", out.header)
	}
	if len(out.rows) != len(blobs) {
		t.Fatalf("%d sources, want %d\n%s", len(out.rows), len(blobs), out.text)
	}
	for i, row := range out.rows {
		g := blobs[i]
		x, y := number(t, row, "x"), number(t, row, "y")
		if math.Hypot(x-g.x, y-g.y) > 0.25 {
			t.Errorf("source %d is at (%g, %g), want (%g, %g)", i, x, y, g.x, g.y)
		}
		if want := fmt.Sprintf("all_%v_%v", x, y); row["id_str"] != want {
			t.Errorf("id %q, want %q", row["id_str"], want)
		}
		ra, dec, _ := w.PixelToICRS(x, y)
		sameSky(t, row, [2]float64{ra, dec})
		if i == 3 {
			if row["flags"] != "masked|nan" || number(t, row, "mask_fraction") != 16./(side*side) {
				t.Errorf("under a mask: flags %q, mask_fraction %s", row["flags"], row["mask_fraction"])
			}
			continue
		}
		x0, y0 := patch.Start(x, side), patch.Start(y, side)
		cut, outside := patch.NewImage(3, side, side), 0
		for k := range side * side {
			px, py := x0+k%side, y0+k/side
			if px < 0 {
				outside++
				continue
			}
			for c := range 3 {
				cut.Band(c)[k] = im.Band(c)[py*width+px]
			}
		}
		m := tinyModel(t, 3)
		sameProbabilities(t, row, look(t, m, cut, false))
		if want := float64(outside) / (side * side); number(t, row, "edge_fraction") != want || number(t, row, "mask_fraction") != 0 {
			t.Errorf("edge_fraction %s, want %g; mask_fraction %s", row["edge_fraction"], want, row["mask_fraction"])
		}
		if i == 0 {
			if row["flags"] != "edge" || outside == 0 {
				t.Errorf("at the edge: flags %q", row["flags"])
			}
			continue
		}
		if row["flags"] != "" {
			t.Errorf("source %d: flags %q", i, row["flags"])
		}
		// Half of a Gaussian's light is within 1.177 standard deviations; above a threshold it looks narrower.
		round := 1.177 * math.Sqrt(g.a*g.b) * scale
		for name, want := range map[string][2]float64{"flux": {g.flux, 0.1 * g.flux}, "a": {0.85 * g.a * scale, 0.15 * g.a * scale},
			"b": {0.85 * g.b * scale, 0.15 * g.b * scale}, "half_light_radius": {round, 0.1 * round}, "theta": {angles[i], 4}} {
			if got := number(t, row, name); !near(got, want[0], want[1]) {
				t.Errorf("source %d: %s is %g, want %g within %g", i, name, got, want[0], want[1])
			}
		}
		kron, petrosian := number(t, row, "kron_radius"), number(t, row, "petrosian_radius")
		if !(kron >= 3.499*number(t, row, "a") && petrosian > number(t, row, "half_light_radius")) {
			t.Errorf("source %d: Kron %g, Petrosian %g", i, kron, petrosian)
		}
	}
	options.Workers, options.Batch = 3, 2
	if again := mustPredict(t, options); again.text != out.text {
		t.Error("another number of workers gives other rows")
	}
	// A cube has the same in its second plane, which is the middle one; without sky coordinates sizes are unknown.
	cube := mustPredict(t, Options{Model: model, Inputs: []string{putFITS(t, filepath.Join(dir, "cube.fits"), im)}, Detection: Detection{Detect: true, Sources: options.Sources}})
	if got, want := column(cube, "x")[:3], column(out, "x")[:3]; !slices.Equal(got, want) {
		t.Errorf("x %q in a cube, want %q", got, want)
	}
	if row := cube.rows[1]; row["theta"] != "NaN" || row["a"] != "NaN" || row["petrosian_radius"] != "NaN" || row["flux"] != out.rows[1]["flux"] {
		t.Errorf("without sky coordinates: %v", row)
	}
}

// An ellipse on the sky is where the points of one on the pixels are.
func TestOnSky(t *testing.T) {
	for _, j := range [][2][2]float64{{{-1, 0}, {0, 1}}, {{-0.9, 0.3}, {0.4, 1.2}}, {{0.2, 2}, {0.7, -0.1}}} {
		for _, e := range []blob{{a: 3, b: 1, theta: 0.4}, {a: 2, b: 1.9, theta: -1.3}, {a: 5, b: 0, theta: 1.5}} {
			a, b, angle := onSky(j, e.a, e.b, e.theta)
			longest, shortest, where := 0.0, math.Inf(1), 0.0
			for k := range 100000 {
				sin, cos := math.Sincos(math.Pi * float64(k) / 100000)
				s, c := math.Sincos(e.theta)
				x, y := e.a*cos*c-e.b*sin*s, e.a*cos*s+e.b*sin*c
				east, north := j[0][0]*x+j[0][1]*y, j[1][0]*x+j[1][1]*y
				r := math.Hypot(east, north)
				if r > longest {
					longest, where = r, math.Mod(math.Atan2(east, north)*180/math.Pi+180, 180)
				}
				shortest = min(shortest, r)
			}
			if !near(a, longest, 1e-6*longest) || !near(b, shortest, 1e-4*longest) || !near(math.Remainder(angle-where, 180), 0, 0.02) || angle < 0 || angle >= 180 {
				t.Errorf("%v through %v is (%g, %g, %g), want (%g, %g, %g)", e, j, a, b, angle, longest, shortest, where)
			}
		}
	}
}

// A scan has the columns of --coverage too, and only if they are asked for.
func TestCoverage(t *testing.T) {
	model, dir := gri(t), t.TempDir()
	im := noise(1, 3, 24, 24)
	mask := make([]float32, 24*24)
	mask[0] = 1
	put(t, filepath.Join(dir, "all.fits"), encodeHDUs(t, im, mask))
	out := mustPredict(t, Options{Model: model, Inputs: []string{filepath.Join(dir, "all.fits[SCI_{band}]")}, As: AsTile, Mask: "[MSK]", Coverage: true, Stride: side})
	for i, row := range out.rows {
		if want := float64(1-min(i, 1)) / (side * side); number(t, row, "mask_fraction") != want || number(t, row, "edge_fraction") != 0 {
			t.Errorf("row %d: %v", i, row)
		}
	}
}

func TestDetectUsage(t *testing.T) {
	dir := t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 3, 30, 30))
	at := put(t, filepath.Join(dir, "at.csv"), []byte("x,y\n1,1\n"))
	for i, test := range []struct {
		change func(*Options)
		words  []string
	}{
		{func(o *Options) { o.DetectBand = "z" }, []string{"--detect-band z", `"g" "r" "i"`}},
		{func(o *Options) { o.DetectBand = "3" }, []string{"--detect-band 3", "3 bands"}},
		{func(o *Options) { o.Detect, o.DetectBand = false, "g" }, []string{"--detect-band", "--detect"}},
		{func(o *Options) { o.Positions = at }, []string{"--detect", "--positions"}},
		{func(o *Options) { o.As = AsCutout }, []string{"--detect", "--as cutout"}},
		{func(o *Options) { o.Sources.Threshold = 0 }, []string{"threshold"}},
		{func(o *Options) { o.Inputs = []string{at} }, []string{"--detect", "--as tile"}},
	} {
		o := Options{Model: gri(t), Inputs: []string{tile}, Detection: detecting("")}
		test.change(&o)
		t.Run(fmt.Sprint(i), func(t *testing.T) { fails(t, o, 2, test.words...) })
	}
}
