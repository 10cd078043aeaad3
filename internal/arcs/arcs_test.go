package arcs

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/sim"
)

func all() map[string]bool { return map[string]bool{"train": true, "val": true, "test": true} }

// seeds is how many scenes a test looks at; few where the race detector slows it.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return n / 3
	}
	return n
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8g, want %.8g within %.2g", what, got, want, tolerance)
	}
}

// Nothing but the arc tells a lens from its host: without the light of the arc
// it is the plain cutout of the same seed, to the last bit.
func TestLensWithoutItsLight(t *testing.T) {
	hosts := []Host{madeUp(seeded(3), 91), madeUp(seeded(4), 91)}
	plain, real := 0, 0
	for seed := range seeds(24) {
		m := Maker{Hosts: hosts, Simulated: 0.5, Lookalikes: 0.5, Splits: all(), ArcFlux: 0}
		other := m.Make(false, seeded(seed))
		lens := m.Make(true, seeded(seed))
		m.ArcFlux = 1
		lit := m.Make(true, seeded(seed))
		if lens.Kind != Lens || lit.Kind != Lens || lens.SNR != 0 || lens.ThetaE != lit.ThetaE || lens.Host != lit.Host || lens.Host != other.Host {
			t.Fatalf("seed %d: %+v, %+v, %+v", seed, lens.Kind, lit.Kind, other.Kind)
		}
		near(t, "S/N of "+string(lit.Kind), lit.SNR, math.Min(math.Max(lit.SNR, Ratios[0]), Ratios[1]), 0.5)
		if other.Real {
			real++
		}
		if other.Kind == Plain {
			plain++
		}
		for b := range Bands {
			if same := slices.Equal(lens.Images[b], other.Images[b]); same != (other.Kind == Plain) {
				t.Errorf("seed %d, %s: the pixels of a lens without light and of a %s agree: %t", seed, Bands[b], other.Kind, same)
			}
			if slices.Equal(lit.Images[b], lens.Images[b]) {
				t.Errorf("seed %d, %s: the arc has no light", seed, Bands[b])
			}
		}
	}
	if n := int(seeds(24)); plain == 0 || plain == n || real == 0 || real == n {
		t.Errorf("%d plain and %d real of %d", plain, real, n)
	}
}

// The light of images lies around the Einstein radius: at most 0.6 of it further
// out, and less for the sum of all.
func TestArcsLieAtTheEinsteinRadius(t *testing.T) {
	m := Maker{Splits: all()}
	for seed := range seeds(18) {
		r := seeded(seed)
		f := m.frame(r)
		layers, theta := arcOf(f, r)
		light := f.draw(layers)[2]
		sum, radius := 0.0, 0.0
		for i, v := range light.Pix {
			sum += v
			radius += v * math.Hypot(float64(i%Side)-f.x, float64(i/Side)-f.y)
		}
		near(t, "mean radius over Einstein radius", radius/sum*PixelScale/theta, 1.15, 0.45)
		if theta < Radii[0] || theta > Radii[1] {
			t.Errorf("Einstein radius %g", theta)
		}
	}
}

// Of N pixels of one brightness v, each with the variance of sky and photons, the
// ratio is sqrt(N)·v/sigma, in whichever band it is largest.
func TestSignalToNoise(t *testing.T) {
	f := &frame{}
	var light [bands]*sim.Image
	for b := range bands {
		f.gain[b] = 5
		f.variance[b] = slices.Repeat([]float64{4}, Side*Side)
		light[b] = sim.NewImage(Side, Side)
	}
	for i := range 100 {
		light[1].Pix[i] = 10
		light[3].Pix[i] = 5
		light[1].Pix[1000+i] = 1 // below the noise: not counted
	}
	near(t, "ratio", f.signalToNoise(light, 1), 100*10/math.Sqrt(100*(4+10./5)), 1e-12)
	near(t, "of the double", f.signalToNoise(light, 2), 100*20/math.Sqrt(100*(4+20./5)), 1e-12)
	near(t, "scaled", f.scaleTo(light, 30), 30, 1e-6)
	near(t, "colour", light[1].Pix[0]/light[3].Pix[0], 2, 1e-12)
}

// Light is added with the noise of its photons.
func TestExpose(t *testing.T) {
	f := &frame{}
	var light [bands]*sim.Image
	for b := range bands {
		f.gain[b], f.sigma[b] = 10, 2
		f.pixels[b], f.variance[b] = make([]float32, Side*Side), make([]float64, Side*Side)
		light[b] = sim.NewImage(Side, Side)
		for i := range light[b].Pix {
			light[b].Pix[i] = 50
		}
	}
	f.expose(light, seeded(1))
	mean, square, predicted := 0.0, 0.0, 0.0
	const n = Side * Side
	for i, v := range f.pixels[2] {
		mean += float64(v) / n
		square += float64(v) * float64(v) / n
		predicted += f.variance[2][i] / n
	}
	near(t, "mean", mean, 50, 4*math.Sqrt(5.0/n))
	near(t, "variance", square-mean*mean, 50./10, 4*5*math.Sqrt(2.0/n))
	near(t, "variance with the sky", predicted, 4+50./10, 0.1)
}

// A simulated sky has the noise that is said of it, and its neighbours' noise
// correlates by as much as its resampling makes it.
func TestBlankSky(t *testing.T) {
	f := &frame{}
	f.blank(seeded(2))
	for b := range bands {
		square, product := 0.0, 0.0
		for i, v := range f.pixels[b] {
			square += float64(v) * float64(v) / (Side * Side)
			if i%Side > 0 {
				product += float64(v) * float64(f.pixels[b][i-1]) / (Side * (Side - 1))
			}
		}
		near(t, "noise", math.Sqrt(square)/f.sigma[b], 1, 0.06)
		near(t, "correlation", product/square, 0.16/0.68, 0.08)
		near(t, "noise as it is measured", noiseOf(f.pixels[b], Side)/f.sigma[b], 1, 0.08)
	}
}

func TestSplit(t *testing.T) {
	counts := map[string]int{}
	m := Maker{Splits: map[string]bool{"val": true}}
	for seed := range uint64(20) {
		if host := m.frame(seeded(seed)).host; Split(host) != "val" {
			t.Errorf("host %s is of %s", host, Split(host))
		}
	}
	r := seeded(1)
	for range 10000 {
		host := &frame{}
		host.host = string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26)))
		counts[Split(host.host)]++
	}
	for i, want := range []float64{0.64, 0.16, 0.20} {
		near(t, Splits[i], float64(counts[Splits[i]])/10000, want, 0.02)
	}
}

// Sources are bluer than hosts: none of the youngest is as red as an old galaxy.
func TestColours(t *testing.T) {
	r := seeded(5)
	for range 1000 {
		host, source := old(r.Float64(), r), young(r)
		if source[0]/source[2] < host[0]/host[2] {
			t.Errorf("a source of g/i %.3f at a host of %.3f", source[0]/source[2], host[0]/host[2])
		}
	}
	near(t, "g-r", -2.5*math.Log10(coloured(1, 0.5, 0.25, 0.125)[0]/coloured(1, 0.5, 0.25, 0.125)[1]), 1, 1e-12)
	near(t, "i-Y", 2.5*math.Log10(coloured(1, 0.5, 0.25, 0.125)[4]), 0.375, 1e-12)
	near(t, "30 mag", counts(30), 1, 0)
}
