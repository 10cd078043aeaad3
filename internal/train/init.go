package train

import (
	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/vit"
)

// scratch is the --init of random weights.
const scratch = "none"

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
	dir, err := builtin.Find("init", s.Init)
	if err != nil {
		return nil, err
	}
	return modeldir.FineTune(dir, s.Init, bands, shape, outputs)
}
