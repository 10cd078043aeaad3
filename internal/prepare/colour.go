package prepare

import (
	"slices"
	"strings"

	"github.com/astrovit/astrovit/patch"
)

// wavelengths are the usual names of bands, from blue to red.
var wavelengths = []string{"fuv", "nuv", "u", "b", "g", "v", "r", "i", "z", "y", "j", "h", "k", "ks"}

// InColour is the bands of an image, which have these names, to be seen as red,
// green and blue: where all are known by name, the reddest, the middle and the
// bluest of three or more. Others stay as they are.
func InColour(im patch.Image, names []string) patch.Image {
	type band struct{ wavelength, index int }
	var bands []band
	for i, name := range names {
		bands = append(bands, band{slices.Index(wavelengths, strings.ToLower(name)), i})
	}
	unnamed := func(b band) bool { return b.wavelength < 0 }
	if len(bands) < 3 || len(bands) != im.Bands() || slices.ContainsFunc(bands, unnamed) {
		return im
	}
	slices.SortFunc(bands, func(a, b band) int { return a.wavelength - b.wavelength })
	seen := patch.NewImage(3, im.Shape[1], im.Shape[2])
	for c, at := range []int{len(bands) - 1, len(bands) / 2, 0} {
		copy(seen.Band(c), im.Band(bands[at].index))
	}
	return seen
}
