package train

import (
	"fmt"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

const (
	peeked     = 200     // pictures that the preprocessing is fitted on
	sampleSize = 1 << 20 // pixels of each band that the stretch is fitted on, about
)

// look is what some of the pictures are like.
type look struct {
	bands  int
	photo  bool    // most are JPEG, PNG or TIFF
	side   int     // median of the shorter sides
	scale  float64 // median arcsec a pixel; 0: unknown
	pixels []patch.Image
}

// peek reads up to peeked pictures, evenly chosen. As many bands as most of
// those that can be read have, all must have.
func peek(examples []example, workers int) (look, error) {
	n := min(peeked, len(examples))
	pictures, errs := make([]*pixels.Picture, n), make([]error, n)
	each(n, workers, func(i int) {
		pictures[i], errs[i] = open(examples[i*len(examples)/n].object, 0)
	})
	var l look
	count := map[int]int{} // pictures of so many bands
	for _, p := range pictures {
		if p == nil {
			continue
		}
		n := p.Image.Bands()
		if count[n]++; count[n] > count[l.bands] {
			l.bands = n
		}
	}
	photos := 0
	var sides, scales []float64
	for _, p := range pictures {
		if p == nil || p.Image.Bands() != l.bands {
			continue // loading it says what is wrong
		}
		l.pixels = append(l.pixels, p.Image)
		sides = append(sides, float64(min(p.Image.Shape[1], p.Image.Shape[2])))
		if p.HDU < 0 {
			photos++
		}
		if p.WCS != nil {
			scales = append(scales, 3600*p.WCS.PixelScale())
		}
	}
	if l.bands == 0 {
		return look{}, fmt.Errorf("no picture can be read; the first: %w", errs[0])
	}
	l.photo = 2*photos > len(sides)
	l.side = int(median(sides))
	if len(scales) > 0 {
		l.scale = median(scales)
	}
	return l, nil
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// fitRecipe is the preprocessing for pictures like these, all but the mean and
// standard deviation of what it makes.
func fitRecipe(l look, s Settings, bands []string, size [2]int) (prepare.Recipe, error) {
	r := prepare.Recipe{Bands: bands, Size: size, Window: s.Window, Filter: patch.Bilinear, PixelScale: l.scale, Rescale: 1}
	if r.Window == 0 && !l.photo {
		// An astronomer's cutouts share a pixel scale, a photographer's do not.
		r.Window = l.side
	}
	kind := s.Stretch
	if kind == "auto" {
		kind = patch.Asinh
		if l.photo {
			kind = patch.None
		}
	}
	sample := make([][]float32, l.bands)
	total := 0
	for i, im := range l.pixels {
		if r.Window > 0 {
			im = im.CenterCrop(min(r.Window, im.Shape[1]), min(r.Window, im.Shape[2]), 0)
			l.pixels[i] = im
		}
		total += len(im.Band(0))
	}
	// An even step would see only some columns of an image of even width.
	step, at := total/sampleSize|1, 0
	for _, im := range l.pixels {
		for ; at < len(im.Band(0)); at += step {
			for c := range sample {
				sample[c] = append(sample[c], im.Band(c)[at])
			}
		}
		at -= len(im.Band(0))
	}
	var err error
	if r.Stretch, err = patch.FitStretch(kind, s.NaN, sample); err != nil {
		return prepare.Recipe{}, fmt.Errorf("--stretch %s: %w", kind, err)
	}
	if kind == patch.None && l.photo {
		r.Rescale = 1.0 / 255
		if brightest(sample) > 255 {
			r.Rescale = 1.0 / 65535
		}
	}
	return r, r.Validate(l.bands)
}

func brightest(sample [][]float32) float32 {
	top := float32(0)
	for _, band := range sample {
		top = max(top, slices.Max(band))
	}
	return top
}

// moments are a band's sum and sum of squares, and what went into them.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(o moments) {
	m.n, m.sum, m.squares = m.n+o.n, m.sum+o.sum, m.squares+o.squares
}

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
