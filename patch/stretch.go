package patch

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The kinds of [Stretch]. Apart from None and SNR they map low to 0 and high to 1.
const (
	None       = "none"       // pixels as they stand
	Linear     = "linear"     // straight, not clipped
	Asinh      = "asinh"      // asinh((x-low)/soft) / asinh((high-low)/soft)
	Log        = "log"        // log(1000 t + 1) / log(1001) of t = (x-low)/(high-low) clipped to 0..1, as astropy's LogStretch
	ZScale     = "zscale"     // IRAF's zscale limits, straight and clipped to 0..1
	Percentile = "percentile" // percentiles 0.5 and 99.5, straight and clipped to 0..1
	SNR        = "snr"        // asinh(t/3) of the signal-to-noise ratio t, above the background and by the noise of the image's own band ([Noise])
	Lupton     = "lupton"     // three bands to a colour picture (Lupton et al. 2004, arXiv:astro-ph/0312483)
)

// Stretches are the kinds, as a user names them.
var Stretches = []string{Asinh, SNR, Linear, Log, ZScale, Percentile, Lupton, None}

// What becomes of pixels that are not a finite number.
const (
	Background = "background" // the band's background, fitted; with SNR the image's own
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
	low, high, soft, background := bands, bands, 0, 0
	switch s.Kind {
	case None, SNR:
		low, high = 0, 0
	case Asinh:
		soft = bands
	case Lupton:
		high, soft = 0, 1
	}
	if s.NaN == Background && s.Kind != SNR {
		background = bands
	}
	if err := cmp.Or(s.check("low", s.Low, low), s.check("high", s.High, high), s.check("soft", s.Soft, soft), s.check("background", s.Background, background)); err != nil {
		return err
	}
	for c, v := range s.High {
		if !(v-s.Low[c] > 1/extreme) {
			return fmt.Errorf("the stretch %s has high %g not above low %g in band %d", s.Kind, v, s.Low[c], c)
		}
	}
	for _, v := range s.Soft {
		if !(v > 1/extreme) {
			return fmt.Errorf("the stretch %s has the softening %g; it must be above 0", s.Kind, v)
		}
	}
	if s.Kind == Lupton && !(s.Q > 1/maxQ && s.Q < maxQ) {
		return fmt.Errorf("the stretch lupton has Q %g; it must be above 0 and below %g", s.Q, maxQ)
	}
	return nil
}

// extreme bounds a stretch's numbers far beyond all that float32 pixels can give,
// so that no ratio of them overflows or vanishes.
const extreme = 1e100

// check reports a wrong number of values, or one out of range.
func (s Stretch) check(name string, x []float64, n int) error {
	if len(x) != n {
		return fmt.Errorf("the stretch %s has %d values of %q, not %d", s.Kind, len(x), name, n)
	}
	for _, v := range x {
		if !(math.Abs(v) < extreme) {
			return fmt.Errorf("the stretch %s has %q = %g, which is out of range", s.Kind, name, v)
		}
	}
	return nil
}

// ErrUndefined is the error of Fill under the policy reject.
var ErrUndefined = errors.New("there are undefined pixels")

// Fill replaces the pixels that are not finite numbers, in place, and gives
// their number.
func (s Stretch) Fill(im Image) (undefined int, err error) {
	for c := range im.Bands() {
		band := im.Band(c)
		first := slices.IndexFunc(band, isUndefined)
		if first < 0 {
			continue
		}
		fill := s.background(band, c)
		for i := first; i < len(band); i++ {
			if isUndefined(band[i]) {
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

// isUndefined is true of NaN and infinities.
func isUndefined(v float32) bool { return v-v != 0 }

// background is what undefined pixels of a band become.
func (s Stretch) background(band []float32, c int) float32 {
	switch {
	case s.NaN != Background:
		return 0
	case s.Kind == SNR:
		background, _ := Noise(band)
		return float32(background)
	}
	return float32(s.Background[c])
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
		case SNR:
			background, sigma := Noise(band)
			for i, v := range band {
				band[i] = float32(asinh((float64(v) - background) / (softSigma * sigma)))
			}
		case Linear:
			s.each(band, c, func(t float64) float64 { return t })
		case ZScale, Percentile:
			s.each(band, c, clip)
		case Log:
			s.each(band, c, func(t float64) float64 { return math.Log(1000*clip(t)+1) / math.Log(1001) })
		case Asinh:
			top := asinh((s.High[c] - s.Low[c]) / s.Soft[c])
			for i, v := range band {
				band[i] = float32(asinh((float64(v)-s.Low[c])/s.Soft[c]) / top)
			}
		}
	}
}

// asinh is math.Asinh to an absolute 4e-16, where that is exact to the last digit
// of numbers near 0, too: pixels that are float32 do not need it, and this is
// twice as fast.
func asinh(x float64) float64 {
	if x < 0 {
		return -asinh(-x)
	}
	return math.Log(x + math.Sqrt(x*x+1))
}

// each maps pixels through f of their place between low and high.
func (s Stretch) each(band []float32, c int, f func(t float64) float64) {
	scale := 1 / (s.High[c] - s.Low[c])
	for i, v := range band {
		band[i] = float32(f((float64(v) - s.Low[c]) * scale))
	}
}

func clip(t float64) float64 { return min(max(t, 0), 1) }
