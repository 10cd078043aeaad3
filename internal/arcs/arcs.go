// Package arcs makes cutouts of galaxies with and without gravitationally lensed
// arcs, in five bands, to train lens finders on and to judge them by.
//
// The lens is a singular isothermal ellipsoid with external shear, the source a
// few Sersic clumps; both are package sim's, which integrates the ray-traced
// light over pixels as finely as it needs. The arc is blurred by the seeing of
// each band, scaled to a signal-to-noise ratio, and added with its own photon
// noise to a host: a real cutout, or a simulated red galaxy on a simulated sky.
//
// A cutout with an arc and one without differ in nothing else: the host, its
// turn, its shift, its additional noise and its neighbours are drawn the same
// way before it is known which of the two it will be, and whatever is added
// afterwards goes through the same seeing and the same photons. What is added to
// some of the cutouts without an arc is what lens finders fall for, with the
// brightness of arcs.
//
// Pixels are counts, 30 mag being 1, as in the Dark Energy Survey's coadds.
package arcs

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/sim"
)

// Bands are the bands of a cutout, in order.
var Bands = [bands]string{"g", "r", "i", "z", "Y"}

const (
	bands = 5

	Side       = 64    // of a cutout, in pixels
	PixelScale = 0.263 // arcsec a pixel
	zeroPoint  = 30    // mag of one count
)

// A Kind is what was added to a host.
type Kind string

// The kinds. Lens is the one with an arc.
const (
	Lens       Kind = "lens"
	Plain      Kind = "plain"      // nothing was added
	Companions Kind = "companions" // one to three blue galaxies close by: sources that are not lensed
	EdgeOn     Kind = "edge-on"    // a blue disc seen from its edge, often along the circle around the host
	Spiral     Kind = "spiral"     // blue arms around the host
	Ring       Kind = "ring"       // a ring of stars around the host
	Tail       Kind = "tail"       // a bent tidal tail of the host's stars
)

// lookalikes are what is added to hosts without an arc, with their weights, whose sum is 1.
var lookalikes = []struct {
	kind   Kind
	weight float64
	add    func(*frame, *rand.Rand) []layer
}{
	{Companions, 0.36, companions},
	{EdgeOn, 0.18, edgeOn},
	{Spiral, 0.22, spiral},
	{Ring, 0.09, ring},
	{Tail, 0.15, tail},
}

// The ranges of the Einstein radius, in arcsec, and of the signal-to-noise ratio
// of what is added to a host.
var (
	Radii  = [2]float64{1, 3}
	Ratios = [2]float64{10, 50}
)

// A Scene is a cutout and what is true about it.
type Scene struct {
	Images [bands][]float32 // counts; Side x Side, row-major
	Kind   Kind
	Host   string  // what no two splits have in common
	Real   bool    // the host was observed
	ThetaE float64 // Einstein radius in arcsec; 0 without an arc
	SNR    float64 // of what was added, in the band where it is largest; 0 where nothing was
}

// A Maker makes scenes.
type Maker struct {
	Hosts      []Host          // observed ones, each as likely as any other
	Simulated  float64         // share of the scenes with simulated hosts
	Lookalikes float64         // share of the scenes without an arc to which something else was added
	Splits     map[string]bool // that hosts are taken from
	ArcFlux    float64         // multiplies the light of arcs: 1, or 0 to see what else tells lenses from others
}

// Splits are the parts that hosts are divided into.
var Splits = [3]string{"train", "val", "test"}

// Split is the part that a host belongs to, by a hash of its name: 16 of 25 are
// to train on, 4 to validate on and 5 to test on. All scenes of a host are in
// one part, in all sets.
func Split(host string) string {
	h := fnv.New32a()
	h.Write([]byte(host))
	switch n := h.Sum32() % 25; {
	case n < 16:
		return Splits[0]
	case n < 20:
		return Splits[1]
	}
	return Splits[2]
}

// Make makes a scene, with an arc or without.
func (m *Maker) Make(arc bool, r *rand.Rand) Scene {
	f := m.frame(r)
	if layers := f.neighbours(r); layers != nil {
		f.expose(f.draw(layers), r)
	}
	s := Scene{Host: f.host, Real: f.real}
	ratio := uniform(r, Ratios[0], Ratios[1])
	var added []layer
	if arc {
		s.Kind = Lens
		added, s.ThetaE = arcOf(f, r)
	} else if s.Kind = Plain; r.Float64() < m.Lookalikes {
		s.Kind, added = lookalike(f, r)
	}
	if added != nil {
		light := f.draw(added)
		s.SNR = f.scaleTo(light, ratio)
		if arc && m.ArcFlux != 1 {
			for _, im := range light {
				for i := range im.Pix {
					im.Pix[i] *= m.ArcFlux
				}
			}
			s.SNR = f.signalToNoise(light, 1)
		}
		f.expose(light, r)
	}
	s.Images = f.pixels
	return s
}

// lookalike draws what is added to a host without an arc.
func lookalike(f *frame, r *rand.Rand) (Kind, []layer) {
	at, last := r.Float64(), len(lookalikes)-1
	for _, l := range lookalikes[:last] {
		if at -= l.weight; at < 0 {
			return l.kind, l.add(f, r)
		}
	}
	return lookalikes[last].kind, lookalikes[last].add(f, r)
}

// A layer is light of one colour.
type layer struct {
	sim.Light
	x, y   float64 // pixel of its centre
	counts fluxes  // counts that an electron of the light stands for, a band
}
