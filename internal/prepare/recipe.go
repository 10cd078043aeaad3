// Package prepare turns a picture into a model's input, in training and in
// inference alike. The recipe, with its fitted numbers, travels in the model
// directory.
package prepare

import (
	"fmt"
	"math"
	"slices"

	"github.com/astrovit/astrovit/patch"
)

// Recipe is the way from a picture's pixels to a model's input: cut a window
// around the centre, fill undefined pixels, resize, stretch, normalise.
type Recipe struct {
	Bands      []string      // names, in the order of the model's channels; nil where they have none
	Size       [2]int        // height and width of the model's input
	Window     int           // side in the picture's own pixels of the square that is cut out; 0: as much as has Size's aspect
	Shortest   int           // resize so that the shorter side has this many pixels, then cut Size; 0: resize to Size
	Filter     patch.Filter  // of the resizing
	PixelScale float64       // arcsec a pixel of the training pictures; 0: unknown
	Stretch    patch.Stretch // of pixel values
	Rescale    float64       // multiplies stretched values
	Mean, Std  []float64     // then subtracted and divided by, a band; nil: 0 and 1
	Photo      float64       // multiplies the pixels of JPEG, PNG and TIFF files first; 0: they stay as they are
}

// Flags are the words about a picture that preparing it brings up.
const (
	FlagNaN    = "nan"    // undefined pixels were filled
	FlagEmpty  = "empty"  // no pixel was defined
	FlagPadded = "padded" // the picture is smaller than the window
	FlagScale  = "scale"  // the pixel scale is not that of training
)

// Validate reports what cannot be, for a model of so many bands.
func (r Recipe) Validate(bands int) error {
	if err := r.Stretch.Validate(bands); err != nil {
		return err
	}
	if !slices.Contains([]patch.Filter{patch.Bilinear, patch.Bicubic, patch.Bicubic75}, r.Filter) {
		return fmt.Errorf("no resampling %q", r.Filter)
	}
	const most = 1 << 16
	for name, n := range map[string]int{"window": r.Window, "shortest edge": r.Shortest, "height": r.Size[0] - 1, "width": r.Size[1] - 1} {
		if n < 0 || n > most {
			return fmt.Errorf("the %s of the input is out of range", name)
		}
	}
	if r.Shortest > 0 && r.Shortest < max(r.Size[0], r.Size[1]) {
		return fmt.Errorf("the shortest edge %d is less than the input of %d x %d pixels", r.Shortest, r.Size[1], r.Size[0])
	}
	if r.Bands != nil && len(r.Bands) != bands {
		return fmt.Errorf("%d bands are named, the model has %d", len(r.Bands), bands)
	}
	if r.Mean != nil && len(r.Mean) != bands || len(r.Mean) != len(r.Std) {
		return fmt.Errorf("mean and std have %d and %d values for %d bands", len(r.Mean), len(r.Std), bands)
	}
	for _, v := range slices.Concat(r.Mean, r.Std, []float64{r.Rescale, r.PixelScale, r.Photo}) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%g is not a number to normalise pixels with", v)
		}
	}
	if slices.Contains(r.Std, 0) {
		return fmt.Errorf("a std of 0 cannot be divided by")
	}
	return nil
}

// Scanned is the side in a tile's own pixels of the square that the model sees.
func (r Recipe) Scanned() int {
	if r.Window > 0 {
		return r.Window
	}
	return r.Size[0]
}

// Prepare makes the model's input [C, Size] of a picture [C, H, W], and says
// what there is to say about it. Photo tells that it comes from a JPEG, PNG or
// TIFF file. The picture is left as it is.
func (r Recipe) Prepare(im patch.Image, photo bool) (patch.Image, []string, error) {
	framed, flags, err := r.Frame(im, photo)
	if err != nil {
		return patch.Image{}, nil, err
	}
	r.Finish(framed)
	return framed, flags, nil
}

// Frame is the first half of Prepare: cut, fill and resize.
func (r Recipe) Frame(im patch.Image, photo bool) (patch.Image, []string, error) {
	var flags []string
	cut, padded := r.cut(im)
	if photo && r.Photo != 0 {
		for i := range cut.Pixels {
			cut.Pixels[i] *= float32(r.Photo)
		}
	}
	if padded {
		flags = append(flags, FlagPadded)
	}
	given, total := defined(im), len(im.Pixels)
	if given == 0 {
		flags = append(flags, FlagEmpty)
	} else if given < total {
		flags = append(flags, FlagNaN)
	}
	if _, err := r.Stretch.Fill(cut); err != nil {
		return patch.Image{}, nil, fmt.Errorf("%d of %d pixels: %w", total-given, total, err)
	}
	height, width := r.Size[0], r.Size[1]
	if r.Shortest > 0 {
		scale := float64(r.Shortest) / float64(min(cut.Shape[1], cut.Shape[2]))
		height = max(r.Size[0], int(math.Round(scale*float64(cut.Shape[1]))))
		width = max(r.Size[1], int(math.Round(scale*float64(cut.Shape[2]))))
	}
	if height != cut.Shape[1] || width != cut.Shape[2] {
		cut = patch.Resize(cut, height, width, r.Filter, true)
	}
	if r.Shortest > 0 {
		cut = cut.CenterCrop(r.Size[0], r.Size[1], 0)
	}
	return cut, flags, nil
}

// Finish is the second half of Prepare, in place: stretch and normalise.
func (r Recipe) Finish(im patch.Image) {
	r.Stretch.Apply(im)
	r.Normalise(im)
}

// Normalise makes stretched values v, in place, (v·Rescale - Mean)/Std.
func (r Recipe) Normalise(im patch.Image) {
	for c := range im.Bands() {
		scale, shift := r.Rescale, 0.0
		if r.Mean != nil {
			scale, shift = r.Rescale/r.Std[c], r.Mean[c]/r.Std[c]
		}
		if scale == 1 && shift == 0 {
			continue
		}
		band := im.Band(c)
		for i, v := range band {
			band[i] = float32(float64(v)*scale - shift)
		}
	}
}

// cut takes the window, a copy; outside of the picture it is undefined.
func (r Recipe) cut(im patch.Image) (cut patch.Image, padded bool) {
	height, width := im.Shape[1], im.Shape[2]
	nan := float32(math.NaN())
	switch {
	case r.Window > 0:
		return im.CenterCrop(r.Window, r.Window, nan), height < r.Window || width < r.Window
	case r.Shortest > 0:
		return im.CenterCrop(height, width, nan), false
	case height*r.Size[1] > width*r.Size[0]:
		return im.CenterCrop(max(1, width*r.Size[0]/r.Size[1]), width, nan), false
	}
	return im.CenterCrop(height, max(1, height*r.Size[1]/r.Size[0]), nan), false
}

func defined(im patch.Image) int {
	n := 0
	for _, v := range im.Pixels {
		if v-v == 0 {
			n++
		}
	}
	return n
}
