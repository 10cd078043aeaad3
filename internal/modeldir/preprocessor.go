package modeldir

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// hfPreprocessor is preprocessor_config.json with the keys of transformers'
// ViTImageProcessor.
type hfPreprocessor struct {
	Type       string     `json:"image_processor_type,omitempty"`
	DoResize   *bool      `json:"do_resize,omitempty"`
	Size       *hfSize    `json:"size,omitempty"`
	Resample   *int       `json:"resample,omitempty"`
	DoCrop     *bool      `json:"do_center_crop,omitempty"`
	CropSize   *hfSize    `json:"crop_size,omitempty"`
	DoRescale  *bool      `json:"do_rescale,omitempty"`
	Rescale    *float64   `json:"rescale_factor,omitempty"`
	DoNorm     *bool      `json:"do_normalize,omitempty"`
	Mean       []float64  `json:"image_mean,omitempty"`
	Std        []float64  `json:"image_std,omitempty"`
	Astronomer *astronomy `json:"astrovit,omitempty"`
}

// astronomy is what Hugging Face's keys cannot say.
type astronomy struct {
	Bands       []string              `json:"bands,omitempty"`
	Window      int                   `json:"window"`
	PixelScale  float64               `json:"pixel_scale_arcsec,omitempty"`
	Petrosian   float64               `json:"window_petrosian_radii,omitempty"`
	RGB         string                `json:"rgb,omitempty"`
	Distort     bool                  `json:"distort,omitempty"`
	Shortest    int                   `json:"shortest_edge,omitempty"`
	Photo       float64               `json:"photo_factor,omitempty"`
	Samples     int                   `json:"samples,omitempty"`
	Stretch     patch.Stretch         `json:"stretch"`
	Calibration calibrate.Calibration `json:"calibration,omitzero"`
}

// hfSize is a size as a number, {"height", "width"} or {"shortest_edge"}.
type hfSize struct {
	Height   int `json:"height,omitempty"`
	Width    int `json:"width,omitempty"`
	Shortest int `json:"shortest_edge,omitempty"`
}

func (s *hfSize) UnmarshalJSON(data []byte) error {
	var side int
	if json.Unmarshal(data, &side) == nil {
		*s = hfSize{Height: side, Width: side}
		return nil
	}
	type plain hfSize
	return json.Unmarshal(data, (*plain)(s))
}

// Pillow's numbers for filters, which Hugging Face uses.
var resample = map[patch.Filter]int{patch.Bilinear: 2, patch.Bicubic: 3}

// encodePreprocessor is the recipe and the calibration as preprocessor_config.json.
func encodePreprocessor(r prepare.Recipe, c calibrate.Calibration) ([]byte, error) {
	yes, no, number := true, false, resample[r.Filter]
	hf := hfPreprocessor{
		Type:      "ViTImageProcessor",
		DoResize:  &yes,
		Size:      &hfSize{Height: r.Size[0], Width: r.Size[1]},
		Resample:  &number,
		DoRescale: &no, Rescale: &r.Rescale,
		DoNorm: &no, Mean: r.Mean, Std: r.Std,
		Astronomer: &astronomy{Bands: r.Bands, Window: r.Window, PixelScale: r.PixelScale, Petrosian: r.Petrosian, RGB: r.RGB,
			Distort: r.Distort, Shortest: r.Shortest, Photo: r.Photo, Samples: r.Samples, Stretch: r.Stretch, Calibration: c},
	}
	if r.Rescale != 1 {
		hf.DoRescale = &yes
	}
	if r.Mean != nil {
		hf.DoNorm = &yes
	}
	return json.MarshalIndent(hf, "", "  ")
}

// decodePreprocessor reads preprocessor_config.json for inputs of size and of so
// many bands. Without an astrovit object, pixels are used as they stand after
// do_rescale and do_normalize, which are off if absent; what is on has
// transformers' defaults, and pictures are resized to size whatever their aspect.
func decodePreprocessor(data []byte, size [2]int, bands int) (r prepare.Recipe, c calibrate.Calibration, err error) {
	var hf hfPreprocessor
	if err := json.Unmarshal(data, &hf); err != nil {
		return r, c, err
	}
	r = plainRecipe(size)
	if hf.Resample != nil {
		r.Filter = ""
		for filter, number := range resample {
			if number == *hf.Resample {
				r.Filter = filter
			}
		}
		if r.Filter == "" {
			return r, c, fmt.Errorf("resample is %d; astrovit has 2 (bilinear) and 3 (bicubic)", *hf.Resample)
		}
	}
	if is(hf.DoRescale) {
		r.Rescale, r.Photo = 1.0/255, 0
		if hf.Rescale != nil {
			r.Rescale = *hf.Rescale
		}
	}
	if is(hf.DoNorm) {
		r.Mean, r.Std = hf.Mean, hf.Std
		if r.Mean == nil {
			r.Mean = slices.Repeat([]float64{0.5}, bands)
		}
		if r.Std == nil {
			r.Std = slices.Repeat([]float64{0.5}, bands)
		}
	}
	if a := hf.Astronomer; a != nil {
		r.Bands, r.Window, r.PixelScale, r.Distort, r.Shortest, r.Photo, r.Stretch = a.Bands, a.Window, a.PixelScale, a.Distort, a.Shortest, a.Photo, a.Stretch
		r.Petrosian, r.RGB, r.Samples = a.Petrosian, a.RGB, a.Samples
		return r, a.Calibration, nil
	}
	if crop := hf.CropSize; is(hf.DoCrop) && crop != nil && [2]int{crop.Height, crop.Width} != size {
		return r, c, fmt.Errorf("do_center_crop is true with a crop_size of %d x %d; the model's images are %d x %d", crop.Height, crop.Width, size[0], size[1])
	}
	resize := hf.DoResize == nil || *hf.DoResize
	if resize && is(hf.DoCrop) && hf.Size != nil {
		r.Shortest = hf.Size.Shortest
		if r.Shortest == 0 {
			r.Shortest = min(hf.Size.Height, hf.Size.Width)
		}
	}
	r.Distort = resize && r.Shortest == 0
	if !resize {
		if size[0] != size[1] {
			return r, c, fmt.Errorf("do_resize is false, which needs a square input, not %v", size)
		}
		r.Window = size[0]
	}
	return r, c, nil
}

// plainRecipe takes pixels as they stand. Pictures of 8 bits, which Hugging
// Face and timm have always scaled to 0..1 before anything else, are scaled.
func plainRecipe(size [2]int) prepare.Recipe {
	return prepare.Recipe{
		Size: size, Filter: patch.Bilinear, Rescale: 1, Photo: 1.0 / 255,
		Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Zero},
	}
}

// timmRecipe is the preprocessing in timm's config.json.
func timmRecipe(data []byte, size [2]int, bands int) (prepare.Recipe, error) {
	var t timmConfig
	if err := json.Unmarshal(data, &t); err != nil {
		return prepare.Recipe{}, err
	}
	r := plainRecipe(size)
	r.Mean, r.Std = t.Pretrained.Mean, t.Pretrained.Std
	switch t.Pretrained.Interpolation {
	case "", "bicubic":
		r.Filter = patch.Bicubic
	case "bilinear":
	default:
		return prepare.Recipe{}, fmt.Errorf("pretrained_cfg.interpolation is %q; astrovit has \"bicubic\" and \"bilinear\"", t.Pretrained.Interpolation)
	}
	if t.Pretrained.CropPct < 1 {
		r.Shortest = t.timmResize(min(size[0], size[1]))
	}
	if len(r.Mean) == 1 && bands > 1 {
		r.Mean, r.Std = slices.Repeat(r.Mean, bands), slices.Repeat(r.Std, bands)
	}
	return r, nil
}

func is(b *bool) bool { return b != nil && *b }
