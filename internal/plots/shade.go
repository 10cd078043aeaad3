package plots

import (
	"image/color"
	"math"
)

// ramp runs from white to dark blue in even steps of lightness (the hue of
// Okabe and Ito's blue), so that a darker cell is a larger fraction in grey
// print too.
var ramp = []color.NRGBA{
	{R: 0xff, G: 0xff, B: 0xff, A: 0xff},
	{R: 0xc4, G: 0xde, B: 0xef, A: 0xff},
	{R: 0x79, G: 0xb7, B: 0xdc, A: 0xff},
	{R: 0x25, G: 0x8d, B: 0xc4, A: 0xff},
	{R: 0x00, G: 0x61, B: 0x99, A: 0xff},
	{R: 0x05, G: 0x38, B: 0x5e, A: 0xff},
}

// absent is the colour of a fraction of nothing.
var absent = color.NRGBA{R: 0xec, G: 0xec, B: 0xec, A: 0xff}

// shade is the colour of a fraction in 0..1; NaN is grey.
func shade(fraction float64) color.NRGBA {
	if math.IsNaN(fraction) {
		return absent
	}
	at := min(max(fraction, 0), 1) * float64(len(ramp)-1)
	i := min(int(at), len(ramp)-2)
	lo, hi, t := ramp[i], ramp[i+1], at-float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.NRGBA{R: mix(lo.R, hi.R), G: mix(lo.G, hi.G), B: mix(lo.B, hi.B), A: 0xff}
}

// contrasting is black or white, whichever stands out more from a colour by the
// contrast ratio of WCAG 2.1: at least 4.58 on any.
func contrasting(background color.NRGBA) color.NRGBA {
	black, white := color.NRGBA{A: 0xff}, color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}
	if contrast(background, white) > contrast(background, black) {
		return white
	}
	return black
}

// contrast is the ratio of relative luminances, 1 (alike) to 21 (black on white).
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance of an sRGB colour relative to white.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
