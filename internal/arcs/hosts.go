package arcs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/sim"
)

// A Host is an observed galaxy, in the middle of a square cutout.
type Host struct {
	Name   string
	side   int
	pixels [bands][]float32
	sigma  fluxes
}

// jitter is how far, in pixels, a real host's centre moves along each axis.
const jitter = 2

// ReadHosts reads the observed hosts of some splits: in a folder, a FITS file
// <band>.fits a band, each a stack [N,S,S] of square cutouts of counts.
func ReadHosts(folder string, splits map[string]bool) ([]Host, error) {
	var all []Host
	for b, band := range Bands {
		name := filepath.Join(folder, band+".fits")
		stack, err := read(name)
		if err != nil {
			return nil, err
		}
		n, side := stack.Shape[0], stack.Shape[1]
		if side%2 == 0 || side < Side+2*jitter {
			return nil, fmt.Errorf("%s: cutouts of %d pixels; hosts need an odd number, at least %d", name, side, Side+2*jitter)
		}
		if b == 0 {
			all = make([]Host, n)
		}
		if n != len(all) || b > 0 && side != all[0].side {
			return nil, fmt.Errorf("%s: %d cutouts of %d pixels; %s has %d of %d", name, n, side, Bands[0], len(all), all[0].side)
		}
		for i := range all {
			h := &all[i]
			h.Name, h.side = fmt.Sprintf("des-%02d", i), side
			h.pixels[b] = stack.Pixels[i*side*side : (i+1)*side*side]
			if h.sigma[b] = noiseOf(h.pixels[b], side); !(h.sigma[b] > 0) {
				return nil, fmt.Errorf("%s: cutout %d has no noise, or undefined pixels", name, i)
			}
		}
	}
	return slices.DeleteFunc(all, func(h Host) bool { return !splits[Split(h.Name)] }), nil
}

func read(name string) (*fits.Image, error) {
	f, err := fits.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	im, err := f.HDU(0).Read()
	if err == nil && (len(im.Shape) != 3 || im.Shape[1] != im.Shape[2]) {
		err = fmt.Errorf("%s: the shape is %v; a stack of square cutouts is expected", name, im.Shape)
	}
	return im, err
}

// noiseOf is the standard deviation of an empty pixel: from the median of the
// differences of pixels so far apart that their noise is independent. It is NaN
// where a pixel is undefined.
func noiseOf(pixels []float32, side int) float64 {
	const apart = 5
	var differences []float64
	for i := range pixels {
		if i%side >= apart {
			d := math.Abs(float64(pixels[i]) - float64(pixels[i-apart]))
			if math.IsNaN(d) {
				return d
			}
			differences = append(differences, d)
		}
	}
	slices.Sort(differences)
	return 1.4826 / math.Sqrt2 * differences[len(differences)/2]
}

// place turns or flips the host, and cuts it out with its centre not quite in
// the middle. No pixel is resampled.
func (h *Host) place(f *frame, r *rand.Rand) {
	f.host, f.real, f.sigma = h.Name, true, h.sigma
	turn := r.IntN(8)
	middle := h.side / 2
	x0 := middle - Side/2 + r.IntN(2*jitter+1) - jitter
	y0 := middle - Side/2 + r.IntN(2*jitter+1) - jitter
	f.x, f.y = float64(middle-x0), float64(middle-y0)
	for b := range bands {
		f.pixels[b] = make([]float32, Side*Side)
		for i := range f.pixels[b] {
			f.pixels[b][i] = h.pixels[b][turned(x0+i%Side, y0+i/Side, h.side, turn)]
		}
		for y := middle - 4; y <= middle+4; y++ {
			for x := middle - 4; x <= middle+4; x++ {
				f.colour[b] += float64(h.pixels[b][y*h.side+x])
			}
		}
	}
	f.colour = f.colour.times(1 / f.colour[2])
}

// turned is the index of the pixel that comes to (x, y) by one of the eight
// turns and flips of a square.
func turned(x, y, side, turn int) int {
	if turn&1 != 0 {
		x = side - 1 - x
	}
	if turn&2 != 0 {
		y = side - 1 - y
	}
	if turn&4 != 0 {
		x, y = y, x
	}
	return y*side + x
}

// simulate makes a host: a red elliptical, of the brightness, colours and size
// that the real ones have, on a sky of its own.
func (f *frame) simulate(r *rand.Rand) {
	f.blank(r)
	age := r.Float64()
	mag := 17.8 + 2.2*age + 0.3*r.NormFloat64()
	f.colour = old(age, r)
	re := 1.5 * math.Pow(10, -0.2*(mag-18)) * math.Exp(0.25*r.NormFloat64()) / PixelScale
	q := uniform(r, 0.55, 1)
	drawn := 10 * counts(mag) // the electrons of i
	light := sim.NewSersic(drawn, re/math.Sqrt(q), uniform(r, 2.5, 5), q, uniform(r, 0, math.Pi))
	f.layers = []layer{{light, f.x, f.y, f.colour.times(counts(mag) / drawn)}}
}

// neighbours draws what else is in the field, with a simulated host itself: of
// the sky's galaxies and stars as many as real cutouts show, of which a real
// host has its own already.
func (f *frame) neighbours(r *rand.Rand) []layer {
	const (
		mean, more      = 4, 1
		bright, faint   = 19.5, 24.5
		clear           = 1.3 / PixelScale // around the host
		slope           = 0.35             // of the logarithm of numbers with magnitude
		limit           = -slope * (faint - bright)
		reach           = 6.0 // pixels beyond the edge
		starShare, reds = 0.2, 0.4
	)
	number := distuv.Poisson{Lambda: mean, Src: r}
	if f.real {
		number.Lambda = more
	}
	layers := f.layers
	for range int(number.Rand()) {
		x, y := uniform(r, -reach, Side+reach), uniform(r, -reach, Side+reach)
		flux := counts(faint + math.Log10(math.Pow(10, limit)+(1-math.Pow(10, limit))*r.Float64())/slope)
		if math.Hypot(x-f.x, y-f.y) < clear {
			continue
		}
		drawn := max(electrons, 10*flux)
		var light sim.Light
		var colour fluxes
		switch kind := r.Float64(); {
		case kind < starShare:
			colour = stellar(r)
			light = sim.NewSersic(drawn, 0.3, 0.5, 1, 0) // a point, to the seeing
		case kind < starShare+reds:
			colour = old(r.Float64(), r)
			light = sim.NewSersic(drawn, logUniform(r, 0.2, 0.6)/PixelScale, uniform(r, 2, 4), uniform(r, 0.5, 1), uniform(r, 0, math.Pi))
		default:
			colour = young(r)
			for b, c := range old(r.Float64(), r) { // between the two
				colour[b] = math.Sqrt(colour[b] * c)
			}
			light = sim.NewSersic(drawn, logUniform(r, 0.2, 0.8)/PixelScale, uniform(r, 0.7, 2), uniform(r, 0.25, 1), uniform(r, 0, math.Pi))
		}
		layers = append(layers, layer{light, x, y, colour.times(flux / drawn)})
	}
	return layers
}
