package train

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/patch"
)

// Settings are what a recipe decides and a user may override. The tags are the
// flags' names, which are the keys of a --config file and of run.toml too.
type Settings struct {
	Init       string  `flag:"init" help:"weights to start from, with a fresh head: a model directory, a built-in model (vit-infer models), or none"`
	Preset     string  `flag:"preset" help:"model: cutout, hybrid (convolutions first, for few labels), hybrid-deep (for many), tiny, small or base"`
	ImageSize  int     `flag:"image-size" help:"side of the model's input in pixels (0: the preset's; hybrids' is 128, or 64 for pictures of less than 96)"`
	PatchSize  int     `flag:"patch-size" help:"side of a patch in pixels (0: the preset's, halved with the input)"`
	Dim        int     `flag:"dim" help:"width of a token (0: the preset's); the MLP is 4 times as wide"`
	Depth      int     `flag:"depth" help:"number of encoder blocks (0: the preset's)"`
	Heads      int     `flag:"heads" help:"number of attention heads (0: the preset's)"`
	Window     int     `flag:"window" help:"side of the square around an image's centre that the model sees, in the image's own pixels (0: all of it or, of images larger than the model's input, what shows the objects)"`
	Petrosian  float64 `flag:"petrosian-pixel" help:"side of an image's pixel in Petrosian radii of its object, where that is the same in all images; FITS tiles are scaled to it (0: it is not)"`
	RGB        string  `flag:"rgb" help:"sdss: FITS images in i, r and g, in nanomaggies, become pictures in the colours of SDSS's JPEGs; a model of these can see such images, too, as mirror images: their first row is at the bottom"`
	Stem       string  `flag:"stem" help:"from pixels to tokens: patch (ViT), conv (3x3 convolutions) or shifted (patches with their neighbours); empty: the preset's"`
	Pool       string  `flag:"pool" help:"what the head sees: cls (class token) or mean (of the patches); empty: the preset's"`
	Positions  string  `flag:"positions" help:"position embeddings: learned, sinusoidal or sincos2d"`
	PostNorm   bool    `flag:"post-norm" help:"LayerNorm after each residual sum (Vaswani et al. 2017) instead of before"`
	Stretch    string  `flag:"stretch" help:"how pixels are scaled: auto, asinh, snr, linear, log, zscale, percentile, lupton or none"`
	NaN        string  `flag:"nan" help:"undefined pixels become background or zero, or the image is refused (reject)"`
	Epochs     int     `flag:"epochs" help:"passes over the training set"`
	Batch      int     `flag:"batch" help:"images a batch"`
	Accumulate int     `flag:"accumulate" help:"batches a step, which is the one that a batch of all their images would make, in the memory of one batch"`
	Repeat     int     `flag:"repeat" help:"times that an image is in a batch, each time varied differently (an epoch is as long as ever, and so sees one image in so many)"`
	LR         float64 `flag:"lr" help:"peak learning rate"`
	MinLR      float64 `flag:"min-lr" help:"learning rate at the end of the cosine"`
	Warmup     float64 `flag:"warmup" help:"epochs of linear warm-up (unless you say so, not more than half of all)"`
	Decay      float64 `flag:"weight-decay" help:"AdamW's weight decay, on matrices only"`
	LayerDecay float64 `flag:"layer-decay" help:"learning rate of a block in units of the next one's; below 1 for fine-tuning"`
	EMA        float64 `flag:"ema" help:"decay of the moving average of the weights that is validated and saved, a step (0: the weights themselves)"`
	Clip       float64 `flag:"clip" help:"largest gradient norm (0: any)"`
	DropPath   float64 `flag:"drop-path" help:"rate at which an image skips a branch of the last block (stochastic depth); grows linearly from 0 in the first"`
	Smoothing  float64 `flag:"label-smoothing" help:"share of the label spread over all classes (classify)"`
	Focal      float64 `flag:"focal" help:"gamma of the focal loss, which makes little of what is right already (0: cross-entropy; classify and multilabel)"`
	Weighted   bool    `flag:"class-weights" help:"weigh classes by the inverse of their frequency (classify; probabilities are corrected back to it)"`
	Balanced   bool    `flag:"balanced-sampling" help:"draw all classes equally often, images of rare ones repeatedly, in an epoch as long as ever (classify; probabilities are corrected back)"`
	Flip       bool    `flag:"flip" help:"augment by flips"`
	Rotate     string  `flag:"rotate" help:"augment by turns: none, quarter or any (angle, interpolated)"`
	Shift      int     `flag:"shift" help:"augment by shifts of up to this many pixels of the model's input"`
	Zoom       float64 `flag:"zoom" help:"augment by zooms of up to this much in and out: 0.1 is from 1/1.1 to 1.1 (interpolated)"`
	Exact      float64 `flag:"exact" help:"share of the training images that neither an angle nor a zoom interpolates: they are turned by quarters"`
	Blur       float64 `flag:"blur" help:"augment by a Gaussian blur of the stretched image, with a sigma of up to this many pixels of the model's input"`
	Noise      float64 `flag:"noise" help:"augment by Gaussian noise of up to this many standard deviations of all pixels"`
	Erase      float64 `flag:"erase" help:"probability that a rectangle of 2 to 40 % of an image is set to the mean"`
	Mixup      float64 `flag:"mixup" help:"probability that an image becomes a weighted mean of two, its target too (classify and multilabel)"`
	Cutmix     float64 `flag:"cutmix" help:"probability that a rectangle of an image comes from another, its part of the target too (classify and multilabel)"`
	Samples    int     `flag:"samples" help:"turns and flips of each image whose outputs' mean the finished model says (1: the image alone; its predictions take as many times as long)"`
	InOrder    bool    `flag:"deterministic" help:"the same weights, bit for bit, for any number of processes that train together; slower"`
	Patience   int     `flag:"patience" help:"stop after this many epochs, of which those of the warm-up do not count, without a better validation loss, and keep the epoch with the best (0: keep the last one)"`
}

// common are the settings that all recipes share; each recipe is for about so
// many labels.
var common = Settings{
	Init: scratch, Preset: "hybrid", Positions: "learned", Stretch: "auto", NaN: "background",
	Accumulate: 1, Repeat: 1, Samples: 4, LR: 7e-4, MinLR: 1e-6, Decay: 0.05, LayerDecay: 1, Clip: 1, Smoothing: 0.05, DropPath: 0.1,
	Flip: true, Rotate: string(patch.AnyAngle), Shift: 4, Zoom: 0.1, Exact: 0.5,
}

// Recipes are named training settings.
var recipes = map[string]func() Settings{
	"1k": func() Settings {
		s := common
		s.Init, s.Epochs, s.Warmup, s.Batch, s.EMA, s.Samples = starter, 150, 10, 16, 0.99, 8
		return s
	},
	"10k": func() Settings {
		s := common
		s.Epochs, s.Warmup, s.Batch, s.EMA = 40, 4, 32, 0.998
		return s
	},
	"100k": func() Settings {
		s := common
		s.Preset, s.Epochs, s.Warmup, s.Batch, s.EMA = "hybrid-deep", 20, 1, 128, 0.999
		return s
	},
}

// fewest is how many labels, counted again in each epoch and those for validation with them, a recipe trains on at least: fewer
// get more epochs, up to mostEpochs.
var fewest = map[string]int{"1k": 30_000, "10k": 400_000}

const mostEpochs = 1000

// RecipeNames lists the recipes, auto first.
var RecipeNames = []string{"auto", "1k", "10k", "100k"}

// RecipeHelp says in what the recipes differ, as flags, for the help.
func RecipeHelp() string {
	base := reflect.ValueOf(recipes[RecipeNames[1]]())
	more := func(name string) string {
		if fewest[name] == 0 {
			return "."
		}
		return fmt.Sprintf("; for fewer than %d labels as many epochs as they go into %d, up to %d.", fewest[name]/recipes[name]().Epochs, fewest[name], mostEpochs)
	}
	first := RecipeNames[1]
	text := fmt.Sprintf("Recipe auto is 1k below %d labels, 10k below %d, else 100k; labels are those to train and to validate on.\n", few, many) +
		fmt.Sprintf("The defaults printed from --init on are those of --recipe %s%s\n", first, more(first)) +
		fmt.Sprintf("It starts from %s where no flag shapes the model, else from random weights.", starter)
	for _, name := range RecipeNames[2:] {
		text += "\nRecipe " + name + " has"
		v := reflect.ValueOf(recipes[name]())
		for i := range v.NumField() {
			if !v.Field(i).Equal(base.Field(i)) {
				text += fmt.Sprintf(" --%s %v", v.Type().Field(i).Tag.Get("flag"), v.Field(i).Interface())
			}
		}
		text += more(name)
	}
	return text
}

// few labels are recipe 1k's, many are 100k's.
const few, many = 3000, 30_000

// autoRecipe is the recipe for a number of labels.
func autoRecipe(labels int) string {
	switch {
	case labels < few:
		return "1k"
	case labels < many:
		return "10k"
	}
	return "100k"
}

// Register adds a flag for every setting to flags. The defaults printed are
// those of recipe 1k.
func (s *Settings) Register(flags *pflag.FlagSet) {
	*s = recipes["1k"]()
	register(flags, s, func(string) bool { return true })
}

// register adds a flag for those fields of a struct of settings that are wanted.
func register(flags *pflag.FlagSet, settings any, wanted func(name string) bool) {
	v := reflect.ValueOf(settings).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name, help := tag.Get("flag"), tag.Get("help")
		if !wanted(name) {
			continue
		}
		switch p := v.Field(i).Addr().Interface().(type) {
		case *string:
			flags.StringVar(p, name, *p, help)
		case *int:
			flags.IntVar(p, name, *p, help)
		case *float64:
			flags.Float64Var(p, name, *p, help)
		case *bool:
			flags.BoolVar(p, name, *p, help)
		}
	}
}

// withRecipe is the named recipe's settings for so many labels, overridden by those
// of s whose names are in explicit.
func (s Settings) withRecipe(name string, labels int, explicit map[string]bool) (Settings, error) {
	recipe, ok := recipes[name]
	if !ok {
		return Settings{}, fmt.Errorf("no recipe %q; there are %q", name, RecipeNames)
	}
	merged := recipe()
	if labels > 0 {
		merged.Epochs = max(merged.Epochs, min(fewest[name]/labels, mostEpochs))
	}
	to, from := reflect.ValueOf(&merged).Elem(), reflect.ValueOf(s)
	for i := range to.NumField() {
		if explicit[to.Type().Field(i).Tag.Get("flag")] {
			to.Field(i).Set(from.Field(i))
		}
	}
	merged = merged.inTime(explicit)
	if !explicit["init"] && shaped(explicit) {
		merged.Init = scratch
	}
	if !explicit["samples"] && !(merged.Flip && merged.Rotate != string(patch.NoTurn)) {
		merged.Samples = 1 // training does not show the others
	}
	return merged, merged.validate()
}

// inTime ends a warm-up that the user has not asked for in the first half of the training.
func (s Settings) inTime(explicit map[string]bool) Settings {
	if !explicit["warmup"] {
		s.Warmup = min(s.Warmup, float64(s.Epochs)/2)
	}
	return s
}

var rotations = []patch.Rotation{patch.NoTurn, patch.QuarterTurns, patch.AnyAngle}

func (s Settings) validate() error {
	for _, c := range []struct {
		ok   bool
		name string
		want string
	}{
		{s.Epochs >= 1, "epochs", "at least 1"},
		{s.Batch >= 1, "batch", "at least 1"},
		{s.Accumulate >= 1, "accumulate", "at least 1"},
		{s.Repeat >= 1 && s.Repeat <= s.Batch, "repeat", "from 1 to batch"},
		{s.ImageSize >= 0, "image-size", "0 or more"},
		{s.PatchSize >= 0, "patch-size", "0 or more"},
		{s.Dim >= 0, "dim", "0 or more"},
		{s.Depth >= 0, "depth", "0 or more"},
		{s.Heads >= 0, "heads", "0 or more"},
		{s.Window >= 0, "window", "0 or more"},
		{s.Petrosian >= 0 && s.Petrosian <= 10, "petrosian-pixel", "from 0 to 10"},
		{s.RGB == "" || s.RGB == prepare.SDSS, "rgb", "empty or " + prepare.SDSS},
		{s.LR > 0, "lr", "more than 0"},
		{s.MinLR >= 0 && s.MinLR <= s.LR, "min-lr", "from 0 to lr"},
		{s.Warmup >= 0, "warmup", "0 or more"},
		{s.Decay >= 0, "weight-decay", "0 or more"},
		{s.LayerDecay > 0 && s.LayerDecay <= 1, "layer-decay", "more than 0, at most 1"},
		{s.EMA >= 0 && s.EMA < 1, "ema", "from 0 to below 1"},
		{s.Clip >= 0, "clip", "0 or more"},
		{s.DropPath >= 0 && s.DropPath < 1, "drop-path", "from 0 to below 1"},
		{s.Smoothing >= 0 && s.Smoothing < 1, "label-smoothing", "from 0 to below 1"},
		{s.Focal >= 0 && s.Focal <= 100, "focal", "from 0 to 100"},
		{!(s.Weighted && s.Balanced), "balanced-sampling", "without --class-weights: either makes all classes count alike"},
		{slices.Contains(rotations, patch.Rotation(s.Rotate)), "rotate", "none, quarter or any"},
		{s.Shift >= 0 && s.Shift <= 1000, "shift", "from 0 to 1000"},
		{s.Zoom >= 0 && s.Zoom <= 1, "zoom", "from 0 to 1"},
		{s.Exact >= 0 && s.Exact <= 1, "exact", "from 0 to 1"},
		{s.Blur >= 0 && s.Blur <= 100, "blur", "from 0 to 100"},
		{s.Noise >= 0 && s.Noise <= 100, "noise", "from 0 to 100"},
		{s.Erase >= 0 && s.Erase <= 1, "erase", "from 0 to 1"},
		{s.Mixup >= 0 && s.Mixup <= 1, "mixup", "from 0 to 1"},
		{s.Cutmix >= 0 && s.Mixup+s.Cutmix <= 1, "cutmix", "from 0 to 1, and with mixup at most 1"},
		{s.Mixup+s.Cutmix == 0 || s.Batch > 1, "batch", "2 or more with --mixup or --cutmix, which mix the images of a batch"},
		{s.Samples >= 1 && s.Samples <= 8, "samples", "from 1 to 8"},
		{s.Patience >= 0, "patience", "0 or more"},
	} {
		if !c.ok {
			return fmt.Errorf("--%s must be %s", c.name, c.want)
		}
	}
	return nil
}

// differences lists the settings that two structs of them do not share, as
// "epochs 10, not 20".
func differences(s, other any) []string {
	var list []string
	a, b := reflect.ValueOf(s), reflect.ValueOf(other)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); x != y {
			list = append(list, fmt.Sprintf("%s %v, not %v", a.Type().Field(i).Tag.Get("flag"), x, y))
		}
	}
	return list
}

// writeSettings writes run.toml: settings, as toml has them, below what they come from.
func (o Options) writeSettings(settings string) error {
	head := ""
	if o.Origin != "" {
		head = "# " + strings.ReplaceAll(o.Origin, "\n", "\n# ") + "\n\n"
	}
	return whole.WriteBytes(filepath.Join(o.Out, settingsFile), []byte(head+settings))
}

// toml is the wanted settings of a struct of them as a --config file.
func toml(settings any, wanted func(name string) bool) string {
	text := ""
	v := reflect.ValueOf(settings)
	for i := range v.NumField() {
		name, value := v.Type().Field(i).Tag.Get("flag"), fmt.Sprint(v.Field(i).Interface())
		if !wanted(name) {
			continue
		}
		if v.Field(i).Kind() == reflect.String {
			value = strconv.Quote(value)
		}
		text += name + " = " + value + "\n"
	}
	return text
}
