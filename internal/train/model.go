package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// checkPlaces refuses examples at several positions of one image, which would be the same picture: without a window, or a scale
// of each object, a model sees all of it.
func (o Options) checkPlaces(s Settings, parts ...[]example) error {
	if s.Window > 0 || s.Petrosian > 0 {
		return nil
	}
	var objects []catalog.Object
	for _, e := range slices.Concat(parts...) {
		objects = append(objects, e.object)
	}
	if err := catalog.OnePlace(objects); err != nil {
		return cli.Usagef("%s: %v", o.Catalog, err)
	}
	return nil
}

// prepare makes the model, fits the preprocessing and loads the pictures.
func (o Options) prepare(ctx context.Context, data *labelled, s Settings) (*modeldir.Model, *pictures, error) {
	if err := o.checkPlaces(s, data.train, data.val, data.test); err != nil {
		return nil, nil, err
	}
	seen, err := peek(data.train, nil, o.Workers)
	if err != nil {
		return nil, nil, err
	}
	outputs := data.loss(s).Outputs()
	var net *vit.Model
	if s.Init != scratch {
		net, err = o.fineTuned(s, seen.bands, outputs)
	} else {
		net, err = fresh(s.forPictures(seen), o.Seed, seen.bands, outputs)
	}
	if err != nil {
		return nil, nil, err
	}
	seen.fluxes = data.task == catalog.Regress
	p := &pictures{bands: seen.bands}
	size := [2]int(net.Config.Grid.Shape)
	p.recipe, err = fitRecipe(seen, s, data.bands, size, o.Workers)
	if err != nil {
		return nil, nil, err
	}
	o.sayWindow(p.recipe, s, seen)
	if s.Samples > 1 {
		p.recipe.Samples = min(s.Samples, patch.Variants(size[0], size[1]))
	}
	if err := o.agreed(p.load(ctx, data, o)); err != nil {
		return nil, nil, err
	}
	if err := data.taught(); err != nil {
		return nil, nil, fmt.Errorf("%s: of the pictures that can be read, %w", o.Catalog, err)
	}
	return &modeldir.Model{Net: net, Task: data.task, Labels: data.labels, Columns: data.columns, Questions: data.questions, Recipe: p.recipe}, p, nil
}

// sayWindow tells of a window that nobody asked for, or that the images do not fill.
func (o Options) sayWindow(r prepare.Recipe, s Settings, seen look) {
	if w := r.Window; s.Window == 0 && w > 0 && w < seen.side {
		o.Log.Info(fmt.Sprintf("the model sees the middle %d of %d pixels, where the objects are (--window %d: all)", w, seen.side, seen.side), "window", w, "side", seen.side)
	}
	if s.Window > seen.side {
		o.Log.Warn(fmt.Sprintf("images of %d pixels do not fill --window %d: the rest is padding", seen.side, s.Window), "window", s.Window, "side", seen.side)
	}
}

// fresh is a model with random weights.
func fresh(s Settings, seed uint64, bands, outputs int) (*vit.Model, error) {
	cfg, err := s.config(bands, outputs)
	if err != nil {
		return nil, err
	}
	net, err := vit.New(cfg, seed)
	if err != nil {
		return nil, cli.Usagef("--preset %s of --image-size %d, --patch-size %d, --dim %d, --heads %d: %v", s.Preset, cfg.Grid.Shape[0], cfg.Grid.Patch[0], cfg.Dim, cfg.Heads, err)
	}
	return net, nil
}

// config is the shape of a model for so many bands.
func (s Settings) config(bands, outputs int) (vit.Config, error) {
	preset, err := vit.PresetNamed(s.Preset)
	if err != nil {
		return vit.Config{}, cli.Usagef("--preset: %v", err)
	}
	for _, override := range []struct {
		field *int
		value int
	}{
		{&preset.Side, s.ImageSize}, {&preset.Patch, s.PatchSize}, {&preset.Dim, s.Dim},
		{&preset.Depth, s.Depth}, {&preset.Heads, s.Heads}, {&preset.Hidden, 4 * s.Dim},
	} {
		if override.value > 0 {
			*override.field = override.value
		}
	}
	cfg := preset.Config(bands, outputs)
	cfg.Stem, cfg.Pool, cfg.Positions, cfg.PostNorm = vit.Stem(s.Stem), vit.Pool(s.Pool), vit.Positions(s.Positions), s.PostNorm
	return cfg, nil
}

// ofPreset takes from the preset the names that are not given.
func (s Settings) ofPreset() Settings {
	if preset, err := vit.PresetNamed(s.Preset); err == nil {
		s.Stem, s.Pool = cmp.Or(s.Stem, string(preset.Stem)), cmp.Or(s.Pool, string(preset.Pool))
	}
	return s
}

// smallPicture is the side from which on hybrids' input has its full size.
const smallPicture = 96

// forPictures halves a hybrid's input and patches for small pictures, which have nothing to show between their pixels.
func (s Settings) forPictures(seen look) Settings {
	preset, err := vit.PresetNamed(s.Preset)
	if err != nil || preset.Stem != vit.ConvStem || s.ImageSize > 0 || cmp.Or(s.Window, seen.side) >= smallPicture {
		return s
	}
	s.ImageSize, s.PatchSize = preset.Side/2, cmp.Or(s.PatchSize, preset.Patch/2)
	return s
}
