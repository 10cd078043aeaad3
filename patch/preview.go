package patch

import (
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/draw"
)

// Preview is a quick look at an image [C, H, W] in 8 bits: one band in grey,
// three as red, green and blue, any other number by the mean of the bands. The
// darkest 0.5% of its values are black, as are undefined ones, and the brightest
// 0.5% white. Row 0 is at the top: see [Image.Flipped] for images of the sky.
func Preview(im Image) *image.RGBA {
	h, w := im.plane()
	shown := im
	if c := im.Bands(); c != 1 && c != 3 {
		shown = MeanBand(im)
	}
	// One pair of limits for all bands, so that colours stay.
	sorted := finite(shown.Pixels)
	slices.Sort(sorted)
	low, scale := 0.0, 0.0
	if len(sorted) > 0 {
		low = quantile(sorted, clipped)
		if high := quantile(sorted, 1-clipped); high > low {
			scale = 1 / (high - low)
		}
	}
	look := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		var rgb [3]uint8
		for c := range rgb {
			v := shown.Band(c % shown.Bands())[i]
			if v-v == 0 {
				rgb[c] = uint8(255*clip((float64(v)-low)*scale) + 0.5)
			}
		}
		look.SetRGBA(i%w, i/w, color.RGBA{rgb[0], rgb[1], rgb[2], 255})
	}
	return look
}

// MeanBand is the mean of the bands of an image [C, H, W], of shape [1, H, W].
func MeanBand(im Image) Image {
	mean := NewImage(1, im.Shape[1], im.Shape[2])
	for c := range im.Bands() {
		for i, v := range im.Band(c) {
			mean.Pixels[i] += v / float32(im.Bands())
		}
	}
	return mean
}

const (
	overlaySide  = 256 // pixels that the shorter side of an overlay has at least
	overlayAlpha = 0.6 // share of the heat map in an overlay's colours
)

// Overlay is the [Preview] of an image and, to its right, the same under a heat
// map [rows, cols] that covers it, interpolated bilinearly: its lowest value is
// dark, its highest bright yellow. Small images are enlarged.
func Overlay(im Image, heat []float32, rows, cols int) *image.RGBA {
	h, w := im.plane()
	enlarge := (overlaySide + min(h, w) - 1) / min(h, w)
	h, w = h*enlarge, w*enlarge
	both := image.NewRGBA(image.Rect(0, 0, 2*w, h))
	look := Preview(im)
	for _, left := range []int{0, w} {
		draw.NearestNeighbor.Scale(both, image.Rect(left, 0, left+w, h), look, look.Bounds(), draw.Src, nil)
	}
	warm := Resize(Image{Shape: []int{1, rows, cols}, Pixels: unit(heat)}, h, w, Bilinear, false)
	for i, v := range warm.Pixels {
		under, over := both.RGBAAt(w+i%w, i/w), inferno(float64(v))
		mix := func(a, b uint8) uint8 { return uint8((1-overlayAlpha)*float64(a) + overlayAlpha*float64(b) + 0.5) }
		both.SetRGBA(w+i%w, i/w, color.RGBA{mix(under.R, over.R), mix(under.G, over.G), mix(under.B, over.B), 255})
	}
	return both
}

// Heat is a heat map [rows, cols] in the colours of [Overlay], a pixel a value.
func Heat(heat []float32, rows, cols int) *image.RGBA {
	warm := image.NewRGBA(image.Rect(0, 0, cols, rows))
	for i, v := range unit(heat) {
		warm.SetRGBA(i%cols, i/cols, inferno(float64(v)))
	}
	return warm
}

// unit is x from 0, its lowest value, to 1, its highest; all 0 if it is constant.
func unit(x []float32) []float32 {
	y := make([]float32, len(x))
	defined := finite(x)
	if len(defined) == 0 {
		return y
	}
	low, high := slices.Min(defined), slices.Max(defined)
	for i, v := range x {
		if v-v == 0 && high > low {
			y[i] = float32((float64(v) - low) / (high - low))
		}
	}
	return y
}

// infernoStops are every 17th colour of matplotlib's map of that name (van der Walt
// & Smith 2015, CC0), in which equal steps look equal, in print without colour too.
var infernoStops = [16]uint32{
	0x000004, 0x0c0826, 0x240c4f, 0x420a68, 0x5d126e, 0x781c6d, 0x932667, 0xae305c,
	0xc73e4c, 0xdd513a, 0xed6925, 0xf8850f, 0xfca50a, 0xfac62d, 0xf2e661, 0xfcffa4,
}

// inferno is the colour of t, from 0 to 1.
func inferno(t float64) color.RGBA {
	t = clip(t) * float64(len(infernoStops)-1)
	i := min(int(t), len(infernoStops)-2)
	part := t - float64(i)
	mix := func(shift int) uint8 {
		a, b := infernoStops[i]>>shift&0xff, infernoStops[i+1]>>shift&0xff
		return uint8((1-part)*float64(a) + part*float64(b) + 0.5)
	}
	return color.RGBA{mix(16), mix(8), mix(0), 255}
}
