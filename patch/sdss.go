package patch

import "math"

// The numbers of the SDSS's own colour pictures of its frames (DR8 and later,
// sdss_frame_jpg.pro of photoop): what i, r and g in nanomaggies are multiplied by
// to be red, green and blue, and where the curve bends.
var sdssScales = [3]float64{0.4 * 5, 0.4 * 6.5, 0.4 * 9}

const sdssNonlinearity = 2.25

// SDSS turns i, r and g [3, H, W] in nanomaggies a pixel of 0.396 arcsec, without
// the sky, into red, green and blue from 0 to 255 in whole numbers, in place, as
// the SDSS's JPEGs of its frames have them before they are compressed. With
// scaled fluxes x, whose sum is S, and N = 2.25 it is, Lupton et al. (2004, PASP
// 116, 133) as idlutils has them,
//
//	256 x asinh(N S)/(N S)
//
// and a pixel that is then too bright is dimmed as a whole, which keeps its
// colour. Pixels that are undefined in one band become so in all. SDSS also gives
// saturated stars, above 30 nanomaggies a pixel, one colour each; this does not.
func SDSS(im Image) {
	r, g, b := im.Band(0), im.Band(1), im.Band(2)
	for i := range r {
		x := [3]float64{sdssScales[0] * float64(r[i]), sdssScales[1] * float64(g[i]), sdssScales[2] * float64(b[i])}
		curve := 1.0
		if sum := sdssNonlinearity * (x[0] + x[1] + x[2]); sum != 0 {
			curve = math.Asinh(sum) / sum
		}
		dim := max(1, curve*x[0], curve*x[1], curve*x[2])
		for c, band := range [][]float32{r, g, b} {
			band[i] = float32(min(255, max(0, math.Floor(256*curve*x[c]/dim))))
		}
	}
}
