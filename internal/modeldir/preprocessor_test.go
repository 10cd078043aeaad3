package modeldir

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/astrovit/astrovit/internal/calibrate"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// plain is a recipe of 224 x 224 pixels as they stand, but for a change.
func plain(change func(*prepare.Recipe)) prepare.Recipe {
	r := plainRecipe([2]int{224, 224})
	r.Distort = true // as transformers does, unless it crops
	change(&r)
	return r
}

var half = []float64{0.5, 0.5, 0.5}

func TestForeignPreprocessors(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want prepare.Recipe
	}{
		"nothing": {`{}`, plain(func(r *prepare.Recipe) {})},
		// google/vit-base-patch16-224, written before do_rescale was invented.
		"google": {
			`{"do_normalize": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2, "size": 224}`,
			plain(func(r *prepare.Recipe) { r.Mean, r.Std = half, half }),
		},
		// The same as transformers writes it today.
		"new": {
			`{"do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
			  "image_processor_type": "ViTImageProcessor", "resample": 2, "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}}`,
			plain(func(r *prepare.Recipe) { r.Mean, r.Std, r.Rescale, r.Photo = half, half, 0.00392156862745098, 0 }),
		},
		// As DINOv2's, with a crop.
		"shortest edge": {
			`{"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_normalize": true, "do_rescale": true, "do_resize": true,
			  "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": {"shortest_edge": 256}}`,
			plain(func(r *prepare.Recipe) {
				r.Mean, r.Std = []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
				r.Rescale, r.Photo, r.Filter, r.Shortest, r.Distort = 1.0/255, 0, patch.Bicubic, 256, false
			}),
		},
		"old crop":         {`{"do_center_crop": true, "crop_size": 224, "size": 256}`, plain(func(r *prepare.Recipe) { r.Shortest, r.Distort = 256, false })},
		"no resize":        {`{"do_resize": false}`, plain(func(r *prepare.Recipe) { r.Window, r.Distort = 224, false })},
		"default mean":     {`{"do_normalize": true}`, plain(func(r *prepare.Recipe) { r.Mean, r.Std = half, half })},
		"not normalised":   {`{"do_normalize": false, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}`, plain(func(r *prepare.Recipe) {})},
		"absent do_ means": {`{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 0.5}`, plain(func(r *prepare.Recipe) {})},
	} {
		got, _, err := decodePreprocessor([]byte(c.json), [2]int{224, 224}, 3)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
		if err := got.Validate(3); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimmPreprocessing(t *testing.T) {
	for name, c := range map[string]struct {
		json string
		want prepare.Recipe
	}{
		"augreg": {
			`{"pretrained_cfg":{"interpolation":"bicubic","crop_pct":0.9,"mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}}`,
			plain(func(r *prepare.Recipe) { r.Mean, r.Std, r.Filter, r.Shortest = half, half, patch.Bicubic, 248 }),
		},
		"whole": {
			`{"pretrained_cfg":{"interpolation":"bilinear","crop_pct":1.0,"mean":[0.5],"std":[0.5]}}`,
			plain(func(r *prepare.Recipe) { r.Mean, r.Std = half, half }),
		},
		"without": {`{}`, plain(func(r *prepare.Recipe) { r.Filter = patch.Bicubic })},
	} {
		got, err := timmRecipe([]byte(c.json), [2]int{224, 224}, 3)
		c.want.Distort = false // timm crops
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestOurPreprocessorRoundTrip(t *testing.T) {
	long := sky([2]int{48, 64})
	long.Window, long.Shortest = 0, 77
	for name, want := range map[string]prepare.Recipe{
		"sky": sky([2]int{48, 64}), "shortest edge": long,
		"scaled": {Bands: prepare.SDSSBands, Size: [2]int{8, 8}, Petrosian: 6.144, RGB: prepare.SDSS, Filter: patch.Bilinear, Rescale: 1, Samples: 8,
			Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Zero}},
		"bare": {Size: [2]int{8, 8}, Filter: patch.Bilinear, Rescale: 1, Stretch: patch.Stretch{Kind: patch.None, NaN: patch.Reject}},
	} {
		data, err := encodePreprocessor(want, calibrate.Calibration{})
		if err != nil {
			t.Fatal(err)
		}
		got, calibration, err := decodePreprocessor(data, want.Size, 3)
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(calibration, calibrate.Calibration{}) {
			t.Errorf("%s: %+v, %+v, %v; want %+v", name, got, calibration, err, want)
		}
	}
}

func TestHostilePreprocessor(t *testing.T) {
	config, err := description{config: small, labels: []string{"a", "b", "c"}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	tensors := Tensors(model(t, small).Net.Params, "", safetensors.F32)
	const ours = `"astrovit":{"bands":["g","r","z"],"window":9,"stretch":{"kind":"linear","low":[0,0,0],"high":[1,1,1],"nan":"zero"}}`
	read := func(config, preprocessor string) error {
		dir := directory(t, config, tensors)
		dir[preprocessorFile] = &fstest.MapFile{Data: []byte(preprocessor)}
		_, err := Read(dir, "dir")
		return err
	}
	if err := read(string(config), `{`+ours+`}`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ json, want string }{
		{``, "not JSON"},
		{`[]`, "array"},
		{`{"resample":1}`, "resample is 1"},
		{`{"resample":"bicubic"}`, "resample"},
		{`{"size":"large"}`, "size"},
		{`{"do_center_crop":true,"size":{"shortest_edge":-5}}`, "shortest edge"},
		{`{"do_center_crop":true,"size":{"shortest_edge":1000000000}}`, "shortest edge"},
		{`{"do_center_crop":true,"size":2}`, "shortest edge 2"},
		{`{"do_center_crop":true,"size":20,"crop_size":10}`, "crop_size of 10 x 10; the model's images are 8 x 10"},
		{`{"do_resize":false}`, "do_resize"},
		{`{"do_normalize":true,"image_mean":[0.5],"image_std":[0.5]}`, "1 and 1 values for 3 bands"},
		{`{"do_normalize":true,"image_mean":[0,0,0],"image_std":[1,1]}`, "3 and 2 values"},
		{`{"do_normalize":true,"image_mean":[0,0,0],"image_std":[1,0,1]}`, "0 cannot be a std"},
		{`{"do_normalize":true,"image_mean":[0,0,0],"image_std":[1,-1,1]}`, "-1 cannot be a std"},
		{`{"do_normalize":true,"image_mean":[0,0,0],"image_std":[1,1e-320,1]}`, "cannot be a std"},
		{`{"do_normalize":true,"image_mean":[0,1e300,0],"image_std":[1,1,1]}`, "cannot be a mean"},
		{`{"do_normalize":true,"image_mean":[0,1e999,0],"image_std":[1,1,1]}`, "1e999"},
		{`{"do_normalize":true,"image_mean":[0,NaN,0],"image_std":[1,1,1]}`, "not JSON"},
		{`{"do_rescale":true,"rescale_factor":0}`, "rescaling factor"},
		{strings.Replace(`{`+ours+`}`, `"window":9`, `"window":-9`, 1), "window of the input is -9"},
		{strings.Replace(`{`+ours+`}`, `"window":9`, `"window":1000000000`, 1), "window of the input"},
		{strings.Replace(`{`+ours+`}`, `,"z"`, ``, 1), "2 bands are named"},
		{strings.Replace(`{`+ours+`}`, `[1,1,1]`, `[1,1]`, 1), `2 values of "high"`},
		{strings.Replace(`{`+ours+`}`, `[1,1,1]`, `[1,0,1]`, 1), "not above low"},
		{strings.Replace(`{`+ours+`}`, `linear`, `cubic`, 1), `no stretch "cubic"`},
		{strings.Replace(`{`+ours+`}`, `"zero"`, `"guess"`, 1), `no policy "guess"`},
		{`{"astrovit":{}}`, "no stretch"},
		{strings.Replace(`{`+ours+`}`, `"window"`, `"calibration":{"temperature":-1},"window"`, 1), "astrovit.calibration: temperature is -1"},
		{strings.Replace(`{`+ours+`}`, `"window"`, `"calibration":{"prior_shift":[0,1]},"window"`, 1), "prior_shift has 2 numbers; the model has 3"},
		{strings.Replace(`{`+ours+`}`, `"window"`, `"calibration":{"temperature":"hot"},"window"`, 1), "temperature"},
	} {
		if err := read(string(config), c.json); err == nil || !strings.HasPrefix(err.Error(), "dir/"+preprocessorFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.json, err, c.want)
		}
	}
}

// Without a preprocessor_config.json pixels are taken as they stand, but for
// what timm's config says.
func TestNoPreprocessor(t *testing.T) {
	tensors := Tensors(model(t, small).Net.Params, "", safetensors.F32)
	config, err := description{config: small, labels: []string{"a", "b", "c"}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	im := patch.NewImage(3, 8, 10)
	copy(im.Pixels, randoms(len(im.Pixels), 7))
	m, err := Read(directory(t, string(config), tensors), "dir")
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := m.Recipe.Prepare(prepare.Picture{Image: im}); err != nil || !slices.Equal(got.Pixels, im.Pixels) {
		t.Errorf("pixels have changed (%v)", err)
	}
	m, err = Read(directory(t, timmSmall, timmTensors(tensors, vit.PoolClass)), "dir")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := m.Recipe.Prepare(prepare.Picture{Image: im})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range im.Pixels {
		if want := float32((float64(v) - 0.5) / 0.25); got.Pixels[i] != want {
			t.Fatalf("pixel %d is %g, want %g", i, got.Pixels[i], want)
		}
	}
}
