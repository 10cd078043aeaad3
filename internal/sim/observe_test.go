package sim

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPSF(t *testing.T) {
	for _, c := range []struct{ fwhm, beta float64 }{{2.5, 3.5}, {3.1, 3.5}, {4, 4.8}} {
		p := NewPSF(c.fwhm, c.beta)
		near(t, "half maximum", p.at(c.fwhm/2, 0)/p.at(0, 0), 0.5, 1e-12)

		side := 2*p.Margin() + 41
		sharp := NewImage(side, side)
		sharp.Pix[(side/2)*side+side/2] = 1000
		seen := p.Convolve(sharp)
		if seen.Width != 41 || seen.Height != 41 {
			t.Fatalf("blurred image is %d x %d, want 41 x 41", seen.Width, seen.Height)
		}
		near(t, "flux", total(seen), 1000, 1e-9)

		star := NewImage(41, 41)
		star.Add(p.Point(1000), 20, 20)
		near(t, "flux of a star", total(star), 1000, 1)
		for i := range star.Pix { // the kernel is sampled at the centres of pixels, the star is integrated over them
			near(t, "star against blurred pixel", star.Pix[i], seen.Pix[i], 10)
		}
	}
}

// A field of stars and galaxies loses no light to blurring, and an object has its light where the truth says.
func TestExpectedKeepsPositions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for _, class := range []Class{Elliptical, EdgeOn, Star, Merger} {
		f := &Field{Width: 161, Height: 161, Seeing: NewPSF(2.8, 3.5), Noise: DarkSky}
		o := NewObject(class, 80.3, 79.6, f.Noise, r)
		f.Objects = []Object{o}
		im := f.Expected()
		if class == Elliptical || class == Star {
			near(t, class.String()+" flux", total(im)/o.Flux, 0.96, 0.045)
		}
		x, y := 0.0, 0.0
		for i, v := range im.Pix {
			x += v * float64(i%im.Width)
			y += v * float64(i/im.Width)
		}
		tolerance := 0.3
		if class == Merger { // the midpoint of the galaxies is not that of their light
			tolerance = 8
		}
		near(t, class.String()+" x", x/total(im), o.X, tolerance)
		near(t, class.String()+" y", y/total(im), o.Y, tolerance)
	}
}

func TestNoise(t *testing.T) {
	n := Noise{Sky: 400, Read: 6}
	for _, signal := range []float64{0, 1000} {
		im := NewImage(200, 200)
		for i := range im.Pix {
			im.Pix[i] = signal
		}
		mean, square := 0.0, 0.0
		pixels := n.Expose(im, rand.New(rand.NewPCG(1, 2)))
		for _, v := range pixels {
			mean += float64(v) / float64(len(pixels))
			square += float64(v) * float64(v) / float64(len(pixels))
		}
		variance := n.Sky + n.Read*n.Read + signal
		sigma := math.Sqrt(variance)
		near(t, "mean", mean, signal, 4*sigma/200)
		near(t, "variance", (square-mean*mean)/variance, 1, 4*math.Sqrt(2)/200)
		if signal == 0 {
			near(t, "Sigma", n.Sigma(), sigma, 1e-12)
		}
	}
}
