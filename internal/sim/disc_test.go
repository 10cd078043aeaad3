package sim

import (
	"math"
	"testing"
)

var testArms = Arms{Number: 2, Pitch: 0.3, Phase: 1, Contrast: 0.9, Sharpness: 3, Start: 0.4}

// Arms move light in azimuth and change neither the mean profile nor the flux.
func TestArmsKeepTheProfile(t *testing.T) {
	const flux, scale = 1e6, 5.0
	d := NewDisc(flux, scale, testArms)
	for _, r := range []float64{1, 3, 8, 15, 25} {
		mean, least, most := 0.0, math.Inf(1), 0.0
		const steps = 2000
		for i := range steps {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / steps)
			v := d.At(r*cos, r*sin)
			mean, least, most = mean+v/steps, min(least, v), max(most, v)
		}
		want := flux / (2 * math.Pi * scale * scale) * math.Exp(-r/scale)
		near(t, "azimuthal mean", mean/want, 1, 1e-12)
		if least < 0 || r > 4 && most < 2*least {
			t.Errorf("at %g: arms from %g to %g", r, least, most)
		}
	}
	near(t, "flux face-on", total(drawn(d, 201))/flux, 1, 1e-3)
	near(t, "flux inclined", total(drawn(Incline(d, 1, 0.7), 201))/flux, 1, 1e-3)
}

// The crest of an arm crosses each circle at the pitch angle.
func TestArmsWindAtThePitch(t *testing.T) {
	for _, pitch := range []float64{0.3, -0.45} {
		a := testArms
		a.Pitch = pitch
		const r, dr = 2.0, 1e-6
		across := r * (a.Azimuth(r+dr) - a.Azimuth(r-dr)) / (2 * dr)
		near(t, "pitch", math.Atan(1/across), pitch, 1e-6)
	}
}

func TestInclinedSky(t *testing.T) {
	i := Incline(Sum{}, 1.1, 0.8)
	x, y := i.Sky(3, -2)
	near(t, "along the nodes", i.cos*x+i.sin*y, 3, 1e-12)
	near(t, "across", (i.cos*y-i.sin*x)/i.cosI, -2, 1e-12)
}

// Oracle: the integral representations of Abramowitz & Stegun 1964, 9.6.16 and 9.6.24.
func TestBessel(t *testing.T) {
	for _, x := range []float64{0, 0.5, 2, 5, 9} {
		sum := 0.0
		const steps = 1000
		for i := range steps {
			sum += math.Exp(x*math.Cos(math.Pi*(float64(i)+0.5)/steps)) / steps
		}
		near(t, "I0", besselI0(x)/sum, 1, 1e-12)
	}
	for _, x := range []float64{1e-9, 1e-3, 0.3, 1, 1.999, 2.001, 3, 8, 20} {
		sum := 0.0
		const h = 0.005
		for i := range 8000 {
			u := (float64(i) + 0.5) * h
			sum += x * math.Exp(-x*math.Cosh(u)) * math.Cosh(u) * h
		}
		near(t, "x K1", xK1(x)/sum, 1, 3e-7)
	}
}

func TestEdgeOn(t *testing.T) {
	const flux = 1e6
	d := &EdgeOnDisc{Flux: flux, Scale: 6, Height: 1}
	image := drawn(Incline(d, 0, 0.4), 201)
	near(t, "flux", total(image)/flux, 1, 2e-3)

	d.Depth, d.DustScale, d.DustZ = 2, 8, 0.4
	if dusty := total(drawn(Incline(d, 0, 0.4), 201)); !(dusty < 0.8*flux && dusty > 0.3*flux) {
		t.Errorf("dust leaves %.2f of the light", dusty/flux)
	}
	if d.At(0, 0) > 0.5*d.At(0, 1) {
		t.Error("no dark lane in the plane")
	}
}
