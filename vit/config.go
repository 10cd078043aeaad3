package vit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/astrovit/astrovit/patch"
)

// Positions says where a token's position embedding comes from.
type Positions string

const (
	// Learned positions are parameters, one row a token (ViT).
	Learned Positions = "learned"
	// Sinusoidal positions are fixed, over the token's number (Vaswani et al. 2017, section 3.5).
	Sinusoidal Positions = "sinusoidal"
	// SinCos2D positions are fixed, half the width for the column and half for
	// the row, the class token's row zero (MAE, He et al. 2021, arXiv:2111.06377).
	SinCos2D Positions = "sincos2d"
)

// Pool says what of the last block's output the head sees.
type Pool string

const (
	// PoolClass is the class token's row.
	PoolClass Pool = "cls"
	// PoolMean is the mean over the patch tokens, taken before the final
	// LayerNorm (timm's global_pool "avg" with fc_norm).
	PoolMean Pool = "mean"
)

// Config is the shape of a model. Start from a preset ([Presets]) and change it.
type Config struct {
	Grid       patch.Grid // bands, image shape and patch shape, of any dimension
	Dim        int        // D, the width of a token
	Depth      int        // number of encoder blocks
	Heads      int        // H; divides Dim
	Hidden     int        // F, the width inside the MLP
	Classes    int        // N, the number of the head's outputs; 0: no head, features only
	Stem       Stem       // from pixels to the vectors that become tokens
	ClassToken bool       // prepend a learned token
	Pool       Pool
	Positions  Positions
	PostNorm   bool    // LayerNorm after each residual sum and no final one, instead of before each sublayer
	QKVBias    bool    // biases in the query, key and value projections
	Eps        float32 // added to the variance in every LayerNorm
}

// Preset is a named model size.
type Preset struct {
	Name                      string
	Side, Patch               int // pixels
	Dim, Depth, Heads, Hidden int
	Stem                      Stem
	Pool                      Pool
}

// Presets are the sizes that can be named on a command line, the default
// first. Cutout is for 64-pixel cutouts. Hybrid is for few labels: most of it is
// the convolutional stem, and its encoder sees 4 x 4 tokens; hybrid-deep's sees 8 x 8. The others are
// ViT-Ti/16, S/16 and B/16 (Touvron et al. 2021, arXiv:2012.12877, table 1).
var Presets = []Preset{
	{"cutout", 64, 8, 192, 6, 3, 768, PatchStem, PoolClass},
	{"hybrid", 128, 32, 192, 4, 6, 768, ConvStem, PoolMean},
	{"hybrid-deep", 128, 16, 192, 6, 6, 768, ConvStem, PoolMean},
	{"tiny", 224, 16, 192, 12, 3, 768, PatchStem, PoolClass},
	{"small", 224, 16, 384, 12, 6, 1536, PatchStem, PoolClass},
	{"base", 224, 16, 768, 12, 12, 3072, PatchStem, PoolClass},
}

// PresetNamed finds a preset by its name.
func PresetNamed(name string) (Preset, error) {
	for _, p := range Presets {
		if p.Name == name {
			return p, nil
		}
	}
	names := make([]string, len(Presets))
	for i, p := range Presets {
		names[i] = p.Name
	}
	return Preset{}, fmt.Errorf("no preset %q; there are %q", name, names)
}

// Config is the preset as a pre-LN model with a class token and learned positions
// for images of bands x Side x Side and the given number of outputs.
func (p Preset) Config(bands, outputs int) Config {
	return Config{
		Grid:       patch.Grid{Channels: bands, Shape: []int{p.Side, p.Side}, Patch: []int{p.Patch, p.Patch}},
		Dim:        p.Dim,
		Depth:      p.Depth,
		Heads:      p.Heads,
		Hidden:     p.Hidden,
		Classes:    outputs,
		Stem:       p.Stem,
		ClassToken: true,
		Pool:       p.Pool,
		Positions:  Learned,
		QKVBias:    true,
		Eps:        1e-6,
	}
}

// Tokens is T, the class token included.
func (c Config) Tokens() int { return c.Grid.Patches() + c.prefix() }

// HeadDim is K.
func (c Config) HeadDim() int { return c.Dim / c.Heads }

// prefix is the number of tokens before the patches.
func (c Config) prefix() int {
	if c.ClassToken {
		return 1
	}
	return 0
}

// planar reports whether there is a 2-D sine-cosine table for the positions.
func (c Config) planar() bool { return len(c.Grid.Shape) == 2 && c.Dim%4 == 0 }

// maxSize and maxDepth bound a configuration, which may come from a file, so
// that counting its parameters neither overflows nor takes much memory.
const (
	maxSize  = 1 << 20
	maxDepth = 1000
)

// Validate reports the first setting that cannot be.
func (c Config) Validate() error {
	if err := c.Grid.Validate(); err != nil {
		return err
	}
	if err := c.validateStem(); err != nil {
		return err
	}
	for _, s := range []struct {
		name              string
		value, least, max int
	}{
		{"dim", c.Dim, 1, maxSize}, {"depth", c.Depth, 1, maxDepth}, {"heads", c.Heads, 1, maxSize}, {"hidden", c.Hidden, 1, maxSize},
		{"classes", c.Classes, 0, maxSize}, {"tokens", c.Tokens(), 1, maxSize}, {"patch length", c.vector(), 1, maxSize},
	} {
		if s.value < s.least || s.value > s.max {
			return fmt.Errorf("%s is %d; it must be from %d to %d", s.name, s.value, s.least, s.max)
		}
	}
	if c.Dim%c.Heads != 0 {
		return fmt.Errorf("dim %d is not a multiple of heads %d", c.Dim, c.Heads)
	}
	if !(c.Eps > 0 && c.Eps < 1) {
		return fmt.Errorf("LayerNorm eps is %g; it must be between 0 and 1", c.Eps)
	}
	if !slices.Contains([]Positions{Learned, Sinusoidal, SinCos2D}, c.Positions) {
		return fmt.Errorf("no positions %q; there are %q, %q and %q", c.Positions, Learned, Sinusoidal, SinCos2D)
	}
	if c.Positions == Sinusoidal && c.Dim%2 != 0 {
		return fmt.Errorf("sinusoidal positions need an even dim, not %d", c.Dim)
	}
	if c.Positions == SinCos2D && !c.planar() {
		return fmt.Errorf("sincos2d positions need a 2-D image and a dim divisible by 4; the image is %d-D, dim %d", len(c.Grid.Shape), c.Dim)
	}
	switch c.Pool {
	case PoolClass:
		if !c.ClassToken {
			return errors.New("pool cls needs a class token")
		}
	case PoolMean:
	default:
		return fmt.Errorf("no pool %q; there are %q and %q", c.Pool, PoolClass, PoolMean)
	}
	return nil
}

// validateStem needs a valid grid.
func (c Config) validateStem() error {
	if !slices.Contains(Stems, c.Stem) {
		return fmt.Errorf("no stem %q; there are %q", c.Stem, Stems)
	}
	if c.Stem == PatchStem {
		return nil
	}
	if len(c.Grid.Shape) != 2 {
		return fmt.Errorf("the stem %q needs a 2-D image; this one is %d-D", c.Stem, len(c.Grid.Shape))
	}
	if c.Stem != ConvStem {
		return nil
	}
	side := c.Grid.Patch[0]
	if side != c.Grid.Patch[1] || side < 2 || side&(side-1) != 0 {
		return fmt.Errorf("the stem %q needs square patches with a power of two as their side; they are %v", c.Stem, c.Grid.Patch)
	}
	if c.Dim < side || 2*c.Dim%side != 0 {
		return fmt.Errorf("the stem %q needs, for patches of %d pixels, a dim from %d on that %d divides, not %d", c.Stem, side, side, side/2, c.Dim)
	}
	return nil
}
