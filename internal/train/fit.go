package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

const (
	peeked     = 200     // pictures that the preprocessing is fitted on
	sampleSize = 1 << 20 // pixels of each band that the stretch is fitted on, about
)

// look is what some of the pictures are like.
type look struct {
	tiles   tiles
	objects []catalog.Object // of the pictures that it is about
	bands   int
	photo   bool    // most are JPEG, PNG or TIFF
	side    int     // median of the shorter sides
	varied  bool    // they differ
	scale   float64 // median arcsec a pixel; 0: unknown, or not the same
	fluxes  bool    // what is learned depends on how bright things are
}

// peek opens up to peeked pictures, evenly chosen. As many bands as most of
// those that can be opened have, all must have.
func peek(examples []example, open tiles, workers int) (look, error) {
	type picture struct {
		bands, side int
		photo       bool
		scale       float64 // 0: unknown
	}
	n := min(peeked, len(examples))
	pictures, errs := make([]picture, n), make([]error, n)
	object := func(i int) catalog.Object { return examples[i*len(examples)/n].object }
	each(n, workers, func(_, i int) {
		o, p := object(i), &pictures[i]
		f, done, err := open.open(o)
		if err != nil {
			errs[i] = err
			return
		}
		defer done()
		bands, height, width := f.Shape()
		if one, _, err := cutout.One(f, o.Plane); err == nil && one.WCS() != nil {
			p.scale = 3600 * one.WCS().PixelScale()
		}
		p.bands, p.side, p.photo = bands, min(height, width), f.Photo()
	})
	l := look{tiles: open}
	count := map[int]int{} // pictures of so many bands
	for _, p := range pictures {
		if p.bands == 0 {
			continue
		}
		if count[p.bands]++; count[p.bands] > count[l.bands] {
			l.bands = p.bands
		}
	}
	if l.bands == 0 {
		return look{}, fmt.Errorf("no picture can be read; the first: %w", errs[0])
	}
	photos := 0
	var sides, scales []float64
	for i, p := range pictures {
		if p.bands != l.bands {
			continue // loading it says what is wrong
		}
		l.objects = append(l.objects, object(i))
		sides = append(sides, float64(p.side))
		if p.photo {
			photos++
		}
		if p.scale > 0 {
			scales = append(scales, p.scale)
		}
	}
	l.photo = 2*photos > len(sides)
	l.side = int(median(sides))
	l.varied = sides[0] != sides[len(sides)-1] // the median has sorted them
	l.scale = sharedScale(scales)
	return l, nil
}

// sharedScale is the median of pixel scales; 0 where more than a tenth of them are off it, as those of images that are scaled to
// their objects: there is none then that others could be off.
func sharedScale(scales []float64) float64 {
	if len(scales) == 0 {
		return 0
	}
	middle, off := median(scales), 0
	for _, s := range scales {
		if cutout.OffScale(s, middle) {
			off++
		}
	}
	if 10*off > len(scales) {
		return 0
	}
	return middle
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// fitRecipe is the preprocessing for pictures like these, all but the mean and
// standard deviation of what it makes.
func fitRecipe(l look, s Settings, bands []string, size [2]int, workers int) (prepare.Recipe, error) {
	r := prepare.Recipe{Bands: bands, Size: size, Window: s.Window, Filter: patch.Bilinear, PixelScale: l.scale, RGB: s.RGB, Rescale: 1}
	if s.RGB == prepare.SDSS {
		if r.Bands = prepare.SDSSBands; l.bands != len(r.Bands) {
			return r, fmt.Errorf("--rgb %s is for images of 3 bands, not of %d", s.RGB, l.bands)
		}
	}
	if r.Window == 0 && s.Petrosian == 0 {
		r.Window = l.window(min(size[0], size[1]), workers)
	}
	if r.Window == 0 && !l.photo {
		// An astronomer's cutouts share a pixel scale, a photographer's do not.
		r.Window = l.side
	}
	if s.Petrosian > 0 {
		if r.Window == 0 && l.varied {
			return r, fmt.Errorf("--petrosian-pixel: the images have different sizes; say with --window how much of each the model sees")
		}
		r.PixelScale, r.Petrosian = 0, s.Petrosian*float64(cmp.Or(r.Window, l.side))
	}
	parts, err := l.sample(r, workers)
	if err != nil {
		return prepare.Recipe{}, err
	}
	photos := l.photo || s.RGB != ""
	kind := stretchKind(s.Stretch, parts, photos, l.fluxes)
	if r.Stretch, err = patch.FitStretch(kind, s.NaN, pooled(parts)); err != nil {
		return prepare.Recipe{}, fmt.Errorf("--stretch %s: %w", kind, err)
	}
	if kind == patch.None && photos {
		r.Rescale = 1.0 / 255
	}
	return r, r.Validate(l.bands)
}

// stretchKind is what auto stands for: photos as they are, else asinh, of pixels or, where pictures are unequal and no fluxes
// are to be learned, of signal to noise.
func stretchKind(asked string, parts [][][]float32, photos, fluxes bool) string {
	switch {
	case asked != "auto":
		return asked
	case photos:
		return patch.None
	case !fluxes && unequal(parts):
		return patch.SNR
	}
	return patch.Asinh
}

// sample is some of the pixels of each picture's bands that the model is going to see, spread evenly.
func (l look) sample(r prepare.Recipe, workers int) (parts [][][]float32, err error) {
	parts = make([][][]float32, len(l.objects))
	errs := make([]error, len(l.objects))
	most := sampleSize / len(l.objects)
	each(len(l.objects), workers, func(_, i int) {
		c, err := l.tiles.read(l.objects[i], l.bands, r)
		if err != nil {
			errs[i] = err // loading it says so again
			return
		}
		// An even step would see only some columns of an image of even width.
		step := len(c.Band(0))/most | 1
		parts[i] = make([][]float32, l.bands)
		for band := range parts[i] {
			for at := i % step; at < len(c.Band(band)); at += step {
				parts[i][band] = append(parts[i][band], c.Band(band)[at])
			}
		}
	})
	parts = slices.DeleteFunc(parts, func(p [][]float32) bool { return p == nil })
	if len(parts) == 0 {
		return nil, fmt.Errorf("no picture can be read; the first: %w", cmp.Or(errs...))
	}
	return parts, nil
}

// pooled is the pixels of all pictures, a band.
func pooled(parts [][][]float32) [][]float32 {
	sample := make([][]float32, len(parts[0]))
	for _, part := range parts {
		for band, pixels := range part {
			sample[band] = append(sample[band], pixels...)
		}
	}
	return sample
}

// mostUnequal is how many times as noisy a picture in ten may be as one in ten, before what they have in common is not their
// fluxes but their ratios of signal to noise.
const mostUnequal = 1.7

// unequal tells whether pictures are of such different depths or units, in most bands.
func unequal(parts [][][]float32) bool {
	var ratios []float64
	for band := range parts[0] {
		var sigmas []float64
		for _, part := range parts {
			_, sigma := patch.Noise(part[band])
			sigmas = append(sigmas, sigma)
		}
		slices.Sort(sigmas)
		n := len(sigmas)
		ratios = append(ratios, sigmas[9*(n-1)/10]/sigmas[(n-1)/10])
	}
	return median(ratios) > mostUnequal
}

// moments are a band's sum and sum of squares, and what went into them.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(o moments) {
	m.n, m.sum, m.squares = m.n+o.n, m.sum+o.sum, m.squares+o.squares
}

// largest is the most that a stretched pixel may be, so that means and standard deviations are numbers that a recipe may have.
const largest = 1e30

// tooLarge tells of pixels beyond the largest, or many near it.
func (m moments) tooLarge() bool { return !(m.squares <= largest*largest) }

// momentsOf is the moments of each band of im.
func momentsOf(im patch.Image) []moments {
	list := make([]moments, im.Bands())
	for c := range list {
		m := &list[c]
		for _, v := range im.Band(c) {
			m.sum += float64(v)
			m.squares += float64(v) * float64(v)
		}
		m.n = float64(len(im.Band(c)))
	}
	return list
}

// normalise sets the recipe's mean and standard deviation of each band, in
// units of stretched and rescaled values. A band that does not vary keeps 1.
func normalise(r *prepare.Recipe, bands []moments) {
	r.Mean, r.Std = nil, nil
	for _, m := range bands {
		mean := m.sum / m.n
		std := math.Sqrt(max(0, m.squares/m.n-mean*mean))
		if !(std > 1e-9*math.Abs(mean)) {
			std = 1 / r.Rescale
		}
		r.Mean, r.Std = append(r.Mean, mean*r.Rescale), append(r.Std, std*r.Rescale)
	}
}
