package train

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/vit"
)

// Masking are the settings of pretraining beside those that it shares with training.
type Masking struct {
	Ratio   float64 `flag:"mask-ratio" help:"part of an image's patches that are masked"`
	Dim     int     `flag:"decoder-dim" help:"width of the decoder's tokens (0: half of the encoder's)"`
	Depth   int     `flag:"decoder-depth" help:"number of decoder blocks"`
	Heads   int     `flag:"decoder-heads" help:"number of attention heads of the decoder (0: the encoder's)"`
	Windows int     `flag:"windows" help:"windows that are cut out of tiles in an epoch (0: as many as lie side by side in them)"`
}

// shared are the settings of training that pretraining has too.
var shared = []string{
	"preset", "image-size", "patch-size", "dim", "depth", "heads", "window", "stem", "pool", "positions", "post-norm", "stretch", "nan",
	"epochs", "batch", "accumulate", "lr", "min-lr", "warmup", "weight-decay", "clip", "flip", "rotate", "shift", "zoom", "exact", "blur", "noise", "deterministic", "patience",
}

func isShared(name string) bool { return slices.Contains(shared, name) }

func all(string) bool { return true }

// RegisterPretraining adds a flag for every setting of pretraining, with its default.
func RegisterPretraining(flags *pflag.FlagSet, s *Settings, m *Masking) {
	*s = common
	s.Preset, s.Pool, s.Epochs, s.Batch, s.LR, s.Warmup, s.Smoothing, s.DropPath = "hybrid-deep", string(vit.PoolMean), 200, 64, 1e-3, 10, 0, 0
	*m = Masking{Ratio: 0.75, Depth: 2}
	register(flags, s, isShared)
	register(flags, m, all)
}

// config is the shape of the autoencoder around an encoder.
func (m Masking) config(encoder vit.Config) (vit.AutoencoderConfig, error) {
	c := vit.AutoencoderConfig{Encoder: encoder, Dim: m.Dim, Depth: m.Depth, Heads: m.Heads}
	if c.Dim == 0 {
		c.Dim = encoder.Dim / 2
	}
	if c.Heads == 0 {
		c.Heads = encoder.Heads
	}
	if !(m.Ratio > 0 && m.Ratio < 1) || m.Windows < 0 {
		return c, fmt.Errorf("--mask-ratio must be between 0 and 1, and --windows not negative")
	}
	c.Seen = int(float64(encoder.Grid.Patches()) * (1 - m.Ratio))
	return c, nil
}
