package train

import (
	"slices"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit"
)

// scratch is the --init of random weights.
const scratch = "none"

// starter is the built-in model whose weights few labels start from: it has learned from galaxies what they
// are too few to teach.
const starter = "morphology"

// shaped tells whether the user has a say in the model's shape, which is that of the weights that it starts from.
func shaped(explicit map[string]bool) bool {
	return explicit["image-size"] || slices.ContainsFunc(fromInit, func(name string) bool { return explicit[name] })
}

// origin says what weights training starts from.
func (s Settings) origin() string {
	if s.Init == scratch {
		return "random weights"
	}
	return "weights of " + s.Init + " (--init none: random ones)"
}

// fromInit are the settings that --init decides.
var fromInit = []string{"preset", "patch-size", "dim", "depth", "heads", "stem", "pool", "positions", "post-norm"}

// fineTuned is the model of --init with a fresh head.
func (o Options) fineTuned(s Settings, bands, outputs int) (*vit.Model, error) {
	for _, name := range fromInit {
		if o.Explicit[name] {
			return nil, cli.Usagef("--%s cannot be changed: it comes from --init %s", name, s.Init)
		}
	}
	var shape []int
	if s.ImageSize > 0 {
		shape = []int{s.ImageSize, s.ImageSize}
	}
	dir, _ := builtin.Open(s.Init)
	if o.Explicit["init"] {
		var err error
		if dir, err = builtin.Find("init", s.Init); err != nil {
			return nil, err
		}
	}
	return modeldir.FineTune(dir, s.Init, bands, shape, outputs)
}
