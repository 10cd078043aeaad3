package modeldir

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// timmConfig is the config.json that timm writes. Width, depth and patch size
// are not in it: they follow from the tensors.
type timmConfig struct {
	Architecture string `json:"architecture"`
	GlobalPool   string `json:"global_pool"`
	ModelArgs    struct {
		Heads   int   `json:"num_heads"`
		ImgSize sides `json:"img_size"`
	} `json:"model_args"`
	LabelNames []string `json:"label_names"`
	Pretrained struct {
		InputSize     []int     `json:"input_size"` // [C, H, W]
		Mean          []float64 `json:"mean"`
		Std           []float64 `json:"std"`
		CropPct       float64   `json:"crop_pct"`
		Interpolation string    `json:"interpolation"`
		LabelNames    []string  `json:"label_names"`
	} `json:"pretrained_cfg"`
}

// timmHeads are the attention heads of timm's plain ViTs by the size in the
// architecture's name (timm/models/vision_transformer.py).
var timmHeads = map[string]int{"tiny": 3, "small": 6, "base": 12, "large": 16, "huge": 16}

var timmSize = regexp.MustCompile(`^(?:vit|deit)_([a-z]+)_patch`)

// decodeTimm reads timm's config.json; shapes has the tensors' shapes by
// timm's names.
func decodeTimm(data []byte, shapes map[string][]int) (description, error) {
	var t timmConfig
	if err := json.Unmarshal(data, &t); err != nil {
		return description{}, err
	}
	heads := t.ModelArgs.Heads
	if heads == 0 {
		if m := timmSize.FindStringSubmatch(t.Architecture); m != nil {
			heads = timmHeads[m[1]]
		}
	}
	if heads == 0 {
		return description{}, fmt.Errorf("the number of attention heads of architecture %q is not known: add \"num_heads\" to \"model_args\"", t.Architecture)
	}
	kernel, fc1 := shapes["patch_embed.proj.weight"], shapes["blocks.0.mlp.fc1.weight"]
	if len(kernel) < 3 || len(fc1) != 2 {
		return description{}, fmt.Errorf("tensors patch_embed.proj.weight and blocks.0.mlp.fc1.weight must be there with 4 and 2 axes, not %v and %v", kernel, fc1)
	}
	depth := 0
	for shapes[fmt.Sprintf("blocks.%d.norm1.weight", depth)] != nil {
		depth++
	}
	shape := []int(t.ModelArgs.ImgSize)
	if shape == nil && len(t.Pretrained.InputSize) == 3 {
		shape = t.Pretrained.InputSize[1:]
	}
	if shape == nil {
		return description{}, fmt.Errorf("the image size is not known: there is neither pretrained_cfg.input_size nor model_args.img_size")
	}
	_, classToken := shapes["cls_token"]
	_, qkvBias := shapes["blocks.0.attn.qkv.bias"]
	d := description{
		task: catalog.Classify,
		config: vit.Config{
			Stem: vit.PatchStem,
			Grid: patch.Grid{Channels: kernel[1], Shape: shape, Patch: kernel[2:]},
			Dim:  kernel[0], Depth: depth, Heads: heads, Hidden: fc1[0],
			ClassToken: classToken, Pool: vit.PoolClass, Positions: vit.Learned, QKVBias: qkvBias,
			Eps: 1e-6, // timm's, not in any file
		},
	}
	switch t.GlobalPool {
	case "", "token":
	case "avg":
		d.config.Pool = vit.PoolMean
	default:
		return description{}, fmt.Errorf("global_pool is %q; astrovit reads \"token\" and \"avg\"", t.GlobalPool)
	}
	if head := shapes["head.weight"]; len(head) == 2 {
		d.config.Classes = head[0]
	} else {
		d.task = ""
	}
	for _, names := range [][]string{t.LabelNames, t.Pretrained.LabelNames} {
		if len(names) > 0 && len(names) == d.config.Classes {
			d.labels = distinct(names)
		}
	}
	return d, nil
}

// timmResize is the shortest edge that timm resizes to before the centre crop.
func (t timmConfig) timmResize(side int) int {
	if t.Pretrained.CropPct <= 0 || t.Pretrained.CropPct > 1 {
		return 0
	}
	return int(math.Floor(float64(side) / t.Pretrained.CropPct))
}

// timmNames are the parts of timm's names beside Hugging Face's.
var timmNames = strings.NewReplacer(
	"vit.embeddings.cls_token", "cls_token",
	"vit.embeddings.position_embeddings", "pos_embed",
	"vit.embeddings.patch_embeddings.projection", "patch_embed.proj",
	"vit.encoder.layer.", "blocks.",
	"layernorm_before", "norm1",
	"layernorm_after", "norm2",
	"attention.output.dense", "attn.proj",
	"intermediate.dense", "mlp.fc1",
	"output.dense", "mlp.fc2",
	"classifier", "head",
)

// timmName is timm's name for the tensor that Hugging Face calls name, and the
// third of it that it is, for a query (0), key (1) or value (2); else part is -1.
func timmName(name string, pool vit.Pool) (timm string, part int) {
	for i, kind := range []string{"query", "key", "value"} {
		if before, after, ok := strings.Cut(name, "attention.attention."+kind); ok {
			return timmNames.Replace(before) + "attn.qkv" + after, i
		}
	}
	if rest, ok := strings.CutPrefix(name, "vit.layernorm"); ok {
		if pool == vit.PoolMean {
			return "fc_norm" + rest, -1
		}
		return "norm" + rest, -1
	}
	return timmNames.Replace(name), -1
}
