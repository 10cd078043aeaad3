package patch

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// The kinds of [Stretch]. Apart from None they map low to 0 and high to 1.
const (
	None       = "none"       // pixels as they stand
	Linear     = "linear"     // straight, not clipped
	Asinh      = "asinh"      // asinh((x-low)/soft) / asinh((high-low)/soft)
	Log        = "log"        // log(1000 t + 1) / log(1001) of t = (x-low)/(high-low) clipped to 0..1, as astropy's LogStretch
	ZScale     = "zscale"     // IRAF's zscale limits, straight and clipped to 0..1
	Percentile = "percentile" // percentiles 0.5 and 99.5, straight and clipped to 0..1
	Lupton     = "lupton"     // three bands to a colour picture (Lupton et al. 2004, arXiv:astro-ph/0312483)
)

// Stretches are the kinds, as a user names them.
var Stretches = []string{Asinh, Linear, Log, ZScale, Percentile, Lupton, None}

// What becomes of pixels that are not a finite number.
const (
	Background = "background" // the band's background, fitted
	Zero       = "zero"
	Reject     = "reject" // the image is refused
)

// Stretch maps pixel values to a range that a network learns from. Its
// numbers, one a band, are fitted once on training images ([FitStretch]) and
// then fixed.
type Stretch struct {
	Kind       string    `json:"kind"`
	Low        []float64 `json:"low,omitempty"`        // pixel value that becomes 0
	High       []float64 `json:"high,omitempty"`       // pixel value that becomes 1; not for lupton
	Soft       []float64 `json:"soft,omitempty"`       // asinh: about where it turns from straight to logarithmic; lupton: the one "stretch"
	Q          float64   `json:"q,omitempty"`          // lupton's Q
	NaN        string    `json:"nan"`                  // policy for undefined pixels
	Background []float64 `json:"background,omitempty"` // pixel value of undefined pixels
}

// Validate reports numbers that cannot be, for images of so many bands.
func (s Stretch) Validate(bands int) error {
	if !slices.Contains(Stretches, s.Kind) {
		return fmt.Errorf("no stretch %q; there are %q", s.Kind, Stretches)
	}
	if !slices.Contains([]string{Background, Zero, Reject}, s.NaN) {
		return fmt.Errorf("no policy %q for undefined pixels; there are %q, %q and %q", s.NaN, Background, Zero, Reject)
	}
	if s.Kind == Lupton && bands != 3 {
		return fmt.Errorf("the stretch lupton needs 3 bands, not %d", bands)
	}
	want := func(name string, x []float64, n int) error {
		if len(x) != n {
			return fmt.Errorf("the stretch %s has %d values of %q, not %d", s.Kind, len(x), name, n)
		}
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("the stretch %s has %q = %g", s.Kind, name, v)
			}
		}
		return nil
	}
	low, high, soft, background := bands, bands, 0, 0
	switch s.Kind {
	case None:
		low, high = 0, 0
	case Asinh:
		soft = bands
	case Lupton:
		high, soft = 0, 1
	}
	if s.NaN == Background {
		background = bands
	}
	err := errors.Join(want("low", s.Low, low), want("high", s.High, high), want("soft", s.Soft, soft), want("background", s.Background, background))
	if err != nil {
		return err
	}
	for c := range s.High {
		if !(s.High[c] > s.Low[c]) {
			return fmt.Errorf("the stretch %s has high %g not above low %g in band %d", s.Kind, s.High[c], s.Low[c], c)
		}
	}
	for _, v := range s.Soft {
		if !(v > 0) {
			return fmt.Errorf("the stretch %s has the softening %g; it must be above 0", s.Kind, v)
		}
	}
	if s.Kind == Lupton && !(s.Q > 0) {
		return fmt.Errorf("the stretch lupton has Q %g; it must be above 0", s.Q)
	}
	return nil
}

// ErrUndefined is the error of Fill under the policy reject.
var ErrUndefined = errors.New("there are undefined pixels")

// Fill replaces the pixels that are not finite numbers, in place, and gives
// their number.
func (s Stretch) Fill(im Image) (undefined int, err error) {
	for c := range im.Bands() {
		fill := float32(0)
		if s.NaN == Background {
			fill = float32(s.Background[c])
		}
		band := im.Band(c)
		for i, v := range band {
			if v-v != 0 { // NaN and infinities
				band[i] = fill
				undefined++
			}
		}
	}
	if undefined > 0 && s.NaN == Reject {
		return undefined, ErrUndefined
	}
	return undefined, nil
}

// Apply maps the pixels of im in place.
func (s Stretch) Apply(im Image) {
	if s.Kind == Lupton {
		s.lupton(im)
		return
	}
	for c := range im.Bands() {
		band := im.Band(c)
		switch s.Kind {
		case None:
			return
		case Linear:
			s.each(band, c, func(t float64) float64 { return t })
		case ZScale, Percentile:
			s.each(band, c, clip)
		case Log:
			s.each(band, c, func(t float64) float64 { return math.Log(1000*clip(t)+1) / math.Log(1001) })
		case Asinh:
			top := math.Asinh((s.High[c] - s.Low[c]) / s.Soft[c])
			for i, v := range band {
				band[i] = float32(math.Asinh((float64(v)-s.Low[c])/s.Soft[c]) / top)
			}
		}
	}
}

// each maps pixels through f of their place between low and high.
func (s Stretch) each(band []float32, c int, f func(t float64) float64) {
	scale := 1 / (s.High[c] - s.Low[c])
	for i, v := range band {
		band[i] = float32(f((float64(v) - s.Low[c]) * scale))
	}
}

func clip(t float64) float64 { return min(max(t, 0), 1) }

// lupton scales the three bands by one function of their mean, so that colours
// stay: f(I) = asinh(Q·I/stretch)·0.1/asinh(0.1·Q) as astropy's make_lupton_rgb
// has it, 1 being white. A pixel with a band above 1 is dimmed as a whole.
func (s Stretch) lupton(im Image) {
	r, g, b := im.Band(0), im.Band(1), im.Band(2)
	slope := 0.1 / math.Asinh(0.1*s.Q)
	for i := range r {
		x := [3]float64{float64(r[i]) - s.Low[0], float64(g[i]) - s.Low[1], float64(b[i]) - s.Low[2]}
		scale := 0.0
		if mean := (x[0] + x[1] + x[2]) / 3; mean > 0 {
			scale = math.Asinh(mean*s.Q/s.Soft[0]) * slope / mean
		}
		top := scale * max(x[0], x[1], x[2])
		if top > 1 {
			scale /= top
		}
		r[i], g[i], b[i] = float32(max(0, scale*x[0])), float32(max(0, scale*x[1])), float32(max(0, scale*x[2]))
	}
}
