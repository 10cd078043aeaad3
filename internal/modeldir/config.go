package modeldir

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// Hugging Face's names of the tasks that ViTForImageClassification has.
const (
	hfClassify   = "single_label_classification"
	hfMultiLabel = "multi_label_classification"
)

// hfConfig is config.json with the keys of transformers' ViTConfig. A key that
// a file lacks keeps the value that it has there by default.
type hfConfig struct {
	Architectures []string          `json:"architectures,omitempty"`
	ModelType     string            `json:"model_type"`
	HiddenSize    int               `json:"hidden_size"`
	Layers        int               `json:"num_hidden_layers"`
	Heads         int               `json:"num_attention_heads"`
	Intermediate  int               `json:"intermediate_size"`
	Activation    string            `json:"hidden_act"`
	Dropout       float64           `json:"hidden_dropout_prob"`
	AttnDropout   float64           `json:"attention_probs_dropout_prob"`
	InitRange     float64           `json:"initializer_range"`
	Eps           float64           `json:"layer_norm_eps"`
	ImageSize     sides             `json:"image_size"`
	PatchSize     sides             `json:"patch_size"`
	Channels      int               `json:"num_channels"`
	QKVBias       bool              `json:"qkv_bias"`
	EncoderStride int               `json:"encoder_stride"`
	ID2Label      map[string]string `json:"id2label,omitempty"`
	Label2ID      map[string]int    `json:"label2id,omitempty"`
	Problem       string            `json:"problem_type,omitempty"`
	DType         string            `json:"torch_dtype,omitempty"`
	Variant       *variant          `json:"astrovit,omitempty"`
}

// variant is what ViTConfig cannot say. A model that needs it has model_type
// "astrovit", so that Python refuses it instead of loading it wrongly.
type variant struct {
	Task       catalog.Task  `json:"task,omitempty"`
	Stem       vit.Stem      `json:"stem"`
	ClassToken bool          `json:"class_token"`
	Pool       vit.Pool      `json:"pool"`
	Positions  vit.Positions `json:"positions"`
	PostNorm   bool          `json:"post_norm"`
	Columns    []Column      `json:"columns,omitempty"`

	Questions []catalog.Question `json:"questions,omitempty"`
}

// sides is a shape, written as one number where all sides are equal in 2-D.
type sides []int

func (s sides) MarshalJSON() ([]byte, error) {
	if len(s) == 2 && s[0] == s[1] {
		return json.Marshal(s[0])
	}
	return json.Marshal([]int(s))
}

func (s *sides) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var one int
	if err := json.Unmarshal(data, &one); err == nil {
		*s = sides{one, one}
		return nil
	}
	var many []int
	if err := json.Unmarshal(data, &many); err != nil {
		return fmt.Errorf("an image or patch size must be a number or a list of numbers, not %s", data)
	}
	*s = many
	return nil
}

// description is what a config.json says, in Hugging Face's keys or timm's.
type description struct {
	config  vit.Config   // Classes is 0 where the file does not tell
	task    catalog.Task // empty without outputs
	labels  []string     // classes; empty where the file does not tell
	columns []Column

	questions []catalog.Question
}

// plain reports whether ViTForImageClassification can be this model.
func (d description) plain() bool {
	c := d.config
	return d.classes() && c.ClassToken && c.Pool == vit.PoolClass && c.Positions == vit.Learned && !c.PostNorm && c.Stem == vit.PatchStem &&
		len(c.Grid.Shape) == 2
}

// classes reports whether the outputs, if there are any, are what Hugging Face calls labels.
func (d description) classes() bool {
	return d.task != catalog.Regress && d.task != catalog.Votes
}

// encode is the description as config.json.
func (d description) encode() ([]byte, error) {
	c := d.config
	hf := hfConfig{
		Architectures: []string{"ViTForImageClassification"},
		ModelType:     "vit",
		HiddenSize:    c.Dim,
		Layers:        c.Depth,
		Heads:         c.Heads,
		Intermediate:  c.Hidden,
		Activation:    "gelu",
		InitRange:     0.02,
		Eps:           shortest(c.Eps),
		ImageSize:     c.Grid.Shape,
		PatchSize:     c.Grid.Patch,
		Channels:      c.Grid.Channels,
		QKVBias:       c.QKVBias,
		EncoderStride: c.Grid.Patch[0],
		Problem:       map[catalog.Task]string{catalog.Classify: hfClassify, catalog.MultiLabel: hfMultiLabel}[d.task],
		DType:         "float32",
	}
	switch {
	case d.task == "":
		hf.Architectures = []string{"ViTModel"}
	case d.classes():
		hf.ID2Label, hf.Label2ID = map[string]string{}, map[string]int{}
		for i, label := range d.labels {
			hf.ID2Label[strconv.Itoa(i)] = label
			hf.Label2ID[label] = i
		}
	}
	if !d.plain() {
		hf.Architectures, hf.ModelType = nil, "astrovit"
		hf.Variant = &variant{
			Task: d.task, Stem: c.Stem, ClassToken: c.ClassToken, Pool: c.Pool, Positions: c.Positions, PostNorm: c.PostNorm,
			Columns: d.columns, Questions: d.questions,
		}
	}
	return json.MarshalIndent(hf, "", "  ")
}

// shortest is x as the float64 with the same decimal digits: 1e-06 rather than
// 9.999999974752427e-07.
func shortest(x float32) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	return y
}

// decodeHF reads a config.json with ViTConfig's keys.
func decodeHF(data []byte) (description, error) {
	hf := hfConfig{
		HiddenSize: 768, Layers: 12, Heads: 12, Intermediate: 3072, Activation: "gelu", Eps: 1e-12,
		ImageSize: sides{224, 224}, PatchSize: sides{16, 16}, Channels: 3, QKVBias: true,
	}
	if err := json.Unmarshal(data, &hf); err != nil {
		return description{}, err
	}
	if hf.ModelType != "vit" && hf.ModelType != "astrovit" {
		return description{}, fmt.Errorf("model_type is %q; astrovit reads \"vit\", \"astrovit\" and timm's configs", hf.ModelType)
	}
	if hf.Activation != "gelu" {
		return description{}, fmt.Errorf("hidden_act is %q; only \"gelu\" (the erf form) is supported", hf.Activation)
	}
	if (hf.ModelType == "astrovit") != (hf.Variant != nil) {
		return description{}, fmt.Errorf("model_type is %q, which goes with an \"astrovit\" object only when it is \"astrovit\"", hf.ModelType)
	}
	d := description{
		config: vit.Config{
			Grid: patch.Grid{Channels: hf.Channels, Shape: hf.ImageSize, Patch: hf.PatchSize},
			Stem: vit.PatchStem,
			Dim:  hf.HiddenSize, Depth: hf.Layers, Heads: hf.Heads, Hidden: hf.Intermediate,
			ClassToken: true, Pool: vit.PoolClass, Positions: vit.Learned, QKVBias: hf.QKVBias, Eps: float32(hf.Eps),
		},
		task: catalog.Classify,
	}
	switch hf.Problem {
	case hfMultiLabel:
		d.task = catalog.MultiLabel
	case "", hfClassify:
	default:
		return description{}, fmt.Errorf("problem_type is %q; astrovit reads %q and %q", hf.Problem, hfClassify, hfMultiLabel)
	}
	if v := hf.Variant; v != nil {
		d.task, d.columns, d.questions = v.Task, v.Columns, v.Questions
		d.config.Stem = cmp.Or(v.Stem, vit.PatchStem)
		d.config.ClassToken, d.config.Pool, d.config.Positions, d.config.PostNorm = v.ClassToken, v.Pool, v.Positions, v.PostNorm
	}
	return d, d.readLabels(hf.ID2Label)
}

// readLabels takes the classes from id2label, and the number of outputs from
// classes, columns or questions.
func (d *description) readLabels(id2label map[string]string) error {
	switch d.task {
	case catalog.Regress:
		names := make(map[string]bool, len(d.columns))
		for _, c := range d.columns {
			if names[c.Name] {
				return fmt.Errorf("astrovit.columns has %q twice", c.Name)
			}
			names[c.Name] = true
			if c.Name == "" || !(c.Std > 0) || math.IsInf(c.Std, 0) || math.IsNaN(c.Mean) || math.IsInf(c.Mean, 0) {
				return fmt.Errorf("astrovit.columns has %+v; a column needs a name, a finite mean and a positive std", c)
			}
		}
		d.config.Classes = 2 * len(d.columns)
		return nil
	case catalog.Votes:
		if err := catalog.CheckQuestions(d.questions); err != nil {
			return fmt.Errorf("astrovit.questions: %w", err)
		}
		d.labels = catalog.AnswerColumns(d.questions)
		d.config.Classes = len(d.labels)
		return nil
	case "":
		return nil
	case catalog.Classify, catalog.MultiLabel:
	default:
		return fmt.Errorf("astrovit.task is %q; it must be one of %q", d.task, catalog.Tasks)
	}
	d.labels = make([]string, len(id2label))
	known := make([]bool, len(id2label))
	for key, label := range id2label {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(d.labels) || known[i] {
			return fmt.Errorf("id2label has the key %q; its %d keys must be \"0\" to \"%d\"", key, len(d.labels), len(d.labels)-1)
		}
		known[i], d.labels[i] = true, label
	}
	d.labels = distinct(d.labels)
	d.config.Classes = len(d.labels)
	return nil
}

// distinct gives a class whose name stands before it its number too: a column
// of predictions needs a name of its own, and ImageNet has two kinds of crane.
func distinct(labels []string) []string {
	seen := make(map[string]bool, len(labels))
	out := make([]string, len(labels))
	for i, label := range labels {
		for seen[label] {
			label += "_" + strconv.Itoa(i)
		}
		seen[label], out[i] = true, label
	}
	return out
}
