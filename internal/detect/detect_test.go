package detect_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/patch"
)

// sky is an image of noise of standard deviation 1 on a background.
func sky(width, height int, level func(x, y float64) float64) patch.Image {
	im, r := patch.NewImage(1, height, width), rand.New(rand.NewPCG(1, 1))
	for i := range im.Pixels {
		im.Pixels[i] = float32(level(float64(i%width), float64(i/width)) + r.NormFloat64())
	}
	return im
}

func flat(x, y float64) float64 { return 100 }

// add draws a Gaussian of a peak, whose axes have standard deviations a and b.
func add(im patch.Image, x, y, peak, a, b, theta float64) {
	width := im.Shape[2]
	sin, cos := math.Sincos(theta)
	for i := range im.Pixels {
		dx, dy := float64(i%width)-x, float64(i/width)-y
		u, v := (cos*dx+sin*dy)/a, (cos*dy-sin*dx)/b
		im.Pixels[i] += float32(peak * math.Exp(-(u*u+v*v)/2))
	}
}

func sources(t *testing.T, im patch.Image) []detect.Source {
	t.Helper()
	found, err := detect.Sources(t.Context(), im, detect.Default, 2)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// nearest is the source nearest to a position, and how far it is.
func nearest(found []detect.Source, x, y float64) (best detect.Source, distance float64) {
	distance = math.Inf(1)
	for _, s := range found {
		if d := math.Hypot(s.X-x, s.Y-y); d < distance {
			best, distance = s, d
		}
	}
	return best, distance
}

func wantNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

// TestSimulatedSkies finds what is in simulated fields, and little else.
func TestSimulatedSkies(t *testing.T) {
	if testing.Short() {
		t.Skip("three fields, for minutes under the race detector")
	}
	var all, lost, spurious int
	var offsets, fluxes []float64
	for seed := range uint64(3) {
		field, pixels := sim.Tile(512, 100+seed)
		found := sources(t, patch.Image{Shape: []int{1, 512, 512}, Pixels: pixels})
		for _, o := range field.Objects {
			s, d := nearest(found, o.X, o.Y)
			switch o.Class {
			case sim.Elliptical, sim.EdgeOn, sim.Spiral, sim.Star:
				all++
				if d > 2 {
					lost++
					t.Logf("%v at (%.1f, %.1f): the nearest is %.1f pixels away", o.Class, o.X, o.Y, d)
					continue
				}
			}
			if o.Class == sim.Star {
				offsets, fluxes = append(offsets, d), append(fluxes, s.KronFlux/o.Flux)
			}
		}
		for _, s := range found { // arms, tails and arcs are parts of objects
			if !slices.ContainsFunc(field.Objects, func(o sim.Object) bool {
				return math.Hypot(s.X-o.X, s.Y-o.Y) < sim.Separation*0.8
			}) {
				spurious++
			}
		}
	}
	slices.Sort(offsets)
	slices.Sort(fluxes)
	n := len(offsets)
	t.Logf("%d objects, %d lost, %d spurious; %d stars: offset %.3f pixels, flux %.3f (medians)", all, lost, spurious, n,
		offsets[n/2], fluxes[n/2])
	if lost*50 > all || spurious*50 > all {
		t.Errorf("of %d objects %d are lost, and %d detections spurious", all, lost, spurious)
	}
	if offsets[n/2] > 0.1 || math.Abs(fluxes[n/2]-0.97) > 0.03 { // Kron apertures hold 94 % and more
		t.Errorf("the median star is %v pixels off, with %v of its flux", offsets[n/2], fluxes[n/2])
	}
}

// TestGaussian measures one whose numbers are known. The filter, 1 2 1 along both axes, adds a variance of 1/2.
func TestGaussian(t *testing.T) {
	const x, y, peak, a, b, theta = 130.3, 90.7, 20000, 4, 2.5, 0.6
	im := sky(256, 200, flat)
	add(im, x, y, peak, a, b, theta)
	found := sources(t, im)
	s, _ := nearest(found, x, y)
	wantNear(t, "X", s.X, x, 0.01)
	wantNear(t, "Y", s.Y, y, 0.01)
	wantNear(t, "XIso", s.XIso, x, 0.01)
	wantNear(t, "YIso", s.YIso, y, 0.01)
	wantNear(t, "A", s.A, math.Sqrt(a*a+0.5), 0.01)
	wantNear(t, "B", s.B, math.Sqrt(b*b+0.5), 0.01)
	wantNear(t, "Theta", s.Theta, theta, 0.005)
	flux := 2 * math.Pi * a * b * peak
	wantNear(t, "IsoFlux", s.IsoFlux, flux, 0.002*flux)
	wantNear(t, "KronFlux", s.KronFlux, flux, 0.01*flux)
	if s.Flags != 0 {
		t.Errorf("flags %v", s.Flags)
	}
	im = sky(256, 200, flat) // round: half of the light is within 1.1774 standard deviations
	add(im, x, y, peak, 3, 3, 0)
	s, _ = nearest(sources(t, im), x, y)
	wantNear(t, "HalfLight", s.HalfLight, 3*math.Sqrt(2*math.Ln2), 0.05)
}

// TestPetrosian measures an exponential disc: within u scale lengths it has the light 1 - (1+u) exp(-u), from which the
// radius at which the Petrosian ratio is 0.2 follows.
func TestPetrosian(t *testing.T) {
	const scale = 5.0
	light := func(u float64) float64 { return 1 - (1+u)*math.Exp(-u) }
	lo, hi := 1.0, 10.0
	for range 50 {
		u := (lo + hi) / 2
		if (light(1.25*u)-light(0.8*u))/(1.25*1.25-0.8*0.8)/light(u) > 0.2 {
			lo = u
		} else {
			hi = u
		}
	}
	im := sky(300, 300, func(x, y float64) float64 { return 3000 * math.Exp(-math.Hypot(x-150.2, y-149.6)/scale) })
	s, _ := nearest(sources(t, im), 150.2, 149.6)
	wantNear(t, "Petrosian", s.Petrosian, lo*scale, 0.01*lo*scale)
}

// TestBackground: a slope and a level far above the noise leave the sources as they are, up to the border.
func TestBackground(t *testing.T) {
	positions := [][2]float64{{20, 20}, {300, 25}, {160.5, 140.2}, {30, 260}, {301, 270}}
	draw := func(level func(x, y float64) float64) []detect.Source {
		im := sky(330, 290, level)
		for _, p := range positions {
			add(im, p[0], p[1], 300, 2, 2, 0)
		}
		return sources(t, im)
	}
	plain, slope := draw(flat), draw(func(x, y float64) float64 { return 20000 + 0.02*x - 0.01*y })
	for _, p := range positions {
		a, _ := nearest(plain, p[0], p[1])
		b, d := nearest(slope, p[0], p[1])
		wantNear(t, "position", d, 0, 0.03)
		wantNear(t, "KronFlux", b.KronFlux, a.KronFlux, 0.03*a.KronFlux)
	}
	if n := len(slope) - len(plain); n < -2 || n > 2 {
		t.Errorf("%d sources on a slope, %d without it", len(slope), len(plain))
	}
}

// TestDeblending takes two apart where each holds enough of their light.
func TestDeblending(t *testing.T) {
	for _, test := range []struct {
		name            string
		second, between float64 // peak, distance
		want            int
	}{
		{"equal", 1000, 9, 2},
		{"a tenth", 100, 10, 2},
		{"one in a thousand", 1, 10, 1},
		{"too close", 1000, 3, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			im := sky(200, 200, flat)
			add(im, 100, 100, 1000, 2, 2, 0)
			add(im, 100+test.between, 100, test.second, 2, 2, 0)
			var near []detect.Source
			for _, s := range sources(t, im) {
				if math.Hypot(s.X-100, s.Y-100) < 20 {
					near = append(near, s)
				}
			}
			if len(near) != test.want {
				t.Fatalf("%d sources, want %d: %+v", len(near), test.want, near)
			}
			if test.want == 2 {
				s, d := nearest(near, 100+test.between, 100)
				wantNear(t, "distance of the second", d, 0, 0.3)
				wantNear(t, "KronFlux of the second", s.KronFlux, 8*math.Pi*test.second, 0.25*8*math.Pi*test.second)
				if s.Flags&detect.Deblended == 0 {
					t.Error("the second is not flagged")
				}
			}
		})
	}
}

// TestSmallParts: an island that is large enough is a source, even if none of the parts that it could be cut into is.
func TestSmallParts(t *testing.T) {
	im := sky(200, 200, flat)
	add(im, 100, 100, 20, 2, 2, 0)
	add(im, 109, 100, 20, 2, 2, 0)
	c := detect.Default
	for _, test := range []struct{ minArea, want int }{{5, 2}, {100, 1}} {
		c.MinArea = test.minArea
		found, err := detect.Sources(t.Context(), im, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != test.want {
			t.Errorf("%d sources of %d pixels, want %d: %+v", len(found), c.MinArea, test.want, found)
		}
	}
}

// TestWings: what noise makes of a bright star's wings is no source.
func TestWings(t *testing.T) {
	star := sim.NewImage(300, 300)
	star.Add(sim.NewPSF(20, 1.5).Point(4e6), 140.2, 150)
	im := sky(300, 300, func(x, y float64) float64 { return star.Pix[int(y)*300+int(x)] })
	found := sources(t, im)
	if len(found) != 1 {
		t.Errorf("%d sources around a star", len(found))
	}
}

// TestUndefined: a saturated core and a bad column do not hide a star or move it; a wide gap is no source.
func TestUndefined(t *testing.T) {
	nan := float32(math.NaN())
	im := sky(256, 256, flat)
	add(im, 60, 60, 5000, 2.5, 2.5, 0)
	add(im, 180, 60, 500, 2.5, 2.5, 0)
	for y := range 256 {
		for x := range 256 {
			at := y*256 + x
			switch {
			case im.Pixels[at] > 4000, x == 181: // the core
				im.Pixels[at] = nan
			case y >= 150 && y < 190:
				im.Pixels[at] = float32(math.Inf(1))
			case y >= 190 && x < 128:
				im.Pixels[at] = -1e38
			}
		}
	}
	found := sources(t, im)
	for _, x := range []float64{60, 180} {
		s, d := nearest(found, x, 60)
		wantNear(t, "distance", d, 0, 0.2)
		if s.Flags&detect.Masked == 0 {
			t.Errorf("flags of the star at %v: %v", x, s.Flags)
		}
	}
	for _, s := range found {
		if s.Area > 20 && s.Y > 100 {
			t.Errorf("a source where there is none: %+v", s)
		}
	}
}

// equal compares sources, NaN being NaN.
func equal(a, b []detect.Source) bool {
	return slices.EqualFunc(a, b, func(a, b detect.Source) bool {
		if math.IsNaN(a.Petrosian) && math.IsNaN(b.Petrosian) {
			a.Petrosian, b.Petrosian = 0, 0
		}
		return reflect.DeepEqual(a, b)
	})
}

// TestMemory: an image that is mostly sky takes a fraction of its own memory.
func TestMemory(t *testing.T) {
	im := sky(1024, 1024, flat)
	for k := range 16 {
		add(im, float64(90+60*k), float64(900-50*k), 100, 2, 2, 0)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := sources(t, im)
	runtime.ReadMemStats(&after)
	taken, own := after.TotalAlloc-before.TotalAlloc, uint64(4*len(im.Pixels))
	t.Logf("%d sources; %d bytes in all for an image of %d", len(found), taken, own)
	if len(found) < 16 || taken > own/4 {
		t.Errorf("%d sources took %d bytes in all, of an image of %d", len(found), taken, own)
	}
}

// TestWorkers: the same sources for any number of workers.
func TestWorkers(t *testing.T) {
	field, pixels := sim.Tile(512, 5)
	im := patch.Image{Shape: []int{1, field.Height, field.Width}, Pixels: pixels}
	one, err := detect.Sources(t.Context(), im, detect.Default, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 7} {
		more, err := detect.Sources(t.Context(), im, detect.Default, workers)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(one, more) {
			t.Errorf("%d workers find other sources than one", workers)
		}
	}
	if len(one) < 40 {
		t.Errorf("only %d sources", len(one))
	}
}

func TestConfig(t *testing.T) {
	im := sky(64, 64, flat)
	for _, spoil := range []func(c *detect.Config){
		func(c *detect.Config) { c.Cell = 0 },
		func(c *detect.Config) { c.Threshold = 0 },
		func(c *detect.Config) { c.MinArea = 0 },
		func(c *detect.Config) { c.Levels = 0 },
		func(c *detect.Config) { c.Contrast = 2 },
	} {
		c := detect.Default
		spoil(&c)
		if _, err := detect.Sources(t.Context(), im, c, 1); err == nil {
			t.Errorf("no error for %+v", c)
		}
	}
	if got := (detect.Edge | detect.Deblended).String(); got != "edge|deblended" {
		t.Errorf("flags are %q", got)
	}
}

// ending is a context that ends when it has been asked so many times.
type ending struct {
	context.Context
	left atomic.Int64
}

func (c *ending) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestStopped: the search asks often whether to go on, and ends soon after it is told not to.
func TestStopped(t *testing.T) {
	im := sky(300, 300, flat)
	for k := range 25 {
		add(im, float64(30+60*(k%5)), float64(30+60*(k/5)), 900, 3, 2, 0)
	}
	const never = 1 << 40
	whole := &ending{Context: t.Context()}
	whole.left.Store(never)
	found, err := detect.Sources(whole, im, detect.Default, 2)
	if err != nil || len(found) < 25 {
		t.Fatalf("%d sources, %v", len(found), err)
	}
	asked := never - whole.left.Load()
	if asked < 5+5+25+25 { // rows of cells, strips, islands and objects
		t.Errorf("it asked %d times whether to go on", asked)
	}
	for stop := int64(0); stop < asked-2; stop += 1 + asked/23 {
		ctx := &ending{Context: t.Context()}
		ctx.left.Store(stop)
		if found, err := detect.Sources(ctx, im, detect.Default, 2); !errors.Is(err, context.Canceled) || found != nil {
			t.Errorf("stopped at question %d of %d: %d sources, %v", stop, asked, len(found), err)
		}
		if after := -ctx.left.Load(); after > 10 {
			t.Errorf("stopped at question %d, it asked %d times more", stop, after)
		}
	}
}
